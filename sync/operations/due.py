"""wake: whether a source has a turn coming. Every answer is a query over the state, so a lost message loses nothing.

A wake-up is a number that grows: whoever has news of a source adds one, and a turn that asks the source has heard all
that came before it asked. News that comes while a turn runs is therefore heard by the next one, a thousand at once by
the same, and no clock is compared.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from sync.pipeline.turn import MAX_BACKOFF
from sync.state import lease as leases
from sync.state import queries
from sync.state.database import State, Transaction

MAX_WAIT = timedelta(days=1) + MAX_BACKOFF  # no vendor's wait is longer; a later moment is another clock's
CLOCKS_DIFFER = timedelta(minutes=1)
AUDIT_EVERY = timedelta(days=1)
PATIENCE = timedelta(minutes=2)  # a wait that is longer, or no progress for as long, is told instead of waited out


def signal_change(tx: Transaction, source: str) -> int:
    """Note that there is news of the source; returns its number, 0 where the state knows no such source."""
    rows = tx.ask("UPDATE sources SET wakes = wakes + 1 WHERE name = :name RETURNING wakes", name=source)
    return int(rows[0].wakes) if rows else 0


def unheard(state: State, source: str) -> bool:
    """Whether news came that no turn has asked the source about."""
    row = queries.source(state, source)
    return bool(row.wakes > row.heard)


@dataclass(frozen=True, slots=True)
class Rest:
    """What a source was left with after `after`, the newest run and generation: the moment the next work is due."""

    after: tuple[int, int]
    due_at: float | None


class Watch:
    """Tells which sources have a turn coming. Keeps the costly answers until the next turn makes them anew."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rests: dict[str, Rest] = {}

    def due(self, row: Row[Any], *, listens_at: float) -> bool:
        """Whether a turn on the source would do something now; `listens_at`: when it should be asked again anyway."""
        now = self._state.now()
        if row.paused_by or leases.in_force(row.lease_until, row.lease_holder, now) or not _may_be_asked(row, now):
            return False
        if (
            row.heard_at > now + CLOCKS_DIFFER.total_seconds()
        ):  # the clock was moved back; without this the source would wait for it to catch up
            return True
        if row.wakes > row.heard or now >= listens_at:
            return True
        if row.error and not row.not_before:
            return False  # only a changed setting helps, and `listens_at` finds out
        return bool(row.not_before) or row.snapshot_cursor is not None or self._work_is_due(row.name, now)

    def audit_due(self, row: Row[Any]) -> bool:
        """Whether the source is at rest and its stores were not compared for a day."""
        now = self._state.now()
        busy = leases.in_force(row.lease_until, row.lease_holder, now)
        idle = not busy and not row.paused_by and not row.error and row.synced_at > 0
        return bool(idle and now - row.stores_audited_at >= AUDIT_EVERY.total_seconds())

    def _work_is_due(self, source: str, now: float) -> bool:
        runs = self._state.ask("SELECT * FROM runs WHERE source = :source ORDER BY id DESC LIMIT 1", source=source)
        [opened] = self._state.ask("SELECT coalesce(max(id), 0) AS id FROM generations")
        after = (runs[0].id if runs else 0, opened.id)
        rest = self._rests.get(source)
        if rest is None or rest.after != after:
            _, soonest = queries.waiting(self._state, source)
            due_at = None if soonest is None else now + soonest.total_seconds()
            if rest is not None and rest.after[1] == opened.id and not soonest and runs and _did_nothing(runs[0]):
                due_at = None  # it will do nothing again: the source's own rhythm is often enough
            rest = self._rests[source] = Rest(after, due_at)
        return rest.due_at is not None and rest.due_at <= now


def _did_nothing(run: Row[Any]) -> bool:
    return bool(run.finished_at and run.counts == "{}" and not run.error)


def _may_be_asked(row: Row[Any], now: float) -> bool:
    return bool(row.not_before <= now or row.not_before > now + MAX_WAIT.total_seconds())
