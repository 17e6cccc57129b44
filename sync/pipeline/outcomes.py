"""Publishing outcomes: how each is committed; nothing here talks to the index."""

from collections.abc import Mapping, Sequence

import structlog

from sync.errors import Retryable
from sync.model import FileId
from sync.pipeline.plan import Work
from sync.pipeline.turn import Turn, backoff
from sync.rendering import RENDER_VERSION
from sync.state import documents, entries, files, queries
from sync.state.files import UploadedFile, discard
from sync.state.queries import Generation

log = structlog.get_logger()

MAX_WAITS = 12
"""How often a file may be found unfinished, about an hour in all, before it is uploaded anew."""


def keep(turn: Turn, generation: Generation, kept: Sequence[Work]) -> None:
    """The store has the right bytes and attributes under the entries' files."""
    if not kept:
        return
    columns: dict[int, dict[str, entries.Column]] = {
        work.document: {"version": work.version, "metadata_hash": work.rendered.metadata_hash, **entries.AT_REST}
        for work in kept
    }
    with turn.state.commit(turn.lease) as tx:
        entries.write_all(tx, generation.id, columns)
        discard(tx, turn.source.name, generation.store, *(work.entry.pending for work in kept))
        files.note_versions(tx, [(work.document, work.rendered.content_hash, work.version) for work in kept])


def pending(turn: Turn, generation: Generation, landed: Sequence[tuple[Work, FileId]]) -> None:
    """Files that are uploaded and about to be attached: from here on a crash is resumed, not repeated."""
    if not landed:
        return
    uploaded = [UploadedFile(work.document, file, work.rendered.content_hash, work.version) for work, file in landed]
    columns: dict[int, dict[str, entries.Column]] = {
        one.document: {"pending": one.file, "pending_hash": one.content_hash, "not_before": 0.0} for one in uploaded
    }
    replaced = [work.entry.pending for work, file in landed if work.entry.pending != file]
    with turn.state.commit(turn.lease) as tx:
        entries.write_all(tx, generation.id, columns)
        discard(tx, turn.source.name, generation.store, *replaced)
        files.record_uploads(tx, uploaded, render=RENDER_VERSION)
        files.forget_garbage(tx, [(generation.store, file) for _, file in landed])


def swapped(turn: Turn, generation: Generation, searchable: Mapping[FileId, Work]) -> None:
    """The new files are searchable: they become the entries' files, and the old ones garbage, at once."""
    if not searchable:
        return
    columns: dict[int, dict[str, entries.Column]] = {
        work.document: {
            "version": work.version,
            "content_hash": work.rendered.content_hash,
            "metadata_hash": work.rendered.metadata_hash,
            "file": file,
            **entries.AT_REST,
        }
        for file, work in searchable.items()
    }
    replaced = [work.entry.file for file, work in searchable.items() if work.entry.file != file]
    with turn.state.commit(turn.lease) as tx:
        entries.write_all(tx, generation.id, columns)
        discard(tx, turn.source.name, generation.store, *replaced)


def refused(turn: Turn, generation: Generation, work: Work, reason: str) -> None:
    """The index will not take these bytes: a problem until the document changes; what was searchable stays so."""
    _let_pending_go(turn, generation, work.document, version=work.version, attempts=0, not_before=0.0, error=reason)
    turn.count("rejected")
    log.warning("document_rejected", source=turn.source.name, document=work.document, reason=reason)


def empty(turn: Turn, generation: Generation, document: int, version: str, problem: str) -> None:
    """There is nothing to find in the document: whatever was searchable goes, and a problem says why."""
    _let_pending_go(
        turn,
        generation,
        document,
        version=version,
        content_hash=None,
        metadata_hash=None,
        file=None,
        attempts=0,
        not_before=0.0,
        error=problem or "empty: the document has no text; write some, or unpublish it",
    )
    turn.count("rejected")


def waiting(turn: Turn, generation: Generation, work: Work) -> None:
    """The file is not searchable yet: looked at again later, and given up after MAX_WAITS."""
    if work.entry.attempts >= MAX_WAITS:
        restart_upload(turn, generation, work)
        return
    error = Retryable("the index has not finished processing the file; it is looked at again")
    postponed(turn, generation, work, error)


def postponed(turn: Turn, generation: Generation, work: Work, error: Retryable) -> None:
    """A passing failure: the document waits longer each time."""
    attempts = work.entry.attempts + 1
    until = turn.state.now() + backoff(attempts, error.after).total_seconds()
    with turn.state.commit(turn.lease) as tx:
        entries.write(
            tx, work.document, generation.id, version=None, attempts=attempts, not_before=until, error=str(error)
        )


def restart_upload(turn: Turn, generation: Generation, work: Work) -> None:
    """The file on its way is lost or stuck: forget it, and upload anew after a wait."""
    attempts = work.entry.attempts + 1
    _let_pending_go(
        turn,
        generation,
        work.document,
        version=None,
        attempts=min(attempts, MAX_WAITS - 1),
        not_before=turn.state.now() + backoff(min(attempts, 5)).total_seconds(),
        error="the index lost the file or never finished it; it is uploaded again",
    )


def file_missing(turn: Turn, generation: Generation, work: Work) -> None:
    """The store does not hold the entry's file any more: attach or upload again."""
    with turn.state.commit(turn.lease) as tx:
        entries.write(tx, work.document, generation.id, version=None, content_hash=None, metadata_hash=None, file=None)
        discard(tx, turn.source.name, generation.store, work.entry.file)


def needs_refetch(turn: Turn, work: Work) -> None:
    """The bytes are needed and not held (`store_content = false`): have the document fetched again."""
    with turn.state.commit(turn.lease) as tx:
        documents.fetch_again(tx, work.document)


def _let_pending_go(turn: Turn, generation: Generation, document: int, **columns: entries.Column) -> None:
    """Write the entry without its pending file, and hand that to collect; the file too, if the columns drop it."""
    with turn.state.commit(turn.lease) as tx:
        held = queries.entry_files(tx, document, generation.id)
        entries.write(tx, document, generation.id, pending=None, pending_hash=None, **columns)
        if held is not None:
            discard(tx, turn.source.name, generation.store, held.pending)
            discard(tx, turn.source.name, generation.store, held.file if "file" in columns else None)
