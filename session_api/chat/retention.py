"""Retention: deletes what is older than the operator keeps it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog

from session_api.access.tokens import VISITOR
from session_api.state import hosted_sessions, questions, revocations, threads, visitor_tokens, visitors
from sync.state.database import State
from sync.state.transaction import Transaction

log = structlog.get_logger()

SLICE = 200
LONGEST_TOKEN = VISITOR + timedelta(days=1)
"""For how long a token of a family that came back may still be valid: its successor is issued then."""


def prune(state: State, retention: timedelta) -> int:
    """Delete what is older than that: threads by their last use, and questions. Returns how many threads.

    Slice by slice: nobody's question waits for more than one of them.
    """
    now = state.now()
    before = now - retention.total_seconds()
    gone = _in_slices(state, partial(threads.prune, before=before, limit=SLICE))
    _in_slices(state, partial(questions.prune, before=before, limit=SLICE))
    while idle := visitors.without_records(state, before, limit=SLICE):
        with state.transaction() as tx:
            if not visitors.prune(tx, idle):
                break
    with state.transaction() as tx:
        hosted_sessions.prune(tx, now)
        revocations.prune(tx, now)
        visitor_tokens.prune(tx, now - LONGEST_TOKEN.total_seconds())
    if gone:
        log.info("threads_forgotten", threads=gone)
    return gone


def _in_slices(state: State, prune_some: Callable[[Transaction], int]) -> int:
    """Delete until a slice is not full, each in a transaction of its own; returns how many."""
    gone, some = 0, SLICE
    while some == SLICE:
        with state.transaction() as tx:
            some = prune_some(tx)
        gone += some
    return gone
