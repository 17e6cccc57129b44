"""Commands: what an operator does by hand and waits for: rebuild an index, switch it, audit."""

from collections.abc import Sequence

from sync.engine import Engine
from sync.errors import Held
from sync.operations import requests
from sync.operations.converge import Summary, converge
from sync.pipeline import audit as auditing
from sync.pipeline.audit import Findings
from sync.pipeline.garbage import collect
from sync.pipeline.turn import ProgressListener
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
