"""Tasks: what a worker does for each. Whether there is anything to do is asked of the state, never of the message."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import structlog

from sync.engine import Engine, Outcome
from sync.errors import Retryable, SyncError
from sync.metrics import COUNTERS
from sync.operations import commands, requests
from sync.operations.due import Watch
from sync.pipeline.turn import TURN_BUDGET
from sync.state import counters, queries
from sync.state.sources import signal_change
from workers.app import Send

log = structlog.get_logger()

SHORT_BUDGET = timedelta(minutes=1)
NEVER = float("inf")


class Worker:
    """One worker process at work, on as many slots as its pool has threads; the engine may be replaced meanwhile.

    `ask_watched` asks the watch questions that are due and returns how many; `read_desks` does so with help desks.
    """

    def __init__(
        self,
        engine: Engine,
        send: Send,
        slots: int,
        clock: Callable[[], float] = time.monotonic,
        ask_watched: Callable[[], int] = lambda: 0,
        read_desks: Callable[[], int] = lambda: 0,
    ) -> None:
        self.engine = engine
        self._send = send
        self._slots = slots
        self.ask_watched = ask_watched
        self.read_desks = read_desks
        self._clock = clock
        self._watch = Watch(engine.state)
        self._lock = threading.Lock()
        self._begun: dict[object, float] = {}

    @property
    def running(self) -> int:
        """How many tasks are under way."""
        return len(self._begun)

    @property
    def longest(self) -> float:
        """For how many seconds the oldest of them has been."""
        with self._lock:
            return max((self._clock() - begun for begun in self._begun.values()), default=0.0)

    def sync(self, source: str, after: int | None = None) -> None:
        """Run a turn if one is due, or if none began since the sender saw run `after` as the last."""
        with self._under_way("sync", source) as engine:
            if engine is None or not self._is_wanted(engine, source, after):
                return
            result = engine.turn(source, budget=self._budget(engine))
            log.info("turn", source=source, outcome=result.outcome.value, **result.counts)
            if result.outcome in {Outcome.BUSY, Outcome.STOPPED}:
                return  # the holder of the lease looks for changes once it is released
            if self._watch.due(queries.source(engine.state, source), poll_at=NEVER):
                self._send("sync", source)
            requests.process_requests(engine)

    def publish(self, source: str) -> None:
        """Bring what is held of the source into every index; the source is not asked."""
        with self._under_way("publish", source) as engine:
            if engine is not None:
                engine.turn(source, poll_source=False, budget=self._budget(engine))

    def audit(self, source: str) -> None:
        """Compare the source's files with what was recorded, both ways; what is wrong is mended by the next turns."""
        with self._under_way("audit", source) as engine:
            if engine is None:
                return
            findings = commands.audit_one(engine, source, repair=True)
            if findings is not None and not findings.ok:
                log.warning("audit_found", source=source, **findings.counts)
                with engine.state.transaction() as tx:
                    signal_change(tx, source)
                self._send("sync", source)

    def reindex(self) -> None:
        """Take what operators asked for as far as it goes: rebuild, promote and roll back indexes, end what is done."""
        with self._under_way("reindex", "") as engine:
            if engine is not None:
                requests.process_requests(engine)

    def housekeep(self) -> None:
        """Retire and drop old stores."""
        with self._under_way("housekeep", "") as engine:
            if engine is not None:
                engine.prepare()
                engine.housekeep()

    def watch(self) -> None:
        """Ask the watch questions that are due."""
        with self._under_way("watch", "") as engine:
            if engine is not None and (asked := self.ask_watched()):
                log.info("watch_questions_asked", questions=asked)

    def history(self) -> None:
        """Read the past conversations of the help desks that are due."""
        with self._under_way("history", "") as engine:
            if engine is not None:
                self.read_desks()

    def _is_wanted(self, engine: Engine, source: str, after: int | None) -> bool:
        row = queries.source(engine.state, source)
        if after is not None and after == queries.last_run(engine.state, source):
            return not row.paused_by
        return self._watch.due(row, poll_at=NEVER)

    def _budget(self, engine: Engine) -> timedelta:
        """Where sources outnumber the slots, a large one gives its slot back often."""
        return TURN_BUDGET if self._slots >= len(engine.sources) else SHORT_BUDGET

    @contextlib.contextmanager
    def _under_way(self, task: str, source: str) -> Iterator[Engine | None]:
        """The engine while the block runs, None where there is nothing to do here. A failure is logged: state knows."""
        engine = self.engine
        if engine.stop.asked:
            yield None
            return
        if source and source not in engine.sources:
            log.warning("source_unknown", task=task, source=source, fix="restart this worker, or send it SIGHUP")
            yield None
            return
        task_under_way = object()
        with self._lock:
            self._begun[task_under_way] = self._clock()
        try:
            yield engine
        except SyncError as error:
            log.warning("task_failed", task=task, source=source, error=str(error))
        finally:
            with self._lock:
                del self._begun[task_under_way]
            with contextlib.suppress(Retryable):
                counters.flush(engine.state, COUNTERS)
