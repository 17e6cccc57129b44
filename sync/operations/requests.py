"""requests: what operators ask for, recorded with who asked, done by whichever worker comes to it, and followed by id.

asked ──a turn or a worker takes it up──▶ running ──▶ done, or failed with its reason
Whoever attends to the requests may be killed, or be two at once: each step says what is true and may be repeated.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import Row

from sync.engine import Engine
from sync.errors import Held
from sync.operations import commands
from sync.operations.converge import PATIENCE
from sync.operations.due import signal_change
from sync.pipeline import generations
from sync.state import lease as leases
from sync.state import queries
from sync.state.database import Asks, Transaction

log = structlog.get_logger()


class RequestKind(StrEnum):
    """What can be asked for."""

    SYNC = "sync"
    FULL = "full"  # a sync that lists everything again
    PAUSE = "pause"
    RESUME = "resume"
    RELEASE = "release"
    REINDEX = "reindex"
    PROMOTE = "promote"
    ROLLBACK = "rollback"


OF_SOURCES = (RequestKind.SYNC, RequestKind.RELEASE)
OF_INDEXES = (RequestKind.REINDEX, RequestKind.PROMOTE, RequestKind.ROLLBACK)


def ask_sync(engine: Engine, source: str, who: str, *, full: bool = False) -> int:
    """Have the source synced; returns the request's id. Raises Held while it is paused."""
    with engine.state.transaction() as tx:
        if paused_by := queries.source(tx, source).paused_by:
            raise Held(f"{source}: paused by {paused_by}; resume it first")
        if full:
            _record(tx, engine, RequestKind.FULL, source, who, mark=0)
        return _record(tx, engine, RequestKind.SYNC, source, who, mark=signal_change(tx, source))


def ask_release(engine: Engine, source: str, who: str, documents: Sequence[str] | None = None) -> int:
    """Let the removals go that are held now; returns the request's id.

    `documents`: the external ids that the operator has looked at. Raises Held when nothing is held, and when something
    is that is not among them: it came after the look.
    """
    held = {row.external_id: row.id for row in commands.held(engine, source)}
    if not held:
        raise Held(f"{source}: nothing is held")
    if documents is not None and (unseen := sorted(held.keys() - set(documents))):
        raise Held(f"{source}: {len(unseen)} more removals are held than you named, {unseen[0]} among them; look again")
    commands.release(engine, source, list(held.values()), who)
    with engine.state.transaction() as tx:
        return _record(tx, engine, RequestKind.RELEASE, source, who, mark=signal_change(tx, source))


def pause(engine: Engine, source: str, who: str) -> int:
    """Have no worker begin another turn on the source until it is resumed; returns the request's id."""
    return _set_paused(engine, RequestKind.PAUSE, source, who, paused_by=who)


def resume(engine: Engine, source: str, who: str) -> int:
    """Let workers sync the source again; it is due at once. Returns the request's id."""
    return _set_paused(engine, RequestKind.RESUME, source, who, paused_by="")


def ask_of_index(engine: Engine, what: RequestKind, index: str, who: str) -> int:
    """Have an index rebuilt, promoted or rolled back; returns the request's id. A rebuild under way is joined."""
    engine.configured_index(index)
    with engine.state.transaction() as tx:
        return _record(tx, engine, what, index, who, mark=0)


def pending(state: Asks) -> list[Row[Any]]:
    """What is asked for and not done, oldest first."""
    return list(
        state.ask(
            "SELECT * FROM requests WHERE done_at IS NULL AND what IN :whats ORDER BY id",
            whats=[*OF_SOURCES, *OF_INDEXES],
        )
    )


def process_requests(engine: Engine) -> None:
    """Take each open request as far as it goes now. Raises Retryable when the state or the index fails."""
    for request in pending(engine.state):
        match request.what:
            case RequestKind.SYNC | RequestKind.RELEASE:
                _attend_source(engine, request)
            case RequestKind.REINDEX:
                _attend_reindex(engine, request)
            case RequestKind.PROMOTE | RequestKind.ROLLBACK:
                _switch(engine, request)


def _attend_source(engine: Engine, request: Row[Any]) -> None:
    """A sync is done when a turn heard of it and left nothing to do; it fails when only a person can help."""
    name = request.target
    if name not in engine.sources:
        _finish(engine, request, f"{name} is not in the configuration any more")
        return
    source = queries.source(engine.state, name)
    now = engine.state.now()
    busy = leases.in_force(source.lease_until, source.lease_holder, now)
    if source.heard < request.mark:
        return
    _start(engine, request)
    if busy or (source.snapshot_cursor is not None and not source.error):
        return
    if source.error and (not source.not_before or source.not_before - now > PATIENCE.total_seconds()):
        _finish(engine, request, source.error)
    elif not source.not_before and not source.error and not queries.waiting(engine.state, name)[0]:
        believed = queries.believed(engine.state, name)
        held = f"{believed.unreleased} of {believed.total} documents are gone at once; look, then release {name}"
        _finish(engine, request, held if believed.held else "")


def _attend_reindex(engine: Engine, request: Row[Any]) -> None:
    """Begin, have every source publish, and switch as soon as nothing is in the way."""
    index = request.target
    if index not in engine.indexes:
        _finish(engine, request, f"index {index!r} is not in the configuration any more")
        return
    if request.started_at is None:
        engine.prepare()
        generations.begin(engine.state, engine.index, engine.indexes[index])
        with engine.state.transaction() as tx:
            for name in engine.sources:  # also one that failed: what it failed at may be the store that is replaced
                signal_change(tx, name)
        _start(engine, request)
        return
    sources = list(engine.sources)
    if reason := generations.promotion_blocker(engine.state, index, sources):
        if _all_at_rest(engine):
            _finish(engine, request, f"not promoted: {reason}")
        return
    _switch(engine, request)


def _all_at_rest(engine: Engine) -> bool:
    """Whether no turn that runs or is due could change what is in the way."""
    now = engine.state.now()
    for name in engine.sources:
        source = queries.source(engine.state, name)
        busy = leases.in_force(source.lease_until, source.lease_holder, now)
        if busy or source.not_before or (source.changes_cursor is None and not source.error):
            return False
        if not source.paused_by and source.wakes > source.heard:
            return False
        if not source.error and not source.paused_by and queries.waiting(engine.state, name)[0]:
            return False
    return True


def _switch(engine: Engine, request: Row[Any]) -> None:
    """Promote or roll back and record it, in one transaction: whoever attends beside us finds it done."""
    try:
        with engine.state.transaction() as tx:
            claimed = tx.run(
                """UPDATE requests SET started_at = coalesce(started_at, :now), done_at = :now
                   WHERE id = :id AND done_at IS NULL""",
                id=request.id,
                now=engine.state.now(),
            )
            if not claimed:
                return
            if request.what == RequestKind.ROLLBACK:
                generations.roll_back_in_transaction(tx, engine.state, request.target)
            else:
                generations.promote_in_transaction(tx, engine.state, request.target, list(engine.sources))
            tx.run("UPDATE sources SET wakes = wakes + 1 WHERE error <> ''")  # the store before may have been why
    except Held as held:
        _finish(engine, request, str(held))
        return
    log.info("index_switched", index=request.target, what=request.what, who=request.who, request=request.id)


def _set_paused(engine: Engine, what: RequestKind, source: str, who: str, *, paused_by: str) -> int:
    engine.chosen([source])
    with engine.state.transaction() as tx:
        tx.run("UPDATE sources SET paused_by = :by WHERE name = :name", by=paused_by, name=source)
        mark = signal_change(tx, source) if what is RequestKind.RESUME else 0
        request = _record(tx, engine, what, source, who, mark=mark)
        tx.run("UPDATE requests SET started_at = asked_at, done_at = asked_at WHERE id = :id", id=request)
    log.info("source_paused" if paused_by else "source_resumed", source=source, who=who)
    return request


def _record(tx: Transaction, engine: Engine, what: RequestKind, target: str, who: str, *, mark: int) -> int:
    [row] = tx.ask(
        """INSERT INTO requests (what, target, who, asked_at, mark) VALUES (:what, :target, :who, :now, :mark)
           RETURNING id""",
        what=what.value,
        target=target,
        who=who,
        now=engine.state.now(),
        mark=mark,
    )
    return int(row.id)


def _start(engine: Engine, request: Row[Any]) -> None:
    if request.started_at is None:
        with engine.state.transaction() as tx:
            tx.run(
                "UPDATE requests SET started_at = :now WHERE id = :id AND started_at IS NULL",
                now=engine.state.now(),
                id=request.id,
            )


def _finish(engine: Engine, request: Row[Any], error: str) -> None:
    with engine.state.transaction() as tx:
        tx.run(
            """UPDATE requests SET started_at = coalesce(started_at, :now), done_at = :now, error = :error
               WHERE id = :id AND done_at IS NULL""",
            now=engine.state.now(),
            error=error,
            id=request.id,
        )
    log.info("request_done", request=request.id, what=request.what, target=request.target, error=error)
