"""nudged: documents that a vendor's message named, which its feed may not show to have changed."""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Row

from sync.errors import Gone, Retryable
from sync.model import Change, Cursor, Page
from sync.pipeline.observe import write
from sync.pipeline.turn import Turn
from sync.state import queries
from sync.state.database import Transaction

log = structlog.get_logger()

AT_ONCE = 20
MAX_FAILURES = 5  # then the next complete listing has to find it


def note(tx: Transaction, source: str, wake: int, documents: Sequence[str]) -> None:
    """Remember which documents the message of that number named; one named again counts as named by the last."""
    for external_id in documents:
        tx.run(
            """INSERT INTO nudged (source, external_id, wake) VALUES (:source, :external_id, :wake)
               ON CONFLICT (source, external_id) DO UPDATE SET wake = excluded.wake, failures = 0""",
            source=source,
            external_id=external_id,
            wake=wake,
        )


def read_nudged(turn: Turn) -> None:
    """Ask the source about each document that was named, until none is left or the turn is over.

    One that is gone becomes believed gone, if we hold it. A passing failure leaves the document for the next turn, a
    few times; Misconfigured raises.
    """
    after = ""
    while not turn.over:
        rows = turn.state.ask(
            """SELECT external_id, wake, failures FROM nudged WHERE source = :source AND external_id > :after
               ORDER BY external_id LIMIT :limit""",
            source=turn.source.name,
            after=after,
            limit=AT_ONCE,
        )
        if not rows:
            return
        for row in rows:
            _settle(turn, row)
        after = rows[-1].external_id


def _settle(turn: Turn, row: Row[Any]) -> None:
    try:
        document = turn.source.connector.fetch(row.external_id)
        change = Change(row.external_id, document.version, document)
    except Gone:
        change = Change(row.external_id, None)
    except Retryable as error:
        _postpone(turn, row, error)
        return
    epoch = queries.source(turn.state, turn.source.name).epoch
    with turn.state.commit(turn.lease) as tx:
        seen = write(tx, turn, Page((change,), Cursor(""), more=False), epoch)
        _forget(tx, turn, row)
    for stage, by in seen.items():
        turn.count(stage, by)


def _postpone(turn: Turn, row: Row[Any], error: Retryable) -> None:
    log.info("nudged_document_postponed", source=turn.source.name, document=row.external_id, error=str(error))
    with turn.state.commit(turn.lease) as tx:
        if row.failures + 1 >= MAX_FAILURES:
            _forget(tx, turn, row)
            return
        tx.run(
            "UPDATE nudged SET failures = failures + 1 WHERE source = :source AND external_id = :external_id",
            source=turn.source.name,
            external_id=row.external_id,
        )


def _forget(tx: Transaction, turn: Turn, row: Row[Any]) -> None:
    """The row goes, unless a message named the document again meanwhile."""
    tx.run(
        "DELETE FROM nudged WHERE source = :source AND external_id = :external_id AND wake = :wake",
        source=turn.source.name,
        external_id=row.external_id,
        wake=row.wake,
    )
