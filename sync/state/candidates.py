"""Candidates table: where to look for work. Triggers name documents; this module alone checks them off."""

from collections.abc import Sequence

from sync.state.queries import Candidate
from sync.state.transaction import Transaction


def check_off(tx: Transaction, idle: Sequence[Candidate]) -> None:
    """Look at these documents no more until there is another reason; one for which there is one already stays."""
    tx.run_many(
        "DELETE FROM candidates WHERE document = :document AND seq = :seq",
        [{"document": one.document, "seq": one.seq} for one in idle],
    )


def add_all(tx: Transaction, source: str) -> None:
    """Look at every document of the source again."""
    tx.run(
        """INSERT INTO candidates (document, source, seq) SELECT id, source, 1 FROM documents WHERE source = :source
           ON CONFLICT (document) DO UPDATE SET seq = candidates.seq + 1""",
        source=source,
    )
