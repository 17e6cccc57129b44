"""Turn: what the steps of a sync share while one worker holds one source's lease."""

import random
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import structlog

from sync.config import Source
from sync.errors import Retryable, Stopping, SyncError
from sync.model import Index
from sync.state.database import State
from sync.state.lease import Lease

log = structlog.get_logger()

TURN_BUDGET = timedelta(minutes=8)
MAX_BACKOFF = timedelta(hours=1)


class ProgressListener(Protocol):
    """Told of every document as it passes a stage: observed, fetched, uploaded, attached, patched, removed.

    Of those observed it is also told which are new (added) and which differ from what we knew (changed).
    """

    def advance(self, source: str, stage: str, by: int = 1) -> None: ...


class NoProgress:
    """Progress that is not shown."""

    def advance(self, source: str, stage: str, by: int = 1) -> None:
        pass


class Stop:
    """Asks the turns of this process to end. May be used from any thread, and from a signal handler."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        self._asked.set()

    def wait(self, seconds: float) -> bool:
        """Wait for as long, or until the process is asked to end; True if it is."""
        return self._asked.wait(seconds)

    def sleep(self, seconds: float) -> None:
        """Sleep, or raise Stopping as soon as the process is asked to end."""
        if self._asked.wait(seconds):
            raise Stopping("this process is asked to end; the next turn goes on")


class SerialExecutor(Executor):
    """Runs what is submitted at once, in the caller: one thing after another, in a known order."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - an executor hands every failure to the caller that asks for the result
            future.set_exception(error)
        return future


@dataclass(frozen=True, slots=True)
class Turn:
    """One worker's time with one source. `deadline`: nothing is begun long after it; the next turn goes on.

    `max_concurrency`: how many outside calls may be under way at once. `batch_size`: how many files one attach carries.
    `faults`: what failed in a way that nobody expected; the turn goes on, and tells them at its end.
    """

    state: State
    lease: Lease
    source: Source
    index: Index
    executor: Executor
    attacher: Executor
    deadline: datetime
    progress: ProgressListener = field(default_factory=NoProgress)
    counts: dict[str, int] = field(default_factory=dict)
    max_concurrency: int = 32
    batch_size: int = 500
    stop: Stop = field(default_factory=Stop)
    faults: list[str] = field(default_factory=list)

    @property
    def should_stop(self) -> bool:
        return self.stop.asked or self.state.clock() >= self.deadline

    def count(self, stage: str, by: int = 1) -> None:
        if by:
            self.counts[stage] = self.counts.get(stage, 0) + by
            self.progress.advance(self.source.name, stage, by)

    @contextmanager
    def isolated(self, step: str) -> Iterator[None]:
        """Keep a mistake of ours in one step from the others; what is named by remedy is raised as ever."""
        try:
            yield
        except SyncError:
            raise
        except Exception as error:  # a demotion must not wait for a mistake in what was read before it
            log.exception("step_failed", source=self.source.name, step=step)
            self.faults.append(f"{step} failed ({fault_of(error)}); please report it, with the log's step_failed")

    def raise_faults(self) -> None:
        """Raise Retryable where a step failed in a way that nobody expected."""
        if self.faults:
            raise Retryable("; ".join(dict.fromkeys(self.faults)))


def fault_of(error: Exception) -> str:
    """The class of an exception that is not ours, and where it came from; its words may be a document's."""
    places = traceback.extract_tb(error.__traceback__, limit=-1)
    place = f" in {Path(places[0].filename).name}:{places[0].lineno}" if places else ""
    return f"{type(error).__name__}{place}"


def backoff(attempts: int, asked: timedelta | None = None) -> timedelta:
    """The wait before trying again: what the other side asked for, or 2 s doubling to an hour, less some jitter."""
    doubled = MAX_BACKOFF
    with suppress(OverflowError):
        doubled = min(timedelta(seconds=2**attempts), MAX_BACKOFF)
    return max(asked or timedelta(0), doubled * random.uniform(0.75, 1.0))
