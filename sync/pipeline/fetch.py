"""fetch: read what the listing did not carry, and ask about what is believed gone."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

import structlog
from sqlalchemy import Row

from sync.errors import Gone, Retryable, SyncError
from sync.model import Document
from sync.pipeline.observe import store_document
from sync.pipeline.removal import remove
from sync.pipeline.turn import Turn, backoff
from sync.state import queries

log = structlog.get_logger()

MAX_FAILURES_IN_A_ROW = 5


def fetch(turn: Turn) -> None:
    """Bring every due document's content to its version, until none is due or the turn is over.

    A document that answers Gone for the first time becomes believed gone; one that was believed gone is removed. One
    document's failure is that document's; five in a row are the source's, and raise. Raises Misconfigured at once.
    """
    failures = 0
    for row, future in _fetched(turn):
        try:
            settled = _settle(turn, row, future)
        except Retryable as error:
            failures += 1
            _postpone(turn, row, error)
            if failures >= MAX_FAILURES_IN_A_ROW:
                raise
        else:
            failures = 0 if settled else failures


def _fetched(turn: Turn) -> Iterator[tuple[Row[Any], Future[Document]]]:
    """Fetch with at most `width` calls under way, each document once."""
    running: dict[Future[Document], Row[Any]] = {}
    for row in _due(turn):
        if len(running) >= turn.width:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            yield from [(running.pop(future), future) for future in done]
        running[turn.executor.submit(turn.source.connector.fetch, row.external_id)] = row
    while running:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        yield from [(running.pop(future), future) for future in done]


def _due(turn: Turn) -> Iterator[Row[Any]]:
    after = 0
    while not turn.over:
        held = queries.believed(turn.state, turn.source.name).held
        rows = queries.unfetched(turn.state, turn.source.name, held=held, after=after, limit=200)
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def _settle(turn: Turn, row: Row[Any], future: Future[Document]) -> bool:
    """Commit what the source said. Raises Retryable and what stops the source."""
    try:
        document = future.result()
    except Gone:
        _believe_or_remove(turn, row)
        return True
    except SyncError:
        raise
    except Exception as error:  # one document that cannot be read must not stop the others
        log.exception("document_unreadable", source=turn.source.name, document=row.external_id)
        _postpone(turn, row, Retryable(f"cannot be read ({type(error).__name__}); please report it"))
        return False
    with turn.state.commit(turn.lease) as tx:
        store_document(tx, row.id, document)
    turn.count("fetched")
    return True


def _believe_or_remove(turn: Turn, row: Row[Any]) -> None:
    with turn.state.commit(turn.lease) as tx:
        if row.version is not None:
            tx.run(
                "UPDATE documents SET version = NULL, released = 0, changed_at = :now WHERE id = :id",
                now=turn.state.now(),
                id=row.id,
            )
        else:
            remove(tx, turn.source.name, row.id)
            turn.count("removed")
            log.info("document_removed", source=turn.source.name, document=row.external_id)


def _postpone(turn: Turn, row: Row[Any], error: Retryable) -> None:
    with turn.state.commit(turn.lease) as tx:
        tx.run(
            "UPDATE documents SET attempts = attempts + 1, not_before = :until, error = :error WHERE id = :id",
            id=row.id,
            until=turn.state.now() + backoff(row.attempts + 1, error.after).total_seconds(),
            error=str(error),
        )
