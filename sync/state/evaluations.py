"""Evaluations table: how well a generation found what saved questions ask for; the one module that writes it."""

from sync.state.transaction import Transaction

KEPT = 50  # for each index


def record(tx: Transaction, index: str, generation: int, report: str, now: float) -> None:
    """Keep what was measured, and no more than the last fifty of the index."""
    tx.run(
        """INSERT INTO evaluations (index_name, generation, at, report) VALUES (:index, :generation, :now, :report)""",
        index=index,
        generation=generation,
        now=now,
        report=report,
    )
    tx.run(
        """DELETE FROM evaluations WHERE index_name = :index AND id NOT IN (
             SELECT id FROM evaluations WHERE index_name = :index ORDER BY id DESC LIMIT :kept)""",
        index=index,
        kept=KEPT,
    )
