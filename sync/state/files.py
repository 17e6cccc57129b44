"""Files and garbage tables: uploads that may be reused, and what has to go; the one module that writes them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sync.model import FileId, StoreId
from sync.state.transaction import Transaction

NO_STORE = StoreId("")
"""Stands for the upload itself: the file leaves no store, it is only deleted."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that holds the bytes of the document's `version`, as they hash."""

    document: int
    file: FileId
    content_hash: str
    version: str


def record_uploads(tx: Transaction, uploaded: Sequence[UploadedFile], *, render: str) -> None:
    """Remember files as reusable for these bytes of their documents, rendered by `render`."""
    tx.run_many(
        """INSERT INTO files (document, content_hash, file, version, render)
           VALUES (:document, :content_hash, :file, :version, :render)
           ON CONFLICT (document, content_hash) DO UPDATE SET
             file = excluded.file, version = excluded.version, render = excluded.render""",
        [{**asdict(one), "render": render} for one in uploaded],
    )


def note_versions(tx: Transaction, versions: Sequence[tuple[int, str, str]]) -> None:
    """Other versions of documents have the same bytes too: document, content hash, version."""
    tx.run_many(
        "UPDATE files SET version = :version WHERE document = :document AND content_hash = :hash",
        [
            {"document": document, "hash": content_hash, "version": version}
            for document, content_hash, version in versions
        ],
    )


def discard(tx: Transaction, source: str, store: StoreId, *found: FileId | None) -> None:
    """Hand files to garbage collection: out of the store, and deleted when nothing names them.

    Call after the entries let go. A file that no entry names any more is also forgotten as reusable: nothing may attach
    what is about to be deleted.
    """
    discarded = [file for file in found if file is not None]
    add_garbage(tx, source, store, discarded)
    tx.run_many(
        """DELETE FROM files WHERE file = :file
           AND NOT EXISTS (SELECT 1 FROM entries WHERE file = :file OR pending = :file)""",
        [{"file": file} for file in discarded],
    )


def add_garbage(tx: Transaction, source: str, store: StoreId, found: Sequence[FileId]) -> None:
    tx.run_many(
        "INSERT INTO garbage (store, file, source) VALUES (:store, :file, :source) ON CONFLICT DO NOTHING",
        [{"store": store, "file": file, "source": source} for file in found],
    )


def forget_garbage(tx: Transaction, garbage: Sequence[tuple[StoreId, FileId]]) -> None:
    """The files are gone from there, or are wanted there again."""
    tx.run_many(
        "DELETE FROM garbage WHERE store = :store AND file = :file",
        [{"store": store, "file": file} for store, file in garbage],
    )


def clear(tx: Transaction) -> None:
    tx.run("DELETE FROM files")
    tx.run("DELETE FROM garbage")
