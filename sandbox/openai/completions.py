"""`/v1/chat/completions`: the quoting model without tools. It quotes the sources that its messages hold.

A source is `<source id="1" title="...">text</source>` anywhere in a message; a quotation is followed by `[1]`.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sandbox.http import EVENT_STREAM, Answer
from sandbox.openai import shapes
from sandbox.openai import text as texts
from sandbox.openai.quoting import compose
from sandbox.openai.ranking import Asked
from sandbox.openai.search import Found
from sandbox.openai.shapes import anything, invalid
from sandbox.openai.state import Ask, Knobs, Speech, new_id

Row = dict[str, Any]
WORDS_A_DELTA = 4
SOURCE = re.compile(r'<source id="(\d+)"[^>]*>\s*(.*?)\s*</source>', re.DOTALL)
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
        question, sources = _question(messages), _sources(messages)
        speech = self._knobs.speak(question, sources) if self._knobs.speak else None
        text = speech.text if speech else _quoted(question, sources)
        told = {"id": new_id("chatcmpl-"), "created": int(self._knobs.clock()), "model": ask.body["model"]}
        read = texts.count_tokens(json.dumps(messages))
        written = texts.count_tokens(text)
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        if ask.body.get("stream"):
            with_usage = (ask.body.get("stream_options") or {}).get("include_usage")
            stream = self._stream(told, text, usage if with_usage else None, speech)
            return Answer(content=stream, headers=EVENT_STREAM)
        message = {"role": "assistant", "content": text, "refusal": None}
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


def _question(messages: Sequence[Row]) -> str:
    """Return the text of the last thing a user said, without the sources in it."""
    for message in reversed(messages):
        text = SOURCE.sub("", _text(message)).strip()
        if message["role"] == "user" and text:
            return text
    raise invalid("The messages hold none of a user.", "messages")


def _sources(messages: Sequence[Row]) -> list[Found]:
    found = [match for message in messages for match in SOURCE.findall(_text(message))]
    return [
        Found(file=number, filename=number, attributes={}, title="", text=text, score=0.0) for number, text in found
    ]


def _quoted(question: str, sources: Sequence[Found]) -> str:
    """Quote what covers the question; each quotation ends with the number of its source."""
    terms = [set(_terms(one.text)) for one in sources]
    groups = texts.asked_terms(question)
    counts = {form: n for group in groups for form in group if (n := sum(form in held for held in terms))}
    asked = Asked(groups, [], counts, [], len(sources))
    scored = [
        Found(one.file, one.filename, {}, "", one.text, asked.coverage(held))
        for one, held in zip(sources, terms, strict=True)
    ]
    answer = compose(question, asked, sorted(scored, key=lambda one: -one.score))
    text = answer.text
    for citation in reversed(answer.citations):
        text = f"{text[: citation.index]} [{citation.file}]{text[citation.index :]}"
    return text


def _terms(text: str) -> list[str]:
    words = texts.words_of(text)
    return [term for language in texts.STEMMERS for term in texts.terms_of(words, language)]


def _deltas(text: str) -> list[str]:
    words = text.split(" ")
    groups = [" ".join(words[at : at + WORDS_A_DELTA]) for at in range(0, len(words), WORDS_A_DELTA)]
    return [group if at == len(groups) - 1 else f"{group} " for at, group in enumerate(groups)]
