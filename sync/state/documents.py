"""Documents and contents tables: what the sources show, and the bodies we hold; the one module that writes them."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.model import Audience, Change, Document
from sync.state.queries import DocumentState
from sync.state.transaction import Transaction


def note_versions(tx: Transaction, source: str, changes: Sequence[Change], *, epoch: int, now: float) -> None:
    """Write that the documents have these versions now, in the listing of that epoch."""
    tx.run_many(
        """INSERT INTO documents (source, external_id, version, epoch, changed_at)
           VALUES (:source, :external_id, :version, :epoch, :now)
           ON CONFLICT (source, external_id) DO UPDATE SET
             version = excluded.version, epoch = excluded.epoch, released = 0,
             attempts = CASE WHEN documents.version = excluded.version THEN documents.attempts ELSE 0 END,
             not_before = CASE WHEN documents.version = excluded.version THEN documents.not_before ELSE 0 END,
             changed_at = CASE WHEN documents.version = excluded.version THEN documents.changed_at
                               ELSE excluded.changed_at END""",
        [
            {"source": source, "external_id": one.external_id, "version": one.version, "epoch": epoch, "now": now}
            for one in changes
        ],
    )


def note_unchanged(tx: Transaction, documents: Sequence[int], *, epoch: int) -> None:
    """Write that the listing of that epoch shows these documents as they were."""
    if documents:
        tx.run("UPDATE documents SET epoch = :epoch, released = 0 WHERE id IN :ids", epoch=epoch, ids=list(documents))


@dataclass(frozen=True, slots=True)
class Columns:
    """A document as it is written: its row's columns by name, and its body, compressed."""

    row: Mapping[str, str | float]
    body: bytes


def columns(shown: Document, *, problem: str, fingerprint: str) -> Columns:
    """Return what to write of a document. Raises whatever a value out of bounds leads to; nothing is written yet."""
    row: dict[str, str | float] = {
        "version": storable_name(shown.version),
        "title": _storable(shown.title),
        "url": _storable(shown.url),
        "audience": shown.audience.value,
        "language": _storable(shown.language),
        "updated_at": shown.updated_at.timestamp(),
        "breadcrumb": _storable(json.dumps(shown.breadcrumb, ensure_ascii=False)),
        "labels": _storable(json.dumps(shown.labels, ensure_ascii=False)),
        "attributes": _storable(json.dumps(dict(shown.attributes), ensure_ascii=False, allow_nan=False)),
        "problem": _storable(problem),
        "fingerprint": fingerprint,
    }
    return Columns(row, zlib.compress(shown.body.encode("utf-8", errors="replace"), 1))


def store(tx: Transaction, given: Mapping[int, Columns]) -> None:
    """Write documents, by id, as they are now; their versions are then both known and held."""
    tx.run_many(
        """UPDATE documents SET version = :version, content_version = :version, title = :title, url = :url,
             audience = :audience, language = :language, updated_at = :updated_at, breadcrumb = :breadcrumb,
             labels = :labels, attributes = :attributes, problem = :problem, likeness = :fingerprint,
             released = 0, attempts = 0, not_before = 0, error = ''
           WHERE id = :id""",
        [{"id": document, **columns.row} for document, columns in given.items()],
    )
    tx.run_many(
        """INSERT INTO contents (document, body) VALUES (:id, :body)
           ON CONFLICT (document) DO UPDATE SET body = excluded.body""",
        [{"id": document, "body": columns.body} for document, columns in given.items()],
    )


def believe_gone(tx: Transaction, document: DocumentState, now: float) -> None:
    """Believe a document gone that a listing or the source itself does not show any more."""
    if document.version is not None:
        tx.run(
            "UPDATE documents SET version = NULL, released = 0, gone_confirmed = 0, changed_at = :now WHERE id = :id",
            now=now,
            id=document.id,
        )


def believe_unlisted_gone(tx: Transaction, source: str, *, epoch: int, now: float) -> None:
    """Believe gone what the complete listing of that epoch did not show, and no more than that."""
    tx.run(
        """UPDATE documents SET version = NULL, gone_confirmed = 0, changed_at = :now
           WHERE source = :source AND epoch < :epoch AND version IS NOT NULL""",
        now=now,
        source=source,
        epoch=epoch,
    )


def confirm_gone(tx: Transaction, document: int) -> None:
    """Note that the source itself says that the document is gone; its removal may still wait for an operator."""
    tx.run("UPDATE documents SET gone_confirmed = 1 WHERE id = :id AND version IS NULL", id=document)


def release(tx: Transaction, source: str, document: int) -> bool:
    """Let the document be removed once the source confirms that it is gone; False unless it is believed to be."""
    return bool(
        tx.run(
            "UPDATE documents SET released = 1, not_before = 0 WHERE id = :id AND source = :source AND version IS NULL",
            id=document,
            source=source,
        )
    )


def close(tx: Transaction, document: int) -> None:
    """Take what we hold of the document out of the public, whatever of it is still to be read."""
    tx.run("UPDATE documents SET audience = :internal WHERE id = :id", id=document, internal=Audience.INTERNAL.value)


def postpone(tx: Transaction, document: int, error: str, *, attempts: int, not_before: float) -> None:
    """Have a document that could not be read, now for so many times, wait until then."""
    tx.run(
        "UPDATE documents SET attempts = :attempts, not_before = :until, error = :error WHERE id = :id",
        id=document,
        attempts=attempts,
        until=not_before,
        error=error,
    )


def end_waits(tx: Transaction, source: str) -> None:
    """Have every document of the source that waits after a failure tried again by the next turn."""
    tx.run("UPDATE documents SET not_before = 0 WHERE source = :source AND not_before > 0", source=source)


def fetch_again(tx: Transaction, document: int) -> None:
    """Have the document fetched although its version is the one we know."""
    tx.run("UPDATE documents SET content_version = NULL WHERE id = :document", document=document)


def drop_contents(tx: Transaction, documents: Sequence[int]) -> None:
    """Delete the bodies of these documents: no generation wants any more of them."""
    tx.run("DELETE FROM contents WHERE document IN :documents", documents=list(documents))


def delete(tx: Transaction, document: int) -> None:
    """Forget a document that nothing names any more."""
    tx.run("DELETE FROM contents WHERE document = :document", document=document)
    tx.run("DELETE FROM documents WHERE id = :document", document=document)


def storable_name(value: str) -> str:
    """An id or version with half a surrogate pair, and NUL, by their numbers: it still differs from others."""
    if value.isascii() and "\0" not in value:
        return value
    return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _storable(value: str) -> str:
    """Half a surrogate pair and NUL are text that no database keeps."""
    return value.encode("utf-8", errors="replace").decode().replace("\0", "")
