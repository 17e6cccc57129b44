"""measures: numbers about sources and indexes for whoever watches over them; each is a query, nothing is kept."""

from dataclasses import dataclass

from sync.engine import Engine
from sync.pipeline import generations
from sync.state import queries
from sync.state.lease import TERM
from sync.state.queries import UNSETTLED
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
    """One index: the files of its live store, and 1 where it should be rebuilt."""

    index: str
    files: int
    reindex_needed: int


def of_source(engine: Engine, name: str) -> SourceMeasures:
    """Measure one source."""
    state, now = engine.state, engine.state.now()
    row = queries.source(state, name)
    believed = queries.believed(state, name)
    run = status.running(engine, name)
    waiting, oldest = _unsettled(engine, name)
    [searchable] = state.ask(
        """SELECT count(DISTINCT e.document) AS number FROM entries e JOIN generations g ON g.id = e.generation
           JOIN documents d ON d.id = e.document
           WHERE d.source = :source AND d.version IS NOT NULL AND g.state = 'active' AND e.file IS NOT NULL""",
        source=name,
    )
    return SourceMeasures(
        source=name,
        documents={
            "searchable": searchable.number,
            "waiting": waiting,
            "believed_gone": believed.gone,
            "known": believed.total,
        },
        held_removals=believed.unreleased if believed.held else 0,
        problems=len(queries.problems(state, name)),
        lease_age_seconds=max(0.0, now - run.started_at) if run else 0.0,
        lease_silent_seconds=max(0.0, now + TERM.total_seconds() - row.lease_until) if run else 0.0,
        oldest_unsettled_seconds=max(0.0, now - oldest) if oldest else 0.0,
        synced_seconds_ago=max(0.0, now - row.synced_at) if row.synced_at else NEVER,
        failures=row.failures,
        paused=int(bool(row.paused_by)),
        asked_for=max(0, row.wakes - row.heard),
    )


def of_indexes(engine: Engine) -> list[IndexMeasures]:
    """Measure every configured index."""
    outdated = generations.outdated(engine.state, engine.indexes.values())
    sources = [row.name for row in engine.state.ask("SELECT name FROM sources")]
    measured = []
    for name in engine.indexes:
        live = queries.active(engine.state, name)
        files = queries.searchable_in(engine.state, live.id, sources) if live else 0
        measured.append(IndexMeasures(name, files, int(name in outdated)))
    return measured


def open_requests(engine: Engine) -> int:
    """How much of what operators asked for is not done."""
    return len(queries.pending_requests(engine.state))


def _unsettled(engine: Engine, source: str) -> tuple[int, float]:
    """How many documents changed and are not searchable as they are now, and when the first of them did; 0: none."""
    [row] = engine.state.ask(
        f"""SELECT count(*) AS number, min(CASE WHEN changed_at > 0 THEN changed_at END) AS oldest FROM (
              SELECT d.id, d.changed_at FROM documents d WHERE d.source = :source AND d.version IS NOT NULL
                AND (d.content_version IS NULL OR d.content_version <> d.version)
              UNION
              SELECT d.id, d.changed_at FROM generations g
              JOIN indexes i ON i.name = g.index_name CROSS JOIN documents d
              LEFT JOIN entries e ON e.document = d.id AND e.generation = g.id
              WHERE d.source = :source AND g.state = 'active' AND {UNSETTLED}) AS unsettled""",
        source=source,
    )
    return int(row.number), float(row.oldest or 0.0)
