"""Server-sent events: streams that survive proxies, slow readers and closed tabs."""

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncGenerator

import structlog
from chatkit.store import NotFoundError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.errors import SyncError

HEARTBEAT = b": still here\n\n"
HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",  # nginx would hold the events back
}

PASSING = (SyncError, NotFoundError, ValueError, RuntimeError)
"""What may happen after the answer has begun: the database fails, a thread is deleted in another tab."""

log = structlog.get_logger()


class EventStream(Response):
    """Sends frames as they come, a comment where none comes for a while, and ends the work when the reader leaves.

    The next frame is only made once the one before is with the network: a slow reader slows its own answer, and one
    that takes nothing for `patience` seconds is cut. Frames are made in one context, whichever task asks for them:
    the SDK sets and resets context variables around an answer.
    """

    def __init__(
        self, frames: AsyncGenerator[bytes, None], *, broken: bytes, heartbeat: float = 15.0, patience: float = 30.0
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._frames = frames
        self._broken = broken
        self._heartbeat = heartbeat
        self._patience = patience
        self._context = contextvars.copy_context()
        self._upcoming: asyncio.Task[bytes] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        gone = asyncio.create_task(_left(receive))
        try:
            await self._give(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._stream(send, gone)
        except TimeoutError:
            log.info("stream_cut", reason="the reader takes nothing")
        finally:
            gone.cancel()
            await self._end()

    async def _stream(self, send: Send, gone: "asyncio.Task[None]") -> None:
        upcoming = self._next()
        while not gone.done():
            await asyncio.wait((upcoming, gone), timeout=self._heartbeat, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                return
            if not upcoming.done():
                await self._body(send, HEARTBEAT)
                continue
            try:
                frame = upcoming.result()
            except StopAsyncIteration:
                await self._body(send, b"", more=False)
                return
            except PASSING as error:
                log.warning("stream_broken", error=str(error) if isinstance(error, SyncError) else type(error).__name__)
                await self._body(send, self._broken, more=False)
                return
            await self._body(send, frame)
            upcoming = self._next()

    def _next(self) -> "asyncio.Task[bytes]":
        self._upcoming = asyncio.get_running_loop().create_task(_frame(self._frames), context=self._context)
        return self._upcoming

    async def _body(self, send: Send, body: bytes, *, more: bool = True) -> None:
        await self._give(send, {"type": "http.response.body", "body": body, "more_body": more})

    async def _give(self, send: Send, message: dict[str, object]) -> None:
        async with asyncio.timeout(self._patience):
            await send(message)

    async def _end(self) -> None:
        """Cancel what still makes frames, from within: the SDK then keeps the part of the answer that was shown."""
        if self._upcoming is not None and not self._upcoming.done():
            await _cancelled(self._upcoming)
            return
        while self._upcoming is not None and not self._upcoming.cancelled() and self._upcoming.exception() is None:
            upcoming = self._next()
            await asyncio.sleep(0)  # it runs until it waits for something
            if not upcoming.done():
                await _cancelled(upcoming)
                return


async def _frame(frames: AsyncGenerator[bytes, None]) -> bytes:
    return await anext(frames)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancelled(task: "asyncio.Task[bytes]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, *PASSING):
        await task
