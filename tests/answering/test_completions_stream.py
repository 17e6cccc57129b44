"""Chat completions as servers send them: with thoughts, with nulls, whole, or with the older name of a limit."""

from typing import Any

import pytest

from answering.events import AnswerOutcome
from session_api import model_errors
from tests.answering.wire import ANSWER, PRICED, Answered, Reply, chunks, whole
from tests.answering.wire import answered as asked

SETTINGS = PRICED.model_copy(update={"api": "chat_completions"})
USAGE = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}
CITED = f"{ANSWER} [1]"


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}]}


def answered(*replies: Reply) -> Answered:
    return asked(replies, SETTINGS)


def completions(told: Answered) -> list[dict[str, Any]]:
    return [body for body in told.upstream.bodies if "messages" in body]


LAST = {"id": "c", "choices": [], "usage": USAGE}
MESSAGE = {"index": 0, "message": {"role": "assistant", "content": CITED}, "finish_reason": "stop"}


@pytest.mark.parametrize(
    "reply",
    [
        chunks(chunk(CITED[:7]), chunk(CITED[7:], "stop"), LAST),
        chunks({"id": "c", "choices": None}, chunk(CITED), {**LAST, "choices": None}),
        chunks({"id": "c", "choices": [{"index": 0, "delta": None}]}, chunk(None), chunk(CITED), chunk(), LAST),
        chunks(chunk("<thi"), chunk("nk>The source says 90 days? No.</th"), chunk(f"ink>\n\n{CITED}"), LAST),
        chunks(chunk(reasoning_content="Hm, 90 days?"), chunk(CITED), LAST),
        chunks({**chunk(CITED), "usage": USAGE}, {**LAST, "usage": USAGE}),
        whole({"id": "c", "choices": [MESSAGE], "usage": USAGE}),
    ],
    ids=["stream", "choices null", "delta null", "think block", "reasoning", "usage in every chunk", "plain JSON"],
)
def test_an_answer_is_read_whatever_form_it_has(reply: Reply) -> None:
    told = answered(reply)

    assert told.shown == told.done.text == ANSWER
    assert [(one.page.title, one.index) for one in told.done.citations] == [("Returns", len(ANSWER))]
    assert (told.done.cost.input_tokens, told.done.cost.output_tokens) == (1000, 50)
    assert told.done.cost.micro_usd == 1200


def test_the_limit_has_its_new_name() -> None:
    [body] = completions(answered(chunks(chunk(CITED), LAST)))

    assert body["max_completion_tokens"] == SETTINGS.longest_answer
    assert "max_tokens" not in body


def test_a_server_that_refuses_the_new_name_of_the_limit_gets_the_old_one() -> None:
    refused = whole({"error": {"message": "Unrecognized request argument: max_completion_tokens"}}, 400)

    told = answered(refused, chunks(chunk(CITED), LAST))

    assert told.done.text == ANSWER
    assert completions(told)[1]["max_tokens"] == SETTINGS.longest_answer
    assert "max_completion_tokens" not in completions(told)[1]


@pytest.mark.parametrize(
    "reply",
    [
        chunks(chunk(refusal="I'm sorry"), chunk(finish="stop"), LAST),
        chunks(chunk("We", "content_filter"), LAST),
        whole({"error": {"code": "content_filter", "message": "filtered"}}, 400),
        chunks({"error": {"code": "content_filter", "message": "filtered"}}),
    ],
    ids=["refusal", "filtered", "filtered prompt", "filtered in the stream"],
)
def test_a_refusal_is_told_as_one(reply: Reply) -> None:
    told = answered(reply)

    assert told.done.outcome == AnswerOutcome.REFUSED
    assert told.done.text.startswith("I cannot help with this.")


@pytest.mark.parametrize("text", ["<think>It is a long way", None])
def test_a_length_used_up_by_thinking_names_the_setting(text: str | None) -> None:
    told = answered(chunks(chunk(text), chunk(finish="length"), LAST))

    assert told.done.outcome == AnswerOutcome.ABSTAINED
    assert "longest_answer" in told.done.reason
    assert told.done.cost.output_tokens == 50


@pytest.mark.parametrize(
    ("code", "means"), [("insufficient_quota", "upstream_quota"), ("rate_limit_exceeded", "upstream_busy")]
)
@pytest.mark.parametrize("form", ["stream", "whole"])
def test_a_failure_in_the_middle_says_what_it_is_and_is_booked(code: str, means: str, form: str) -> None:
    error = {"error": {"code": code, "message": "no"}}

    told = answered(chunks(chunk("<think>" + "x" * 400), error) if form == "stream" else whole(error))

    assert told.error is not None
    assert model_errors.failure(told.error).code == means
    assert told.stream.cost.input_tokens > 0
    assert told.stream.cost.output_tokens == (102 if form == "stream" else 0)


def test_a_call_that_is_refused_at_its_beginning_costs_nothing() -> None:
    told = answered(whole({"error": {"code": "insufficient_quota", "message": "no"}}, 429))

    assert told.error is not None
    assert model_errors.failure(told.error).code == "upstream_quota"
    assert told.stream.cost.micro_usd == 0
