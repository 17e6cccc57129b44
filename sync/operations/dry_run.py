"""Dry run: what a sync would do, read from the source and the state, with nothing written anywhere."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.config import KnowledgeIndex, Source
from sync.errors import CursorExpired
from sync.model import Change, Cursor, Document
from sync.pipeline.observe import check_advance, snapshot_due
from sync.pipeline.plan import Action, plan
from sync.rendering import render
from sync.state import queries
from sync.state.database import State
from sync.state.queries import DocumentState, Entry

MAX_BATCH = 500
MAX_BODIES = 8_000_000  # characters
STORAGE_USD_PER_GB_DAY = 0.10
"""facts: openai.com pricing, vector store storage beyond the first free GB; a GB is 2^30 bytes."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Documents by what would become of each; every document is counted once.

    `calls` estimates the calls to OpenAI plus one read for each document whose listing carries no body.
    `upload_bytes` leaves those documents out. `cost_usd` is what storing the uploads costs in a month, per index they
    go to, as if the free gigabyte were used up.
    """

    add: int = 0
    replace: int = 0
    patch: int = 0
    remove: int = 0
    keep: int = 0
    calls: int = 0
    upload_bytes: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Preview") -> "Preview":
        return Preview(
            self.add + other.add,
            self.replace + other.replace,
            self.patch + other.patch,
            self.remove + other.remove,
            self.keep + other.keep,
            self.calls + other.calls,
            self.upload_bytes + other.upload_bytes,
            round(self.cost_usd + other.cost_usd, 6),
        )


def preview(
    state: State, sources: Iterable[Source], indexes: Sequence[KnowledgeIndex], *, batch_size: int = 500
) -> Preview:
    """What the next sync of the sources into all the indexes would do. Raises what the sources raise."""
    return sum((_Preview(state, source, indexes, batch_size).run() for source in sources), Preview())


class _Preview:
    """One source's listing, walked without a trace."""

    def __init__(self, state: State, source: Source, indexes: Sequence[KnowledgeIndex], batch_size: int) -> None:
        self.state = state
        self.source = source
        self.indexes = indexes
        self.batch_size = batch_size
        self.counts = dict.fromkeys(("add", "replace", "patch", "remove", "keep"), 0)
        self.calls = self.bytes = self.stored = 0
        self.attached = dict.fromkeys((index.name for index in indexes), 0)
        self.touched: set[int] = set()
        self.waiting: set[int] = set()
        self.complete = False

    def run(self) -> Preview:
        self.waiting = set(queries.unsettled_documents(self.state, self.source.name))
        for changes in _batches(self._listing()):
            self._judge_all(changes)
        for known in self._untouched():
            removed = [one.id for one in known if self.complete or one.version is None]
            self._removed(removed)
            kept = {one.id for one in known}.difference(removed)
            self.counts["replace"] += len(kept & self.waiting)
            self.counts["keep"] += len(kept - self.waiting)
        batches = sum(math.ceil(files / self.batch_size) for files in self.attached.values())
        cost = self.stored / 2**30 * STORAGE_USD_PER_GB_DAY * 30
        return Preview(**self.counts, calls=self.calls + 2 * batches, upload_bytes=self.bytes, cost_usd=round(cost, 6))

    def _listing(self) -> Iterator[Change]:
        """What a turn would read; `complete` says afterwards whether everything was listed."""
        source = queries.source(self.state, self.source.name)
        whole = source.changes_cursor is None or source.listing or snapshot_due(self.state, self.source)
        if source.changes_cursor is not None and not (whole and self.source.changes_after):
            try:
                yield from self._pages(source.changes_cursor, snapshot=False)
            except CursorExpired:
                whole = True
        if whole:
            yield from self._pages(None, snapshot=True)
            self.complete = True

    def _pages(self, cursor: Cursor | None, *, snapshot: bool) -> Iterator[Change]:
        more = True
        while more:
            if snapshot or cursor is None:
                page = self.source.connector.snapshot(cursor)
            else:
                page = self.source.connector.changes(cursor)
            yield from page.changes
            if page.more:
                check_advance(cursor, page, "snapshot" if snapshot else "changes")
            cursor, more = page.cursor, page.more

    def _judge_all(self, changes: Sequence[Change]) -> None:
        """Judge each document by the first change that is shown of it."""
        known = queries.known_documents(self.state, self.source.name, [change.external_id for change in changes])
        entries = queries.live_entries(self.state, [one.id for one in known.values()])
        for change in changes:
            document = known.get(change.external_id)
            if document is None:
                self._judge(change, None, {})
            elif document.id not in self.touched:
                self.touched.add(document.id)
                self._judge(change, document, entries.get(document.id, {}))

    def _judge(self, change: Change, known: DocumentState | None, entries: Mapping[str, Entry]) -> None:
        if change.version is None:
            if known is not None:
                self._remove(entries)
        elif known is not None and known.is_held_as(change.version) and known.id not in self.waiting:
            self.counts["keep"] += 1
        elif change.document is not None:
            self._settle(change.document, entries)
        elif known is not None and known.is_held_as(change.version):
            self.counts["replace"] += 1
        else:
            self.calls += 2  # one read, one upload
            self.counts["add" if known is None or known.content_version is None else "replace"] += 1

    def _removed(self, documents: list[int]) -> None:
        entries = queries.live_entries(self.state, documents) if documents else {}
        for document in documents:
            self._remove(entries.get(document, {}))

    def _remove(self, entries: Mapping[str, Entry]) -> None:
        self.counts["remove"] += 1
        self.calls += 1 + sum(1 for entry in entries.values() if entry.file)

    def _settle(self, document: Document, entries: Mapping[str, Entry]) -> None:
        shown = render(document, source=self.source.name, installation=self.state.installation)
        actions: list[Action] = []
        for index in self.indexes:
            entry = entries.get(index.name)
            if _wants(index, document):
                action = plan(entry or Entry(), shown)
                actions.append(action)
                if action not in {Action.KEEP, Action.PATCH}:
                    self.attached[index.name] += 1
                    self.stored += len(shown.content)
            elif entry is not None:
                actions.append(Action.REMOVE)
        if Action.REPLACE in actions:
            self.calls += 1
            self.bytes += len(shown.content)
        self.calls += actions.count(Action.PATCH) + actions.count(Action.REMOVE)
        self.counts[_verdict(actions, new=not any(entry.file for entry in entries.values()))] += 1

    def _untouched(self) -> Iterator[list[DocumentState]]:
        after = 0
        while found := queries.documents_after(self.state, self.source.name, after):
            yield [known for known in found if known.id not in self.touched]
            after = found[-1].id


def _batches(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """As many as one statement asks about, or fewer whose bodies fill the memory that a plan may take."""
    batch: list[Change] = []
    held = 0
    for change in changes:
        batch.append(change)
        held += len(change.document.body) if change.document else 0
        if len(batch) >= MAX_BATCH or held >= MAX_BODIES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _wants(index: KnowledgeIndex, document: Document) -> bool:
    return document.audience in index.audiences and bool(document.body.strip())


def _verdict(actions: Sequence[Action], *, new: bool) -> str:
    """One word for a document that may be in several indexes: the most that happens to it anywhere."""
    if Action.REMOVE in actions:
        return "remove"
    if {Action.REPLACE, Action.ATTACH, Action.RESUME} & set(actions):
        return "add" if new else "replace"
    return "patch" if Action.PATCH in actions else "keep"
