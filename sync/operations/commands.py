"""Commands: what an operator does by hand and waits for: rebuild an index, switch it, audit."""

from collections.abc import Sequence

from sync.config import Source
from sync.engine import Engine
from sync.errors import Held, Misconfigured
from sync.operations import requests
from sync.operations.converge import Summary, converge
from sync.pipeline import audit as auditing
from sync.pipeline.audit import Findings
from sync.pipeline.garbage import collect
from sync.pipeline.removal import remove
from sync.pipeline.removed_source import removed_source
from sync.pipeline.turn import ProgressListener
from sync.state import hints, queries, sources
from sync.state.queries import RequestKind


def audit(engine: Engine, names: Sequence[str] = (), *, repair: bool = False) -> Findings:
    """Compare the state with the index for the named sources, or all; `repair` also mends what it finds.

    Raises Held when another worker has one of the sources, and what the index raises.
    """
    engine.prepare()
    findings = Findings()
    for name in engine.require_sources(names):
        found = audit_one(engine, name, repair=repair)
        if found is None:
            raise Held(f"{name}: a sync is running; audit again when it is done")
        findings += found
    if repair and not findings.ok:
        converge(engine, names)
    return findings


def audit_one(engine: Engine, name: str, *, repair: bool) -> Findings | None:
    """Audit one source's files, and mark what is wrong for the next turns to mend; None while a turn has the source."""
    engine.prepare()
    with engine.leased(engine.sources[name]) as turn:
        if turn is None:
            return None
        findings = auditing.audit(turn, repair=repair)
        if repair:
            collect(turn)
            auditing.record(turn)
            auditing.record_stores(turn)
        return findings


def rebuild(
    engine: Engine, names: Sequence[str] = (), progress: ProgressListener | None = None, *, who: str = "cli"
) -> list[Summary]:
    """Build a new store for each index from what we hold, then switch searches to it, all without a gap.

    It is the reindex that workers do on request, done here: a worker beside us takes part in it, and ends it should
    this process be killed. Raises Held when a new store is not as complete as the live one: the live one then stays.
    """
    chosen = [engine.configured_index(name).name for name in names] or list(engine.indexes)
    engine.prepare()
    asked = [requests.begin_reindex(engine, name, who) for name in chosen]
    summaries = converge(engine, progress=progress)
    refused = [reason for request in asked if (reason := requests.switch(engine, request))]
    if refused and not any(summary.error for summary in summaries):  # else that error is the one to read
        raise Held("\n".join(refused))
    engine.housekeep()
    return summaries


def forget(engine: Engine, name: str, progress: ProgressListener | None = None) -> int:
    """Take a source that is configured no more out of every index and out of the state; returns how many documents.

    Nothing of the other sources is uploaded or moved. Killed, it goes on when it is asked again. Raises Misconfigured
    for a source that is configured or was never known, Held while a turn has it, and what the index raises.
    """
    if name in engine.sources:
        raise Misconfigured(f'source "{name}" is configured: the next sync would bring it back; delete its [[source]]')
    known = {source.name: source for source in queries.sources(engine.state)}
    if name not in known:
        unconfigured = ", ".join(sorted(known.keys() - engine.sources.keys())) or "none"
        raise Misconfigured(f'there is no source "{name}"; configured no more: {unconfigured}')
    engine.prepare()
    forgotten = 0
    while queries.source(engine.state, name).kind:
        forgotten += _forget_within_turn(engine, removed_source(known[name]), progress)
    engine.housekeep()
    return forgotten


def _forget_within_turn(engine: Engine, source: Source, progress: ProgressListener | None) -> int:
    with engine.leased(source, progress) as turn:
        if turn is None:
            raise Held(f"{source.name}: a sync is running; try again when it is done")
        removed = 0
        while not turn.should_stop and (found := queries.documents_after(engine.state, source.name, 0)):
            with engine.state.commit(turn.lease) as tx:
                for document in found:
                    remove(tx, source.name, document.id)
            removed += len(found)
            turn.count("removed", len(found))
        collect(turn)
        if not turn.should_stop:
            with engine.state.commit(turn.lease) as tx:
                hints.forget_all(tx, source.name)
                sources.delete(tx, source.name)
        return removed


def promote(engine: Engine, index: str, *, who: str = "cli") -> None:
    """Switch to the store that was built. Raises Held with what is in the way."""
    _switch(engine, RequestKind.PROMOTE, index, who)


def rollback(engine: Engine, index: str, *, who: str = "cli") -> None:
    """Switch back to the store before. Raises Held when none is kept."""
    _switch(engine, RequestKind.ROLLBACK, index, who)


def _switch(engine: Engine, kind: RequestKind, index: str, who: str) -> None:
    request = requests.ask_of_index(engine.state, kind, engine.configured_index(index).name, who)
    if reason := requests.switch(engine, request):
        raise Held(reason)
