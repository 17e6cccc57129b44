"""History: solved conversations of a desk are kept, masked, under the lease of its source.

Each page is one commit: its conversations and the cursor behind them. Killed anywhere, the next turn goes on there.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog

from helpdesk.masking import Masking
from helpdesk.model import ConversationPage, HelpDesk
from helpdesk.state import history
from helpdesk.state.history import DeskState
from sync.errors import CursorExpired, LeaseLost, Misconfigured, Retryable, Stopping, SyncError
from sync.pipeline.heartbeat import give_back, heartbeat
from sync.pipeline.turn import TURN_BUDGET, Stop
from sync.state.database import State
from sync.state.lease import Lease

ASK_EVERY = timedelta(minutes=15)
LIST_EVERY = timedelta(days=1)
WAIT = timedelta(minutes=5)  # after a failure that does not say how long

log = structlog.get_logger()


class HistoryOutcome(StrEnum):
    """How a turn with a desk's conversations ended."""

    COMPLETE = "complete"  # everything up to now is kept
    UNFINISHED = "unfinished"  # the next turn goes on
    BUSY = "busy"  # another worker has the source
    FAILED = "failed"  # the state says why


@dataclass(frozen=True, slots=True)
class KeptDesk:
    """A desk whose conversations are kept: by what name, for how long, and what is taken out."""

    source: str
    desk: HelpDesk
    kept: timedelta
    masking: Masking


def due(state: State, sources: Iterable[str]) -> list[str]:
    """Return the desks to be asked now."""
    now = state.now()
    return [name for name in sources if _is_due(history.desk(state, name), now)]


def turn(
    state: State,
    kept: KeptDesk,
    stop: Stop | None = None,
    budget: timedelta = TURN_BUDGET,
    keep_lease: Callable[[State, Lease], AbstractContextManager[None]] = heartbeat,
) -> HistoryOutcome:
    """Read on where the last turn stopped, for at most the budget. A failure of the desk is recorded, not raised."""
    stop = stop or Stop()
    lease = state.acquire(kept.source)
    if lease is None:
        return HistoryOutcome.BUSY
    try:
        with keep_lease(state, lease):
            return _read(state, lease, kept, stop, state.now() + budget.total_seconds())
    except (LeaseLost, Stopping):
        return HistoryOutcome.UNFINISHED
    except SyncError as error:
        return _failed(state, lease, error)
    finally:
        give_back(state, lease, stop)


def _read(state: State, lease: Lease, kept: KeptDesk, stop: Stop, deadline: float) -> HistoryOutcome:
    known = history.desk(state, kept.source)
    if not known.listing and (known.cursor is None or state.now() - known.listed_at >= LIST_EVERY.total_seconds()):
        _begin(state, lease, kept)
    while not stop.asked and state.now() < deadline:
        known = history.desk(state, kept.source)
        oldest = state.now() - kept.kept.total_seconds()
        try:
            page = kept.desk.conversations(known.cursor, datetime.fromtimestamp(oldest, UTC))
        except CursorExpired:
            if known.cursor is None:
                raise Retryable(f"{kept.source}: a listing of conversations does not start") from None
            _begin(state, lease, kept)
            continue
        _commit(state, lease, kept, page, oldest)
        if not page.more:
            return HistoryOutcome.COMPLETE
    return HistoryOutcome.UNFINISHED


def _begin(state: State, lease: Lease, kept: KeptDesk) -> None:
    """Start a complete listing. Where macros may not be read, those known from before stay; repetition tells others."""
    try:
        macros = tuple(kept.masking.text(macro) for macro in kept.desk.vocabulary().macros)
    except Misconfigured as error:
        log.warning("vocabulary_unreadable", source=kept.source, error=str(error))
        macros = history.desk(state, kept.source).macros
    with state.commit(lease) as tx:
        history.begin_listing(tx, kept.source, macros)


def _commit(state: State, lease: Lease, kept: KeptDesk, page: ConversationPage, oldest: float) -> None:
    """Keep a page. What was solved before retention begins is not kept; what is gone is removed."""
    now = state.now()
    with state.commit(lease) as tx:
        history.forget(tx, kept.source, page.gone)
        for one in page.conversations:
            if one.solved_at is None or one.solved_at.timestamp() < oldest:
                history.forget(tx, kept.source, [one.id])
                continue
            addresses = history.hashes(tx, one.customer.addresses)
            history.keep(tx, kept.source, kept.masking.conversation(one), addresses, now)
        history.advance(tx, kept.source, page.cursor)
        if not page.more:
            history.finish(tx, kept.source, now, oldest)


def _failed(state: State, lease: Lease, error: SyncError) -> HistoryOutcome:
    wait = error.after if isinstance(error, Retryable) and error.after else WAIT
    log.warning("history_failed", source=lease.source, error=str(error))
    with state.commit(lease) as tx:
        history.fail(tx, lease.source, str(error), state.now() + wait.total_seconds())
    return HistoryOutcome.FAILED


def _is_due(known: DeskState, now: float) -> bool:
    if now < known.not_before <= now + timedelta(days=1).total_seconds():
        return False
    return known.listing or not 0 <= now - known.asked_at < ASK_EVERY.total_seconds()
