"""settle: how each outcome of publishing is committed; nothing here talks to the index."""

from collections.abc import Mapping, Sequence

import structlog

from sync.errors import Retryable
from sync.model import FileId
from sync.pipeline.plan import Work
from sync.pipeline.removal import discard
from sync.pipeline.turn import Turn, backoff
from sync.rendering import RENDER_VERSION
from sync.state.database import Transaction
from sync.state.queries import Generation

log = structlog.get_logger()

MAX_WAITS = 12
"""How often a file may be found unfinished, about an hour in all, before it is uploaded anew."""

_AT_REST: dict[str, str | float | None] = {
    "pending": None,
    "pending_hash": None,
    "attempts": 0,
    "not_before": 0.0,
    "error": "",
}

_ENTRY = """INSERT INTO entries (document, generation, {columns})
            SELECT :document, :generation, {values}
            WHERE EXISTS (SELECT 1 FROM generations WHERE id = :generation AND state <> 'dropping')
            ON CONFLICT (document, generation) DO UPDATE SET {updates}"""


def keep(turn: Turn, generation: Generation, kept: Sequence[Work]) -> None:
    """The store has the right bytes and attributes under the entries' files."""
    if not kept:
        return
    with turn.state.commit(turn.lease) as tx:
        for work in kept:
            _write(
                tx,
                work.document,
                generation,
                version=work.version,
                metadata_hash=work.rendered.metadata_hash,
                **_AT_REST,
            )
            discard(tx, turn.source.name, generation.store, work.entry.pending)
            tx.run(
                "UPDATE files SET version = :version WHERE document = :document AND content_hash = :hash",
                version=work.version,
                document=work.document,
                hash=work.rendered.content_hash,
            )


def pending(turn: Turn, generation: Generation, landed: Sequence[tuple[Work, FileId]]) -> None:
    """Files that are uploaded and about to be attached: from here on a crash is resumed, not repeated."""
    if not landed:
        return
    with turn.state.commit(turn.lease) as tx:
        for work, file in landed:
            _write(tx, work.document, generation, pending=file, pending_hash=work.rendered.content_hash, not_before=0.0)
            if work.entry.pending != file:
                discard(tx, turn.source.name, generation.store, work.entry.pending)
            tx.run(
                """INSERT INTO files (document, content_hash, file, version, render)
                   VALUES (:document, :hash, :file, :version, :render)
                   ON CONFLICT (document, content_hash) DO UPDATE SET
                     file = excluded.file, version = excluded.version, render = excluded.render""",
                document=work.document,
                hash=work.rendered.content_hash,
                file=file,
                version=work.version,
                render=RENDER_VERSION,
            )
            tx.run("DELETE FROM garbage WHERE store = :store AND file = :file", store=generation.store, file=file)


def swapped(turn: Turn, generation: Generation, searchable: Mapping[FileId, Work]) -> None:
    """The new files are searchable: they become the entries' files, and the old ones garbage, at once."""
    if not searchable:
        return
    with turn.state.commit(turn.lease) as tx:
        for file, work in searchable.items():
            _write(
                tx,
                work.document,
                generation,
                version=work.version,
                content_hash=work.rendered.content_hash,
                metadata_hash=work.rendered.metadata_hash,
                file=file,
                **_AT_REST,
            )
            if work.entry.file != file:
                discard(tx, turn.source.name, generation.store, work.entry.file)


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
    """The file is not searchable yet: looked at again later, and given up after MOST_WAITS."""
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
        _write(tx, work.document, generation, version=None, attempts=attempts, not_before=until, error=str(error))


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
        _write(tx, work.document, generation, version=None, content_hash=None, metadata_hash=None, file=None)
        discard(tx, turn.source.name, generation.store, work.entry.file)


def needs_refetch(turn: Turn, work: Work) -> None:
    """The bytes are needed and not held (`store_content = false`): have the document fetched again."""
    with turn.state.commit(turn.lease) as tx:
        tx.run("UPDATE documents SET content_version = NULL WHERE id = :document", document=work.document)


def _let_pending_go(turn: Turn, generation: Generation, document: int, **columns: str | float | None) -> None:
    """Write the entry without its pending file, and hand that to collect; the file too, if the columns drop it."""
    with turn.state.commit(turn.lease) as tx:
        held = tx.ask(
            "SELECT file, pending FROM entries WHERE document = :document AND generation = :generation",
            document=document,
            generation=generation.id,
        )
        _write(tx, document, generation, pending=None, pending_hash=None, **columns)
        for row in held:
            discard(tx, turn.source.name, generation.store, row.pending)
            discard(tx, turn.source.name, generation.store, row.file if "file" in columns else None)


def _write(tx: Transaction, document: int, generation: Generation, **columns: str | float | None) -> None:
    statement = _ENTRY.format(
        columns=", ".join(columns),
        values=", ".join(f":{name}" for name in columns),
        updates=", ".join(f"{name} = excluded.{name}" for name in columns),
    )
    tx.run(statement, document=document, generation=generation.id, **columns)
