"""Upkeep: what is done now and then beside the answering: old threads are deleted, counts are written down."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from answering.blocking import BlockingPool
from session_api.chat import retention
from sync.errors import SyncError
from sync.metrics import COUNTERS
from sync.state import counters
from sync.state.database import State

PRUNING = timedelta(hours=1)
COUNTING = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass
class Chore:
    """`work` is due again `every` so often. Several processes may do it at once."""

    name: str
    every: timedelta
    work: Callable[[], object]
    due: float = 0.0
    running: asyncio.Task[None] | None = field(default=None, repr=False)


def chores(state: State, kept: timedelta) -> list[Chore]:
    """Return what there is to do: visitors' threads and questions are `kept` for so long."""
    return [
        Chore("retention", PRUNING, lambda: retention.prune(state, kept)),
        Chore("counting", COUNTING, lambda: counters.flush(state, COUNTERS)),
    ]


class Upkeep:
    """Does chores when they are due, whenever somebody comes by."""

    def __init__(self, state: State, pool: BlockingPool, chores: Sequence[Chore]) -> None:
        self._state = state
        self._pool = pool
        self._chores = chores

    def start_if_due(self) -> None:
        """Begin what is due, and return at once."""
        now = self._state.now()
        for chore in self._chores:
            if now >= chore.due and chore.running is None:
                chore.due = now + chore.every.total_seconds()
                chore.running = asyncio.create_task(self._do(chore))

    async def _do(self, chore: Chore) -> None:
        try:
            await self._pool.run(chore.work)
        except SyncError as error:
            log.warning("upkeep_postponed", chore=chore.name, error=str(error))
        finally:
            chore.running = None
