"""Entries table: what each generation has of each document; the one module that writes it."""

from collections.abc import Mapping, Sequence

from sync.state.transaction import Transaction

Column = str | float | None

AT_REST: dict[str, Column] = {
    "pending": None,
    "pending_hash": None,
    "attempts": 0,
    "not_before": 0.0,
    "error": "",
}
"""The columns of an entry for which nothing is under way and nothing failed."""

_WRITE = """INSERT INTO entries (document, generation, {columns})
            SELECT :document, :generation, {values}
            WHERE EXISTS (SELECT 1 FROM generations WHERE id = :generation AND state <> 'dropping')
            ON CONFLICT (document, generation) DO UPDATE SET {updates}"""


def write(tx: Transaction, document: int, generation: int, **columns: Column) -> None:
    """Write these columns of the entry; nothing happens in a generation that is being dropped."""
    write_all(tx, generation, {document: columns})


def write_all(tx: Transaction, generation: int, entries: Mapping[int, Mapping[str, Column]]) -> None:
    """Write columns of many entries, the same of each, by document; none in a generation that is being dropped."""
    if not entries:
        return
    names = list(next(iter(entries.values())))
    statement = _WRITE.format(
        columns=", ".join(names),
        values=", ".join(f":{name}" for name in names),
        updates=", ".join(f"{name} = excluded.{name}" for name in names),
    )
    rows = [{"document": document, "generation": generation, **columns} for document, columns in entries.items()]
    tx.run_many(statement, rows)


def compare_again(tx: Transaction, generation: int, documents: Sequence[int], *, lost: bool) -> None:
    """Have the attributes of the documents' files written again; `lost`: the files themselves attached again."""
    forgotten = "metadata_hash = NULL, content_hash = NULL, file = NULL" if lost else "metadata_hash = NULL"
    tx.run_many(
        f"""UPDATE entries SET version = NULL, attempts = 0, not_before = 0, {forgotten}
            WHERE document = :document AND generation = :generation""",
        [{"document": document, "generation": generation} for document in documents],
    )


def end_waits(tx: Transaction, source: str) -> None:
    """Have every file of the source that waits after a failure tried again by the next turn."""
    tx.run(
        """UPDATE entries SET not_before = 0
           WHERE not_before > 0 AND document IN (SELECT id FROM documents WHERE source = :source)""",
        source=source,
    )


def delete(tx: Transaction, document: int, generation: int) -> None:
    tx.run(
        "DELETE FROM entries WHERE document = :document AND generation = :generation",
        document=document,
        generation=generation,
    )


def clear(tx: Transaction) -> None:
    tx.run("DELETE FROM entries")
