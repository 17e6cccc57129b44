"""Runs table: one row for each of a source's last turns; the one module that writes it."""

import json
from collections.abc import Mapping

from sync.state import queries
from sync.state.transaction import Transaction

MAX_RUNS_KEPT = 500


def start(tx: Transaction, source: str, now: float) -> int:
    """Write that a turn begins, and forget the source's oldest ones; returns the run's number."""
    tx.run("INSERT INTO runs (source, started_at) VALUES (:source, :now)", source=source, now=now)
    number = queries.last_run(tx, source)
    tx.run("DELETE FROM runs WHERE source = :source AND id < :oldest", source=source, oldest=number - MAX_RUNS_KEPT)
    return number


def record_progress(tx: Transaction, run: int, counts: Mapping[str, int], now: float) -> None:
    """Write how far a turn is."""
    tx.run(
        "UPDATE runs SET counts = :counts, seen_at = :now WHERE id = :id",
        counts=json.dumps(dict(counts)),
        now=now,
        id=run,
    )


def finish(tx: Transaction, run: int, counts: Mapping[str, int], error: str, now: float, *, doubtful: bool) -> None:
    """Write how the turn ended; `doubtful`: an upload may have landed that is not recorded."""
    tx.run(
        """UPDATE runs SET finished_at = :now, counts = :counts, error = :error, doubtful = :doubtful
           WHERE id = :id""",
        id=run,
        now=now,
        counts=json.dumps(dict(counts)),
        error=error,
        doubtful=int(doubtful),
    )


def doubt_last(tx: Transaction) -> None:
    """Have the next turn on each source look for uploads that are not recorded."""
    tx.run("UPDATE runs SET doubtful = 1 WHERE id IN (SELECT max(id) FROM runs GROUP BY source)")
