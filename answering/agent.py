"""Agent: our own, whose model searches the store itself.

Events are read as plain objects: to build the SDK's class of each takes longer than all else that a piece of an answer
costs. Retries, timeouts and errors are those of the SDK's client.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import openai

from answering.model import ModelEvent, ModelRequest
from answering.openai_client import Client, ModelFailed, plain
from answering.responses import PARSED, TERMINAL, ResponseEventParser, filters, refusal, to_input_items
from answering.settings import AnsweringSettings
from sync.log_redaction import restrain


class AgentModel:
    """Answers by our own agent: one turn, one file search tool, nothing kept at the other side."""

    def __init__(self, client: Client, settings: AnsweringSettings) -> None:
        restrain("openai")
        self._client = client
        self._settings = settings

    async def answer(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        parser = ResponseEventParser()
        stream: openai.AsyncStream[object] | None = None
        try:
            stream = await self._client.post(
                "/responses",
                body=self._body(request),
                cast_to=object,
                options={"security": {"bearer_auth": True}},
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            async for read in stream:
                event = plain(read)
                if event.get("type") in PARSED:
                    for model_event in parser.parse(event):
                        yield model_event
                if event.get("type") in TERMINAL:
                    return
        except openai.APIError as error:
            yield refusal(error)
            return
        finally:
            if stream is not None:
                await stream.close()
        raise ModelFailed("the stream ended before the response did")

    def _body(self, request: ModelRequest) -> Mapping[str, Any]:
        search: dict[str, Any] = {
            "type": "file_search",
            "vector_store_ids": [request.store],
            "max_num_results": self._settings.passages,
        }
        if (only := filters(request.filters)) is not None:
            search["filters"] = only
        return {
            "model": self._settings.model,
            "instructions": request.instructions,
            "input": to_input_items(request),
            "tools": [search],
            "include": ["file_search_call.results"],
            "max_output_tokens": self._settings.longest_answer,
            "store": False,
            "stream": True,
        }
