"""`/v1/chat/completions`: the quoting model without tools. It quotes the sources that its messages hold.

A source is `<source id="1" title="...">text</source>` anywhere in a message; a quotation is followed by `[1]`.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from html import unescape
from typing import Any

from sandbox.http import EVENT_STREAM, Answer
from sandbox.openai import ranking, shapes, structured
from sandbox.openai import text as texts
from sandbox.openai.conversation import asking
from sandbox.openai.quoting import compose
from sandbox.openai.relevance import Question, language_of, read
from sandbox.openai.search import Found
from sandbox.openai.shapes import anything, invalid
from sandbox.openai.state import Ask, Knobs, Speech, new_id

Row = dict[str, Any]
WORDS_A_DELTA = 4
SOURCE = re.compile(r'<source id="(\d+)"(?: title="([^"]*)")?[^>]*>\s*(.*?)\s*</source>', re.DOTALL)
ROLES = shapes.choice("system", "developer", "user", "assistant")
CONTENT = shapes.nullable(shapes.either(shapes.array(anything, least=1), shapes.text()))
MESSAGE = shapes.record({"role": ROLES, "content": CONTENT, "name": shapes.text(), "refusal": anything}, ["role"])
NEW_COMPLETION = shapes.record(
    {
        "model": shapes.text(least=1),
        "messages": shapes.array(MESSAGE, least=1),
        "stream": shapes.nullable(shapes.boolean),
        "stream_options": shapes.nullable(shapes.record({"include_usage": shapes.boolean})),
        "temperature": shapes.nullable(shapes.number(0, 2)),
        "top_p": shapes.nullable(shapes.number(0, 1)),
        "max_tokens": shapes.nullable(shapes.integer(1)),
        "max_completion_tokens": shapes.nullable(shapes.integer(1)),
        "store": shapes.nullable(shapes.boolean),
        "user": shapes.text(),
        "n": shapes.nullable(shapes.integer(1, 1)),
        "metadata": shapes.METADATA,
        "prompt_cache_key": shapes.text(),
        "safety_identifier": shapes.text(most=64),
        "response_format": anything,
    },
    ["model", "messages"],
)


class Completions:
    """Answers from the sources in its messages."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs

    def create(self, ask: Ask) -> Row | Answer:
        self._knobs.asked.append(ask.body)
        messages = ask.body["messages"]
        turns, sources = _turns(messages), _sources(messages)
        speech = self._knobs.speak(turns[-1][1], sources) if self._knobs.speak else None
        wanted = structured.schema_of(ask.body)
        text = speech.text if speech else _written(turns, sources, wanted)
        told = {"id": new_id("chatcmpl-"), "created": int(self._knobs.clock()), "model": ask.body["model"]}
        read = texts.count_tokens(json.dumps(messages))
        written = texts.count_tokens(text or structured.REFUSED)
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        if ask.body.get("stream"):
            with_usage = (ask.body.get("stream_options") or {}).get("include_usage")
            stream = self._stream(told, text or "", usage if with_usage else None, speech)
            return Answer(content=stream, headers=EVENT_STREAM)
        message = {"role": "assistant", "content": text, "refusal": structured.REFUSED if text is None else None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return {**told, "object": "chat.completion", "choices": [choice], "usage": usage}

    async def _stream(self, told: Row, text: str, usage: Row | None, speech: Speech | None) -> AsyncIterator[str]:
        told = {**told, "object": "chat.completion.chunk"}
        self._knobs.streaming += 1
        try:
            yield _frame({**told, "choices": [_choice({"role": "assistant", "content": ""})]})
            for delta in speech.deltas if speech and speech.deltas else _deltas(text):
                await asyncio.sleep(self._knobs.pause)
                yield _frame({**told, "choices": [_choice({"content": delta})]})
            yield _frame({**told, "choices": [_choice({}, "stop")]})
            if usage is not None:
                yield _frame({**told, "choices": [], "usage": usage})
            yield "data: [DONE]\n\n"
        finally:
            self._knobs.streaming -= 1


def _choice(delta: Row, finish: str | None = None) -> Row:
    return {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}


def _frame(chunk: Row) -> str:
    return f"data: {json.dumps(chunk)}\n\n"


def _text(message: Row) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _turns(messages: Sequence[Row]) -> list[tuple[str, str]]:
    """Return the conversation without the sources in it, up to the last thing a user said."""
    turns = [(message["role"], SOURCE.sub("", _text(message)).strip()) for message in messages]
    while turns and (turns[-1][0] != "user" or not turns[-1][1]):
        turns.pop()
    if not turns:
        raise invalid("The messages hold none of a user.", "messages")
    return turns


def _sources(messages: Sequence[Row]) -> list[Found]:
    found = [match for message in messages for match in SOURCE.findall(_text(message))]
    return [Found(0, number, number, {}, unescape(title), text, 0.0) for number, title, text in found]


def _written(turns: Sequence[tuple[str, str]], sources: Sequence[Found], wanted: Row | None) -> str | None:
    """Return what the model says; None where it refuses."""
    if wanted is not None:
        return structured.filled(turns[-1][1], wanted)
    return _quoted(asking(turns).rewritten, sources)


def _quoted(text: str, sources: Sequence[Found]) -> str:
    """Quote what covers the question; each quotation ends with the number of its source."""
    said = [ranking.said_in(f"{one.title} {one.text}") for one in sources]
    words = texts.asked_terms(text)
    counts = {form: sum(form in one for one in said) for word in words for form in ranking.indexed(word)}
    question = Question(text, language_of(text), ranking.Asked(words, [], counts, [], len(sources)))
    scored = []
    for one in sources:
        reading = read(question, one.title, one.text, one.language, None)
        scored.append(replace(one, score=reading.score, pieces=reading.pieces))
    answer = compose(question, sorted(scored, key=lambda one: -one.score))
    told = answer.text
    for citation in reversed(answer.citations):
        told = f"{told[: citation.index]} [{citation.file}]{told[citation.index :]}"
    return told


def _deltas(text: str) -> list[str]:
    words = text.split(" ")
    groups = [" ".join(words[at : at + WORDS_A_DELTA]) for at in range(0, len(words), WORDS_A_DELTA)]
    return [group if at == len(groups) - 1 else f"{group} " for at, group in enumerate(groups)]
