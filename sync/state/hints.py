"""Hints (table `nudged`): documents that vendors' messages named; the one module that writes it."""

from collections.abc import Sequence

from sync.state.queries import Hint
from sync.state.transaction import Transaction


def note(tx: Transaction, source: str, change_seq: int, documents: Sequence[str]) -> None:
    """Remember which documents the news of that number named; one named again counts as named by the last."""
    for external_id in documents:
        tx.run(
            """INSERT INTO nudged (source, external_id, wake) VALUES (:source, :external_id, :wake)
               ON CONFLICT (source, external_id) DO UPDATE SET wake = excluded.wake, failures = 0""",
            source=source,
            external_id=external_id,
            wake=change_seq,
        )


def postpone(tx: Transaction, source: str, hint: Hint) -> None:
    """Count a passing failure of the source to tell about the document."""
    tx.run(
        "UPDATE nudged SET failures = failures + 1 WHERE source = :source AND external_id = :external_id",
        source=source,
        external_id=hint.external_id,
    )


def forget(tx: Transaction, source: str, hint: Hint) -> None:
    """The hint goes, unless a message named the document again meanwhile."""
    tx.run(
        "DELETE FROM nudged WHERE source = :source AND external_id = :external_id AND wake = :wake",
        source=source,
        external_id=hint.external_id,
        wake=hint.change_seq,
    )


def forget_all(tx: Transaction, source: str) -> None:
    """Forget every document of the source that a message named."""
    tx.run("DELETE FROM nudged WHERE source = :source", source=source)
