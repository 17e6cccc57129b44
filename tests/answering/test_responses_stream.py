"""The Responses stream as servers send it: early or late, whole or broken, once or twice."""

from typing import Any

import pytest

from answering.events import AnswerOutcome
from session_api import model_errors
from tests.answering.wire import ANSWER, FACTS, Answered, passage, sse
from tests.answering.wire import answered as asked

NOTE = {"type": "file_citation", "file_id": "file-0", "filename": "0.md", "index": len(ANSWER)}
USAGE = {"input_tokens": 1000, "output_tokens": 50, "total_tokens": 1050}
SENTENCE = "You may send anything back within 60 days of delivery."


def search(*, results: bool = True, status: str = "completed") -> dict[str, Any]:
    found = [passage()] if results else None
    return {"type": "file_search_call", "id": "fs_1", "status": status, "queries": ["parcel"], "results": found}


def message(text: str = ANSWER, *notes: dict[str, Any], name: str = "msg_1", **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": list(notes), "logprobs": []}
    return {"type": "message", "id": name, "role": "assistant", "status": "completed", "content": [part], **more}


def added(item: dict[str, Any], at: int) -> dict[str, Any]:
    return {"type": "response.output_item.added", "output_index": at, "item": {**item, "content": []}}


def finished(item: dict[str, Any], at: int) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": at, "item": item}


def delta(text: str | None, at: int = 1, name: str = "msg_1") -> dict[str, Any]:
    place = {"item_id": name, "output_index": at, "content_index": 0}
    return {"type": "response.output_text.delta", **place, "delta": text, "logprobs": []}


def cited(note: dict[str, Any]) -> dict[str, Any]:
    place = {"item_id": "msg_1", "output_index": 1, "content_index": 0, "annotation_index": 0}
    return {"type": "response.output_text.annotation.added", **place, "annotation": note}


def ended(kind: str, *output: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = {"id": "resp_1", "object": "response", "status": kind, "model": "scripted", "output": list(output)}
    return {"type": f"response.{kind}", "response": {**response, "usage": USAGE, **more}}


def answered(*events: dict[str, Any]) -> Answered:
    return asked([sse(*events)])


def code_of(told: Answered) -> str:
    assert told.error is not None
    return model_errors.failure(told.error).code


SEARCHED = finished(search(), 0)
EARLY = [SEARCHED, delta("We pay "), delta("for the parcel."), cited(NOTE), finished(message(ANSWER, NOTE), 1)]
EVERY = [search(), message(ANSWER, NOTE)]
UNNUMBERED = {name: value for name, value in NOTE.items() if name != "index"}


@pytest.mark.parametrize(
    "events",
    [
        [*EARLY, ended("completed", *EVERY)],
        [*EARLY, ended("completed")],
        [SEARCHED, finished(message(ANSWER, NOTE), 1), ended("completed", *EVERY)],
        [SEARCHED, delta(ANSWER), ended("completed", *EVERY)],
        [ended("completed", *EVERY)],
        [finished(search(results=False), 0), delta(ANSWER), cited(NOTE), ended("completed", *EVERY)],
        [SEARCHED, delta(None), delta(ANSWER), finished(message(ANSWER, UNNUMBERED), 1), ended("completed")],
        [SEARCHED, cited(UNNUMBERED), delta("We pay "), delta("for the parcel."), ended("completed")],
        [SEARCHED, cited({**NOTE, "index": None}), delta(ANSWER), ended("completed")],
    ],
    ids=[
        "all along",
        "completed without output",
        "text with the item",
        "citation at the end",
        "all at the end",
        "results at the end",
        "citation without index",
        "citation before its text",
        "index null",
    ],
)
def test_whenever_a_thing_is_told_it_counts_once(events: list[dict[str, Any]]) -> None:
    told = answered(*events)

    assert told.shown == told.done.text == ANSWER
    assert told.done.outcome == AnswerOutcome.ANSWERED
    assert [(one.page.title, one.index) for one in told.done.citations] == [("Returns", len(ANSWER))]
    assert (told.done.cost.input_tokens, told.done.cost.output_tokens) == (1000, 50)
    assert told.done.cost.micro_usd == 1000 + 200 + 2500
    assert len(told.upstream.bodies) == 1


def test_a_repeated_message_is_shown_once() -> None:
    again = [delta(ANSWER[:5], 2, "msg_2"), delta(ANSWER[5:], 2, "msg_2"), finished(message(name="msg_2"), 2)]

    told = answered(*EARLY, *again, ended("completed", *EVERY, message(name="msg_2")))

    assert told.shown == told.done.text == ANSWER
    assert len(told.done.citations) == 1


def test_a_message_that_only_begins_like_the_one_before_is_shown() -> None:
    second = [delta("We pay", 2, "msg_2"), delta(" for it. " + SENTENCE, 2, "msg_2")]

    told = answered(*EARLY, *second, ended("completed"))

    assert told.done.text == f"{ANSWER}\n\nWe pay for it. {SENTENCE}"


def test_a_comment_on_the_work_is_not_shown() -> None:
    comment = message("I will search the help pages.", name="msg_0", phase="commentary")
    events = [added(comment, 0), delta("I will search ", 0, "msg_0"), finished(comment, 0), finished(search(), 1)]

    told = answered(*events, delta(ANSWER, 2), ended("completed", comment, search(), message()))

    assert told.shown == told.done.text == ANSWER


@pytest.mark.parametrize(
    "events",
    [
        [SEARCHED, {"type": "response.refusal.delta", "output_index": 1, "delta": "I'm sorry"}, ended("completed")],
        [ended("completed", search(), {**message(), "content": [{"type": "refusal", "refusal": "I'm sorry"}]})],
        [SEARCHED, ended("incomplete", incomplete_details={"reason": "content_filter"})],
        [SEARCHED, ended("failed", error={"code": "invalid_prompt", "message": "no"})],
        [{"type": "error", "code": "invalid_prompt", "message": "no", "param": None}],
        [{"type": "error", "error": {"code": "invalid_prompt", "message": "no"}}],
    ],
    ids=["refusal", "finished refusal", "content_filter", "invalid_prompt", "event", "nested event"],
)
def test_a_refusal_is_told_as_one_and_not_as_nothing_found(events: list[dict[str, Any]]) -> None:
    told = answered(*events)

    assert told.done.outcome == AnswerOutcome.REFUSED
    assert told.done.text.startswith("I cannot help with this.")
    assert "found nothing" not in told.done.text


def test_what_a_filter_cuts_keeps_what_was_complete() -> None:
    filtered = ended("incomplete", incomplete_details={"reason": "content_filter"})

    told = answered(SEARCHED, delta(f"{ANSWER} {SENTENCE} And you"), filtered)

    assert told.done.text == f"{ANSWER} {SENTENCE}"
    assert (told.done.outcome, told.done.reason) == (AnswerOutcome.ANSWERED, "content_filter")


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("insufficient_quota", "upstream_quota"),
        ("rate_limit_exceeded", "upstream_busy"),
        ("vector_store_timeout", "upstream_search_failed"),
        ("server_error", "upstream_failed"),
    ],
)
@pytest.mark.parametrize("form", ["event", "nested event", "response"])
def test_a_failure_in_the_middle_says_what_it_is_and_is_booked(code: str, means: str, form: str) -> None:
    error = {"code": code, "message": "no"}
    failing: dict[str, dict[str, Any]] = {
        "event": {"type": "error", **error, "param": None},
        "nested event": {"type": "error", "error": error},
        "response": ended("failed", error=error, usage=None),
    }

    told = answered(SEARCHED, delta("We pay "), failing[form])

    assert code_of(told) == means
    assert told.stream.cost.input_tokens > len(FACTS) // 4
    assert told.stream.cost.micro_usd > 2500


def test_a_failed_search_is_an_error_and_never_nothing_found() -> None:
    failed = search(results=False, status="failed")

    told = answered(finished(failed, 0), delta("I found nothing."), ended("completed", failed, message()))

    assert code_of(told) == "upstream_search_failed"
    assert told.shown == ""
    assert told.stream.cost.input_tokens == 1000


def test_a_search_that_fails_and_is_repeated_counts() -> None:
    failed = {**search(results=False, status="failed"), "id": "fs_0"}

    told = answered(finished(failed, 0), finished(search(), 1), delta(ANSWER, 2), ended("completed"))

    assert told.done.text == ANSWER


def test_what_the_length_cuts_keeps_what_is_grounded_and_says_so() -> None:
    limit = ended("incomplete", incomplete_details={"reason": "max_output_tokens"})

    told = answered(SEARCHED, delta(f"{ANSWER} {SENTENCE} Parcels are"), limit)

    assert told.done.text.startswith(f"{ANSWER} {SENTENCE}\n\n(The answer was cut here")
    assert told.done.outcome == AnswerOutcome.ANSWERED
    assert told.shown == told.done.text


def test_a_length_used_up_by_reasoning_names_the_setting_and_is_not_tried_again() -> None:
    thought = {"type": "response.reasoning_summary_text.delta", "output_index": 1, "delta": "Let me think."}
    details = {"output_tokens_details": {"reasoning_tokens": 1200}}
    usage = {"input_tokens": 1000, "output_tokens": 1200, "total_tokens": 2200, **details}

    told = answered(
        SEARCHED, thought, ended("incomplete", usage=usage, incomplete_details={"reason": "max_output_tokens"})
    )

    assert told.done.outcome == AnswerOutcome.ABSTAINED
    assert "longest_answer" in told.done.reason
    assert told.done.cost.output_tokens == 1200
    assert len(told.upstream.bodies) == 1


def test_a_model_that_says_nothing_is_not_asked_twice() -> None:
    told = answered(SEARCHED, ended("completed", search()))

    assert (told.done.outcome, told.done.reason) == (AnswerOutcome.ABSTAINED, "the model said nothing")
    assert len(told.upstream.bodies) == 1


def test_a_response_without_usage_is_booked_by_estimate() -> None:
    told = answered(*EARLY, ended("completed", *EVERY, usage=None))

    assert told.done.text == ANSWER
    assert told.done.cost.input_tokens > len(FACTS) // 4
    assert told.done.cost.output_tokens == -(-len(ANSWER) // 4)
    assert told.done.cost.micro_usd > 2500


def test_what_is_thought_before_a_failure_is_booked() -> None:
    thought = {"type": "response.reasoning_summary_text.delta", "output_index": 1, "delta": "x" * 4000}

    told = answered(SEARCHED, thought, {"type": "error", "code": "server_error", "message": "no", "param": None})

    assert told.stream.cost.output_tokens == 1000
