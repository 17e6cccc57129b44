"""Servers start and stop at once, each on its own port, and a client meets at their end what a stopped server shows."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sandbox.server import ServerLoop
from sandbox.wire import Fault, Wire, serve
from sandbox.zendesk import ZendeskSandbox
from tests import loopback


@pytest.fixture(scope="module")
def loop() -> ServerLoop:
    return ServerLoop()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(Request(scope).url.path)(scope, receive, send)


def test_apps_are_served_side_by_side_and_one_goes_without_the_other(loop: ServerLoop) -> None:
    with loop.serve(echo) as first:
        with loop.serve(echo) as second:
            both = [loopback.http.get(f"{url}/here").text for url in (first, second)]

        with pytest.raises(httpx2.ConnectError):
            loopback.http.get(second)
        after = loopback.http.get(f"{first}/still").text

    assert first != second
    assert (both, after) == (["/here", "/here"], "/still")


def test_a_port_is_free_again_at_once_and_refused_while_it_is_taken(loop: ServerLoop) -> None:
    with loop.serve(echo) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), loop.serve(echo, port):
            pass

    for _ in range(20):
        with loop.serve(echo, port) as again, loopback.client() as client:  # its connection is open at the end
            assert client.get(f"{again}/back").text == "/back"
            assert again == url


def test_an_answer_under_way_is_finished(loop: ServerLoop) -> None:
    begun = threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await asyncio.sleep(0.05)  # the server is being stopped meanwhile
        await PlainTextResponse("done")(scope, receive, send)

    with ThreadPoolExecutor() as pool:
        with loop.serve(slow) as url:
            answer = pool.submit(loopback.http.get, url)
            assert begun.wait(20)

        assert answer.result().text == "done"


def test_an_answer_that_does_not_end_is_cut_off(loop: ServerLoop) -> None:
    begun = threading.Event()

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await asyncio.Event().wait()

    with ThreadPoolExecutor() as pool:
        with loop.serve(never) as url:
            answer = pool.submit(loopback.http.get, url)
            assert begun.wait(20)

        assert answer.result().status_code == 500


def test_an_app_is_told_when_it_starts_and_stops(loop: ServerLoop) -> None:
    told: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await echo(scope, receive, send)
            return
        for step in ("startup", "shutdown"):
            await receive()
            told.append(step)
            await send({"type": f"lifespan.{step}.complete"})

    with loop.serve(app, lifespan="on") as url:
        assert loopback.http.get(f"{url}/x").text == "/x"
        assert told == ["startup"]

    assert told == ["startup", "shutdown"]


def test_an_app_that_does_not_start_is_named_and_the_others_are_served_on(loop: ServerLoop) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("no database")

    with loop.serve(echo) as other:
        with (
            pytest.raises(RuntimeError, match="did not start"),
            loop.serve(broken, lifespan="on") as url,
            pytest.raises(httpx2.TransportError),
        ):
            loopback.http.get(url)

        assert loopback.http.get(f"{other}/on").text == "/on"


@pytest.mark.parametrize(
    ("manner", "error"), [("cut", httpx2.RemoteProtocolError), ("hang", httpx2.RemoteProtocolError)]
)
def test_a_connection_is_cut_without_a_byte(manner: str, error: type[Exception]) -> None:
    with faulty(Fault(manner=manner, seconds=0.01)) as (wire, url):  # type: ignore[arg-type]  # of the two above
        with pytest.raises(error):
            loopback.http.get(url)

        assert loopback.http.get(url).status_code == 404
        assert [call.status for call in wire.calls] == [0, 404]


def test_an_answer_is_cut_in_its_middle_or_lost_after_the_work() -> None:
    with faulty(Fault(manner="half"), Fault(manner="lose")) as (wire, url):
        with (
            loopback.http.stream("GET", url) as answer,
            pytest.raises(httpx2.RemoteProtocolError, match="without sending complete"),
        ):
            answer.read()
        with pytest.raises(httpx2.RemoteProtocolError, match="without sending a response"):
            loopback.http.get(url)

        assert [call.status for call in wire.calls] == [404, 0]


def test_a_hang_ends_with_its_client() -> None:
    with faulty(Fault(manner="hang", seconds=600)) as (wire, url):
        origin = httpx2.URL(url)
        with socket.create_connection((origin.host, origin.port or 0)) as client:
            client.sendall(b"GET /hung HTTP/1.1\r\nhost: x\r\n\r\n")

        while not wire.calls:
            assert loopback.http.get(f"{url}/_sandbox/calls").status_code == 200

    assert [call.path for call in wire.calls] == ["/hung"]


@contextmanager
def faulty(*faults: Fault) -> Iterator[tuple[Wire, str]]:
    wire = Wire(ZendeskSandbox().app)
    for fault in faults:
        wire.fail(fault)
    with serve(wire) as url:
        yield wire, url
