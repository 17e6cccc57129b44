"""Retention: deletes what is older than the operator keeps it."""

from datetime import timedelta

import structlog

from session_api.state import hosted_sessions, questions, revocations, threads, visitors
from sync.state.database import State

log = structlog.get_logger()


def prune(state: State, retention: timedelta) -> int:
    """Delete what is older than that: threads by their last use, and questions. Returns how many threads."""
    now = state.now()
    before = now - retention.total_seconds()
    with state.transaction() as tx:
        gone = threads.prune(tx, before)
        questions.prune(tx, before)
        visitors.prune(tx, before)
        hosted_sessions.prune(tx, now)
        revocations.prune(tx, now)
    if gone:
        log.info("threads_forgotten", threads=gone)
    return gone
