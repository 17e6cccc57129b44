"""Webhook hints: documents that a vendor's message named, which its feed may not show to have changed."""

import structlog

from sync.errors import Gone, Retryable, SyncError
from sync.model import Change, Cursor, Page
from sync.pipeline.observe import write
from sync.pipeline.turn import Turn, fault_of
from sync.state import hints, queries
from sync.state.queries import Hint

log = structlog.get_logger()

HINTS_AT_ONCE = 20
MAX_FAILURES = 5  # then the next complete listing has to find it


def read_hints(turn: Turn) -> None:
    """Ask the source about each document that was named, until none is left or the turn is over.

    One that is gone becomes believed gone, if we hold it. A passing failure leaves the document for the next turn, a
    few times; Misconfigured raises.
    """
    after = ""
    while not turn.should_stop:
        found = queries.hints(turn.state, turn.source.name, after=after, limit=HINTS_AT_ONCE)
        if not found:
            return
        for hint in found:
            _settle(turn, hint)
        after = found[-1].external_id


def _settle(turn: Turn, hint: Hint) -> None:
    try:
        document = turn.source.connector.fetch(hint.external_id)
        change = Change(hint.external_id, document.version, document)
    except Gone:
        change = Change(hint.external_id, None)
    except Retryable as error:
        _postpone(turn, hint, error)
        return
    except SyncError:
        raise
    except Exception as error:  # what one document holds must not keep the source from being read
        log.exception("document_unreadable", source=turn.source.name, document=hint.external_id)
        _postpone(turn, hint, Retryable(fault_of(error)))
        return
    epoch = queries.source(turn.state, turn.source.name).epoch
    with turn.state.commit(turn.lease) as tx:
        seen = write(tx, turn, Page((change,), Cursor(""), more=False), epoch)
        hints.forget(tx, turn.source.name, hint)
    for stage, by in seen.items():
        turn.count(stage, by)


def _postpone(turn: Turn, hint: Hint, error: Retryable) -> None:
    log.info("hinted_document_postponed", source=turn.source.name, document=hint.external_id, error=str(error))
    with turn.state.commit(turn.lease) as tx:
        if hint.failures + 1 >= MAX_FAILURES:
            hints.forget(tx, turn.source.name, hint)
        else:
            hints.postpone(tx, turn.source.name, hint)
