"""Gauges: numbers about sources and indexes for a monitoring system; each is a query, nothing is kept."""

from collections.abc import Iterable
from dataclasses import dataclass

from sync.config import KnowledgeIndex
from sync.pipeline import generations
from sync.state import queries
from sync.state.database import State
from sync.state.lease import TERM
from sync.status import status

NEVER = -1.0


@dataclass(frozen=True, slots=True)
class SourceMeasures:
    """One source. `documents`: known in all; of them searchable, waiting for their change to be, and believed gone."""

    source: str
    documents: dict[str, int]
    held_removals: int
    problems: int
    lease_age_seconds: float
    lease_silent_seconds: float
    oldest_unsettled_seconds: float
    synced_seconds_ago: float
    failures: int
    paused: int
    asked_for: int


@dataclass(frozen=True, slots=True)
class IndexMeasures:
    """One index: the files of its live store, 1 where it should be rebuilt, and 1 where it cannot be used."""

    index: str
    files: int
    reindex_needed: int
    store_lost: int


def of_source(state: State, name: str) -> SourceMeasures:
    """Measure one source."""
    now = state.now()
    source = queries.source(state, name)
    believed = queries.believed(state, name)
    backlog = queries.backlog(state, name)
    run = status.running(state, name)
    return SourceMeasures(
        source=name,
        documents={
            "searchable": queries.searchable_documents(state, name),
            "waiting": backlog.number,
            "believed_gone": believed.gone,
            "known": believed.total,
        },
        held_removals=believed.unreleased if believed.held else 0,
        problems=len(queries.problems(state, name)),
        lease_age_seconds=max(0.0, now - run.started_at) if run else 0.0,
        lease_silent_seconds=max(0.0, now + TERM.total_seconds() - source.lease_until) if run else 0.0,
        oldest_unsettled_seconds=max(0.0, now - backlog.oldest) if backlog.oldest else 0.0,
        synced_seconds_ago=max(0.0, now - source.synced_at) if source.synced_at else NEVER,
        failures=source.failures,
        paused=int(bool(source.paused_by)),
        asked_for=max(0, source.change_seq - source.polled_seq),
    )


def of_indexes(state: State, indexes: Iterable[KnowledgeIndex]) -> list[IndexMeasures]:
    """Measure every configured index."""
    configured = list(indexes)
    outdated = generations.outdated(state, configured)
    sources = [source.name for source in queries.sources(state)]
    measured = []
    for one in configured:
        live = queries.active(state, one.name)
        files = queries.searchable_in(state, live.id, sources) if live else 0
        measured.append(IndexMeasures(one.name, files, int(one.name in outdated), int(bool(live and live.problem))))
    return measured


def open_requests(state: State) -> int:
    """How much of what operators asked for is not done."""
    return len(queries.pending_requests(state))
