"""Event streams between a slow model, proxies that hang up on silence, and readers who leave or stop reading."""

import asyncio
import contextvars
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from session_api.chat.event_stream import HEARTBEAT, EventStream
from sync.errors import Retryable
from tests import loopback
from tests.session_api.waiting import until

Frames = Callable[[], AsyncGenerator[bytes, None]]
BROKEN = b'data: {"type":"error"}\n\n'


@contextmanager
def streaming(frames: Frames, *, heartbeat: float = 15.0, patience: float = 30.0) -> Iterator[str]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        stream = EventStream(frames(), broken=BROKEN, heartbeat=heartbeat, patience=patience)
        await stream(scope, receive, send)

    with loopback.serve(app) as url:
        yield url


def test_silence_is_filled_with_comments() -> None:
    heard, enough = b"", threading.Event()

    async def frames() -> AsyncGenerator[bytes, None]:
        yield b"data: 1\n\n"
        await asyncio.to_thread(enough.wait, 20)
        yield b"data: 2\n\n"

    with streaming(frames, heartbeat=0.05) as url, loopback.http.stream("GET", url, timeout=30) as answer:
        for piece in answer.iter_raw():
            heard += piece
            if heard.count(HEARTBEAT) == 2:
                enough.set()

    assert heard.startswith(b"data: 1\n\n" + HEARTBEAT)
    assert heard.endswith(b"data: 2\n\n")


def test_a_failure_after_the_beginning_is_an_error_event() -> None:
    async def frames() -> AsyncGenerator[bytes, None]:
        yield b"data: 1\n\n"
        raise Retryable("the database is gone")

    with streaming(frames) as url:
        assert loopback.http.get(url).content == b"data: 1\n\n" + BROKEN


@pytest.mark.parametrize("busy", [True, False])
def test_work_for_a_reader_who_left_is_cancelled_from_within(busy: bool) -> None:
    ends: list[str] = []

    async def frames() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"data: more\n\n"
                await asyncio.sleep(0.01 if busy else 3600)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise
        except GeneratorExit:
            ends.append("closed")
            raise

    with streaming(frames) as url:
        with loopback.http.stream("GET", url, timeout=30) as answer:
            next(answer.iter_raw())
        until(lambda: ends)

    assert ends == ["cancelled"]


def test_a_reader_who_takes_nothing_is_cut_and_slows_only_itself() -> None:
    made: list[int] = []
    ends: list[str] = []

    async def frames() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                made.append(1)
                yield b"data: " + b"x" * 65_536 + b"\n\n"
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    with streaming(frames, patience=0.3) as url, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", int(urlsplit(url).port or 0)))
        reader.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        until(lambda: ends)

    assert ends == ["cancelled"]
    assert len(made) < 1000, "frames were made that nobody takes"


def test_context_variables_live_as_long_as_the_answer() -> None:
    """The ChatKit SDK sets one before an answer and resets it after: in another context that is an error."""
    variable = contextvars.ContextVar[str]("agent", default="")

    async def frames() -> AsyncGenerator[bytes, None]:
        token = variable.set("ours")
        yield b"data: 1\n\n"
        await asyncio.sleep(0.01)
        yield f"data: {variable.get()}\n\n".encode()
        variable.reset(token)

    with streaming(frames) as url:
        assert loopback.http.get(url).content == b"data: 1\n\ndata: ours\n\n"
