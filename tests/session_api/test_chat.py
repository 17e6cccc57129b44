"""The ChatKit protocol as a widget speaks it, and what the official SDK leaves to us."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx2
import pytest

from sandbox.openai.state import Speech
from sandbox.wire import Fault
from tests.session_api.kit import Answered, Shop, Widget, message, read
from tests.session_api.waiting import until

QUESTION = "How long do parcels to Norway take?"


@contextmanager
def saying(acme: Shop, speech: Callable[[str, Any], Speech | None], pause: float = 0.0) -> Iterator[None]:
    """Let the model say something else meanwhile."""
    box = acme.company.openai
    box.speak, box.pause = speech, pause
    try:
        yield
    finally:
        box.speak, box.pause = None, 0.0


def items(widget: Widget, thread: str) -> list[dict[str, Any]]:
    found = widget.call("threads.get_by_id", thread_id=thread)
    assert found.status_code == 200, found.text
    return list(found.json()["items"]["data"])


def test_frames_are_exactly_one_line_of_data(acme: Shop) -> None:
    widget = acme.widget()
    widget.open()

    answer = widget.call("threads.create", input=message(QUESTION))

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.text.endswith("\n\n")
    assert all(re.fullmatch(r"data: \{.*\}", frame) for frame in answer.text.rstrip("\n").split("\n\n"))


def test_a_stored_answer_keeps_its_citations(acme: Shop) -> None:
    """openai 3.1 and later send annotations in classes that the ChatKit SDK refuses: the answer was lost."""
    widget = acme.widget()
    answered = widget.ask(QUESTION)

    stored = items(widget, answered.thread)[1]

    assert stored == answered.message
    assert stored["content"][0]["annotations"]


def test_the_part_that_is_done_does_not_lose_its_annotations(acme: Shop) -> None:
    answered = acme.widget().ask(QUESTION)

    updates = [event["update"] for event in answered.of("thread.item.updated")]
    done = next(update for update in updates if update["type"].endswith("content_part.done"))

    assert done["content"] == answered.message["content"][0]
    assert [event["type"] for event in answered.events].count("error") == 0


def test_ids_cannot_be_guessed_and_never_repeat(acme: Shop) -> None:
    widget = acme.widget()
    first = widget.ask(QUESTION)
    second = widget.ask(QUESTION, first.thread)

    ids = [first.thread, *(item["id"] for item in items(widget, first.thread))]

    assert len(set(ids)) == len(ids) == 5
    assert all(re.fullmatch(r"(thr|msg)_[0-9a-f]{32}", one) for one in ids)
    assert second.message["id"] in ids


def test_times_have_a_zone(acme: Shop) -> None:
    widget = acme.widget()
    answered = widget.ask(QUESTION)
    thread = widget.call("threads.get_by_id", thread_id=answered.thread).json()

    created = answered.of("thread.created")[0]["thread"]
    times = [created, thread, *thread["items"]["data"]]

    assert all(datetime.fromisoformat(one["created_at"]).tzinfo is not None for one in times)


def test_another_try_answers_anew_and_keeps_one_answer(acme: Shop) -> None:
    widget = acme.widget()
    first = widget.ask(QUESTION)

    again = read(widget.call("threads.retry_after_item", thread_id=first.thread, item_id=first.question["id"]))

    assert again.text == first.text
    assert [item["id"] for item in items(widget, first.thread)] == [first.question["id"], again.message["id"]]


def test_threads_are_listed_newest_first_in_pages(acme: Shop) -> None:
    widget = acme.widget()
    threads = [widget.ask(QUESTION).thread for _ in range(3)]

    first = widget.call("threads.list", limit=2).json()
    rest = widget.call("threads.list", limit=2, after=first["after"]).json()

    assert [thread["id"] for thread in first["data"]] == threads[:0:-1]
    assert first["has_more"]
    assert [thread["id"] for thread in rest["data"]] == threads[:1]
    assert not rest["has_more"]


def test_items_are_listed_in_both_directions(acme: Shop) -> None:
    widget = acme.widget()
    thread = widget.ask(QUESTION).thread
    widget.ask(QUESTION, thread)
    every = [item["id"] for item in items(widget, thread)]

    down = widget.call("items.list", thread_id=thread, limit=3).json()
    rest = widget.call("items.list", thread_id=thread, limit=3, after=down["after"]).json()
    up = widget.call("items.list", thread_id=thread, order="asc").json()

    assert [item["id"] for item in down["data"] + rest["data"]] == every[::-1]
    assert [item["id"] for item in up["data"]] == every


@pytest.mark.parametrize("limit", [0, -5, 10**9])
def test_a_page_has_a_size_whatever_is_asked_for(acme: Shop, limit: int) -> None:
    widget = acme.widget()
    widget.ask(QUESTION)

    assert len(widget.call("threads.list", limit=limit).json()["data"]) == 1


def test_a_thread_is_renamed_and_deleted(acme: Shop) -> None:
    widget = acme.widget()
    thread = widget.ask(QUESTION).thread

    renamed = widget.call("threads.update", thread_id=thread, title="Norway")
    widget.call("threads.delete", thread_id=thread)

    assert renamed.json()["title"] == "Norway"
    assert widget.call("threads.get_by_id", thread_id=thread).status_code == 404
    assert not [row for row in acme.rows("chat_items") if row.thread == thread]


def test_feedback_is_kept_with_the_answer(acme: Shop) -> None:
    widget = acme.widget()
    answered = widget.ask(QUESTION)

    told = widget.call("items.feedback", thread_id=answered.thread, item_ids=[answered.message["id"]], kind="positive")

    assert told.status_code == 200
    [row] = [row for row in acme.rows("chat_questions") if row.answer == answered.message["id"]]
    assert (row.feedback, row.outcome) == ("positive", "answered")


def test_the_model_hears_what_was_said_before(acme: Shop) -> None:
    widget = acme.widget()
    first = widget.ask(QUESTION)
    widget.ask("I forgot my password", first.thread)

    said = [(one["role"], one["content"]) for one in acme.company.openai.asked[-1]["input"]]

    assert said == [("user", QUESTION), ("assistant", first.text), ("user", "I forgot my password")]


def test_who_leaves_ends_the_call_to_the_model_and_keeps_what_was_shown(acme: Shop) -> None:
    widget = acme.widget()
    widget.open()
    words = tuple(f"We pay for the parcel. {n} " for n in ("",) * 200)
    spoken = Speech("".join(words), deltas=words)

    with saying(acme, lambda question, found: spoken, pause=0.05):
        headers = {"authorization": f"Bearer {widget.secret}", "origin": str(widget.origin)}
        body = {"type": "threads.create", "params": {"input": message("Who pays for the parcel?")}}
        with acme.http.stream("POST", "/chatkit", json=body, headers=headers) as stream:
            seen = ""
            for piece in stream.iter_text():
                seen += piece
                if "text_delta" in seen:
                    break
        until(lambda: acme.company.openai.streaming == 0)

    thread = json.loads(seen.split("\n\n")[0].removeprefix("data: "))["thread"]["id"]
    until(lambda: [row for row in acme.rows("chat_items") if row.thread == thread and "sdk_hidden" in row.body])
    kept = items(widget, thread)
    stored = [json.loads(row.body)["type"] for row in acme.rows("chat_items") if row.thread == thread]
    [record] = [row for row in acme.rows("chat_questions") if row.thread == thread]
    assert [item["type"] for item in kept] == ["user_message", "assistant_message"]
    assert kept[1]["content"][0]["text"].startswith("We pay for the parcel.")
    assert stored == ["user_message", "assistant_message", "sdk_hidden_context"]
    assert record.outcome == "cancelled"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "json_invalid"),
        (b"{", "json_invalid"),
        (b"[]", "type"),
        (b'{"type":"threads.explode","params":{}}', "tag"),
        (b'{"type":"threads.create","params":{}}', "input: missing"),
        (b'{"type":"threads.create","params":{"input":{"content":[],"attachments":[]}}}', "inference_options: missing"),
        (b'{"type":"threads.list","params":{"order":"sideways"}}', "order"),
        (b"\xff\xfe", "json_invalid"),
        (b"[" * 60_000, "json_invalid"),
        (b'{"type":"threads.get_by_id","params":{"thread_id":"\\ud800"}}', "json_invalid"),
    ],
)
def test_what_is_no_request_is_refused_with_the_place(acme: Shop, body: bytes, where: str) -> None:
    widget = acme.widget()
    widget.open()

    refused = widget.post(body)

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "invalid_request"
    assert where.partition(":")[0] in refused.json()["error"]["message"] or where in refused.json()["error"]["message"]


def _said(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"input": message(text, **more)}


@pytest.mark.parametrize(
    ("kind", "params", "code"),
    [
        ("threads.create", _said(""), "message_empty"),
        ("threads.create", _said(" \n\t"), "message_empty"),
        ("threads.create", _said("x" * 4001), "message_too_long"),
        ("threads.create", _said(quoted_text="x" * 4001), "message_too_long"),
        ("threads.create", _said(attachments=["atc_1"]), "not_offered"),
        ("threads.create", _said(inference_options={"model": "gpt-dear"}), "not_offered"),
        ("threads.create", _said(inference_options={"tool_choice": {"id": "shell"}}), "not_offered"),
        ("attachments.create", {"name": "x", "size": 1, "mime_type": "text/plain"}, "not_offered"),
        ("attachments.delete", {"attachment_id": "atc_1"}, "not_offered"),
        ("input.transcribe", {"audio_base64": "AAAA", "mime_type": "audio/webm"}, "not_offered"),
        ("threads.sync_custom_action", {"thread_id": "thr_1", "action": {"type": "x", "payload": 1}}, "not_offered"),
        ("threads.custom_action", {"thread_id": "thr_1", "action": {"type": "x", "payload": 1}}, "not_offered"),
        ("threads.add_client_tool_output", {"thread_id": "thr_1", "result": 1}, "not_offered"),
        ("threads.add_structured_input", {"thread_id": "t", "item_id": "i", "input": {}}, "not_offered"),
        ("threads.update", {"thread_id": "thr_1", "title": ""}, "invalid_request"),
    ],
)
def test_what_is_not_offered_is_refused_before_anything_begins(
    acme: Shop, kind: str, params: dict[str, Any], code: str
) -> None:
    widget = acme.widget()
    widget.open()
    asked = acme.said_by_model

    refused = widget.call(kind, **params)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert refused.json()["error"]["fix"]
    assert acme.said_by_model == asked


def test_a_body_beyond_64_kb_is_refused_whether_it_says_so_or_not(acme: Shop) -> None:
    widget = acme.widget()
    widget.open()
    headers = {"authorization": f"Bearer {widget.secret}", "origin": str(widget.origin)}

    announced = acme.http.post("/chatkit", content=b" " * 65_537, headers=headers)
    streamed = acme.http.post("/chatkit", content=iter([b" " * 4096] * 17), headers=headers)

    assert [announced.status_code, streamed.status_code] == [413, 413]
    assert announced.json()["error"]["code"] == "body_too_large"


UNKNOWN = "thr_" + "0" * 32
NAMING_A_THREAD: list[tuple[str, dict[str, Any]]] = [
    ("threads.get_by_id", {}),
    ("items.list", {}),
    ("threads.update", {"title": "mine"}),
    ("threads.delete", {}),
    ("threads.add_user_message", {"input": message("hello there, what did we talk about?")}),
    ("threads.retry_after_item", {"item_id": "msg_" + "0" * 32}),
    ("items.feedback", {"item_ids": ["msg_" + "0" * 32], "kind": "positive"}),
    ("threads.custom_action", {"action": {"type": "hand_off", "payload": {}}}),
]


@pytest.mark.parametrize("thread", [UNKNOWN, "", "thr_\x00", "x" * 5000, "ﬁ", "%"])
@pytest.mark.parametrize(("kind", "params"), NAMING_A_THREAD)
def test_an_unknown_thread_is_not_found_also_where_an_answer_would_stream(
    acme: Shop, kind: str, params: dict[str, Any], thread: str
) -> None:
    widget = acme.widget()
    widget.open()

    refused = widget.call(kind, thread_id=thread, **params)

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(("kind", "params"), NAMING_A_THREAD)
def test_a_thread_of_another_visitor_is_not_found(acme: Shop, kind: str, params: dict[str, Any]) -> None:
    victim, thief = acme.widget(), acme.widget()
    answered = victim.ask(QUESTION)
    before = items(victim, answered.thread)
    thief.open()
    own = {"item_id": answered.question["id"]} if "item_id" in params else {}

    refused = thief.call(kind, thread_id=answered.thread, **{**params, **own})

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    assert items(victim, answered.thread) == before


def test_an_item_of_another_thread_opens_nothing(acme: Shop) -> None:
    victim, thief = acme.widget(), acme.widget()
    foreign, own = victim.ask(QUESTION), thief.ask(QUESTION)

    tries = [
        thief.call("threads.retry_after_item", thread_id=own.thread, item_id=foreign.question["id"]),
        thief.call("items.list", thread_id=own.thread, after=foreign.question["id"]),
        thief.call("threads.list", after=foreign.thread),
        thief.call("items.feedback", thread_id=own.thread, item_ids=[foreign.message["id"]], kind="negative"),
    ]

    assert [refused.status_code for refused in tries] == [404] * 4
    assert not [row for row in acme.rows("chat_questions") if row.feedback == "negative"]


def test_an_answer_cannot_be_answered_anew(acme: Shop) -> None:
    widget = acme.widget()
    answered = widget.ask(QUESTION)

    refused = widget.call("threads.retry_after_item", thread_id=answered.thread, item_id=answered.message["id"])

    assert refused.status_code == 400


def test_a_failing_model_is_told_politely_and_nothing_of_it_leaks(acme: Shop) -> None:
    wire = acme.company.openai_wire
    wire.fail(
        Fault(path="/v1/responses", times=None, status=500, body='{"error":{"message":"sk-secret in host 10.1"}}')
    )
    try:
        answered = acme.widget().ask(QUESTION)
    finally:
        wire.heal()

    [error] = answered.of("error")
    assert error["allow_retry"]
    assert "try again" in error["message"]
    assert "10.1" not in json.dumps(answered.events)
    assert "sk-secret" not in json.dumps(answered.events)


WORDS = ("We pay for the parcel. ",) * 3


@pytest.mark.parametrize(
    "speech",
    [
        Speech("".join(WORDS), deltas=WORDS, stops_after=2),
        Speech("".join(WORDS), deltas=WORDS, fails=True),
    ],
)
def test_a_model_that_breaks_off_leaves_no_half_answer_as_a_whole_one(acme: Shop, speech: Speech) -> None:
    widget = acme.widget()

    with saying(acme, lambda question, found: speech):
        answered = widget.ask("Who pays for the parcel?")

    [error] = answered.of("error")
    assert error["allow_retry"]
    assert [item["type"] for item in items(widget, answered.thread)] == ["user_message"]
    [record] = [row for row in acme.rows("chat_questions") if row.thread == answered.thread]
    assert record.outcome == "error"
    again = read(widget.call("threads.retry_after_item", thread_id=answered.thread, item_id=answered.question["id"]))
    assert again.text == "We pay for the parcel."


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path="/v1/responses", times=None, manner="cut"),
        Fault(path="/v1/responses", times=None, manner="half"),
        Fault(path="/v1/responses", times=None, status=200, body="<html>"),
        Fault(
            path="/v1/responses",
            times=None,
            status=200,
            body="data: {\n\n",
            headers={"content-type": "text/event-stream"},
        ),
        Fault(path="/v1/responses", times=None, status=429, headers={"retry-after": "0"}),
        Fault(path="/v1/responses", times=None, status=401),
    ],
)
def test_whatever_happens_at_the_other_side_is_an_error_event(acme: Shop, fault: Fault) -> None:
    acme.company.openai_wire.fail(fault)
    answered = acme.widget().ask(QUESTION)
    acme.company.openai_wire.heal()

    assert answered.status == 200
    assert len(answered.of("error")) == 1 or "found nothing" in answered.text


def test_a_visitor_who_wants_a_person_is_told_where(acme: Shop) -> None:
    widget = acme.widget()
    thread = widget.ask(QUESTION).thread

    told = read(widget.call("threads.custom_action", thread_id=thread, action={"type": "hand_off", "payload": {}}))

    assert told.text == "Write to help@acme.com."
    assert [effect["name"] for effect in told.of("client_effect")] == ["hand_off"]
    [row] = [row for row in acme.rows("chat_questions") if (row.outcome, row.thread) == ("handed_off", thread)]
    assert (row.question, row.answer) == (QUESTION, told.message["id"])


def test_however_often_a_person_is_asked_for_a_conversation_counts_once(acme: Shop) -> None:
    widget = acme.widget()
    threads = [widget.ask(QUESTION).thread for _ in range(2)]
    action = {"action": {"type": "hand_off", "payload": {}}}

    with ThreadPoolExecutor(4) as pool:
        clicks = pool.map(lambda n: widget.call("threads.custom_action", thread_id=threads[n % 2], **action), range(8))
        told = [read(click) for click in clicks]

    assert [len(one.of("client_effect")) for one in told] == [1] * 8
    assert sum(len(one.of("thread.item.done")) for one in told) == 2
    kept = [row.thread for row in acme.rows("chat_questions") if row.outcome == "handed_off" and row.thread in threads]
    assert sorted(kept) == sorted(threads)
    assert [one["type"] for one in items(widget, threads[0])].count("assistant_message") == 2


def buttons(answered: Answered) -> list[tuple[str, str]]:
    """What the buttons in the conversation say and do."""
    cards = [event["item"]["widget"] for event in answered.of("thread.item.done") if event["item"]["type"] == "widget"]
    return [(one["label"], one["onClickAction"]["type"]) for card in cards for one in card["children"]]


@pytest.mark.parametrize(
    ("asked", "language", "label"),
    [
        ("I want to talk to a human", "", "Talk to a person"),
        ("can i speak to somebody from support please", "", "Talk to a person"),
        ("Ich möchte mit einem Mitarbeiter sprechen", "", "Mit einem Menschen sprechen"),
        ("Which colour is the moon of Jupiter?", "", "Send us this conversation"),
        ("quantum chromodynamics lattice", "fr", "Nous envoyer cette conversation"),
    ],
)
def test_where_only_a_person_helps_a_button_leads_to_one(acme: Shop, asked: str, language: str, label: str) -> None:
    widget = replace(acme.widget(), language=language)

    answered = widget.ask(asked)

    assert buttons(answered) == [(label, "hand_off")]
    assert [item["type"] for item in items(widget, answered.thread)] == ["user_message", "assistant_message", "widget"]
    button = items(widget, answered.thread)[-1]
    action = {"type": "hand_off", "payload": {}}
    told = read(widget.call("threads.custom_action", thread_id=answered.thread, item_id=button["id"], action=action))
    assert told.text == "Write to help@acme.com."
    other = {"thread_id": answered.thread, "item_id": answered.question["id"], "action": action}
    assert widget.call("threads.custom_action", **other).status_code == 400


@pytest.mark.parametrize("asked", ["thanks!", "are you a bot?", "it does not work", "I want a human", "What is love?"])
def test_a_message_that_answers_nothing_says_so_by_its_id(acme: Shop, asked: str) -> None:
    widget = acme.widget()

    answered, reply = widget.ask(QUESTION), widget.ask(asked)

    assert not answered.message["id"].startswith("msg_reply_")
    assert buttons(answered) == []
    assert reply.message["id"].startswith("msg_reply_")
    assert [row.answer for row in acme.rows("chat_questions") if row.thread == reply.thread] == [reply.message["id"]]


def test_a_half_open_answer_has_no_error_page_in_it(acme: Shop) -> None:
    """A thread that is deleted in another tab while it is answered ends the stream with an error event."""
    widget = acme.widget()
    thread = widget.ask(QUESTION).thread

    def speech(question: str, found: Any) -> Speech:
        widget.call("threads.delete", thread_id=thread)
        return Speech("We pay for the parcel.", citations=((found[0].file, 22),))

    with saying(acme, speech):
        answered = widget.ask("Who pays for the parcel to be sent back?", thread)

    assert answered.events[-1] == {"type": "error", "code": "stream.error", "allow_retry": True}


def test_no_answer_is_kept_by_anybody_in_between(acme: Shop) -> None:
    widget = acme.widget()
    widget.open()

    listed: httpx2.Response = widget.call("threads.list")

    assert listed.headers["cache-control"] == "no-store"
