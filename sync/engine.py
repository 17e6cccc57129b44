"""Engine: turns on sources, searches and housekeeping, over one state and one index."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

import structlog

from sync.config import Inventory, KnowledgeIndex, Source
from sync.errors import LeaseLost, Misconfigured, Retryable, Stopping, SyncError
from sync.metrics import COUNTERS
from sync.model import Filter, Hit, Index
from sync.pipeline import audit, generations
from sync.pipeline.fetch import fetch
from sync.pipeline.garbage import collect
from sync.pipeline.heartbeat import give_back, heartbeat
from sync.pipeline.hints import read_hints
from sync.pipeline.observe import observe
from sync.pipeline.publish import publish, withdraw
from sync.pipeline.removed_source import removed_source
from sync.pipeline.stores import check_stores
from sync.pipeline.turn import TURN_BUDGET, NoProgress, ProgressListener, SerialExecutor, Stop, Turn, backoff
from sync.rendering import is_managed, managed_by
from sync.state import queries, runs, sources
from sync.state.database import State
from sync.state.lease import Lease
from sync.state.transaction import Transaction
from sync.tracing import span

log = structlog.get_logger()

MAX_FAULT_PAUSE = 60.0  # seconds
RECORD_EVERY = 2.0  # seconds between two writes of how far a turn is


class Outcome(StrEnum):
    """How one turn ended."""

    DONE = "done"
    BUSY = "busy"  # another worker has the source
    LOST = "lost"  # another worker took it over
    FAILED = "failed"
    STOPPED = "stopped"  # the process was asked to end


@dataclass(frozen=True, slots=True)
class Result:
    """One turn: how it ended, what was counted, and the failure if there was one.

    `unread`: the source has more to tell, which the turn had no time for.
    """

    outcome: Outcome
    counts: dict[str, int] = field(default_factory=dict)
    failure: Retryable | Misconfigured | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How much happens at once: outside calls, and files in one attach. One call: one thing after another.

    Uploads that take two seconds each still use the 1,000 a minute that OpenAI allows.
    """

    calls: int = 32
    batch_size: int = 500


class Engine:
    """Everything that can be done with the configured sources and indexes. May run in many processes on one state."""

    def __init__(
        self,
        state: State,
        index: Index,
        sources: Iterable[Source],
        indexes: Iterable[KnowledgeIndex],
        *,
        concurrency: Concurrency | None = None,
        keep_lease: Callable[[State, Lease], contextlib.AbstractContextManager[None]] = heartbeat,
        wait: Callable[[float], None] = time.sleep,
        stop: Stop | None = None,
    ) -> None:
        self.state = state
        self.index = index
        self.sources = {source.name: source for source in sources}
        self.indexes = {one.name: one for one in indexes}
        self.wait = wait
        self.concurrency = concurrency or Concurrency()
        self.stop = stop or Stop()
        self._keep_lease = keep_lease

    def turn(
        self,
        name: str,
        progress: ProgressListener | None = None,
        *,
        ignore_backoff: bool = False,
        poll_source: bool = True,
        budget: timedelta = TURN_BUDGET,
    ) -> Result:
        """Work on one source under its lease, for at most the budget.

        A failure of the source or the index is recorded in the state and in the result; it does not raise. A source
        that waits after a failure is not asked, unless `ignore_backoff`, and none is without `poll_source`; what we
        hold of it is still published.
        """
        with self.leased(self.sources[name], progress, budget) as turn:
            if turn is None:
                return Result(Outcome.BUSY)
            run = self._start_run(turn)
            with (
                structlog.contextvars.bound_contextvars(source=name, run=run),
                span("turn", source=name, run=run),
                COUNTERS.timed("turn_seconds", source=name),
            ):
                watched = replace(turn, progress=PersistedProgress(self.state, run, turn.progress))
                result = self._run(watched, run, ignore_backoff=ignore_backoff, poll_source=poll_source)
            COUNTERS.count("turns", source=name, outcome=result.outcome.value)
            return result

    @property
    def inventory(self) -> Inventory:
        """What is configured, without the connections to it."""
        return Inventory({source.name: source.kind for source in self.sources.values()}, self.indexes)

    def register(self) -> None:
        """Make every configured source known to the state. Nothing is written where they all are."""
        self.state.register(self.inventory.sources)

    def prepare(self) -> None:
        """Register every configured source, and give every configured index its live store."""
        self.register()
        generations.prepare(self.state, self.index, self.indexes.values())

    def housekeep(self) -> None:
        """Retire and drop old generations, whichever sources filled them; what cannot go yet goes next time."""
        generations.retire(self.state, self.indexes.values())
        if not queries.generations(self.state, "dropping"):
            return
        try:
            for known in queries.sources(self.state):
                source = self.sources.get(known.name) or removed_source(known)
                with self.leased(source) as turn:
                    if turn is not None:
                        withdraw(turn)
                        collect(turn)
            generations.drop_emptied(self.state, self.index)
        except (LeaseLost, Retryable) as error:
            log.info("housekeeping_postponed", reason=str(error))

    def search(self, index: str, query: str, limit: int = 10) -> list[Hit]:
        """The best passage of each of the best documents in the live store, best first.

        Only what we put there and still know: a store may go on finding what was taken out of it.
        """
        configured = self.configured_index(index)
        live = queries.active(self.state, index)
        if live is None:
            raise Misconfigured(f"index {index!r} holds nothing yet; run `answerwell sync`")
        only = self.filter_of(configured)
        found = self.index.search(live.store, query, only, min(50, limit * 5))
        known = queries.cited_documents(self.state, live.store, [hit.file for hit in found])
        best: dict[str, Hit] = {}
        for hit in found:
            held = known.get(hit.file)
            nobodys = configured.search_unmanaged and not is_managed(hit.filename, hit.attributes)
            if nobodys if held is None else held.audience in configured.audiences:
                best.setdefault(str(hit.attributes.get("document", hit.file)), hit)
        return list(best.values())[:limit]

    def require_sources(self, names: Sequence[str]) -> list[str]:
        """The named sources, or all. Raises Misconfigured for a name that is not configured."""
        return self.inventory.require_sources(names)

    def configured_index(self, name: str) -> KnowledgeIndex:
        """Raises Misconfigured for a name that is not configured."""
        return self.inventory.index(name)

    @contextlib.contextmanager
    def leased(
        self, source: Source, progress: ProgressListener | None = None, budget: timedelta = TURN_BUDGET
    ) -> Iterator[Turn | None]:
        """A turn on the source while the block runs; None when another worker has it."""
        self.state.register({source.name: source.kind})
        lease = self.state.acquire(source.name)
        if lease is None:
            yield None
            return
        try:
            with self._keep_lease(self.state, lease), self._executors() as (executor, attacher):
                yield Turn(
                    state=self.state,
                    lease=lease,
                    source=source,
                    index=self.index,
                    executor=executor,
                    attacher=attacher,
                    deadline=self.state.clock() + budget,
                    progress=progress or NoProgress(),
                    max_concurrency=self.concurrency.calls,
                    batch_size=self.concurrency.batch_size,
                    stop=self.stop,
                )
        finally:
            give_back(self.state, lease, self.stop)

    def _run(self, turn: Turn, run: int, *, ignore_backoff: bool, poll_source: bool) -> Result:
        source, now = queries.source(self.state, turn.source.name), self.state.now()
        asked = poll_source and (ignore_backoff or source.not_before <= now)
        window = PollWindow(source.change_seq, now) if asked else None
        unread = False
        try:
            with turn.isolated("the turn"):
                unread = self._converge(turn, window, run)
            turn.raise_faults()
            self._record_success(turn)
        except LeaseLost as lost:
            self._finish_run(turn, run, str(lost), doubtful=True)
            return Result(Outcome.LOST, turn.counts)
        except Stopping as stopping:
            self._finish_run(turn, run, str(stopping))
            return Result(Outcome.STOPPED, turn.counts)
        except (Retryable, Misconfigured) as failure:
            return self._failed(turn, run, failure, window)
        except SyncError as stray:  # named by a remedy that nobody had; to be seen where people look
            return self._failed(turn, run, Retryable(str(stray)), window)
        self._finish_run(turn, run, "")
        return Result(Outcome.DONE, turn.counts, unread=unread)

    def _failed(self, turn: Turn, run: int, failure: Retryable | Misconfigured, window: "PollWindow | None") -> Result:
        self._record_failure(turn, failure, window)
        self._finish_run(turn, run, str(failure))
        return Result(Outcome.FAILED, turn.counts, failure)

    def _converge(self, turn: Turn, window: "PollWindow | None", run: int) -> bool:
        """One pass of the verbs. What the source fails to tell does not keep what we hold from being published.

        Without `window` the source is not asked. Returns whether it has more to tell.
        """
        self.prepare()
        unread = False
        failure: Retryable | Misconfigured | None = None
        try:
            if window is not None:
                unread = self._poll(turn, window)
        except (Retryable, Misconfigured) as error:
            failure = error
        with _stage(turn, "check"):
            failure = failure or check_stores(turn)
        with turn.isolated("publishing"), _stage(turn, "publish"):
            publish(turn)
        if audit.due(turn, run):
            with turn.isolated("the audit"), _stage(turn, "audit"):
                audit.audit_uploads(turn, repair=True)
                audit.record(turn)
        with _stage(turn, "collect"):
            collect(turn)
        if failure is not None:
            raise failure
        return unread

    def _poll(self, turn: Turn, window: "PollWindow") -> bool:
        """Ask the source; returns whether it has more to tell, which the next turn reads."""
        left = turn.deadline - self.state.clock()
        polling = replace(turn, deadline=turn.deadline - left / 2)  # leaves time to publish
        with _stage(turn, "observe"):
            _keep_push(polling)
            ended = observe(polling)
            with turn.isolated("reading what was named"):
                read_hints(polling)
            ended = ended and not queries.hints(self.state, turn.source.name, after="", limit=1)
        read = not polling.should_stop or (ended and not self.stop.asked)
        if read:  # killed or stopped before, the turn has asked nothing
            with self.state.commit(turn.lease) as tx:
                mark_polled(tx, turn, window)
        with _stage(turn, "fetch"):
            fetch(turn)
        return not read

    def filter_of(self, configured: KnowledgeIndex) -> Filter | None:
        """What a search of the index is kept to; None where files that we did not upload count, too."""
        if configured.search_unmanaged:
            return None
        equals: dict[str, str | float | bool] = {"managed_by": managed_by(self.state.installation)}
        if len(configured.audiences) == 1:
            equals["audience"] = next(iter(configured.audiences)).value
        return Filter(equals)

    @contextlib.contextmanager
    def _executors(self) -> Iterator[tuple[Executor, Executor]]:
        if self.concurrency.calls == 1:
            yield SerialExecutor(), SerialExecutor()
            return
        with ThreadPoolExecutor(self.concurrency.calls) as executor, ThreadPoolExecutor(4) as attacher:
            yield executor, attacher

    def _start_run(self, turn: Turn) -> int:
        with self.state.transaction() as tx:
            return runs.start(tx, turn.source.name, self.state.now())

    def _finish_run(self, turn: Turn, run: int, error: str, *, doubtful: bool = False) -> None:
        doubtful = doubtful or "doubtful" in turn.counts
        with self.state.transaction() as tx:
            runs.finish(tx, run, turn.counts, error, self.state.now(), doubtful=doubtful)

    def _record_success(self, turn: Turn) -> None:
        with self.state.commit(turn.lease) as tx:
            sources.record_success(tx, turn.source.name, self.state.now())

    def _record_failure(self, turn: Turn, failure: Retryable | Misconfigured, window: "PollWindow | None") -> None:
        failures = queries.source(self.state, turn.source.name).failures + 1
        until = 0.0  # a changed setting helps, not a wait
        if isinstance(failure, Retryable):
            until = self.state.now() + backoff(failures, failure.after).total_seconds()
        if turn.faults:  # the source answers: what else it tells must not wait for a mistake of ours
            until = min(until, self.state.now() + MAX_FAULT_PAUSE)
        with contextlib.suppress(LeaseLost), self.state.commit(turn.lease) as tx:
            sources.record_failure(tx, turn.source.name, str(failure), failures=failures, not_before=until)
            if window is not None:  # the failure is the answer; when to ask again is for `not_before` and the schedule
                mark_polled(tx, turn, window)
        log.warning("source_failed", source=turn.source.name, error=str(failure))


@dataclass(frozen=True, slots=True)
class PollWindow:
    """What a turn asks a source about: all news up to this number; and when it began to."""

    change_seq: int
    at: float


def mark_polled(tx: Transaction, turn: Turn, window: PollWindow) -> None:
    sources.mark_polled(tx, turn.source.name, change_seq=window.change_seq, at=window.at)


def _keep_push(turn: Turn) -> None:
    """Have the vendor go on calling us. Where it will not, the schedule alone finds what changed."""
    if turn.source.push is None:
        return
    held = queries.source(turn.state, turn.source.name).push
    try:
        kept = turn.source.push(held)
    except (Retryable, Misconfigured) as error:
        log.warning("push_channel_not_kept", source=turn.source.name, error=str(error))
        return
    if kept != held:
        with turn.state.commit(turn.lease) as tx:
            sources.set_push(tx, turn.source.name, kept)


class PersistedProgress:
    """Progress that is also written to the run every few seconds, so that other processes can show it."""

    def __init__(self, state: State, run: int, inner: ProgressListener) -> None:
        self._state = state
        self._run = run
        self._inner = inner
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._written = state.now()

    def advance(self, source: str, stage: str, by: int = 1) -> None:
        self._inner.advance(source, stage, by)
        with self._lock:
            self._counts[stage] = self._counts.get(stage, 0) + by
            now = self._state.now()
            if abs(now - self._written) < RECORD_EVERY:
                return
            self._written, counts = now, dict(self._counts)
        with contextlib.suppress(Retryable), self._state.transaction() as tx:  # the turn's own commits will say so
            runs.record_progress(tx, self._run, counts, now)


@contextlib.contextmanager
def _stage(turn: Turn, stage: str) -> Iterator[None]:
    with span(stage, source=turn.source.name), COUNTERS.timed("stage_seconds", source=turn.source.name, stage=stage):
        yield
