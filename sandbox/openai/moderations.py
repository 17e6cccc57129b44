"""`/v1/moderations`: whether a text is harmful, by the word of a test."""

from typing import Any

from sandbox.openai import shapes
from sandbox.openai.state import Ask, Knobs, new_id

CATEGORIES = ("harassment", "hate", "self-harm", "sexual", "violence")
PART = shapes.record({"type": shapes.choice("text"), "text": shapes.text()}, ["type", "text"])
NEW_MODERATION = shapes.record(
    {"input": shapes.either(shapes.array(PART), shapes.array(shapes.text()), shapes.text()), "model": shapes.text()},
    ["input"],
)


class Moderations:
    """Asks the sandbox's `flags` about each text."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs

    def create(self, ask: Ask) -> dict[str, Any]:
        given = ask.body["input"]
        texts = [given] if isinstance(given, str) else [one if isinstance(one, str) else one["text"] for one in given]
        results = [self._result(text) for text in texts]
        return {"id": new_id("modr-"), "model": ask.body.get("model", "omni-moderation-latest"), "results": results}

    def _result(self, text: str) -> dict[str, Any]:
        flagged = bool(self._knobs.flags and self._knobs.flags(text))
        categories = {name: flagged and name == "harassment" for name in CATEGORIES}
        scores = {name: 0.99 if categories[name] else 0.01 for name in CATEGORIES}
        return {
            "flagged": flagged,
            "categories": categories,
            "category_scores": scores,
            "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
        }
