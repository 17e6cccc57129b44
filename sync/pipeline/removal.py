"""Letting go, in the state only: what a file was named by is deleted, and the file becomes garbage, in one commit."""

from sync.model import FileId, StoreId
from sync.state.database import Transaction


def discard(tx: Transaction, source: str, store: StoreId | str, file: FileId | str | None) -> None:
    """Hand the file to `collect`: out of the store, and deleted when nobody names it. Call after the entry let go.

    A file that no entry names any more is also forgotten as reusable: nobody may attach what is about to be deleted.
    """
    if file is None:
        return
    tx.run(
        "INSERT INTO garbage (store, file, source) VALUES (:store, :file, :source) ON CONFLICT DO NOTHING",
        store=store,
        file=file,
        source=source,
    )
    tx.run(
        """DELETE FROM files WHERE file = :file
           AND NOT EXISTS (SELECT 1 FROM entries WHERE file = :file OR pending = :file)""",
        file=file,
    )


def remove_entry(tx: Transaction, source: str, document: int, generation: int, *, store_goes: bool = False) -> None:
    """Take a document out of one generation; `store_goes`: its store is dropped as a whole, nothing is detached."""
    rows = tx.ask(
        """SELECT g.store, e.file, e.pending FROM entries e JOIN generations g ON g.id = e.generation
           WHERE e.document = :document AND e.generation = :generation""",
        document=document,
        generation=generation,
    )
    tx.run(
        "DELETE FROM entries WHERE document = :document AND generation = :generation",
        document=document,
        generation=generation,
    )
    for row in rows:
        discard(tx, source, "" if store_goes else row.store, row.file)
        discard(tx, source, "" if store_goes else row.store, row.pending)


def remove(tx: Transaction, source: str, document: int) -> None:
    """Take a document out of every generation, and out of the state."""
    for row in tx.ask("SELECT generation FROM entries WHERE document = :document", document=document):
        remove_entry(tx, source, document, row.generation)
    for row in tx.ask("SELECT file FROM files WHERE document = :document", document=document):
        discard(tx, source, "", row.file)
    tx.run("DELETE FROM contents WHERE document = :document", document=document)
    tx.run("DELETE FROM documents WHERE id = :document", document=document)
