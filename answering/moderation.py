"""Moderation: questions are checked by OpenAI's moderation before they are answered, where the operator wants it."""

import openai

from answering.openai_client import Client

MODEL = "omni-moderation-latest"


class Moderation:
    """Asks whether a text is harmful. A moderation that fails lets nothing through: it was switched on for a reason."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def flags(self, text: str) -> bool:
        """Return whether the text must not be answered. Raises `openai_client.FAILURES`."""
        answer = await self._client.moderations.create(model=MODEL, input=text)
        if not answer.results:
            raise openai.OpenAIError("a moderation without a result")
        return any(result.flagged for result in answer.results)
