"""Responses API: what is sent to it, and what its events mean."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import openai
from openai.types.responses import ResponseInputItemParam
from openai.types.shared_params import ComparisonFilter, CompoundFilter

from answering.model import (
    FileCitation,
    GenerationFailed,
    GenerationRefused,
    ModelEvent,
    ModelRequest,
    Passage,
    SearchDone,
    TextDelta,
    Thought,
    Usage,
)
from answering.openai_client import POLICY, plain

END = sys.maxsize  # where a citation without an index belongs
TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed", "error", "response.error"})
PARSED = TERMINAL | {
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.output_text.annotation.added",
    "response.refusal.delta",
    "response.reasoning_text.delta",
    "response.reasoning_summary_text.delta",
}
"""The events that mean something here."""


@dataclass
class _Message:
    """One text of an answer. `number` None: it is withheld as long as it repeats an earlier one."""

    number: int | None
    text: str = ""
    cited: list[tuple[str, str, int]] = field(default_factory=list)


class ResponseEventParser:
    """Parses the events of one Responses stream.

    Servers differ in when they tell a thing: in deltas, with the finished item, or with the completed response only.
    Whatever is told twice counts once. Events are read as plain objects: SDK versions differ in the class of an
    annotation (openai 3.1 changed it under the ChatKit SDK), never in its fields.
    """

    def __init__(self) -> None:
        self._messages: dict[str, _Message] = {}
        self._commentary: set[str] = set()
        self._searches: dict[str, bool] = {}  # by call: whether its results were told
        self._search_failed = False
        self._refused = False

    def parse(self, event: Mapping[str, Any]) -> list[ModelEvent]:
        """Return what the event means; nothing for an event that does not matter here."""
        match event.get("type"):
            case "response.output_item.added":
                return self._begin(event)
            case "response.output_item.done":
                return self._item(plain(event.get("item")), event.get("output_index"))
            case "response.completed" | "response.incomplete" | "response.failed" as kind:
                return self._end(plain(event.get("response")), kind.removeprefix("response."))
            case "error" | "response.error":
                return [_failed(event)]
        return self._piece(event)

    def _piece(self, event: Mapping[str, Any]) -> list[ModelEvent]:  # noqa: PLR0911 - a table
        match event.get("type"):
            case "response.output_text.delta":
                return self._write(_place(event), str(event.get("delta") or ""))
            case "response.output_text.annotation.added":
                return self._cite(_place(event), plain(event.get("annotation")))
            case "response.output_text.done":
                return self._complete(_place(event), {"type": "output_text", "text": event.get("text")})
            case "response.content_part.done":
                return self._complete(_place(event), plain(event.get("part")))
            case "response.refusal.delta":
                return self._refuse("the model refuses")
            case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta":
                return [Thought(len(str(event.get("delta") or "")))]
        return []

    def _begin(self, event: Mapping[str, Any]) -> list[ModelEvent]:
        item = plain(event.get("item"))
        if item.get("phase") == "commentary":
            self._commentary.add(_item_place(item, event.get("output_index")))
        return []

    def _item(self, item: Mapping[str, Any], position: object) -> list[ModelEvent]:
        if item.get("type") == "file_search_call":
            return self._search(item)
        if item.get("type") != "message":
            return []
        place = _item_place(item, position)
        if item.get("phase") == "commentary":
            self._commentary.add(place)
        parts = [plain(part) for part in item.get("content") or []]
        return [event for at, part in enumerate(parts) for event in self._complete(f"{place}/{at}", part)]

    def _end(self, response: Mapping[str, Any], kind: str) -> list[ModelEvent]:
        items = [(at, plain(item)) for at, item in enumerate(response.get("output") or [])]
        items.sort(key=lambda one: one[1].get("type") != "file_search_call")  # what was found goes before the text
        events = [event for at, item in items for event in self._item(item, at)]
        why = plain(response.get("incomplete_details")).get("reason")
        filtered = kind == "incomplete" and why == "content_filter"
        events.append(self._usage(response, cut=kind == "incomplete" and not filtered))
        if filtered:
            events += self._refuse("content_filter")
        if kind == "failed":
            events.append(_failed(response))
        elif self._search_failed and not self._searches:
            events.append(GenerationFailed("search_failed"))
        return events

    def _search(self, call: Mapping[str, Any]) -> list[ModelEvent]:
        key, results = str(call.get("id")), call.get("results")
        if call.get("status") in {"failed", "incomplete"} and not results:
            self._search_failed = True
            return []
        known = key in self._searches
        if self._searches.get(key) or (known and results is None):
            return []
        self._searches[key] = results is not None
        queries = () if known else tuple(str(query) for query in call.get("queries") or [])
        return [SearchDone(queries, None if results is None else tuple(_passage(plain(one)) for one in results))]

    def _complete(self, place: str, part: Mapping[str, Any]) -> list[ModelEvent]:
        """Add what of a finished part was not told yet."""
        if part.get("type") == "refusal":
            return self._refuse("the model refuses")
        text = str(part.get("text") or "")
        message = self._messages.get(place)
        if message is None or not text.startswith(message.text):
            same = (key for key, told in self._messages.items() if told.text.strip() == text.strip())
            place = next(same, place)
        told = self._messages[place].text if place in self._messages else ""
        events = self._write(place, text[len(told) :]) if text.startswith(told) else []
        for note in part.get("annotations") or []:
            events += self._cite(place, plain(note))
        return events

    def _write(self, place: str, piece: str) -> list[ModelEvent]:
        if not piece:
            return []
        if place.rpartition("/")[0] in self._commentary:
            return [Thought(len(piece))]
        message = self._messages.get(place)
        if message is None:
            message = self._messages[place] = _Message(None)
        message.text += piece
        if message.number is not None:
            return [TextDelta(piece, message.number)]
        if self._original(message) is not None:
            return [Thought(len(piece))]
        number = message.number = sum(one.number is not None for one in self._messages.values())
        cited = [FileCitation(file, name, index, number) for file, name, index in message.cited]
        return [TextDelta(message.text, number), *cited]

    def _original(self, message: _Message) -> _Message | None:
        """The message that this one repeats so far."""
        others = (one for one in self._messages.values() if one.number is not None)
        return next((one for one in others if one.text.strip().startswith(message.text.strip())), None)

    def _cite(self, place: str, note: Mapping[str, Any]) -> list[ModelEvent]:
        file, index = note.get("file_id"), note.get("index")
        if note.get("type") != "file_citation" or not isinstance(file, str):
            return []
        if place.rpartition("/")[0] in self._commentary:
            return []
        message = self._messages.setdefault(place, _Message(None))
        if message.number is None and message.text:
            message = self._original(message) or message
        at = index if isinstance(index, int) and not isinstance(index, bool) and index >= 0 else END
        cited = (file, str(note.get("filename") or ""), at)
        if cited in message.cited:
            return []
        message.cited.append(cited)
        return [] if message.number is None else [FileCitation(*cited, message.number)]

    def _refuse(self, reason: str) -> list[ModelEvent]:
        refused, self._refused = self._refused, True
        return [] if refused else [GenerationRefused(reason)]

    def _usage(self, response: Mapping[str, Any], *, cut: bool) -> Usage:
        usage = plain(response.get("usage"))
        read, written = int(usage.get("input_tokens") or 0), int(usage.get("output_tokens") or 0)
        return Usage(read, written, searches=len(self._searches), cut=cut, told=bool(read or written))


def refusal(error: openai.APIError) -> GenerationRefused:
    """Return what a call that failed for what it says means. Raises any other error again."""
    if error.code in POLICY:
        return GenerationRefused(str(error.code))
    raise error


def _place(event: Mapping[str, Any]) -> str:
    position = event.get("output_index")
    item = position if isinstance(position, int) else event.get("item_id")
    return f"{item}/{event.get('content_index') or 0}"


def _item_place(item: Mapping[str, Any], position: object) -> str:
    return str(position if isinstance(position, int) else item.get("id"))


def _failed(told: Mapping[str, Any]) -> ModelEvent:
    error = plain(told.get("error"))
    code = str(error.get("code") or error.get("type") or told.get("code") or "server_error")
    return GenerationRefused(code) if code in POLICY else GenerationFailed(code)


def to_input_items(request: ModelRequest) -> list[ResponseInputItemParam]:
    """Return the conversation as the model's input."""
    items: list[ResponseInputItemParam] = []
    for role, text in request.history:
        if role == "assistant":
            items.append({"role": "assistant", "content": text})
        else:
            items.append({"role": "user", "content": text})
    return items


def filters(equal: Mapping[str, str]) -> ComparisonFilter | CompoundFilter | None:
    """Return what keeps a search to files whose attributes equal all of these; None where everything may be found."""
    each = [ComparisonFilter(type="eq", key=key, value=value) for key, value in equal.items()]
    if len(each) < 2:
        return each[0] if each else None
    return CompoundFilter(type="and", filters=each)


def _passage(result: Mapping[str, Any]) -> Passage:
    return Passage(
        file=str(result.get("file_id") or ""),
        filename=str(result.get("filename") or ""),
        score=float(result.get("score") or 0.0),
        text=str(result.get("text") or ""),
        attributes=result.get("attributes") or {},
    )
