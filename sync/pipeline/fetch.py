"""Fetching: read what the listing did not carry, and ask about what is believed gone."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait

import structlog

from sync.errors import Gone, Misconfigured, Retryable, SyncError
from sync.model import Document
from sync.pipeline.observe import store_documents
from sync.pipeline.removal import remove
from sync.pipeline.turn import Turn, backoff, fault_of
from sync.state import documents, queries
from sync.state.queries import DocumentState

log = structlog.get_logger()

MAX_FAILURES_IN_A_ROW = 5
MOST_PATIENT = 12  # attempts, for a wait of an hour


def fetch(turn: Turn) -> None:
    """Bring every due document's content to its version, until none is due or the turn should stop.

    A document that answers Gone for the first time becomes believed gone; one that was believed gone is removed, unless
    the brake holds it: then it is known to be gone, and waits. One that answers at all is believed gone no more. One
    document's failure is that document's, also where a setting would help; five in a row are the source's, and raise.
    Those that failed often before say nothing about the source.
    """
    failures = 0
    for known, future in _fetched(turn):
        try:
            settled = _settle(turn, known, future)
        except (Retryable, Misconfigured) as error:
            _postpone(turn, known, error)
            failures += known.attempts < queries.MAX_ATTEMPTS
            if failures >= MAX_FAILURES_IN_A_ROW:
                raise
        else:
            failures = 0 if settled else failures


def _fetched(turn: Turn) -> Iterator[tuple[DocumentState, Future[Document]]]:
    """Fetch with at most `max_concurrency` calls under way, each document once."""
    running: dict[Future[Document], DocumentState] = {}
    for known in _due(turn):
        if len(running) >= turn.max_concurrency:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            yield from [(running.pop(future), future) for future in done]
        running[turn.executor.submit(turn.source.connector.fetch, known.external_id)] = known
    while running:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        yield from [(running.pop(future), future) for future in done]


def _due(turn: Turn) -> Iterator[DocumentState]:
    after = 0
    while not turn.should_stop:
        held = queries.believed(turn.state, turn.source.name).held
        due = queries.unfetched(turn.state, turn.source.name, held=held, after=after, limit=200)
        if not due:
            return
        yield from due
        after = due[-1].id


def _settle(turn: Turn, known: DocumentState, future: Future[Document]) -> bool:
    """Commit what the source said. Raises Retryable and Misconfigured of the document, and what ends the turn."""
    try:
        document = future.result()
    except Gone:
        _believe_or_remove(turn, known)
        return True
    except SyncError:
        raise
    except Exception as error:  # one document that cannot be read must not stop the others
        log.exception("document_unreadable", source=turn.source.name, document=known.external_id)
        _postpone(turn, known, Misconfigured(f"cannot be read ({fault_of(error)}); please report it"))
        return False
    with turn.state.commit(turn.lease) as tx:
        store_documents(tx, {known.id: document})
    turn.count("fetched")
    return True


def _believe_or_remove(turn: Turn, known: DocumentState) -> None:
    held = known.version is None and not known.released and queries.believed(turn.state, turn.source.name).held
    with turn.state.commit(turn.lease) as tx:
        if known.version is not None:
            documents.believe_gone(tx, known, turn.state.now())
        elif held:
            documents.confirm_gone(tx, known.id)
        else:
            remove(tx, turn.source.name, known.id)
            turn.count("removed")
            log.info("document_removed", source=turn.source.name, document=known.external_id)


def _postpone(turn: Turn, known: DocumentState, error: Retryable | Misconfigured) -> None:
    """Have the document wait; what no waiting mends is a problem for people at once."""
    passing = isinstance(error, Retryable)
    attempts = known.attempts + 1 if passing else max(known.attempts + 1, queries.MAX_ATTEMPTS)
    after = error.after if isinstance(error, Retryable) else None
    until = turn.state.now() + backoff(attempts if passing else MOST_PATIENT, after).total_seconds()
    with turn.state.commit(turn.lease) as tx:
        documents.postpone(tx, known.id, str(error), attempts=attempts, not_before=until)
