"""schedule: sends each source's turn when one is coming. All it knows is in the state, so two of them do no harm.

A source that waits is not in the queue, and holds no worker; a message that got lost is sent again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from sync.engine import Engine
from sync.errors import Retryable
from sync.operations import requests
from sync.operations.due import Watch
from sync.state import queries
from workers.app import Send
from workers.cadence import Cadence, share

log = structlog.get_logger()

TICK = 1.0
SEND_AGAIN = 60.0
ATTEND_EVERY = 2.0
HOUSEKEEP_EVERY = 600.0
MAX_DELAY = 30.0


@dataclass(frozen=True, slots=True)
class SourceSchedule:
    """When a source is asked for changes; `snapshots` None: the engine lists everything by its own period."""

    listens: Cadence
    snapshots: Cadence | None = None


class Schedule:
    """Looks at the state every second and sends what is due."""

    def __init__(
        self,
        engine: Engine,
        plans: Mapping[str, SourceSchedule],
        send: Send,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._plans = dict(plans)
        self._send = send
        self._clock = clock
        self._watch = Watch(engine.state)
        self._started = engine.state.now()
        self._sent: dict[tuple[str, str], tuple[float, int]] = {}
        self._troubled = False

    def tick(self) -> None:
        """Send what is due now. A state that does not answer is waited for, and said once."""
        try:
            for name, plan in self._plans.items():
                self._tick_source(name, plan)
            if queries.pending_requests(self._engine.state):
                self._send_once("reindex", "", every=ATTEND_EVERY)
            self._send_once("housekeep", "", every=HOUSEKEEP_EVERY)
        except Retryable as error:
            if not self._troubled:
                log.warning("schedule_waits", error=str(error))
            self._troubled = True
            return
        if self._troubled:
            log.info("schedule_goes_on")
        self._troubled = False

    def _tick_source(self, name: str, plan: SourceSchedule) -> None:
        source = queries.source(self._engine.state, name)
        if plan.snapshots and source.snapshot_done and self._now() >= plan.snapshots.after(source.snapshot_done, name):
            requests.ask_full_once(self._engine.state, name, "schedule")
        listens_at = plan.listens.after(source.polled_at, name)
        if source.polled_at:  # after a pause all are late: they still do not start together
            listens_at = max(listens_at, self._started + MAX_DELAY * share(name))
        if self._watch.due(source, listens_at=listens_at):
            run = queries.last_run(self._engine.state, name)
            self._send_once("sync", name, run, every=SEND_AGAIN, stamp=source.lease_token)
        if self._watch.audit_due(source):
            self._send_once("audit", name, every=HOUSEKEEP_EVERY, stamp=int(source.stores_audited_at))

    def _send_once(self, task: str, *ids: str | int, every: float, stamp: int = 0) -> None:
        """Send unless the same was sent a moment ago and nothing has come of it (`stamp`) since."""
        key = (task, str(ids[0]))
        sent, seen = self._sent.get(key, (float("-inf"), stamp))
        if self._clock() - sent < every and seen == stamp:
            return
        if self._send(task, *(value for value in ids if value != "")):
            self._sent[key] = (self._clock(), stamp)

    def _now(self) -> float:
        return self._engine.state.now()
