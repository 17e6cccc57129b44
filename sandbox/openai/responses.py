"""`/v1/responses`: file search and an answer made of quotations, at once or as a stream of events."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from sandbox.http import EVENT_STREAM, Answer
from sandbox.openai import shapes, structured
from sandbox.openai import text as texts
from sandbox.openai.conversation import Asking, asking
from sandbox.openai.quoting import NOTHING, Citation, Quoted, compose
from sandbox.openai.relevance import language_of
from sandbox.openai.search import Found, Search
from sandbox.openai.shapes import Check, anything, invalid, refused
from sandbox.openai.state import Ask, Knobs, Speech, new_id

Row = dict[str, Any]
WORDS_A_DELTA = 4
ALONE = 0.7  # how well a question must be answered by itself that may have been about what was said before
NOT_HERE = ("previous_response_id", "conversation", "prompt", "background")  # they need responses that are kept

FILE_SEARCH = shapes.record(
    {
        "type": anything,
        "vector_store_ids": shapes.array(shapes.text(least=1), least=1),
        "max_num_results": shapes.integer(1, 50),
        "filters": shapes.nullable(shapes.filters),
        "ranking_options": shapes.record(
            {
                "ranker": shapes.choice("auto", "default-2024-11-15"),
                "score_threshold": shapes.number(0, 1),
                "hybrid_search": shapes.record(
                    {"embedding_weight": shapes.number(0), "text_weight": shapes.number(0)},
                    ["embedding_weight", "text_weight"],
                ),
            }
        ),
    },
    ["vector_store_ids"],
)
ROLE = shapes.choice("user", "assistant", "system", "developer")


def tool(value: Any, name: str) -> None:
    """Check a file search; other tools pass, and are never called."""
    kind = value.get("type") if isinstance(value, dict) else None
    shapes.text(least=1)(kind, f"{name}.type")
    if kind == "file_search":
        FILE_SEARCH(value, name)


def input_item(value: Any, name: str) -> None:
    """Check a message; what else a conversation may hold (earlier calls and their results) passes."""
    kind = value.get("type", "message") if isinstance(value, dict) else None
    shapes.text(least=1)(kind, f"{name}.type")
    if kind == "message":
        if "role" not in value or "content" not in value:
            raise invalid(f"Missing required parameter: '{name}.role' or '{name}.content'.", name)
        ROLE(value["role"], f"{name}.role")
        shapes.either(shapes.array(anything), shapes.text())(value["content"], f"{name}.content")


def _optional(**fields: Check) -> dict[str, Check]:
    return {name: shapes.nullable(check) for name, check in fields.items()}


NEW_RESPONSE = shapes.record(
    {
        "model": shapes.text(least=1),
        "input": shapes.either(shapes.array(input_item, least=1), shapes.text()),
        "tools": shapes.array(tool),
        **_optional(
            include=shapes.array(shapes.text()),
            instructions=shapes.text(),
            stream=shapes.boolean,
            store=shapes.boolean,
            parallel_tool_calls=shapes.boolean,
            metadata=shapes.METADATA,
            temperature=shapes.number(0, 2),
            top_p=shapes.number(0, 1),
            top_logprobs=shapes.integer(0, 20),
            max_output_tokens=shapes.integer(16),
            max_tool_calls=shapes.integer(),
            truncation=shapes.choice("auto", "disabled"),
            safety_identifier=shapes.text(most=64),
            prompt_cache_key=shapes.text(),
            user=shapes.text(),
            service_tier=shapes.text(),
        ),
        **dict.fromkeys(("tool_choice", "text", "reasoning", "stream_options", "context_management"), anything),
        **dict.fromkeys(("prompt_cache_retention", "prompt_cache_options", "moderation", *NOT_HERE), anything),
    },
    ["model", "input"],
)


class Responses:
    """Answers from what a search finds."""

    def __init__(self, search: Search, knobs: Knobs) -> None:
        self._search = search
        self._knobs = knobs

    def create(self, ask: Ask) -> Row | Answer:
        body = ask.body
        self._knobs.asked.append(body)
        for name in NOT_HERE:
            if body.get(name):
                raise refused(400, f"'{name}' is not offered: this local server keeps no responses.", param=name)
        asked = asking(_turns(body["input"]))
        if (wanted := structured.schema_of(body)) is not None:
            return self._filled(body, asked.said, wanted)
        tools = [one for one in body.get("tools", []) if one["type"] == "file_search"]
        searches = tools if body.get("tool_choice") != "none" else []
        query, answer, found = self._answer(asked, searches)
        speech = self._knobs.speak(asked.said, found) if self._knobs.speak else None
        if speech is not None:
            names = {one.file: one.filename for one in found}
            cited = tuple(Citation(file, names.get(file, "unknown.md"), at) for file, at in speech.citations)
            answer = Quoted(speech.text, cited)
        calls = [_search_call(query, found if _with_results(body) else None)] if searches else []
        done = self._done(body, [*calls, _message(answer)], answer.text, found)
        if not body.get("stream"):
            return done
        return Answer(content=self._stream(body, done, speech), headers=EVENT_STREAM)

    def _filled(self, body: Row, said: str, wanted: Row) -> Row:
        """Answer as a schema has it, or refuse to: this server knows one question of the kind."""
        speech = self._knobs.speak(said, []) if self._knobs.speak else None
        filled = speech.text if speech else structured.filled(said, wanted)
        message = _refusal(structured.REFUSED) if filled is None else _message(Quoted(filled, ()))
        return self._done(body, [message], filled or structured.REFUSED, [])

    def _done(self, body: Row, output: list[Row], written: str, found: Sequence[Found]) -> Row:
        said = "\n".join([json.dumps(body["input"]), body.get("instructions") or "", *(one.text for one in found)])
        now = int(self._knobs.clock())
        done = {**_opened(body, now), "status": "completed", "completed_at": now, "output": output}
        return {**done, "usage": _usage(texts.count_tokens(said), texts.count_tokens(written))}

    async def _stream(self, body: Row, done: Row, speech: Speech | None) -> AsyncIterator[str]:
        """Tell the response event by event; a client that leaves ends it."""
        opened = {**_opened(body, done["created_at"]), "id": done["id"]}
        deltas = 0
        self._knobs.streaming += 1
        try:
            for event in _events(opened, done, speech):
                yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
                deltas += event["type"] == "response.output_text.delta"
                if speech and speech.stops_after is not None and deltas >= speech.stops_after:
                    raise ConnectionResetError("the model's host is gone")
                await asyncio.sleep(self._knobs.pause)
        finally:
            self._knobs.streaming -= 1

    def _answer(self, asked: Asking, searches: list[Row]) -> tuple[str, Quoted, list[Found]]:
        """Search every store that any of the tools names; passages are kept while they score enough.

        Returns what was searched for, too: the question, or what it stands for in its conversation.
        """
        if asked.alone and asked.said != asked.rewritten:
            query, answer, found = self._answer(Asking(asked.said, asked.said, alone=True), searches)
            if found and found[0].score >= ALONE:
                return query, answer, found
        query = asked.rewritten
        best = Quoted(NOTHING[language_of(query)], ())
        everything: list[Found] = []
        for one in searches:
            least = one.get("ranking_options", {}).get("score_threshold", 0)
            for store in one["vector_store_ids"]:
                found = self._search.find(store, query, one.get("filters"), one.get("max_num_results", 10))
                found = [passage for passage in found if passage.score >= least]
                answer = compose(self._search.question(store, query), found)
                best = best if best.citations else answer
                everything += found
        return query, best, everything


def _turns(said: Any) -> list[tuple[str, str]]:
    """Return the conversation as roles and texts, up to the last thing a user said."""
    if isinstance(said, str):
        return [("user", said)]
    messages = [one for one in said if one.get("type", "message") == "message"]
    turns = [(str(one["role"]), _text(one["content"])) for one in messages]
    while turns and turns[-1][0] != "user":
        turns.pop()
    if not turns:
        raise invalid("The input holds no message of a user.", "input")
    return turns


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _with_results(body: Row) -> bool:
    return "file_search_call.results" in (body.get("include") or [])


def _opened(body: Row, now: int) -> Row:
    response: Row = {"id": new_id("resp_"), "object": "response", "created_at": now, "status": "in_progress"}
    response |= {"error": None, "incomplete_details": None, "model": body["model"], "output": []}
    response |= {"instructions": body.get("instructions"), "tools": body.get("tools", [])}
    response |= {"metadata": body.get("metadata") or {}, "store": body.get("store", True) is not False}
    response |= {"tool_choice": body.get("tool_choice") or "auto", "truncation": body.get("truncation") or "disabled"}
    response |= {"parallel_tool_calls": body.get("parallel_tool_calls") is not False, "background": False}
    response |= {name: 1.0 if body.get(name) is None else body[name] for name in ("temperature", "top_p")}
    return {**response, "max_output_tokens": body.get("max_output_tokens"), "previous_response_id": None}


def _search_call(question: str, found: list[Found] | None) -> Row:
    call: Row = {"id": new_id("fs_"), "type": "file_search_call", "status": "completed", "queries": [question]}
    return {**call, "results": None if found is None else [_call_result(one) for one in found]}


def _call_result(one: Found) -> Row:
    result = {"file_id": one.file, "filename": one.filename, "score": one.score}
    return {**result, "text": one.text, "attributes": one.attributes}


def _message(answer: Quoted) -> Row:
    annotations = [
        {"type": "file_citation", "index": one.index, "file_id": one.file, "filename": one.filename}
        for one in answer.citations
    ]
    part = {"type": "output_text", "text": answer.text, "annotations": annotations, "logprobs": []}
    return {"id": new_id("msg_"), "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def _refusal(said: str) -> Row:
    part = {"type": "refusal", "refusal": said}
    return {"id": new_id("msg_"), "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def _usage(read: int, written: int) -> Row:
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }


def _events(opened: Row, done: Row, speech: Speech | None) -> Iterator[Row]:
    """Tell a finished response as it would have come about."""
    for number, event in enumerate(_story(opened, done, speech)):
        yield {**event, "sequence_number": number}


def _story(opened: Row, done: Row, speech: Speech | None) -> Iterator[Row]:
    yield {"type": "response.created", "response": opened}
    yield {"type": "response.in_progress", "response": opened}
    for at, one in enumerate(done["output"]):
        if one["type"] == "file_search_call":
            started = {**one, "status": "in_progress", "queries": [], "results": None}
            yield {"type": "response.output_item.added", "output_index": at, "item": started}
            for step in ("in_progress", "searching", "completed"):
                yield {"type": f"response.file_search_call.{step}", "output_index": at, "item_id": one["id"]}
        else:
            started = {**one, "status": "in_progress", "content": []}
            yield {"type": "response.output_item.added", "output_index": at, "item": started}
            place = {"item_id": one["id"], "output_index": at, "content_index": 0}
            yield from _written(place, one["content"][0], speech.deltas if speech else None)
            if speech and speech.fails:
                error = {"code": "server_error", "message": "The model produced an error."}
                yield {"type": "response.failed", "response": {**opened, "status": "failed", "error": error}}
                return
        yield {"type": "response.output_item.done", "output_index": at, "item": one}
    yield {"type": "response.completed", "response": done}


def _written(place: Row, part: Row, pieces: Sequence[str] | None) -> Iterator[Row]:
    """Tell a text in deltas; each annotation comes as soon as the text it belongs to is out."""
    empty = {**part, "text": "", "annotations": []}
    yield {"type": "response.content_part.added", **place, "part": empty}
    waiting = list(enumerate(part["annotations"]))
    out = 0
    for delta in pieces or _deltas(part["text"], [note["index"] for _, note in waiting]):
        yield {"type": "response.output_text.delta", **place, "delta": delta, "logprobs": []}
        out += len(delta)
        while waiting and waiting[0][1]["index"] <= out:
            number, note = waiting.pop(0)
            added = {"annotation_index": number, "annotation": note}
            yield {"type": "response.output_text.annotation.added", **place, **added}
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}


def _deltas(text: str, stops: list[int]) -> Iterator[str]:
    """Cut a text every few words, and at every stop."""
    start = 0
    for stop in [*stops, len(text)]:
        words = text[start:stop].split(" ")
        for at in range(0, len(words), WORDS_A_DELTA):
            delta = " ".join(words[at : at + WORDS_A_DELTA]) + (" " if at + WORDS_A_DELTA < len(words) else "")
            if delta:
                yield delta
        start = max(start, stop)
