"""Requests: what operators ask for, recorded with who asked, done by whichever worker comes to it, and followed by id.

asked ──a turn or a worker takes it up──▶ running ──▶ done, or failed with its reason
A process that works on requests may be killed, and two may work on the same one: each step may be repeated.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from sync.engine import Engine
from sync.errors import Held, Misconfigured
from sync.operations import promotion_gate
from sync.operations.due import PATIENCE
from sync.pipeline import generations
from sync.state import documents as document_table
from sync.state import entries, queries, request_log, sources
from sync.state.database import State
from sync.state.queries import OperatorRequest, RequestKind
from sync.state.sources import signal_change
from sync.state.transaction import Transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Approval:
    """Removals that were let through: the request's id, and how many of them are still believed gone."""

    request: int
    removals: int


def ask_sync(state: State, source: str, who: str, *, full: bool = False) -> int:
    """Have the source synced at once, whatever it waits for after a failure; returns the request's id.

    Raises Held while it is paused.
    """
    with state.transaction() as tx:
        if paused_by := queries.source(tx, source).paused_by:
            raise Held(f"{source}: paused by {paused_by}; resume it first")
        if full:
            request_log.record(tx, RequestKind.FULL, source, who, state.now())
        end_waits(tx, source)
        return _ask_of_source(tx, state, RequestKind.SYNC, source, who)


def end_waits(tx: Transaction, source: str) -> None:
    """Have what waits of the source after a failure, documents and files, tried again by the next turn."""
    document_table.end_waits(tx, source)
    entries.end_waits(tx, source)


def ask_full(state: State, sources: Sequence[str], who: str) -> None:
    """Have each source listed completely by whichever turn comes next."""
    with state.transaction() as tx:
        for source in sources:
            request_log.record(tx, RequestKind.FULL, source, who, state.now())


def ask_full_once(state: State, source: str, who: str) -> None:
    """Have the source listed completely, unless that is asked for or under way: for a clock that may say so twice."""
    with state.transaction() as tx:
        request_log.record_full_once(tx, source, who, state.now())


def ask_release(state: State, source: str, who: str, documents: Collection[str] | None = None) -> int:
    """Let the removals go that are held now; returns the request's id.

    `documents`: the external ids that the operator has looked at. Raises Held when nothing is held, and when something
    is that is not among them: it came after the look.
    """
    with state.transaction() as tx:
        held = {removal.external_id: removal.document for removal in queries.held_removals(tx, source)}
        if not held:
            raise Held(f"{source}: nothing is held")
        if documents is not None and (unseen := sorted(held.keys() - set(documents))):
            raise Held(
                f"{source}: {len(unseen)} more removals are held than you named, {unseen[0]} among them; look again"
            )
        return _release(tx, state, source, held.values(), who).request


def release(state: State, source: str, documents: Collection[int], who: str) -> Approval:
    """Let exactly these documents go once the source confirms each; others that are held stay so."""
    with state.transaction() as tx:
        return _release(tx, state, source, documents, who)


def pause(state: State, source: str, who: str) -> int:
    """Have no worker begin another turn on the source until it is resumed; returns the request's id."""
    return _set_paused(state, RequestKind.PAUSE, source, who, paused_by=who)


def resume(state: State, source: str, who: str) -> int:
    """Let workers sync the source again; it is due at once. Returns the request's id."""
    return _set_paused(state, RequestKind.RESUME, source, who, paused_by="")


def ask_of_index(state: State, kind: RequestKind, index: str, who: str) -> int:
    """Have an index rebuilt, promoted or rolled back; returns the request's id. A rebuild under way is joined."""
    with state.transaction() as tx:
        return request_log.record(tx, kind, index, who, state.now())


def process_requests(engine: Engine) -> None:
    """Take each open request as far as it goes now. Raises Retryable when the state or the index fails."""
    for request in queries.pending_requests(engine.state):
        match request.kind:
            case RequestKind.SYNC | RequestKind.RELEASE:
                _follow_source(engine, request)
            case RequestKind.REINDEX:
                _advance_reindex(engine, request)
            case RequestKind.PROMOTE | RequestKind.ROLLBACK:
                switch(engine, request.id)


def begin_reindex(engine: Engine, index: str, who: str) -> int:
    """Open a new store for the index at once, recorded as taken up; returns the request's id."""
    generations.begin(engine.state, engine.index, engine.configured_index(index))
    with engine.state.transaction() as tx:
        request = request_log.record(tx, RequestKind.REINDEX, index, who, engine.state.now())
        _take_up_reindex(tx, engine, request)
    return request


def switch(engine: Engine, request: int) -> str:
    """Promote or roll back as the request says and record it, in one transaction; returns why not, '' when done.

    What a reindex has built must pass the promotion gate first; an operator's own promotion need not. Another process
    that works on the same request finds it done, and returns what became of it.
    """
    asked = queries.request(engine.state, request)
    if asked.kind == RequestKind.REINDEX and (objection := _objection(engine, asked.target)):
        return finish(engine.state, asked, objection)
    try:
        with engine.state.transaction() as tx:
            if not request_log.finish(tx, request, engine.state.now()):
                return queries.request(tx, request).error
            _switch_index(tx, engine, asked)
    except Held as held:
        return finish(engine.state, asked, str(held))
    log.info("index_switched", index=asked.target, what=asked.kind, who=asked.who, request=request)
    if queries.generations(engine.state, "dropping"):
        engine.housekeep()  # a lost store is of no use to anybody, and neither are the files that it alone named
    return ""


def finish(state: State, request: OperatorRequest, error: str = "") -> str:
    """End the request, as failed if there is an error; returns the error. One that has ended stays as it is."""
    with state.transaction() as tx:
        request_log.finish(tx, request.id, state.now(), error)
    log.info("request_done", request=request.id, what=request.kind, target=request.target, error=error)
    return error


def _release(tx: Transaction, state: State, source: str, documents: Collection[int], who: str) -> Approval:
    removals = sum(document_table.release(tx, source, document) for document in documents)
    return Approval(_ask_of_source(tx, state, RequestKind.RELEASE, source, who), removals)


def _ask_of_source(tx: Transaction, state: State, kind: RequestKind, source: str, who: str) -> int:
    sources.end_wait(tx, source)  # a person asks, and is not kept waiting by what failed before
    return request_log.record(tx, kind, source, who, state.now(), change_seq=signal_change(tx, source))


def _set_paused(state: State, kind: RequestKind, source: str, who: str, *, paused_by: str) -> int:
    with state.transaction() as tx:
        sources.set_paused(tx, source, paused_by)
        change_seq = 0
        if kind is RequestKind.RESUME:
            sources.end_wait(tx, source)
            change_seq = signal_change(tx, source)
        request = request_log.record(tx, kind, source, who, state.now(), change_seq=change_seq)
        request_log.finish(tx, request, state.now())
    log.info("source_paused" if paused_by else "source_resumed", source=source, who=who)
    return request


def _follow_source(engine: Engine, request: OperatorRequest) -> None:
    """A sync is done when a turn polled for it and left nothing to do; it fails when only a person can help."""
    name, state = request.target, engine.state
    if name not in engine.sources:
        finish(state, request, f"{name} is not in the configuration any more")
        return
    source = queries.source(state, name)
    now = state.now()
    busy = source.is_leased(now)
    if source.polled_seq < request.change_seq:
        return
    _start(state, request)
    if busy or (source.listing and not source.error):
        return
    if source.error and (not source.not_before or source.not_before - now > PATIENCE.total_seconds()):
        finish(state, request, source.error)
    elif not source.not_before and not source.error and not queries.waiting(state, name)[0]:
        believed = queries.believed(state, name)
        held = f"{believed.unreleased} of {believed.total} documents are gone at once; look, then release {name}"
        finish(state, request, held if believed.held else "")


def _advance_reindex(engine: Engine, request: OperatorRequest) -> None:
    """Begin, have every source publish, and switch as soon as nothing is in the way."""
    index = request.target
    if index not in engine.indexes:
        finish(engine.state, request, f"index {index!r} is not in the configuration any more")
        return
    if request.started_at is None:
        engine.prepare()
        generations.begin(engine.state, engine.index, engine.indexes[index])
        with engine.state.transaction() as tx:
            _take_up_reindex(tx, engine, request.id)
        return
    if generations.promotion_blocker(engine.state, index, list(engine.sources)) and not _all_at_rest(engine):
        return
    switch(engine, request.id)


def _take_up_reindex(tx: Transaction, engine: Engine, request: int) -> None:
    for name in engine.sources:  # also one that failed: what it failed at may be the store that is replaced
        signal_change(tx, name)
    request_log.start(tx, request, engine.state.now())


def _all_at_rest(engine: Engine) -> bool:
    """Whether no turn that runs or is due could change what is in the way."""
    now = engine.state.now()
    for name in engine.sources:
        source = queries.source(engine.state, name)
        busy = source.is_leased(now)
        if busy or source.not_before or (source.changes_cursor is None and not source.error):
            return False
        if not source.paused_by and source.has_news:
            return False
        if not source.error and not source.paused_by and queries.waiting(engine.state, name)[0]:
            return False
    return True


def _switch_index(tx: Transaction, engine: Engine, request: OperatorRequest) -> None:
    if request.kind == RequestKind.ROLLBACK:
        generations.roll_back_in_transaction(tx, engine.state, request.target)
    else:
        generations.promote_in_transaction(tx, engine.state, request.target, list(engine.sources))
        request_log.finish_rebuilds(tx, request.target, engine.state.now())
    sources.signal_failed(tx)  # the store before may have been why


def _objection(engine: Engine, index: str) -> str:
    """Why what was built must not be promoted by itself; a file of questions that cannot be read is a reason."""
    if generations.promotion_blocker(engine.state, index, list(engine.sources)):
        return ""  # it is not complete: that is said, and nothing is measured
    try:
        return promotion_gate.objection(engine, index)
    except Misconfigured as error:
        return f"not promoted: {error}"


def _start(state: State, request: OperatorRequest) -> None:
    if request.started_at is None:
        with state.transaction() as tx:
            request_log.start(tx, request.id, state.now())
