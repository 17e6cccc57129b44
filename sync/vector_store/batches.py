"""Batch attach: start them, wait for them within a deadline, read each file's outcome."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import structlog

from sync.errors import Missing, Rejected, Retryable
from sync.model import Attributes, FileId, FileState, StoredFile, StoreId
from sync.vector_store.responses import BatchAnswer

Files = Sequence[tuple[FileId, Attributes]]

VISIBLE_AFTER = (0.5, 1.0, 2.0)
"""Seconds between the tries while a file uploaded a moment ago is not visible yet."""

MAX_TRIES = 64
"""Requests for one batch at most while the files that spoil it are looked for; the rest waits for the next turn."""

MIN_POLL, MAX_POLL = 0.1, 5.0

log = structlog.get_logger()


class BatchCalls(Protocol):
    """The five calls, with the API's errors translated."""

    def create(self, store: StoreId, files: Files) -> BatchAnswer:
        """Start a batch. Raises Missing where the store or a file is unknown, Rejected where a file is refused."""
        ...

    def retrieve(self, store: StoreId, batch: str) -> tuple[BatchAnswer, timedelta | None]:
        """Return how far the batch is, and when to ask again if the API says so."""
        ...

    def members(self, store: StoreId, batch: str, *, failed: bool) -> Iterator[StoredFile]:
        """Yield the batch's files, or only those that failed."""
        ...

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        """Return where the file stands in the store, ABSENT if it is not there."""
        ...

    def require(self, store: StoreId) -> None:
        """Raise Missing if there is no such store, Misconfigured if it can no longer be used."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch under way, under the id that `create` answered."""

    id: str
    files: frozenset[FileId]
    latest: BatchAnswer


class Attaching:
    """One attach: every file ends in `settled`, searchable (None) or refused (why), or is left out of it."""

    def __init__(
        self,
        calls: BatchCalls,
        store: StoreId,
        deadline: timedelta,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.settled: dict[FileId, str | None] = {}
        self._running: list[Batch] = []
        self._calls = calls
        self._store = store
        self._give_up = clock() + deadline.total_seconds()
        self._clock = clock
        self._sleep = sleep

    def run(self, files: Mapping[FileId, Attributes], batch_size: int) -> None:
        """Attach all. Raises only where nothing was attached yet: afterwards the outcome of what was counts more."""
        try:
            for part in _parts(list(files.items()), batch_size):
                self._start(part)
        except Retryable as error:
            if not self._running:
                raise
            log.warning("attach_cut_short", store=self._store, reason=str(error))
        self._wait()

    def _start(self, files: Files) -> None:
        """Start one batch, or, where some files spoil it, batches of the others."""
        parts = [files]
        patience = iter(VISIBLE_AFTER)
        for _ in range(MAX_TRIES):
            if not parts or self._clock() > self._give_up:
                return
            part = parts.pop()
            try:
                answer = self._calls.create(self._store, part)
            except (Missing, Rejected) as error:
                if part is files:
                    self._calls.require(self._store)
                if isinstance(error, Missing) and part is files and (pause := next(patience, None)):
                    self._sleep(pause)
                    parts.append(files)
                elif len(part) > 1:
                    parts += _narrowed(part, str(error))
                elif isinstance(error, Rejected):
                    self._blame(part[0][0], error)
            else:
                self._running.append(Batch(answer.id, frozenset(file for file, _ in part), answer))

    def _blame(self, file: FileId, error: Rejected) -> None:
        """Settle a file that is refused alone, unless it is in the store already, which some servers refuse as well."""
        stored = self._calls.status(self._store, file)
        if stored.state is FileState.ABSENT:
            self.settled[file] = str(error)
        else:
            self._note([stored], frozenset([file]))

    def _wait(self) -> None:
        pause = MIN_POLL
        while True:
            for batch in filter(_done, self._running):
                self._settle(batch)
            self._running = [batch for batch in self._running if not _done(batch)]
            left = self._give_up - self._clock()
            if not self._running or left <= 0:
                break
            self._sleep(min(pause, left))
            pause = min(max(self._poll() or pause * 2, MIN_POLL), MAX_POLL)
        for batch in self._running:
            self._read_outcome(batch)
            log.warning("attach_unfinished", store=self._store, batch=batch.id, files=len(batch.files))

    def _poll(self) -> float:
        """Bring the batches up to date; return the shortest wait that the API hints at, 0 for none."""
        polled, hints = [], []
        for batch in self._running:
            try:
                latest, hint = self._calls.retrieve(self._store, batch.id)
            except Missing:  # a batch made a moment ago may not be visible yet; the deadline bounds the wait
                self._calls.require(self._store)
                latest, hint = batch.latest, None
            polled.append(replace(batch, latest=latest))
            hints += [hint.total_seconds()] if hint is not None else []
        self._running = polled
        return min(hints, default=0.0)

    def _settle(self, batch: Batch) -> None:
        """Read the outcome of a finished batch: no listing where all went well, only the failed where some did not."""
        counts = batch.latest.file_counts
        if counts.completed >= len(batch.files):
            self.settled |= dict.fromkeys(batch.files)
            return
        if counts.completed + counts.failed == len(batch.files):
            failed = list(self._calls.members(self._store, batch.id, failed=True))
            if len(failed) == counts.failed and batch.files.issuperset(stored.file for stored in failed):
                self.settled |= dict.fromkeys(batch.files - {stored.file for stored in failed})
                self._note(failed, batch.files)
                return
        self._read_outcome(batch)

    def _read_outcome(self, batch: Batch) -> None:
        """Believe only what is listed: a file may finish, or fail, between two pages."""
        self._note(self._calls.members(self._store, batch.id, failed=False), batch.files)

    def _note(self, listed: Iterable[StoredFile], files: frozenset[FileId]) -> None:
        for stored in listed:
            if stored.file not in files:
                continue
            if stored.state is FileState.COMPLETED:
                self.settled[stored.file] = None
            elif stored.state is FileState.FAILED and not stored.passing:
                self.settled[stored.file] = stored.reason


def _done(batch: Batch) -> bool:
    """Whether no file is under way; the counts of a batch just made may still be all zero."""
    counts = batch.latest.file_counts
    ended = counts.completed + counts.failed + counts.cancelled
    return counts.in_progress == 0 and (ended >= len(batch.files) or batch.latest.status != "in_progress")


def _narrowed(files: Files, message: str) -> list[Files]:
    """Split files of which at least one spoils the batch: those that the API names alone, or else in halves."""
    words = set(re.findall(r"[\w-]+", message))
    named = [file for file in files if file[0] in words]
    if 0 < len(named) < len(files):
        return [*([file] for file in named), [file for file in files if file not in named]]
    half = len(files) // 2
    return [files[:half], files[half:]]


def _parts(files: Files, size: int) -> Iterator[Files]:
    for start in range(0, len(files), size):
        yield files[start : start + size]
