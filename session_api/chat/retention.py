"""Retention: deletes what is older than the operator keeps it, once an hour, beside the answering."""

import asyncio
from datetime import timedelta

import structlog

from answering.blocking import BlockingPool
from session_api.state import hosted_sessions, questions, revocations, threads, visitors
from sync.errors import SyncError
from sync.state.database import State

EVERY = timedelta(hours=1)

log = structlog.get_logger()


def prune(state: State, retention: timedelta) -> int:
    """Delete what is older than that: threads by their last use, and questions. Returns how many threads."""
    now = state.now()
    before = now - retention.total_seconds()
    with state.transaction() as tx:
        gone = threads.prune(tx, before)
        questions.prune(tx, before)
        visitors.prune(tx, before)
        hosted_sessions.prune(tx, now)
        revocations.prune(tx, now)
        return gone


class Retention:
    """Prunes now and then. Several processes may do it at once: what is deleted twice is deleted."""

    def __init__(self, state: State, pool: BlockingPool, kept: timedelta) -> None:
        self._state = state
        self._pool = pool
        self._kept = kept
        self._next = 0.0
        self._running: asyncio.Task[None] | None = None

    def start_if_due(self) -> None:
        """Begin to prune if it is time, and return at once."""
        if self._state.now() >= self._next and self._running is None:
            self._next = self._state.now() + EVERY.total_seconds()
            self._running = asyncio.create_task(self._prune())

    async def _prune(self) -> None:
        try:
            gone = await self._pool.run(prune, self._state, self._kept)
            if gone:
                log.info("threads_forgotten", threads=gone)
        except SyncError as error:
            log.warning("retention_postponed", error=str(error))
        finally:
            self._running = None
