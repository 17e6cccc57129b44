"""Generation publisher: one pass over what a generation wants; uploads, files to attach, batches under way."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from functools import partial

from sync.errors import Misconfigured, Missing, Rejected, Retryable, Stopping
from sync.model import FileId, FileState, Rendered, StoredFile
from sync.pipeline import outcomes
from sync.pipeline.plan import Action, Work, plan
from sync.pipeline.turn import Turn
from sync.rendering import hash_of
from sync.state.queries import Generation

MAX_ATTACHING = 3  # batches being embedded while the next one is uploaded
MAX_FAILURES_IN_A_ROW = 5

Settlement = Callable[[], None]
"""What an outside call found out, to be committed by the turn's own thread."""


class GenerationPublisher:
    """Takes documents one by one and settles them in batches.

    What needs no outside call is committed by the batch too: a commit waits for the disk. Raises Misconfigured at
    once, Missing when the store is gone, and Retryable when the index fails several times in a row.
    """

    def __init__(self, turn: Turn, generation: Generation) -> None:
        self.turn = turn
        self.generation = generation
        self.same: list[Work] = []
        self.reusing: list[tuple[Work, FileId]] = []
        self.asking: dict[Future[Settlement], Work] = {}
        self.uploading: dict[Future[FileId], Work] = {}
        self.uploaded: list[tuple[Work, FileId]] = []
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
        outcomes.postponed(self.turn, self.generation, work, error)
        self.failures += 1
        if self.failures >= MAX_FAILURES_IN_A_ROW:
            raise error

    def record(self) -> None:
        """Wait for what is uploaded or asked, and commit it: from here on another generation can use the uploads."""
        self._record_same()
        while self.asking:
            self._land_asked()
        while self.uploading:
            self._land_uploads()
        self._record_uploaded()
        self._record_reused()

    def finish(self) -> None:
        """Wait for everything under way and settle it."""
        self.record()
        self._attach()
        while self.attaching:
            self._land_attached()

    def record_uploads(self) -> None:
        """Commit what is uploaded or about to be, although the pass has failed: recorded, it is never an orphan."""
        wait(self.uploading)
        landed = [(work, future.result()) for future, work in self.uploading.items() if future.exception() is None]
        outcomes.pending(self.turn, self.generation, [*self.uploaded, *landed])
        self.turn.count("doubtful", sum(isinstance(future.exception(), Retryable) for future in self.uploading))

    def _keep(self, work: Work) -> None:
        self.same.append(_without_content(work))
        if len(self.same) >= self.turn.batch_size:
            self._record_same()

    def _record_same(self) -> None:
        kept, self.same = self.same, []
        outcomes.keep(self.turn, self.generation, kept)

    def _reuse(self, work: Work) -> None:
        self.reusing.append((_without_content(work), work.entry.uploaded[work.rendered.content_hash]))
        if len(self.reusing) >= self.turn.batch_size:
            self._record_reused()

    def _record_reused(self) -> None:
        reused, self.reusing = self.reusing, []
        outcomes.pending(self.turn, self.generation, reused)
        for work, file in reused:
            self._make_ready(file, work)

    def _ask(self, work: Work, act: Callable[[], Settlement]) -> None:
        while len(self.asking) >= self.turn.max_concurrency:
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
            return partial(outcomes.file_missing, self.turn, self.generation, work)
        return partial(self._patched, work)

    def _patched(self, work: Work) -> None:
        outcomes.keep(self.turn, self.generation, [work])
        self.turn.count("patched")

    def _resume(self, work: Work, pending: FileId) -> Settlement:
        stored = self.turn.index.status(self.generation.store, pending)
        if stored.state is FileState.COMPLETED:
            self._patch_pending(pending, stored, work)
            return partial(outcomes.swapped, self.turn, self.generation, {pending: work})
        if stored.state is FileState.IN_PROGRESS:
            return partial(outcomes.waiting, self.turn, self.generation, work)
        if stored.state is FileState.FAILED and not stored.passing:
            return partial(outcomes.refused, self.turn, self.generation, work, stored.reason)
        if stored.state is FileState.ABSENT and self.turn.index.exists(pending):
            return partial(self._make_ready, pending, work)
        return partial(outcomes.restart_upload, self.turn, self.generation, work)

    def _patch_pending(self, pending: FileId, stored: StoredFile, work: Work) -> None:
        """The attributes may have changed since the file was attached; gone meanwhile: the audit sees it missing."""
        if hash_of(stored.attributes) != work.rendered.metadata_hash:
            with suppress(Missing):
                self.turn.index.patch(self.generation.store, pending, work.rendered.attributes)

    def _replace(self, work: Work) -> None:
        if not work.rendered.content:
            outcomes.needs_refetch(self.turn, work)
            return
        while len(self.uploading) >= self.turn.max_concurrency:
            self._land_uploads()
        self.uploading[self.turn.executor.submit(self.turn.index.upload, work.rendered)] = work

    def _land_uploads(self) -> None:
        done, _ = wait(self.uploading, return_when=FIRST_COMPLETED)
        failed: list[tuple[Work, Retryable | Rejected | Misconfigured | Stopping]] = []
        for future in done:
            work = self.uploading.pop(future)
            try:
                file = future.result()
            except (Retryable, Rejected, Misconfigured, Stopping) as error:
                failed.append((work, error))
            else:
                self.uploaded.append((_without_content(work), file))
                self.failures = 0
        if failed or len(self.uploaded) >= max(1, self.turn.max_concurrency // 2):
            self._record_uploaded()
        self.turn.count("doubtful", sum(isinstance(failure, Retryable) for _, failure in failed))
        for work, failure in failed:
            if isinstance(failure, Rejected):
                outcomes.refused(self.turn, self.generation, work, str(failure))
            elif isinstance(failure, Retryable):
                self.postpone(work, failure)
            else:
                raise failure

    def _record_uploaded(self) -> None:
        """Commit some uploads at once: not recorded, they are orphans, which an audit finds should we be killed now."""
        landed, self.uploaded = self.uploaded, []
        outcomes.pending(self.turn, self.generation, landed)
        self.turn.count("uploaded", len(landed))
        for work, file in landed:
            self._make_ready(file, work)

    def _make_ready(self, file: FileId, work: Work) -> None:
        self.ready[file] = work
        if len(self.ready) >= self.turn.batch_size:
            self._attach()

    def _attach(self) -> None:
        if not self.ready:
            return
        while self.attaching and (len(self.attaching) >= MAX_ATTACHING or self.attaching[0][0].done()):
            self._land_attached()
        works, self.ready = self.ready, {}
        attributes = {file: work.rendered.attributes for file, work in works.items()}
        future = self.turn.attacher.submit(
            self.turn.index.attach, self.generation.store, attributes, self.generation.chunking
        )
        self.attaching.append((future, works))

    def _land_attached(self) -> None:
        future, works = self.attaching.popleft()
        outcome = self._confirmed(works, future.result())
        searchable = {file: work for file, work in works.items() if file in outcome and outcome[file] is None}
        outcomes.swapped(self.turn, self.generation, searchable)
        self.turn.count("attached", len(searchable))
        for file, work in works.items():
            reason = outcome.get(file, "")
            if reason:
                outcomes.refused(self.turn, self.generation, work, reason)
            elif file not in outcome:
                outcomes.waiting(self.turn, self.generation, work)

    def _confirmed(self, works: dict[FileId, Work], told: dict[FileId, str | None]) -> dict[FileId, str | None]:
        """The outcome of an attach, by the files' own status where an older file is to go.

        Some servers count files as completed that cannot be found yet.
        """
        replacing = [file for file, work in works.items() if file in told and work.entry.file not in (None, file)]
        stored = self.turn.executor.map(partial(self.turn.index.status, self.generation.store), replacing)
        confirmed = dict(told)
        for file, one in zip(replacing, stored, strict=True):
            if one.state is FileState.FAILED and not one.passing:
                confirmed[file] = one.reason
            elif one.state is not FileState.COMPLETED:
                del confirmed[file]
        return confirmed


def _without_content(work: Work) -> Work:
    """Batches wait with their attributes only; the bytes are uploaded and need no memory."""
    shown = work.rendered
    light = Rendered(shown.filename, b"", shown.attributes, shown.content_hash, shown.metadata_hash)
    return Work(work.document, work.version, light, work.entry)
