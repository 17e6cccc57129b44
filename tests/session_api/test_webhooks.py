"""Signed messages wake a sync, whatever else happens; anything else is refused."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from connectors.webhook import Refused, WebhookEvent
from session_api.app import Services, create_app
from session_api.webhooks import Inbox
from sync.errors import Retryable
from sync.state import queries
from sync.state.database import State
from tests import loopback


def verify(source: str, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
    """Sources `help` and `chat` exist; a message is signed by saying so."""
    if source not in ("help", "chat"):
        raise KeyError(source)
    if headers.get("x-signature") != "signed":
        raise Refused("check the signing secret")
    said = body.decode()
    named = tuple(said.removeprefix("about ").split()) if said.startswith("about ") else ()
    return WebhookEvent(not said.startswith("challenge "), said.partition("challenge ")[2], named)


@dataclass
class Broker:
    is_down: bool = False


@dataclass(frozen=True)
class Site:
    """The application as a vendor reaches it, all within one moment."""

    state: State
    http: httpx2.Client
    woken: list[tuple[str, str]]
    broker: Broker

    def post(self, source: str, body: bytes = b"{}", signature: str = "signed") -> httpx2.Response:
        return self.http.post(f"/webhooks/{source}", content=body, headers={"X-Signature": signature})

    def wakes(self, source: str = "help") -> int:
        return int(queries.source(self.state, source).change_seq)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with closing(State.open(f"sqlite:///{tmp_path}/state.db")) as state:
        with state.transaction() as tx:
            tx.run("INSERT INTO sources (name, kind) VALUES ('help', 'made-up'), ('chat', 'made-up')")
        woken, broker = list[tuple[str, str]](), Broker()

        def wake(task: str, source: str) -> None:
            if broker.is_down:
                raise Retryable("the broker is down")
            woken.append((task, source))

        app = create_app(Services(state, wake, broker_answers=lambda: True, verify=verify))
        app.state.inbox = Inbox(state, verify, wake, clock=lambda: 0.0)
        with loopback.serve(app) as url, loopback.client(base_url=url) as http:
            yield Site(state, http, woken, broker)


def test_a_signed_message_marks_the_source_and_wakes_a_sync(site: Site) -> None:
    answer = site.post("help")

    assert (answer.status_code, answer.text) == (200, "")
    assert queries.source(site.state, "help").has_news
    assert not queries.source(site.state, "chat").has_news
    assert site.woken == [("sync", "help")]


def test_documents_that_a_message_names_are_remembered_once(site: Site) -> None:
    for _ in range(2):
        site.post("chat", b"about C1:1.2 C1:day:2026-11-23")

    rows = site.state.ask("SELECT source, external_id, wake FROM nudged ORDER BY external_id")
    assert [(row.source, row.external_id, row.wake) for row in rows] == [
        ("chat", "C1:1.2", 2),
        ("chat", "C1:day:2026-11-23", 2),
    ]


def test_a_burst_is_one_message_to_the_workers_and_none_of_it_is_lost(site: Site) -> None:
    senders = [threading.Thread(target=site.post, args=("help",)) for _ in range(20)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert site.wakes() == 20
    assert site.woken == [("sync", "help")]


def test_a_broker_that_is_down_loses_nothing(site: Site) -> None:
    site.broker.is_down = True

    assert site.post("help").status_code == 200
    assert queries.source(site.state, "help").has_news


def test_a_challenge_is_answered_and_wakes_nobody(site: Site) -> None:
    answer = site.post("chat", b"challenge 3eZbrw1aB")

    assert (answer.status_code, answer.text) == (200, "3eZbrw1aB")
    assert answer.headers["content-type"].startswith("text/plain")
    assert site.woken == []
    assert not queries.source(site.state, "chat").has_news


@pytest.mark.parametrize(
    ("source", "signature", "status", "code"),
    [("help", "forged", 401, "signature_invalid"), ("nobody", "signed", 404, "unknown_source")],
)
def test_what_is_refused_says_why_and_changes_nothing(
    site: Site, source: str, signature: str, status: int, code: str
) -> None:
    answer = site.post(source, signature=signature)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["fix"]
    assert site.wakes() == 0
    assert site.woken == []


def test_a_message_that_is_too_large_is_refused_before_it_is_judged(site: Site) -> None:
    answer = site.post("help", b"x" * (1024 * 1024 + 1), signature="forged")

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


def test_only_a_post_is_a_message(site: Site) -> None:
    assert site.http.get("/webhooks/help").status_code == 405
