"""Forgets what is older than the retention, now and then, beside the answering."""

import asyncio
from datetime import timedelta

import structlog

from answering import question_log
from answering.blocking import BlockingPool
from sync.errors import SyncError
from sync.state.database import State

EVERY = timedelta(hours=1)

log = structlog.get_logger()


class Upkeep:
    """Several processes may do it at once: what is forgotten twice is forgotten."""

    def __init__(self, state: State, threads: BlockingPool, retention: timedelta) -> None:
        self._state = state
        self._threads = threads
        self._retention = retention
        self._next = 0.0
        self._running: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Begin to forget if it is time; nobody waits for it."""
        if self._state.now() >= self._next and self._running is None:
            self._next = self._state.now() + EVERY.total_seconds()
            self._running = asyncio.create_task(self._forget())

    async def _forget(self) -> None:
        try:
            gone = await self._threads.run(question_log.prune, self._state, self._retention)
            if gone:
                log.info("threads_forgotten", threads=gone)
        except SyncError as error:
            log.warning("retention_postponed", error=str(error))
        finally:
            self._running = None
