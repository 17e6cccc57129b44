"""A source, an index and a state that tell how long their calls took."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sync.model import Attributes, Chunking, Connector, Cursor, Document, FileId, Index, Page, Rendered, StoreId
from sync.state.database import State
from sync.state.transaction import Transaction


class Stages:
    """Seconds and calls by stage, over all threads; and, as the engine's progress, when documents passed."""

    def __init__(self) -> None:
        self.busy: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self.passed: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.busy[stage] += time.perf_counter() - started
                self.calls[stage] += 1

    def advance(self, source: str, stage: str, by: int = 1) -> None:
        del source
        self.passed.setdefault(stage, []).extend([time.perf_counter()] * by)


@dataclass(frozen=True)
class TimedSource:
    """Implements `sync.model.Connector`."""

    inner: Connector
    stages: Stages

    def head(self) -> Cursor:
        return self.inner.head()

    def snapshot(self, after: Cursor | None) -> Page:
        with self.stages("list"):
            return self.inner.snapshot(after)

    def changes(self, after: Cursor) -> Page:
        with self.stages("list"):
            return self.inner.changes(after)

    def fetch(self, external_id: str) -> Document:
        with self.stages("fetch"):
            return self.inner.fetch(external_id)


class TimedIndex:
    """Implements `sync.model.Index`; what is not timed is the inner index's own."""

    def __init__(self, inner: Index, stages: Stages) -> None:
        self.create, self.drop, self.search = inner.create, inner.drop, inner.search
        self.store_problem = inner.store_problem
        self.status, self.exists, self.patch = inner.status, inner.exists, inner.patch
        self.detach, self.delete = inner.detach, inner.delete
        self.files, self.uploads = inner.files, inner.uploads
        self._inner = inner
        self._stages = stages

    def upload(self, rendered: Rendered) -> FileId:
        with self._stages("upload"):
            return self._inner.upload(rendered)

    def attach(
        self, store: StoreId, files: Mapping[FileId, Attributes], chunking: Chunking
    ) -> dict[FileId, str | None]:
        with self._stages("attach"):
            return self._inner.attach(store, files, chunking)


class TimedState(State):
    """Times its transactions with all their statements as `commit`, and questions outside of them as `ask`."""

    stages: Stages | None = None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if self.stages is None:
            with super().transaction() as tx:
                yield tx
        else:
            with self.stages("commit"), super().transaction() as tx:
                yield tx

    def ask(self, question: str, **parameters: Any) -> Any:
        if self.stages is None:
            return super().ask(question, **parameters)
        with self.stages("ask"):
            return super().ask(question, **parameters)
