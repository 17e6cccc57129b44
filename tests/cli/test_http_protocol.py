"""What the server itself limits: heads, idle and slow connections, and how often it says so."""

import contextlib
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from cli import config as configuration
from cli.api_process import serving
from cli.http_protocol import BoundedHttp, HttpLimits, tell_rarely
from connectors import CONNECTORS


class Hasty(BoundedHttp):
    limits = HttpLimits(head_within=0.3, write_within=0.3)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/long":

        async def much() -> AsyncIterator[bytes]:
            for _ in range(1000):
                yield b"x" * 65_536

        await StreamingResponse(much())(scope, receive, send)
        return
    await PlainTextResponse("fine")(scope, receive, send)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The server as we configure it, but for its patience."""
    path = tmp_path_factory.mktemp("served") / "answerwell.toml"
    path.write_text('[openai]\napi_key = "k"\n', "utf-8")
    served = serving(app, configuration.load(path, {}, CONNECTORS))
    assert served.http is BoundedHttp
    served.http, served.lifespan = Hasty, "off"
    server = uvicorn.Server(served)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    yield int(listening.getsockname()[1])
    server.should_exit = True
    thread.join(10)


def said(port: int, *sent: bytes) -> bytes:
    """Send the pieces and return everything until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for piece in sent:
            with contextlib.suppress(ConnectionError):
                connection.sendall(piece)
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65_536):
                received += piece
        return received


HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n"
TOO_LARGE = {
    "one long line": (HEAD + b"a: " + b"x" * 40_000 + b"\r\n\r\n",),
    "many lines": (HEAD + b"".join(b"a%d: b\r\n" % n for n in range(200)) + b"\r\n",),
    "a line without an end": (HEAD + b"a: ", *[b"x" * 8192] * 20),
    "a name without an end": (HEAD, *[b"x" * 8192] * 20),
    "a long address": (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",),
    "an address without an end": (b"GET /", *[b"x" * 8192] * 20),
    "trailers": (
        b"POST /late HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
        *[b"a: " + b"x" * 8000 + b"\r\n"] * 20,
    ),
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_head_that_is_too_large_is_refused_and_the_connection_closed(port: int, kind: str) -> None:
    answer = said(port, *TOO_LARGE[kind])

    assert b" 431 " in answer or answer == b""  # nothing: the system dropped the answer with what was left unread


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HEAD, HEAD + b"a"], ids=["nothing", "a word", "a line", "a name"])
def test_a_head_that_does_not_come_is_not_waited_for(port: int, sent: bytes) -> None:
    assert said(port, sent) == b""


def test_an_answered_connection_may_call_again_and_a_slow_second_head_is_not_waited_for(port: int) -> None:
    answer = said(port, HEAD + b"\r\n", HEAD)

    assert answer.count(b"200 OK") == 1


def test_a_body_that_nobody_reads_ends_with_its_connection(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n"

    answer = said(port, head, *[b"x" * 65_536] * 40)

    assert b"200 OK" in answer or answer == b""


def test_a_reader_that_takes_nothing_is_cut(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /long HTTP/1.1\r\nhost: x\r\n\r\n")
        cut = threading.Event()

        def probe() -> None:
            with contextlib.suppress(ConnectionError):
                while True:  # what is sent to a closed connection is answered with a reset
                    connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                    if cut.wait(0.02):
                        return
            cut.set()

        threading.Thread(target=probe, daemon=True).start()
        assert cut.wait(30)


def test_nonsense_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    tell_rarely("answerwell.rarely")
    logger = logging.getLogger("answerwell.rarely")

    for _ in range(1000):
        logger.warning("Invalid HTTP request received.")
        logger.warning("Exceeded concurrency limit.")

    assert len(caplog.records) == 2
