"""Status: how sources and indexes stand, for people and for `status --json`."""

from itertools import groupby
from typing import Any

from sync.config import Inventory, KnowledgeIndex
from sync.pipeline import generations
from sync.rendering import moment
from sync.state import queries
from sync.state.database import State
from sync.state.queries import Generation, Run, SourceState
from sync.state.transaction import Reader

SETTLING = ("attached", "patched", "removed", "withdrawn", "collected")


def status(state: State, inventory: Inventory) -> dict[str, Any]:
    """Sources and indexes, as plain values.

    A source's `state`: new, syncing (see `progress`), paused, failing (see `error`), held (see `held`), ok, or removed:
    no longer configured, yet its documents are searchable. `documents`, `problems`, `files` and `unsettled` are counts;
    `last_run` is None before the first, `progress` while none runs, `retry_at` unless the source waits after a failure.
    `problems` at the top lists them all; `alike`, groups of documents with the same words in several sources: each is
    kept, and found.
    """
    searchable = queries.searchable_sources(state)
    return {
        "sources": [
            *(_source(state, name, kind) for name, kind in inventory.sources.items()),
            *(_removed(state, one.name, one.kind) for one in searchable if one.name not in inventory.sources),
        ],
        "indexes": [_index(state, one, list(inventory.sources)) for one in inventory.indexes.values()],
        "problems": problems(state),
        "alike": alike(state),
    }


def problems(state: Reader, source: str | None = None) -> list[dict[str, str]]:
    """Every document that a person should look at, and why."""
    return [
        {"source": one.source, "document": one.external_id, "title": one.title, "url": one.url, "error": one.error}
        for one in queries.problems(state, source)
    ]


def alike(state: Reader) -> list[list[dict[str, str]]]:
    """Documents that say the same in several sources, group by group."""
    groups = groupby(queries.duplicates(state), key=lambda one: one.fingerprint)
    return [
        [{"source": d.source, "document": d.external_id, "title": d.title, "url": d.url} for d in same]
        for _, same in groups
    ]


def running(state: State, source: str) -> Run | None:
    """The run of the turn that works on the source now; None where none does."""
    if not queries.source(state, source).is_leased(state.now()):
        return None
    return queries.unfinished_run(state, source)


def progress(state: State, source: str) -> dict[str, Any] | None:
    """How far the running turn is: counts by stage, documents a second so far, and what that means for the rest."""
    run = running(state, source)
    if run is None:
        return None
    seconds = max(0.001, state.now() - run.started_at)
    rate = sum(run.counts.get(stage, 0) for stage in SETTLING) / seconds
    remaining, _ = queries.waiting(state, source)
    return {
        "run": run.id,
        "counts": run.counts,
        "seconds": round(seconds, 1),
        "rate": round(rate, 2),
        "remaining": remaining,
        "seconds_left": round(remaining / rate) if rate else None,
    }


def _removed(state: State, name: str, kind: str) -> dict[str, Any]:
    fix = f"not in the configuration any more; its documents stay searchable until `answerwell forget {name}`"
    return {**_source(state, name, kind), "state": "removed", "error": fix}


def _source(state: State, name: str, kind: str) -> dict[str, Any]:
    source = queries.source(state, name)
    believed = queries.believed(state, name)
    return {
        "name": name,
        "kind": kind,
        "state": _state_of(source, state.now(), held=believed.held),
        "documents": believed.total,
        "believed_gone": believed.gone,
        "held": believed.unreleased if believed.held else 0,
        "problems": len(queries.problems(state, name)),
        "error": source.error,
        "paused_by": source.paused_by,
        "retry_at": moment(source.not_before).isoformat() if source.not_before > state.now() else None,
        "last_run": _last_run(state, name),
        "progress": progress(state, name),
    }


def _state_of(source: SourceState, now: float, *, held: bool) -> str:
    if source.is_leased(now):
        return "syncing"
    if source.paused_by:
        return "paused"
    if source.error:
        return "failing"
    if held:
        return "held"
    return "ok" if source.synced_at else "new"


def _last_run(state: State, source: str) -> dict[str, Any] | None:
    run = queries.newest_run(state, source)
    if run is None:
        return None
    return {
        "id": run.id,
        "started_at": moment(run.started_at).isoformat(),
        "finished_at": moment(run.finished_at).isoformat() if run.finished_at else None,
        "counts": run.counts,
        "error": run.error,
    }


def _index(state: State, configured: KnowledgeIndex, sources: list[str]) -> dict[str, Any]:
    outdated = generations.outdated(state, [configured]).get(configured.name, "")
    live = queries.active(state, configured.name)
    building = queries.building(state, configured.name)
    known = [source.name for source in queries.sources(state)]
    return {
        "name": configured.name,
        "store": live.store if live else None,
        "generation": live.id if live else None,
        "files": queries.searchable_in(state, live.id, known) if live else 0,
        "unsettled": queries.unsettled_in(state, live.id, sources) if live else 0,
        "building": building.store if building else None,
        "reindex_needed": bool(outdated),
        "error": _index_error(configured.name, live, outdated),
    }


def _index_error(name: str, live: Generation | None, outdated: str) -> str:
    """Why searches of the index fail, or else why it should be rebuilt."""
    if live is not None and live.problem:
        return queries.store_error(live, live.problem).removeprefix(f"index {name!r}: ")
    return f"{outdated}; `answerwell reindex {name}` is due" if outdated else ""
