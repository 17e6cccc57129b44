"""The edge of the API: what a call may send, and how often an address may be refused, before anything is parsed."""

import asyncio
from collections.abc import Awaitable, MutableMapping
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from session_api.access.lockout import MAX_WRONG, Lockout
from session_api.access.rate_limit import address_of, both_stacks
from session_api.access.request_limits import RequestLimits
from session_api.access.settings import ServerSettings
from session_api.access.unlisted_proxy import tell_at_start
from session_api.admin.dependencies import Operations
from session_api.app import Services, create_app
from session_api.webhooks import Inbox, take_none
from sync.state.database import State
from tests.awaiting import awaited
from tests.session_api.kit import Shop
from tests.session_api.operating import Site, site

CHUNK = b" " * 65_536
MAX_CHUNKS = 17  # the largest body of any route, and one chunk that shows that it is larger


def forwarded(trusted: list[str], client: tuple[str, int], **headers: str) -> list[MutableMapping[str, Any]]:
    """What is logged when three calls come like that."""
    limits = RequestLimits(PlainTextResponse("fine"), trusted_proxies=trusted)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await limits({**scope, "client": client}, receive, send)

    with capture_logs() as logs:
        for _ in range(3):
            assert called(app, "GET", "/", Endless().receive, **headers) == 200
    return logs


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded"])
@pytest.mark.parametrize(
    ("peer", "told"), [("10.1.2.3", "10.1.2.3"), ("127.0.0.1", "127.0.0.1"), ("fd00::7", "fd00::7"), ("9.9.9.9", "")]
)
def test_a_proxy_that_is_not_listed_is_told_once_and_no_visitors_address(header: str, peer: str, told: str) -> None:
    [line] = forwarded(["192.168.0.0/16"], (peer, 4711), **{header: "203.0.113.9"})

    assert (line["event"], line["log_level"], line["peer"]) == ("proxy_not_listed", "warning", told)
    assert "trusted_proxies" in line["fix"]
    assert "203.0.113.9" not in str(line)


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (("10.1.2.3", 4711), {"x_forwarded_for": "203.0.113.9"}),
        (("::ffff:10.1.2.3", 4711), {"forwarded": "for=203.0.113.9"}),
        (("203.0.113.9", 0), {"x_forwarded_for": "203.0.113.9"}),  # as the server has it behind a listed proxy
        (("192.0.2.7", 4711), {}),
        (("192.0.2.7", 4711), {"x_forwarded_for": ""}),
    ],
)
def test_nothing_is_told_of_listed_proxies_and_of_calls_without_one(
    client: tuple[str, int], headers: dict[str, str]
) -> None:
    assert forwarded(["10.0.0.0/8"], client, **headers) == []


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ({"host": "0.0.0.0"}, 1),
        ({"public_url": "https://help.acme.com"}, 1),
        ({"host": "0.0.0.0", "trusted_proxies": ["10.0.0.0/8"]}, 0),
        ({}, 0),
    ],
)
def test_at_start_it_is_said_that_a_proxy_would_make_all_visitors_one(server: dict[str, Any], told: int) -> None:
    with capture_logs() as logs:
        tell_at_start(ServerSettings.model_validate(server))

    assert [line["event"] for line in logs] == ["proxies_not_listed"] * told


class Endless:
    """A client that sends for as long as anybody reads."""

    def __init__(self) -> None:
        self.taken = 0

    async def receive(self) -> Message:
        self.taken += 1
        if self.taken > 2 * MAX_CHUNKS:
            raise AssertionError("the body is read without end")
        return {"type": "http.request", "body": CHUNK, "more_body": True}


def called(app: ASGIApp, method: str, path: str, receive: Receive, **headers: str) -> int:
    """Call the application in this process; returns the status it answers."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()],
        "client": ("192.0.2.7", 1),
        "server": ("127.0.0.1", 8400),
    }
    awaited(_run(app(scope, receive, send)))
    return statuses[0]


async def _run(call: Awaitable[None]) -> None:
    await call


def routes_of(app: Any) -> list[tuple[str, str]]:
    """Every address that the application describes, and some that it does not."""
    found = [(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods]
    filled = [
        (method, path.replace("{source}", "help-center").replace("{", "").replace("}", "")) for method, path in found
    ]
    return [*filled, ("POST", "/nowhere"), ("PUT", "/healthz"), ("POST", "/embed.js")]


def test_no_route_reads_a_body_without_end(acme: Shop) -> None:
    authorized = {"origin": "https://www.acme.com", "content_type": "application/json", "authorization": "Bearer x"}
    for method, path in routes_of(acme.app):
        for headers in ({}, authorized):
            client = Endless()

            status = called(acme.app, method, path, client.receive, **headers)

            assert client.taken <= MAX_CHUNKS, (method, path)
            assert status < 500, (method, path, status)


def test_an_announced_body_that_is_too_large_is_refused_unread_on_every_route(acme: Shop) -> None:
    for method, path in routes_of(acme.app):
        client = Endless()

        status = called(acme.app, method, path, client.receive, content_length=str(300 * 2**20))

        assert (status, client.taken) == (413, 0), (method, path)


@pytest.mark.parametrize("sent", ["", "Bearer wrong", "Bearer operators-onl", "Basic b3BlcmF0b3Jz"])
def test_nothing_is_read_for_somebody_without_the_admin_token(sent: str) -> None:
    async def never() -> Message:
        raise AssertionError("the body is read before the token is right")

    with site() as here:
        app = create_app(Services(here.installation.state, lambda *_: None, lambda: True, operations=_operations(here)))
        for path in ("/api/admin/sources/s/sync", "/api/admin/sources/s/release", "/api/admin/nowhere"):
            assert called(app, "POST", path, never, authorization=sent) == 401


def test_nothing_is_read_for_a_page_that_may_not_ask(acme: Shop) -> None:
    async def never() -> Message:
        raise AssertionError("the body is read before the page is judged")

    for path, status in (("/api/chatkit/session", 403), ("/chatkit", 401)):
        assert called(acme.app, "POST", path, never, origin="https://evil.example") == status


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def stalled() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with closing(State.open("sqlite://")) as state:
        app = create_app(Services(state, lambda *_: None, lambda: True))
        limited = RequestLimits(app, read_within=timedelta(milliseconds=10))

        assert called(limited, "POST", "/webhooks/help", stalled) == 408


def refusing(status: int) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("no", status)(scope, receive, send)

    return app


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_refused_calls_count_and_end_in_429(status: int) -> None:
    limited = RequestLimits(refusing(status), refusals=3)

    answers = [called(limited, "POST", "/chatkit", nothing) for _ in range(5)]

    assert answers == [status] * 3 + [429] * 2


def test_what_is_taken_does_not_count_and_other_routes_and_addresses_go_on() -> None:
    limited = RequestLimits(refusing(401), refusals=2, trusted_proxies=["192.0.2.0/24"])
    for _ in range(3):
        called(limited, "POST", "/api/admin/status", nothing)

    assert called(limited, "POST", "/api/admin/status", nothing) == 429
    assert called(limited, "POST", "/webhooks/help", nothing) == 401
    assert called(limited, "POST", "/api/admin/status", nothing, x_forwarded_for="198.51.100.9") == 401
    fine = RequestLimits(refusing(200), refusals=2)
    assert [called(fine, "POST", "/chatkit", nothing) for _ in range(9)] == [200] * 9


@pytest.mark.parametrize("proxy", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_a_proxy_is_known_by_either_name_that_a_dual_stack_socket_gives_it(proxy: str) -> None:
    scope = {"type": "http", "client": (proxy, 1), "headers": [(b"x-forwarded-for", b"203.0.113.5")]}

    assert address_of(scope, ["10.0.0.0/8"]) == "203.0.113.5"
    assert "::ffff:10.0.0.0/104" in both_stacks(["10.0.0.0/8"])


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_guessing_the_admin_token_locks_the_address_out_longer_each_time_and_is_logged_once() -> None:
    clock = Clock()
    lockout = Lockout(clock)

    with capture_logs() as logs:
        for _ in range(MAX_WRONG):
            lockout.wrong("203.0.113.5")
        first = lockout.wait("203.0.113.5")
        clock.now += first
        for _ in range(MAX_WRONG):
            lockout.wrong("203.0.113.5")

    assert first == 60
    assert lockout.wait("203.0.113.5") == 120
    assert lockout.wait("198.51.100.1") == 0
    assert [log["event"] for log in logs] == ["admin_token_refused", "admin_locked_out", "admin_locked_out"]


def test_whoever_is_locked_out_is_refused_with_the_right_token_too() -> None:
    with site() as here:
        for _ in range(MAX_WRONG):
            wrong = here.http.get(f"{here.url}/api/admin/status", headers={"Authorization": "Bearer guessed"})
            assert wrong.status_code == 401

        locked = here.get("/api/admin/status")

        assert locked.status_code == 429
        assert 0 < int(locked.headers["retry-after"]) <= 60


def test_a_token_that_is_being_replaced_is_right_beside_the_new_one() -> None:
    with site() as here:
        tokens = ("the new token", "the previous token")
        app = create_app(
            Services(here.installation.state, lambda *_: None, lambda: True, operations=_operations(here, *tokens))
        )

        statuses = [
            called(app, "GET", "/api/admin/status", nothing, authorization=f"Bearer {token}")
            for token in (*tokens, "another")
        ]

    assert statuses == [200, 200, 401]


def test_what_operators_read_is_kept_by_no_cache() -> None:
    with site() as here:
        answers = [
            here.get("/api/admin/status"),
            here.get("/api/admin/nowhere"),
            here.http.get(f"{here.url}/api/admin/runs"),
        ]

    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 3


def test_refused_messages_of_a_source_are_a_line_a_minute_that_counts_them() -> None:
    clock = Clock()
    with closing(State.open("sqlite://")) as state, capture_logs() as logs:
        inbox = Inbox(state, take_none, lambda *_: None, clock)
        for _ in range(1000):
            inbox.refuse("help", "check the signing secret")
        clock.now += 60
        inbox.refuse("help", "check the signing secret")

    assert [(log["event"], log["more_since_last"]) for log in logs] == [
        ("webhook_refused", 0),
        ("webhook_refused", 999),
    ]


def _operations(here: Site, token: str = "operators-only", previous: str | None = None) -> Operations:
    installation = here.installation
    tokens = [token, *([previous] if previous else [])]
    return Operations(installation.state, installation.engine.inventory, tokens, lambda: here.queue)
