"""publish: what we hold, into every generation that wants it; what no longer belongs there goes first."""

import json
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Row

from sync import questions, settle
from sync.collect import collect
from sync.errors import Misconfigured, Missing, Rejected, Retryable
from sync.model import Audience, Document, FileId, FileState, Rendered, StoredFile
from sync.plan import Action, Entry, plan
from sync.questions import Generation
from sync.remove import remove_entry
from sync.render import RENDER_VERSION, hash_of, moment, render, rendered
from sync.turn import Turn

log = structlog.get_logger()

MOST_ATTACHING = 3  # batches being embedded while the next one is uploaded
MOST_FAILURES_IN_A_ROW = 5


Settlement = Callable[[], None]
"""What an outside call found out, to be committed by the turn's own thread."""


@dataclass(frozen=True, slots=True)
class Work:
    """One document that one generation wants, and what there is of it."""

    document: int
    version: str
    rendered: Rendered
    entry: Entry


def publish(turn: Turn) -> None:
    """Settle every due document of the source in every live generation, or stop when the turn is over.

    One document's failure is that document's: refused content is a problem, a passing failure waits. Raises
    Misconfigured at once, and Retryable when the index fails several times in a row.
    """
    withdraw(turn)
    collect(turn)
    lost: Misconfigured | None = None
    for generation in questions.live_generations(turn.state):
        try:
            _fill(turn, generation)
        except Missing as error:
            lost = _store_gone(generation, error)  # the others are still to be filled: one may take its place
    _drop_contents(turn)
    if lost:
        raise lost


def withdraw(turn: Turn) -> None:
    """Take documents out of indexes they are not for, and out of generations that are being dropped."""
    while not turn.over:
        rows = questions.unwanted(turn.state, turn.source.name, limit=500)
        if not rows:
            return
        with turn.state.commit(turn.lease) as tx:
            for row in rows:
                remove_entry(tx, turn.source.name, row.document, row.generation, store_goes=bool(row.store_goes))
        turn.count("withdrawn", len(rows))


class _Fill:
    """One pass over what a generation wants: uploads under way, files ready to attach, batches being attached.

    What needs no outside call is committed by the batch: a commit waits for the disk.
    """

    def __init__(self, turn: Turn, generation: Generation) -> None:
        self.turn = turn
        self.generation = generation
        self.same: list[Work] = []
        self.reusing: list[tuple[Work, FileId]] = []
        self.asking: dict[Future[Settlement], Work] = {}
        self.uploading: dict[Future[FileId], Work] = {}
        self.ready: dict[FileId, Work] = {}
        self.attaching: deque[tuple[Future[dict[FileId, str | None]], dict[FileId, Work]]] = deque()
        self.failures = 0

    def take(self, work: Work) -> None:
        match plan(work.entry, work.rendered):
            case Action.KEEP:
                self._keep(work)
            case Action.PATCH if work.entry.file:
                self._ask(work, partial(self._patch, _without_content(work), work.entry.file))
            case Action.RESUME if work.entry.pending:
                self._ask(work, partial(self._resume, _without_content(work), work.entry.pending))
            case Action.ATTACH:
                self._reuse(work)
            case Action.REPLACE:
                self._replace(work)

    def postpone(self, work: Work, error: Retryable) -> None:
        settle.postponed(self.turn, self.generation, work, error)
        self.failures += 1
        if self.failures >= MOST_FAILURES_IN_A_ROW:
            raise error

    def finish(self) -> None:
        """Wait for everything under way and settle it."""
        self._record_same()
        while self.asking:
            self._land_asked()
        while self.uploading:
            self._land_uploads()
        self._record_reused()
        self._attach()
        while self.attaching:
            self._land_attached()

    def record_uploads(self) -> None:
        """Commit what is uploaded or about to be, although the pass has failed: recorded, it is never an orphan."""
        wait(self.uploading)
        landed = [(work, future.result()) for future, work in self.uploading.items() if future.exception() is None]
        settle.pending(self.turn, self.generation, landed)

    def _keep(self, work: Work) -> None:
        self.same.append(_without_content(work))
        if len(self.same) >= self.turn.batch:
            self._record_same()

    def _record_same(self) -> None:
        kept, self.same = self.same, []
        settle.keep(self.turn, self.generation, kept)

    def _reuse(self, work: Work) -> None:
        self.reusing.append((_without_content(work), work.entry.uploaded[work.rendered.content_hash]))
        if len(self.reusing) >= self.turn.batch:
            self._record_reused()

    def _record_reused(self) -> None:
        reused, self.reusing = self.reusing, []
        settle.pending(self.turn, self.generation, reused)
        for work, file in reused:
            self._make_ready(file, work)

    def _ask(self, work: Work, act: Callable[[], Settlement]) -> None:
        while len(self.asking) >= self.turn.width:
            self._land_asked()
        self.asking[self.turn.executor.submit(act)] = work

    def _land_asked(self) -> None:
        """Settle what is answered; a passing failure postpones only its document."""
        done, _ = wait(self.asking, return_when=FIRST_COMPLETED)
        for future in done:
            work = self.asking.pop(future)
            try:
                future.result()()
            except Retryable as error:
                self.postpone(work, error)
            else:
                self.failures = 0

    def _patch(self, work: Work, file: FileId) -> Settlement:
        try:
            self.turn.index.patch(self.generation.store, file, work.rendered.attributes)
        except Missing:
            return partial(settle.lost, self.turn, self.generation, work)
        return partial(self._patched, work)

    def _patched(self, work: Work) -> None:
        settle.keep(self.turn, self.generation, [work])
        self.turn.count("patched")

    def _resume(self, work: Work, pending: FileId) -> Settlement:
        stored = self.turn.index.status(self.generation.store, pending)
        if stored.state is FileState.COMPLETED:
            self._patch_pending(pending, stored, work)
            return partial(settle.swapped, self.turn, self.generation, {pending: work})
        if stored.state is FileState.IN_PROGRESS:
            return partial(settle.waiting, self.turn, self.generation, work)
        if stored.state is FileState.FAILED and not stored.passing:
            return partial(settle.refused, self.turn, self.generation, work, stored.reason)
        if stored.state is FileState.ABSENT and self.turn.index.exists(pending):
            return partial(self._make_ready, pending, work)
        return partial(settle.abandoned, self.turn, self.generation, work)

    def _patch_pending(self, pending: FileId, stored: StoredFile, work: Work) -> None:
        """The attributes may have changed since the file was attached; gone meanwhile: the audit sees it missing."""
        if hash_of(stored.attributes) != work.rendered.metadata_hash:
            with suppress(Missing):
                self.turn.index.patch(self.generation.store, pending, work.rendered.attributes)

    def _replace(self, work: Work) -> None:
        if not work.rendered.content:
            settle.unread(self.turn, work)
            return
        while len(self.uploading) >= self.turn.width:
            self._land_uploads()
        self.uploading[self.turn.executor.submit(self.turn.index.upload, work.rendered)] = work

    def _land_uploads(self) -> None:
        done, _ = wait(self.uploading, return_when=FIRST_COMPLETED)
        landed: list[tuple[Work, FileId]] = []
        failed: list[tuple[Work, Retryable | Rejected | Misconfigured]] = []
        for future in done:
            work = self.uploading.pop(future)
            try:
                landed.append((work, future.result()))
            except (Retryable, Rejected, Misconfigured) as error:
                failed.append((work, error))
        settle.pending(self.turn, self.generation, landed)  # first of all: an upload nobody recorded is an orphan
        self.turn.count("uploaded", len(landed))
        self.failures = 0 if landed else self.failures
        for work, file in landed:
            self._make_ready(file, _without_content(work))
        for work, failure in failed:
            if isinstance(failure, Rejected):
                settle.refused(self.turn, self.generation, work, str(failure))
            elif isinstance(failure, Retryable):
                self.turn.count("doubtful")
                self.postpone(work, failure)
            else:
                raise failure

    def _make_ready(self, file: FileId, work: Work) -> None:
        self.ready[file] = work
        if len(self.ready) >= self.turn.batch:
            self._attach()

    def _attach(self) -> None:
        if not self.ready:
            return
        while self.attaching and (len(self.attaching) >= MOST_ATTACHING or self.attaching[0][0].done()):
            self._land_attached()
        works, self.ready = self.ready, {}
        attributes = {file: work.rendered.attributes for file, work in works.items()}
        future = self.turn.attacher.submit(
            self.turn.index.attach, self.generation.store, attributes, self.generation.chunking
        )
        self.attaching.append((future, works))

    def _land_attached(self) -> None:
        future, works = self.attaching.popleft()
        outcome = future.result()
        searchable = {file: work for file, work in works.items() if file in outcome and outcome[file] is None}
        settle.swapped(self.turn, self.generation, searchable)
        self.turn.count("attached", len(searchable))
        for file, work in works.items():
            reason = outcome.get(file, "")
            if reason:
                settle.refused(self.turn, self.generation, work, reason)
            elif file not in outcome:
                settle.waiting(self.turn, self.generation, work)


def _fill(turn: Turn, generation: Generation) -> None:
    fill = _Fill(turn, generation)
    try:
        for work in _wanted(turn, generation):
            fill.take(work)
        fill.finish()
    except (Retryable, Misconfigured, Missing):
        fill.record_uploads()
        raise


def _store_gone(generation: Generation, error: Missing) -> Misconfigured:
    gone = Misconfigured(
        f"index {generation.index!r}: its vector store {generation.store} is not there; check openai.api_key, project "
        f"and base_url; if it was deleted, `answerwell reindex {generation.index}` fills a new one"
    )
    gone.__cause__ = error
    return gone


def _wanted(turn: Turn, generation: Generation) -> Iterator[Work]:
    after = 0
    while not turn.over:
        rows = questions.unsettled(turn.state, turn.source.name, generation.id, after=after, limit=50)
        if not rows:
            return
        reusable = questions.uploaded(turn.state, generation.id, [row.id for row in rows])
        for row in rows:
            if turn.over:
                return
            work = _work(turn, row, reusable.get(row.id, []))
            if work is not None:
                yield work
            else:
                settle.empty(turn, generation, row.id, row.content_version)
        after = rows[-1].id


def _work(turn: Turn, row: Row[Any], reusable: list[Row[Any]]) -> Work | None:
    """The document as this generation wants it; None when it has no text to find."""
    body = zlib.decompress(row.body).decode() if row.body is not None else None
    document = _document(row, body or "")
    source, installation = turn.source.name, turn.state.installation
    if body is None:
        held = next((r for r in reusable if (r.version, r.render) == (row.content_version, RENDER_VERSION)), None)
        known = held.content_hash if held else "not held"
        shown = rendered(document, source=source, installation=installation, content=b"", content_hash=known)
    elif not body.strip():
        return None
    else:
        shown = render(document, source=source, installation=installation)
    entry = Entry(
        file=row.file,
        content_hash=row.content_hash,
        metadata_hash=row.metadata_hash,
        pending=row.pending,
        pending_hash=row.pending_hash,
        attempts=row.tries or 0,
        uploaded={r.content_hash: FileId(r.file) for r in reusable},
    )
    return Work(row.id, row.content_version, shown, entry)


def _document(row: Row[Any], body: str) -> Document:
    return Document(
        external_id=row.external_id,
        version=row.content_version,
        title=row.title,
        body=body,
        url=row.url,
        updated_at=moment(row.updated_at),
        audience=Audience(row.audience),
        language=row.language,
        breadcrumb=tuple(json.loads(row.breadcrumb)),
        labels=tuple(json.loads(row.labels)),
        attributes=json.loads(row.attributes),
    )


def _without_content(work: Work) -> Work:
    """Batches wait with their attributes only; the bytes are uploaded and need no memory."""
    shown = work.rendered
    light = Rendered(shown.filename, b"", shown.attributes, shown.content_hash, shown.metadata_hash)
    return Work(work.document, work.version, light, work.entry)


def _drop_contents(turn: Turn) -> None:
    """A source that must not be stored keeps no body of what every generation has."""
    if turn.source.store_content:
        return
    with turn.state.commit(turn.lease) as tx:
        tx.run(questions.SETTLED_CONTENTS_OUT, source=turn.source.name)
