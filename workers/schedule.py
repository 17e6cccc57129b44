"""Schedule: sends each source's turn when one is coming. All it knows is in the state, so two of them do no harm.

A source that waits is not in the queue, and holds no worker; a message that got lost is sent again.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from answering.state import watch
from helpdesk import history
from helpdesk.state import history as kept_history
from sync.errors import Retryable
from sync.operations import requests
from sync.operations.due import Watch
from sync.state import queries
from sync.state.database import State
from sync.state.queries import Newest, SourceState
from workers.app import Send
from workers.cadence import Cadence, share

log = structlog.get_logger()

TICK = 1.0
SEND_AGAIN = 60.0
ATTEND_EVERY = 2.0
HOUSEKEEP_EVERY = 600.0
WATCH_EVERY = 5.0
DESKS_EVERY = 15.0
MAX_DELAY = 30.0


@dataclass(frozen=True, slots=True)
class SourceSchedule:
    """When a source is asked for changes; `snapshots` None: the engine lists everything by its own period."""

    poll: Cadence
    snapshots: Cadence | None = None


class Schedule:
    """Looks at the state every second and sends what is due. `desks`: help desks whose conversations are kept."""

    def __init__(
        self,
        state: State,
        sources: Mapping[str, SourceSchedule],
        send: Send,
        clock: Callable[[], float] = time.monotonic,
        desks: Sequence[str] = (),
    ) -> None:
        self._state = state
        self._sources = dict(sources)
        self._send = send
        self._clock = clock
        self._watch = Watch(state)
        self._started = state.now()
        self._sent: dict[tuple[str, str], tuple[float, int]] = {}
        self._troubled = False
        self._watched_at = float("-inf")
        self._desks = tuple(desks)
        self._desks_at = float("-inf")

    def tick(self) -> None:
        """Send what is due now. A state that does not answer is waited for, and said once."""
        try:
            known = queries.sources_with_newest(self._state)
            for name, schedule in self._sources.items():
                source, newest = known.get(name, (SourceState(name), Newest(0, 0)))
                self._tick_source(source, newest, schedule)
            if queries.has_pending_requests(self._state):
                self._send_once("reindex", "", every=ATTEND_EVERY)
            self._send_once("housekeep", "", every=HOUSEKEEP_EVERY)
            self._tick_watched()
            self._tick_desks()
        except Retryable as error:
            if not self._troubled:
                log.warning("schedule_waits", error=str(error))
            self._troubled = True
            return
        if self._troubled:
            log.info("schedule_goes_on")
        self._troubled = False

    def _tick_source(self, source: SourceState, newest: Newest, schedule: SourceSchedule) -> None:
        name = source.name
        snapshots = schedule.snapshots
        if snapshots and source.snapshot_done and self._now() >= snapshots.after(source.snapshot_done, name):
            requests.ask_full_once(self._state, name, "schedule")
        poll_at = schedule.poll.after(source.polled_at, name)
        if source.polled_at:  # after a pause all are late: they still do not start together
            poll_at = max(poll_at, self._started + MAX_DELAY * share(name))
        if self._watch.due(source, poll_at=poll_at, newest=newest):
            self._send_once("sync", name, newest.run, every=SEND_AGAIN, stamp=source.lease_token)
        if self._watch.audit_due(source):
            self._send_once("audit", name, every=HOUSEKEEP_EVERY, stamp=int(source.stores_audited_at))

    def _tick_watched(self) -> None:
        if self._clock() - self._watched_at < WATCH_EVERY:
            return
        self._watched_at = self._clock()
        if watch.due(self._state):
            self._send_once("watch", "", every=SEND_AGAIN)

    def _tick_desks(self) -> None:
        """Have help desks read that are due, and what is held of others removed."""
        if self._clock() - self._desks_at < DESKS_EVERY:
            return
        self._desks_at = self._clock()
        held = {known.source for known in kept_history.desks(self._state)}
        if history.due(self._state, self._desks) or held - set(self._desks):
            self._send_once("history", "", every=SEND_AGAIN)

    def _send_once(self, task: str, *ids: str | int, every: float, stamp: int = 0) -> None:
        """Send unless the same was sent a moment ago and nothing has come of it (`stamp`) since."""
        key = (task, str(ids[0]))
        sent, seen = self._sent.get(key, (float("-inf"), stamp))
        if self._clock() - sent < every and seen == stamp:
            return
        if self._send(task, *(value for value in ids if value != "")):
            self._sent[key] = (self._clock(), stamp)

    def _now(self) -> float:
        return self._state.now()
