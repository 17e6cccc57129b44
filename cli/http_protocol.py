"""HTTP protocol: uvicorn's own, with the limits that it leaves to a proxy.

A connection must send the head of a call in time, and in size; one that takes nothing of its answer is cut.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TELL_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bytes and lines of a call's head, and seconds: for the head to come, and for a reader to take something.

    `unread`: bytes of a body that may still come after its call was answered.
    """

    head: int = 32 * 1024
    lines: int = 100
    head_within: float = 10.0
    write_within: float = 60.0
    unread: int = 64 * 1024


class HeadTooLarge(Exception):
    """More lines, or more bytes, than the head of a call may have."""


class BoundedHttp(HttpToolsProtocol):
    """Answers 431 to a head that is too large; closes what is too slow. Trailers of a body count as a head does."""

    limits = HttpLimits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._size = self._lines = self._undelivered = self._unread = 0
        self._too_large = False
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._undelivered += len(data)
        super().data_received(data)
        if self._undelivered > self.limits.head and not self.transport.is_closing():
            self._too_large = True
            self.send_400_response("The head of the call is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._size = self._lines = self._unread = 0
        if self._reading is None:
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        self._take(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._lines += 1
        self._take(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_came()
        self._undelivered = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._undelivered = 0
        if self.cycle.response_complete:
            self._unread += len(body)
            if self._unread > self.limits.unread:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._undelivered = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a call that cannot be read, and close."""
        if not self._too_large:
            super().send_400_response(msg)
            return
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(self.limits.write_within, self.transport.abort)

    def resume_writing(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
        super().resume_writing()

    def _take(self, size: int) -> None:
        self._size += size
        if self._size > self.limits.head or self._lines > self.limits.lines:
            self._too_large = True
            raise HeadTooLarge

    def _expect_head(self) -> None:
        self._reading = self.loop.call_later(self.limits.head_within, self.transport.close)

    def _head_came(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


def tell_rarely(logger: str) -> None:
    """Have the logger say the same thing at most once a minute: whoever sends nonsense does not fill the log."""
    named = logging.getLogger(logger)
    if not any(isinstance(each, _Rarely) for each in named.filters):
        named.addFilter(_Rarely())


class _Rarely(logging.Filter):
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[Any, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info or len(self._told) > 1000:
            return True
        now = self._clock()
        last = self._told.get(record.msg)
        if last is not None and now - last < TELL_EVERY:
            return False
        self._told[record.msg] = now
        return True
