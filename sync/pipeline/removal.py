"""Removal, in the state only: what named a file is deleted, and the file becomes garbage, in one commit."""

from sync.state import documents, entries, queries
from sync.state.files import NO_STORE, discard
from sync.state.transaction import Transaction


def remove_entry(tx: Transaction, source: str, document: int, generation: int, *, store_goes: bool = False) -> None:
    """Take a document out of one generation; `store_goes`: its store is dropped as a whole, nothing is detached."""
    named = queries.entry_files(tx, document, generation)
    entries.delete(tx, document, generation)
    if named is not None:
        store = NO_STORE if store_goes or named.store is None else named.store
        discard(tx, source, store, named.file)
        discard(tx, source, store, named.pending)


def remove(tx: Transaction, source: str, document: int) -> None:
    """Take a document out of every generation, and out of the state."""
    for generation in queries.generations_of(tx, document):
        remove_entry(tx, source, document, generation)
    for file in queries.files_of(tx, document):
        discard(tx, source, NO_STORE, file)
    documents.delete(tx, document)
