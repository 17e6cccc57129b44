"""Responses API: what is sent to it, and what its events mean."""

from collections.abc import Mapping
from typing import Any

from openai.types.responses import ResponseInputItemParam
from openai.types.shared_params import ComparisonFilter, CompoundFilter

from answering.model import FileCitation, ModelEvent, ModelRequest, Passage, SearchDone, TextDelta, Usage
from answering.openai_client import plain


class ResponseEventParser:
    """Parses the events of one or several Responses streams.

    Events are read as plain objects: SDK versions differ in the class of an annotation (openai 3.1 changed it under
    the ChatKit SDK), never in its fields.
    """

    def __init__(self) -> None:
        self._messages: dict[str, int] = {}

    def parse(self, event: Mapping[str, Any]) -> list[ModelEvent]:
        """Return what the event means; nothing for an event that does not matter here."""
        kind = event.get("type")
        if kind == "response.output_text.delta":
            return [TextDelta(str(event["delta"]), self._message(event))]
        if kind == "response.refusal.delta":
            return [TextDelta(str(event["delta"]), self._message(event))]
        if kind == "response.output_text.annotation.added":
            return _citation(plain(event["annotation"]), self._message(event))
        if kind == "response.output_item.done":
            item = plain(event["item"])
            return [_search(item)] if item.get("type") == "file_search_call" else []
        if kind in {"response.completed", "response.incomplete"}:
            return [_usage(plain(event["response"]), cut=kind == "response.incomplete")]
        return []

    def _message(self, event: Mapping[str, Any]) -> int:
        key = f"{event.get('item_id')}/{event.get('content_index', 0)}"
        return self._messages.setdefault(key, len(self._messages))


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


def _citation(note: Mapping[str, Any], message: int) -> list[ModelEvent]:
    if note.get("type") != "file_citation" or not isinstance(note.get("file_id"), str):
        return []
    index = note.get("index")
    place = index if isinstance(index, int) else 0
    return [FileCitation(note["file_id"], str(note.get("filename") or ""), place, message)]


def _search(call: Mapping[str, Any]) -> SearchDone:
    results = call.get("results")
    queries = tuple(str(query) for query in call.get("queries") or [])
    return SearchDone(queries, None if results is None else tuple(_passage(plain(one)) for one in results))


def _passage(result: Mapping[str, Any]) -> Passage:
    return Passage(
        file=str(result.get("file_id") or ""),
        filename=str(result.get("filename") or ""),
        score=float(result.get("score") or 0.0),
        text=str(result.get("text") or ""),
        attributes=result.get("attributes") or {},
    )


def _usage(response: Mapping[str, Any], *, cut: bool) -> Usage:
    usage = plain(response.get("usage") or {})
    calls = [one for one in response.get("output") or [] if plain(one).get("type") == "file_search_call"]
    return Usage(
        int(usage.get("input_tokens") or 0), int(usage.get("output_tokens") or 0), searches=len(calls), cut=cut
    )
