"""Files and garbage tables: uploads that may be reused, and what has to go; the one module that writes them."""

from collections.abc import Sequence

from sync.model import FileId, StoreId
from sync.state.transaction import Transaction

NO_STORE = StoreId("")
"""Stands for the upload itself: the file leaves no store, it is only deleted."""


def record_upload(
    tx: Transaction, document: int, file: FileId, *, content_hash: str, version: str, render: str
) -> None:
    """Remember a file as reusable for these bytes of the document."""
    tx.run(
        """INSERT INTO files (document, content_hash, file, version, render)
           VALUES (:document, :hash, :file, :version, :render)
           ON CONFLICT (document, content_hash) DO UPDATE SET
             file = excluded.file, version = excluded.version, render = excluded.render""",
        document=document,
        hash=content_hash,
        file=file,
        version=version,
        render=render,
    )


def note_version(tx: Transaction, document: int, *, content_hash: str, version: str) -> None:
    """Another version of the document has these bytes too."""
    tx.run(
        "UPDATE files SET version = :version WHERE document = :document AND content_hash = :hash",
        version=version,
        document=document,
        hash=content_hash,
    )


def discard(tx: Transaction, source: str, store: StoreId, file: FileId | None) -> None:
    """Hand the file to garbage collection: out of the store, and deleted when nothing names it.

    Call after the entry let go. A file that no entry names any more is also forgotten as reusable: nothing may attach
    what is about to be deleted.
    """
    if file is None:
        return
    add_garbage(tx, source, store, [file])
    tx.run(
        """DELETE FROM files WHERE file = :file
           AND NOT EXISTS (SELECT 1 FROM entries WHERE file = :file OR pending = :file)""",
        file=file,
    )


def add_garbage(tx: Transaction, source: str, store: StoreId, found: Sequence[FileId]) -> None:
    tx.run_many(
        "INSERT INTO garbage (store, file, source) VALUES (:store, :file, :source) ON CONFLICT DO NOTHING",
        [{"store": store, "file": file, "source": source} for file in found],
    )


def forget_garbage(tx: Transaction, store: StoreId, file: FileId) -> None:
    """The file is gone from there, or is wanted there again."""
    tx.run("DELETE FROM garbage WHERE store = :store AND file = :file", store=store, file=file)


def clear(tx: Transaction) -> None:
    tx.run("DELETE FROM files")
    tx.run("DELETE FROM garbage")
