"""Due: whether a source has a turn coming. Every answer is a query over the state, so a lost message loses nothing.

A source's changes are numbered by a logical clock: each signal adds one, and a turn that polls the source has synced
all that were signalled before it asked. A change that is signalled while a turn runs is therefore read by the next one,
a thousand at once by the same, and no wall clock is compared.
"""

from dataclasses import dataclass
from datetime import timedelta

from sync.pipeline.turn import MAX_BACKOFF
from sync.state import queries
from sync.state.database import State
from sync.state.queries import Newest, SourceState

MAX_WAIT = timedelta(days=1) + MAX_BACKOFF  # no vendor's wait is longer; a later moment is another clock's
CLOCKS_DIFFER = timedelta(minutes=1)
AUDIT_EVERY = timedelta(days=1)
PATIENCE = timedelta(minutes=2)  # a wait that is longer, or no progress for as long, is told instead of waited out


@dataclass(frozen=True, slots=True)
class Rest:
    """What a source was left with after the newest run and generation: the moment the next work is due."""

    after: Newest
    due_at: float | None


class Watch:
    """Tells which sources have a turn coming. Keeps the costly answers until the next turn makes them anew."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rests: dict[str, Rest] = {}

    def due(self, source: SourceState, *, poll_at: float, newest: Newest | None = None) -> bool:
        """Whether a turn on the source would do something now; `poll_at`: when it should be asked again anyway.

        `newest`: of the source, where it is known; None has the state asked for it.
        """
        now = self._state.now()
        if source.paused_by or source.is_leased(now) or not _may_be_asked(source, now):
            return False
        if source.polled_at > now + CLOCKS_DIFFER.total_seconds():
            return True  # the clock was moved back; without this the source would wait for it to catch up
        if source.has_news or now >= poll_at:
            return True
        if source.error and not source.not_before:
            return False  # only a changed setting helps, and `poll_at` finds out
        return bool(source.not_before) or source.listing or self._work_is_due(source.name, now, newest)

    def audit_due(self, source: SourceState) -> bool:
        """Whether the source is at rest and its stores were not compared for a day."""
        now = self._state.now()
        busy = source.is_leased(now)
        idle = not busy and not source.paused_by and not source.error and source.synced_at > 0
        return bool(idle and now - source.stores_audited_at >= AUDIT_EVERY.total_seconds())

    def _work_is_due(self, source: str, now: float, newest: Newest | None) -> bool:
        after = newest or queries.newest(self._state, source)
        rest = self._rests.get(source)
        if rest is None or rest.after != after:
            rest = self._rests[source] = Rest(after, self._due_at(source, now, after, rest))
        return rest.due_at is not None and rest.due_at <= now

    def _due_at(self, source: str, now: float, after: Newest, before: Rest | None) -> float | None:
        _, soonest = queries.waiting(self._state, source)
        if before is not None and before.after.generation == after.generation and not soonest:
            run = queries.newest_run(self._state, source)
            if run is not None and run.did_nothing:
                return None  # it will do nothing again: the source's own cadence is often enough
        return None if soonest is None else now + soonest.total_seconds()


def _may_be_asked(source: SourceState, now: float) -> bool:
    return bool(source.not_before <= now or source.not_before > now + MAX_WAIT.total_seconds())
