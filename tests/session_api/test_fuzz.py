"""Nothing that anybody sends is answered with a 500, or with nothing."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.session_api.kit import SHOP, Shop, Widget, message, shop
from tests.spread import SPREAD

UNHURRIED = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
A_FEW = settings(UNHURRIED, max_examples=60 // SPREAD)
"""For each of some forty operations."""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("fuzzed")) as opened:
        opened.widget().ask("Who pays?")  # what answers is loaded now, and not by a thread beside Hypothesis
        yield opened


@pytest.fixture
def widget(fuzzed: Shop) -> Widget:
    opened = fuzzed.widget()
    opened.open()
    return opened


def test_what_the_description_allows_is_never_answered_with_a_500(fuzzed: Shop, widget: Widget) -> None:
    import schemathesis  # takes long to load
    from schemathesis.checks import not_a_server_error

    headers = {"origin": SHOP, "authorization": f"Bearer {widget.secret}"}
    described: Any = schemathesis.openapi.from_url(f"{fuzzed.url}/openapi.json")
    tried = set()
    session = requests.Session()
    session.trust_env = False  # or it reads the proxies of this machine at each request

    for found in described.get_all_operations():
        operation = found.ok()

        @A_FEW
        @given(case=operation.as_strategy())
        def sent(case: Any) -> None:
            case.call_and_validate(session=session, headers=headers, checks=[not_a_server_error])

        sent()
        tried.add(operation.label)

    assert {"POST /chatkit", "POST /api/chatkit/session", "GET /widget/diagnose"} <= tried


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KINDS = (
    "threads.create",
    "threads.list",
    "threads.get_by_id",
    "threads.update",
    "threads.delete",
    "threads.add_user_message",
    "threads.add_client_tool_output",
    "threads.add_structured_input",
    "threads.retry_after_item",
    "threads.custom_action",
    "threads.sync_custom_action",
    "items.list",
    "items.feedback",
    "attachments.create",
    "attachments.delete",
    "input.transcribe",
)
FIELDS = (
    "thread_id", "item_id", "item_ids", "input", "limit", "order", "after", "title", "kind", "action", "result",
    "name", "size", "mime_type", "attachment_id", "audio_base64",
)  # fmt: skip
VALUES = (
    JSON
    | st.just("thr_" + "0" * 32)
    | st.just(["msg_" + "0" * 32])
    | st.sampled_from(["asc", "desc", "positive"])
    | st.just({"type": "hand_off", "payload": None})
    | st.builds(message, st.text(max_size=40))
)


@UNHURRIED
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), JSON)
def test_any_request_of_the_protocol_is_answered_or_refused(
    widget: Widget, kind: str, params: dict[str, Any], metadata: Any
) -> None:
    answer = widget.post(json.dumps({"type": kind, "params": params, "metadata": metadata}).encode())

    assert answer.status_code in {200, 400, 404}
    if answer.status_code != 200:
        assert set(answer.json()["error"]) == {"code", "message", "fix"}


def malformed(total: int, seed: int) -> Iterator[bytes]:
    """Bytes that are no request: noise, requests with bytes changed, cut or doubled, and deep nesting."""
    chance = random.Random(seed)
    whole = json.dumps({"type": "threads.create", "params": {"input": message("Who pays?")}}).encode()
    sent = 0
    while sent < total:
        body = bytearray(whole if chance.random() < 0.7 else chance.randbytes(chance.randint(0, 4000)))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(body) + 1)
            body[at : at + chance.randint(0, 3)] = chance.choice(
                [chance.randbytes(chance.randint(0, 3)), b'"', b"{", b"[" * chance.randint(1, 400), b"\x00", b"\\ud800"]
            )
        sent += len(body)
        yield bytes(body)


def test_malformed_bytes_are_refused(widget: Widget) -> None:
    statuses = {widget.post(body).status_code for body in malformed(40_000, seed=1)}

    assert statuses <= {200, 400, 404}


@pytest.mark.thorough
def test_many_more_malformed_bytes_are_refused(widget: Widget) -> None:
    statuses = {widget.post(body).status_code for body in malformed(2_000_000 // SPREAD, seed=2)}

    assert statuses <= {200, 400, 404}


def cross_visits(fuzzed: Shop, calls: int, seed: int) -> int:
    """Let visitors try everything on each other's threads; return how many tries came through."""
    chance = random.Random(seed)
    visitors = [fuzzed.widget() for _ in range(6)]
    held = [one.ask("Who pays for the parcel?") for one in visitors]
    leaks = 0
    for _ in range(calls):
        thief, victim = chance.sample(range(len(visitors)), 2)
        thread, own = held[victim].thread, held[thief].thread
        item = chance.choice([held[victim].question["id"], held[victim].message["id"]])
        kind, params = chance.choice(
            [
                ("threads.get_by_id", {"thread_id": thread}),
                ("items.list", {"thread_id": thread}),
                ("items.list", {"thread_id": own, "after": item}),
                ("threads.list", {"after": thread}),
                ("threads.update", {"thread_id": thread, "title": "mine"}),
                ("threads.delete", {"thread_id": thread}),
                ("threads.add_user_message", {"thread_id": thread, "input": message("mine")}),
                ("threads.retry_after_item", {"thread_id": thread, "item_id": item}),
                ("threads.retry_after_item", {"thread_id": own, "item_id": item}),
                ("items.feedback", {"thread_id": thread, "item_ids": [item], "kind": "negative"}),
                ("items.feedback", {"thread_id": own, "item_ids": [item], "kind": "negative"}),
                ("threads.custom_action", {"thread_id": thread, "action": {"type": "hand_off", "payload": {}}}),
            ]
        )
        leaks += visitors[thief].call(kind, **params).status_code != 404
    for one, answered in zip(visitors, held, strict=True):
        thread = one.call("threads.get_by_id", thread_id=answered.thread).json()
        leaks += len(thread["items"]["data"]) != 2 or thread["title"] == "mine"
    return leaks


def test_no_visitor_reaches_anothers_threads(fuzzed: Shop) -> None:
    assert cross_visits(fuzzed, 150, seed=3) == 0


@pytest.mark.thorough
def test_no_visitor_reaches_anothers_threads_in_thousands_of_tries(fuzzed: Shop) -> None:
    assert cross_visits(fuzzed, 10_000 // SPREAD, seed=4) == 0
