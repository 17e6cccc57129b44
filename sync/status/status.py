"""What there is to know about sources and indexes, for people and for `status --json`."""

import json
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from sync.config import KnowledgeIndex
from sync.engine import Engine
from sync.pipeline import generations
from sync.rendering import moment
from sync.state import lease as leases
from sync.state import queries

SETTLING = ("attached", "patched", "removed", "withdrawn", "collected")


def status(engine: Engine) -> dict[str, Any]:
    """Sources and indexes, as plain values.

    A source's `state`: new, syncing (see `progress`), paused, failing (see `error`), held (see `held`), ok, or removed:
    no longer configured, yet its documents are searchable. `documents`, `problems`, `files` and `unsettled` are counts;
    `last_run` is None before the first, `progress` while none runs, `retry_at` unless the source waits after a failure.
    `problems` at the top lists them all; `alike`, groups of documents with the same words in several sources: each is
    kept, and found.
    """
    searchable = engine.state.ask(
        """SELECT name, kind FROM sources WHERE EXISTS (
             SELECT 1 FROM entries e JOIN documents d ON d.id = e.document WHERE d.source = sources.name)
           ORDER BY name"""
    )
    return {
        "sources": [
            *(_source(engine, source.name, source.kind) for source in engine.sources.values()),
            *(_removed(engine, row.name, row.kind) for row in searchable if row.name not in engine.sources),
        ],
        "indexes": [_index(engine, one) for one in engine.indexes.values()],
        "problems": problems(engine),
        "alike": alike(engine),
    }


def problems(engine: Engine, source: str | None = None) -> list[dict[str, str]]:
    """Every document somebody should look at, and why."""
    return [
        {
            "source": row.source,
            "document": row.external_id,
            "title": row.title,
            "url": row.url,
            "error": row.error,
        }
        for row in queries.problems(engine.state, source)
    ]


def alike(engine: Engine) -> list[list[dict[str, str]]]:
    """Documents that say the same in several sources, group by group."""
    groups = groupby(queries.alike(engine.state), key=lambda row: row.likeness)
    return [
        [{"source": r.source, "document": r.external_id, "title": r.title, "url": r.url} for r in rows]
        for _, rows in groups
    ]


def _removed(engine: Engine, name: str, kind: str) -> dict[str, Any]:
    fix = "not in the configuration any more; its documents stay searchable until `answerwell reindex`"
    return {**_source(engine, name, kind), "state": "removed", "error": fix}


def _source(engine: Engine, name: str, kind: str) -> dict[str, Any]:
    row = queries.source(engine.state, name)
    believed = queries.believed(engine.state, name)
    return {
        "name": name,
        "kind": kind,
        "state": _state(engine, row, held=believed.held),
        "documents": believed.total,
        "believed_gone": believed.gone,
        "held": believed.unreleased if believed.held else 0,
        "problems": len(queries.problems(engine.state, name)),
        "error": row.error,
        "paused_by": row.paused_by,
        "retry_at": moment(row.not_before).isoformat() if row.not_before > engine.state.now() else None,
        "last_run": _last_run(engine, name),
        "progress": progress(engine, name),
    }


def running(engine: Engine, source: str) -> Row[Any] | None:
    """The run of the turn that works on the source now; None where none does."""
    row = queries.source(engine.state, source)
    if not leases.in_force(row.lease_until, row.lease_holder, engine.state.now()):
        return None
    rows = engine.state.ask(
        "SELECT * FROM runs WHERE source = :source AND finished_at IS NULL ORDER BY id DESC LIMIT 1", source=source
    )
    return rows[0] if rows else None


def progress(engine: Engine, source: str) -> dict[str, Any] | None:
    """How far the running turn is: counts by stage, documents a second so far, and what that means for the rest."""
    run = running(engine, source)
    if run is None:
        return None
    counts = json.loads(run.counts)
    seconds = max(0.001, engine.state.now() - run.started_at)
    rate = sum(counts.get(stage, 0) for stage in SETTLING) / seconds
    remaining, _ = queries.waiting(engine.state, source)
    return {
        "run": run.id,
        "counts": counts,
        "seconds": round(seconds, 1),
        "rate": round(rate, 2),
        "remaining": remaining,
        "seconds_left": round(remaining / rate) if rate else None,
    }


def _state(engine: Engine, row: Any, *, held: bool) -> str:
    if leases.in_force(row.lease_until, row.lease_holder, engine.state.now()):
        return "syncing"
    if row.paused_by:
        return "paused"
    if row.error:
        return "failing"
    if held:
        return "held"
    return "ok" if row.synced_at else "new"


def _last_run(engine: Engine, source: str) -> dict[str, Any] | None:
    rows = engine.state.ask("SELECT * FROM runs WHERE source = :source ORDER BY id DESC LIMIT 1", source=source)
    if not rows:
        return None
    row = rows[0]
    return {
        "id": row.id,
        "started_at": moment(row.started_at).isoformat(),
        "finished_at": moment(row.finished_at).isoformat() if row.finished_at else None,
        "counts": json.loads(row.counts),
        "error": row.error,
    }


def _every_source(engine: Engine) -> list[str]:
    return [row.name for row in engine.state.ask("SELECT name FROM sources")]


def _index(engine: Engine, configured: KnowledgeIndex) -> dict[str, Any]:
    live = queries.active(engine.state, configured.name)
    outdated = configured.name in generations.outdated(engine.state, [configured])
    return {
        "name": configured.name,
        "store": live.store if live else None,
        "generation": live.id if live else None,
        "files": queries.searchable_in(engine.state, live.id, _every_source(engine)) if live else 0,
        "unsettled": queries.unsettled_in(engine.state, live.id, list(engine.sources)) if live else 0,
        "building": next(
            (g.store for g in queries.generations(engine.state, "building") if g.index == configured.name), None
        ),
        "reindex_needed": outdated,
    }
