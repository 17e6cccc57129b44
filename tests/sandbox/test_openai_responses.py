from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseFileSearchToolCall, ResponseOutputMessage, ResponseOutputText

from tests.sandbox.openai_kit import GUIDE, sandbox, stocked

BILLING = b"""# Invoices

Help \xe2\x80\xba Money

https://help.example.com/invoices

Invoices are sent on the first of the month. Nothing else happens that day.

## Invoices \xe2\x80\xba Address

- Change the billing address under Account.
"""


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with sandbox() as (_, client):
        yield client


@pytest.fixture(scope="module")
def store(client: openai.OpenAI) -> str:
    return stocked(client, GUIDE, BILLING)[0]


def _search(store: str, **more: Any) -> Any:
    return {"type": "file_search", "vector_store_ids": [store], **more}


def _said(response: Response) -> ResponseOutputText:
    message = response.output[-1]
    assert isinstance(message, ResponseOutputMessage)
    part = message.content[0]
    assert isinstance(part, ResponseOutputText)
    return part


def test_an_answer_quotes_a_sentence_and_cites_its_file(client: openai.OpenAI, store: str) -> None:
    response = client.responses.create(
        model="any", input="When are invoices sent?", tools=[_search(store)], instructions="Be kind."
    )

    said = _said(response)
    assert said.text == "Invoices are sent on the first of the month."
    assert [note.to_dict() for note in said.annotations] == [
        {
            "type": "file_citation",
            "index": len(said.text),
            "file_id": said.annotations[0].to_dict()["file_id"],
            "filename": "1.md",
        }
    ]
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 10
    assert (response.status, response.instructions, response.model) == ("completed", "Be kind.", "any")


def test_list_entries_are_quoted_without_their_mark(client: openai.OpenAI, store: str) -> None:
    response = client.responses.create(model="m", input="change billing address", tools=[_search(store)])

    assert response.output_text == "Change the billing address under Account."


@pytest.mark.parametrize(
    ("question", "nothing"),
    [
        ("Who won the world cup in 1990?", "I found nothing"),
        ("Wer hat die Weltmeisterschaft 1990 gewonnen?", "nichts gefunden"),
        ("How do invoices relate to quantum gravity, dark matter and black holes?", "I found nothing"),
        ("", "I found nothing"),
    ],
)
def test_a_question_that_nothing_supports_is_not_answered(
    client: openai.OpenAI, store: str, question: str, nothing: str
) -> None:
    said = _said(client.responses.create(model="m", input=question, tools=[_search(store)]))

    assert nothing in said.text
    assert said.annotations == []


def test_the_last_thing_the_user_said_is_the_question(client: openai.OpenAI, store: str) -> None:
    conversation: Any = [
        {"role": "system", "content": "Answer about passwords."},
        {"role": "user", "content": "forgot password?"},
        {"type": "file_search_call", "id": "fs_1", "queries": ["x"], "status": "completed"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "…", "annotations": []}]},
        {"role": "user", "content": [{"type": "input_text", "text": "When are invoices sent?"}]},
    ]

    response = client.responses.create(model="m", input=conversation, tools=[_search(store)])

    assert response.output_text.startswith("Invoices are sent")
    call = response.output[0]
    assert isinstance(call, ResponseFileSearchToolCall)
    assert (call.queries, call.results) == (["When are invoices sent?"], None)


def test_results_are_shown_only_when_asked_for(client: openai.OpenAI, store: str) -> None:
    response = client.responses.create(
        model="m",
        input="invoices or password",
        include=["file_search_call.results"],
        tools=[_search(store, max_num_results=1, ranking_options={"ranker": "auto", "score_threshold": 0.1})],
    )

    call = response.output[0]
    assert isinstance(call, ResponseFileSearchToolCall)
    assert call.results is not None
    assert [result.filename for result in call.results] in (["0.md"], ["1.md"])
    assert call.results[0].text


def test_filters_hold_for_answers_too(client: openai.OpenAI, store: str) -> None:
    nobody = {"type": "eq", "key": "audience", "value": "nobody"}

    response = client.responses.create(
        model="m", input="When are invoices sent?", tools=[_search(store, filters=nobody)]
    )

    assert "I found nothing" in response.output_text


def test_without_a_search_tool_there_is_no_search_call(client: openai.OpenAI, store: str) -> None:
    bare = client.responses.create(model="m", input="When are invoices sent?")
    unused = client.responses.create(model="m", input="When?", tools=[_search(store)], tool_choice="none")

    for response in (bare, unused):
        assert [one.type for one in response.output] == ["message"]


def test_a_stream_tells_the_same_story_in_the_vendors_order(client: openai.OpenAI) -> None:
    store, _ = stocked(client, GUIDE, BILLING)
    tools = [_search(store)]

    events = list(client.responses.create(model="m", input="password and invoices", tools=tools, stream=True))

    assert [event.sequence_number for event in events] == list(range(len(events)))
    names = [event.type.removeprefix("response.") for event in events]
    deltas = [at for at, name in enumerate(names) if name == "output_text.delta"]
    assert names[: deltas[0]] == [
        "created",
        "in_progress",
        "output_item.added",
        "file_search_call.in_progress",
        "file_search_call.searching",
        "file_search_call.completed",
        "output_item.done",
        "output_item.added",
        "content_part.added",
    ]
    assert names[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]
    assert set(names[deltas[0] : -4]) == {"output_text.delta", "output_text.annotation.added"}


def test_streamed_text_and_annotations_add_up_to_the_final_ones(client: openai.OpenAI, store: str) -> None:
    text, indexes, final = "", [], None
    for event in client.responses.create(model="m", input="password invoices", tools=[_search(store)], stream=True):
        if event.type == "response.output_text.delta":
            text += event.delta
        elif event.type == "response.output_text.annotation.added":
            annotation: Any = event.annotation
            indexes.append(annotation.index)
            assert annotation.index == len(text)
        elif event.type == "response.completed":
            final = event.response

    assert final is not None
    assert _said(final).text == text
    assert [note.to_dict()["index"] for note in _said(final).annotations] == indexes
    assert len(indexes) == 2


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "x"}, "model"),
        ({"model": "m"}, "input"),
        ({"model": "m", "input": []}, "input"),
        ({"model": "m", "input": [{"role": "assistant", "content": "x"}]}, "input"),
        ({"model": "m", "input": [{"role": "robot", "content": "x"}]}, "input"),
        ({"model": "m", "input": "x", "tool": []}, "tool"),
        ({"model": "m", "input": "x", "tools": [{"type": "file_search"}]}, "tools[0].vector_store_ids"),
        ({"model": "m", "input": "x", "tools": [_search("vs", max_num_results=51)]}, "tools[0].max_num_results"),
        ({"model": "m", "input": "x", "tools": [_search("vs", limit=5)]}, "tools[0].limit"),
        ({"model": "m", "input": "x", "previous_response_id": "resp_1"}, "previous_response_id"),
    ],
)
def test_a_request_outside_the_schema_is_refused(client: openai.OpenAI, body: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/responses", body=body, cast_to=object)

    assert (refused.value.param or "").startswith(param)


def test_an_unknown_store_is_not_found_also_when_streaming(client: openai.OpenAI) -> None:
    for stream in (False, True):
        with pytest.raises(openai.NotFoundError):
            client.post(
                "/responses",
                body={"model": "m", "input": "x", "tools": [_search("vs_x")], "stream": stream},
                cast_to=object,
            )


def test_a_row_of_a_table_is_quoted_as_it_would_be_read_aloud(client: openai.OpenAI) -> None:
    lights = (
        b"# Lights\n\n| Light | Meaning |\n| --- | --- |\n| blinking orange | no Wi-Fi |\n| steady | all is well |\n"
    )
    store = stocked(client, lights)[0]

    response = client.responses.create(model="any", input="What does blinking orange mean?", tools=[_search(store)])

    assert _said(response).text == "**blinking orange**: no Wi-Fi"


LIGHTS = (
    "# Lights\n\n| Light | Meaning |\n| --- | --- |\n| white | ready |\n| blue | pairing |\n| green | updating |\n"
    "| orange | no Wi-Fi |\n| red | motor blocked |\n"
)
TARIFE = (
    "# Versand\n\n| Land | Preis |\n|---|---|\n| Polen | 9 Euro |\n| Italien | 8 Euro |\n| Spanien | 7 Euro |\n"
    "| Malta | 6 Euro |\n"
)


@pytest.mark.parametrize(
    ("page", "question", "asked_back", "reply", "answer"),
    [
        (LIGHTS, "What does the light mean?", "white, blue, green, orange or red?", "orange", "**orange**: no Wi-Fi"),
        (TARIFE, "Was kostet der Versand?", "Polen, Italien, Spanien oder Malta?", "nach Malta", "**Malta**: 6 Euro"),
    ],
)
def test_where_the_answer_is_one_of_many_rows_it_is_asked_which(
    client: openai.OpenAI, page: str, question: str, asked_back: str, reply: str, answer: str
) -> None:
    tools = [_search(stocked(client, page.encode())[0])]
    first = client.responses.create(model="m", input=question, tools=tools)
    conversation: Any = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": first.output_text},
        {"role": "user", "content": reply},
    ]
    second = client.responses.create(model="m", input=conversation, tools=tools)

    assert first.output_text.endswith(asked_back)
    assert _said(first).annotations == []
    assert second.output_text == answer


def test_a_follow_up_is_searched_with_what_it_is_about(client: openai.OpenAI, store: str) -> None:
    conversation: Any = [
        {"role": "user", "content": "When are invoices sent?"},
        {"role": "assistant", "content": "Invoices are sent on the first of the month."},
        {"role": "user", "content": "and the billing address?"},
    ]

    response = client.responses.create(model="m", input=conversation, tools=[_search(store)])

    call = response.output[0]
    assert isinstance(call, ResponseFileSearchToolCall)
    assert call.queries == ["When are invoices sent? the billing address?"]
