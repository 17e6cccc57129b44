"""What an operator does by hand: release held removals, rebuild an index, audit."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row

from sync.engine import Engine
from sync.errors import Held
from sync.operations.converge import Summary, converge
from sync.operations.due import signal_change
from sync.pipeline import audit as auditing
from sync.pipeline import generations
from sync.pipeline.audit import Findings
from sync.pipeline.garbage import collect
from sync.pipeline.turn import Progress
from sync.state import queries


def held(engine: Engine, source: str) -> list[Row[Any]]:
    """The documents whose removal waits for a release: id, external_id, title, url. Empty: nothing is held."""
    engine.chosen([source])
    if not queries.believed(engine.state, source).held:
        return []
    return list(
        engine.state.ask(
            """SELECT id, external_id, title, url FROM documents
               WHERE source = :source AND version IS NULL AND released = 0 ORDER BY id""",
            source=source,
        )
    )


def release(engine: Engine, source: str, documents: Iterable[int], who: str) -> int:
    """Let exactly these documents go once the source confirms each; returns how many are still believed gone."""
    released = 0
    with engine.state.transaction() as tx:
        for document in documents:
            released += tx.run(
                """UPDATE documents SET released = 1, not_before = 0
                   WHERE id = :id AND source = :source AND version IS NULL""",
                id=document,
                source=source,
            )
        tx.run(
            """INSERT INTO requests (what, target, who, asked_at, done_at)
               VALUES ('release', :target, :who, :now, :now)""",
            target=source,
            who=who,
            now=engine.state.now(),
        )
        signal_change(tx, source)
    return released


def audit(engine: Engine, names: Sequence[str] = (), *, repair: bool = False) -> Findings:
    """Compare the state with the index for the named sources, or all; `repair` also mends what it finds.

    Raises Held when another worker has one of the sources, and what the index raises.
    """
    engine.prepare()
    findings = Findings()
    for name in engine.chosen(names):
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


def rebuild(engine: Engine, names: Sequence[str] = (), progress: Progress | None = None) -> list[Summary]:
    """Build a new store for each index from what we hold, then switch searches to it, all without a gap.

    Raises Held when a new store is not as complete as the live one: the live one then stays.
    """
    chosen = [engine.configured_index(name).name for name in names] or list(engine.indexes)
    engine.prepare()
    for name in chosen:
        generations.begin(engine.state, engine.index, engine.indexes[name])
    summaries = converge(engine, progress=progress)
    for name in chosen:
        reason = generations.promotion_blocker(engine.state, name, list(engine.sources))
        if not reason:
            generations.promote(engine.state, name, list(engine.sources))
        elif not any(summary.error for summary in summaries):  # else that error is the one to read
            raise Held(f"not promoted: {reason}")
    engine.housekeep()
    return summaries


def promote(engine: Engine, index: str) -> None:
    """Switch to the store that was built. Raises Held with what is in the way."""
    generations.promote(engine.state, engine.configured_index(index).name, list(engine.sources))


def rollback(engine: Engine, index: str) -> None:
    """Switch back to the store before. Raises Held when none is kept."""
    generations.rollback(engine.state, engine.configured_index(index).name)
