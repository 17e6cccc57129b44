"""Structured answers: the local server says yes to a quotation, and refuses what it cannot know."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from sandbox.openai.state import Speech
from tests.sandbox.openai_kit import sandbox

SCHEMA = {"type": "object", "properties": {"supported": {"type": "boolean"}}, "required": ["supported"]}
OTHER = {"type": "object", "properties": {"mood": {"type": "string"}}}
PASSAGES = [{"passage": 1, "text": "You can return anything within **60 days** of delivery.\n- Returns are free."}]


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with sandbox() as (_, client):
        yield client


def asked(statement: str) -> str:
    return json.dumps({"question": "?", "passages": PASSAGES, "statement": statement})


def by_responses(client: openai.OpenAI, said: str, schema: dict[str, Any] = SCHEMA) -> tuple[str, str]:
    form: Any = {"format": {"type": "json_schema", "name": "support", "schema": schema, "strict": True}}
    part: Any = client.responses.create(model="m", input=said, text=form).output[0]
    told = part.content[0]
    return (told.text, "") if told.type == "output_text" else ("", told.refusal)


def by_completions(client: openai.OpenAI, said: str, schema: dict[str, Any] = SCHEMA) -> tuple[str, str]:
    form: Any = {"type": "json_schema", "json_schema": {"name": "support", "schema": schema, "strict": True}}
    answer = client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": said}], response_format=form
    )
    return answer.choices[0].message.content or "", answer.choices[0].message.refusal or ""


@pytest.mark.parametrize("ask", [by_responses, by_completions])
@pytest.mark.parametrize("statement", ["You can return anything within 60 days of delivery.", "**Returns** are free"])
def test_a_quotation_is_supported(client: openai.OpenAI, ask: Any, statement: str) -> None:
    assert ask(client, asked(statement)) == ('{"supported": true}', "")


@pytest.mark.parametrize("ask", [by_responses, by_completions])
@pytest.mark.parametrize(
    ("said", "schema"),
    [
        (asked("You have two months to send it back."), SCHEMA),
        (asked("You can return anything within 6 days of delivery."), SCHEMA),
        (asked(" * "), SCHEMA),
        ("not JSON", SCHEMA),
        ('{"passages": 3, "statement": "Returns are free."}', SCHEMA),
        (asked("Returns are free."), OTHER),
        (asked("Returns are free."), {}),
    ],
)
def test_what_this_server_cannot_know_it_refuses(client: openai.OpenAI, ask: Any, said: str, schema: Any) -> None:
    told, refusal = ask(client, said, schema)

    assert told == ""
    assert "has no model" in refusal


def test_a_scripted_model_fills_any_schema() -> None:
    with sandbox() as (box, client):
        box.speak = lambda question, found: Speech('{"mood": "good"}')

        assert by_responses(client, "How are you?", OTHER) == ('{"mood": "good"}', "")
