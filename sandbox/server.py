"""Serving on loopback: one event loop, in a thread of its own, for any number of apps, each on its own port."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import Context
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

GRACE = 1
"""How long, in seconds, an answer that is under way when its server stops may still take."""


class ServerLoop:
    """Starting an app and stopping it costs a millisecond: no thread and no loop is made for it.

    The loop starts with the first app and runs until the process ends. An app that waits for another one without
    giving way (`await`) is served by another loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def serve(self, app: ASGIApp, port: int = 0, *, lifespan: Literal["on", "off"] = "off") -> Iterator[str]:
        """Serve until the block ends; yields the origin, without a slash at its end. Raises OSError for a port taken.

        At the end answers under way have a second to finish, and connections are refused from then on. `lifespan`
        "on": the app is told when it starts and stops; raises RuntimeError at the end where it could not.
        """
        listener = socket.create_server(("127.0.0.1", port), backlog=2048)  # takes connections before it is served
        server = _Server(_config(app, lifespan))
        ended: Future[None] = Future()
        loop = self._running(server.config)
        loop.call_soon_threadsafe(_start, loop, server, listener, ended, context=Context())
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            loop.call_soon_threadsafe(server.stop)
            ended.result(timeout=10)

    def _running(self, config: uvicorn.Config) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = (config.get_loop_factory() or asyncio.new_event_loop)()
                threading.Thread(target=self._loop.run_forever, name="server loop", daemon=True).start()
            return self._loop


class _Server(uvicorn.Server):
    """uvicorn's server without its naps: that one looks every tenth of a second whether it should stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await _finished(self.server_state.tasks)
        await self.lifespan.shutdown()
        for listener in sockets or ():
            listener.close()


def _config(app: ASGIApp, lifespan: Literal["on", "off"]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan=lifespan,
        ws="none",
        date_header=False,  # a fake with its own clock sends its own
    )


def _start(loop: asyncio.AbstractEventLoop, server: _Server, listener: socket.socket, ended: Future[None]) -> None:
    async def run() -> None:
        try:
            await server.serve(sockets=[listener])
        except SystemExit as error:  # uvicorn's word for an app that does not start; it would end the loop
            raise RuntimeError("the app did not start") from error
        finally:
            listener.close()

    def end(task: asyncio.Task[None]) -> None:
        error = task.exception()
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)

    loop.create_task(run()).add_done_callback(end)


async def _finished(tasks: set[asyncio.Task[None]]) -> None:
    """Wait for the answers under way; those that take too long are cancelled."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=GRACE)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=GRACE)
