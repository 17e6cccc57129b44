"""What there is to do and what there is: every answer is derived from the state, nothing is flagged."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from sync.model import Chunking, FileId, StoreId
from sync.state.database import Asks, State
from sync.state.request_log import RequestKind

BRAKE_SHARE = 0.10
BRAKE_COUNT = 20

# A generation wants a document whose held content is current, in an audience of its index. A document believed gone
# stays wanted where it is searchable today: nothing leaves, and no new generation starts without it, on hearsay.
WANTED = """
    d.content_version IS NOT NULL
    AND i.audiences LIKE '%,' || d.audience || ',%'
    AND (d.version = d.content_version OR (d.version IS NULL AND EXISTS (
        SELECT 1 FROM entries held JOIN generations live ON live.id = held.generation
        WHERE held.document = d.id AND live.index_name = g.index_name AND live.state = 'active')))
"""
UNSETTLED = f"({WANTED}) AND (e.version IS NULL OR e.version <> d.content_version)"
_PAIRS = """
    FROM generations g
    JOIN indexes i ON i.name = g.index_name
    CROSS JOIN documents d
    LEFT JOIN entries e ON e.document = d.id AND e.generation = g.id
"""
SETTLED_CONTENTS_OUT = f"""
    DELETE FROM contents WHERE document IN (SELECT id FROM documents WHERE source = :source)
    AND document NOT IN (SELECT d.id {_PAIRS} WHERE d.source = :source AND g.state <> 'dropping' AND {UNSETTLED})
"""


@dataclass(frozen=True, slots=True)
class Generation:
    """One store that holds, held or will hold an index's documents."""

    id: int
    index: str
    store: StoreId
    bound: bool
    state: str
    chunking: Chunking


@dataclass(frozen=True, slots=True)
class Believed:
    """How much of a source is believed gone; `total` counts those too."""

    gone: int
    unreleased: int
    total: int

    @property
    def held(self) -> bool:
        """Whether the removals wait for an operator: more than max(20, 10 %), or all of three or more."""
        many = self.unreleased > max(BRAKE_COUNT, self.total * BRAKE_SHARE)
        everything = self.unreleased == self.total and self.total >= 3
        return many or everything


def source(state: Asks, name: str) -> Row[Any]:
    return state.ask("SELECT * FROM sources WHERE name = :name", name=name)[0]


def last_run(state: Asks, source: str) -> int:
    """The number of the source's newest run, 0 before the first."""
    [row] = state.ask("SELECT coalesce(max(id), 0) AS id FROM runs WHERE source = :source", source=source)
    return int(row.id)


def believed(state: Asks, source: str) -> Believed:
    [row] = state.ask(
        """SELECT count(*) AS total,
                  coalesce(sum(CASE WHEN version IS NULL THEN 1 ELSE 0 END), 0) AS gone,
                  coalesce(sum(CASE WHEN version IS NULL AND released = 0 THEN 1 ELSE 0 END), 0) AS unreleased
           FROM documents WHERE source = :source""",
        source=source,
    )
    return Believed(gone=row.gone, unreleased=row.unreleased, total=row.total)


def generations(state: Asks, *states: str) -> list[Generation]:
    """The generations that have a store, active ones first, draining ones last."""
    rows = state.ask(
        """SELECT * FROM generations WHERE state IN :states AND store IS NOT NULL
           ORDER BY CASE state WHEN 'active' THEN 0 WHEN 'building' THEN 1 ELSE 2 END, id""",
        states=list(states),
    )
    return [
        Generation(r.id, r.index_name, StoreId(r.store), bool(r.bound), r.state, Chunking(r.tokens, r.overlap))
        for r in rows
    ]


def live_generations(state: Asks) -> list[Generation]:
    return generations(state, "active", "building", "draining")


def active(state: Asks, index: str) -> Generation | None:
    return next((g for g in generations(state, "active") if g.index == index), None)


def unfetched(state: State, source: str, *, held: bool, after: int, limit: int) -> list[Row[Any]]:
    """Documents whose content is not of their version, and those believed gone that may be confirmed, now due."""
    rows = state.ask(
        """SELECT id, external_id, version, content_version, attempts FROM documents
           WHERE source = :source AND id > :after AND not_before <= :now
             AND ((version IS NOT NULL AND (content_version IS NULL OR content_version <> version))
                  OR (version IS NULL AND (:free = 1 OR released = 1)))
           ORDER BY id LIMIT :limit""",
        source=source,
        after=after,
        now=state.now(),
        free=0 if held else 1,
        limit=limit,
    )
    return list(rows)


def end_of_slice(state: State, source: str, *, after: int, size: int) -> int | None:
    """The id of the last of the next `size` documents that any live generation wants now; None when none does."""
    [row] = state.ask(
        f"""SELECT max(id) AS last FROM (
              SELECT DISTINCT d.id {_PAIRS} WHERE d.source = :source AND d.id > :after AND g.state <> 'dropping'
                AND g.store IS NOT NULL AND {UNSETTLED} AND coalesce(e.not_before, 0) <= :now
              ORDER BY d.id LIMIT :size) AS slice""",
        source=source,
        after=after,
        now=state.now(),
        size=size,
    )
    return None if row.last is None else int(row.last)


def unsettled(state: State, source: str, generation: int, *, after: int, last: int, limit: int) -> list[Row[Any]]:
    """Documents whose entry in the generation is not of the content we hold, now due; with body, if we hold it."""
    rows = state.ask(
        f"""SELECT d.*, c.body, e.document AS entered, e.file, e.content_hash, e.metadata_hash, e.pending,
                   e.pending_hash, e.attempts AS tries
            {_PAIRS} LEFT JOIN contents c ON c.document = d.id
            WHERE g.id = :generation AND d.source = :source AND d.id > :after AND d.id <= :last AND {UNSETTLED}
              AND coalesce(e.not_before, 0) <= :now
            ORDER BY d.id LIMIT :limit""",
        source=source,
        generation=generation,
        after=after,
        last=last,
        now=state.now(),
        limit=limit,
    )
    return list(rows)


def unsettled_documents(state: Asks, source: str) -> list[int]:
    """The ids of the source's documents that a live store still wants, whenever they are due."""
    rows = state.ask(
        f"SELECT DISTINCT d.id {_PAIRS} WHERE d.source = :source AND g.state = 'active' AND {UNSETTLED}",
        source=source,
    )
    return [row.id for row in rows]


def uploaded(state: Asks, generation: int, documents: list[int]) -> dict[int, list[Row[Any]]]:
    """Reusable uploads by document: none that another generation already has in the very same store."""
    rows = state.ask(
        """SELECT f.document, f.content_hash, f.file, f.version, f.render FROM files f
           JOIN generations g ON g.id = :generation
           WHERE f.document IN :documents AND NOT EXISTS (
             SELECT 1 FROM entries e JOIN generations other ON other.id = e.generation
             WHERE e.file = f.file AND other.id <> g.id AND other.store = g.store)""",
        generation=generation,
        documents=documents,
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.document, []).append(row)
    return found


def unwanted(state: Asks, source: str, limit: int) -> list[Row[Any]]:
    """Entries of documents that are not for their index's audiences, or in a generation that is being dropped.

    `store_goes`: the whole store is dropped once its last entry is gone, so nothing needs detaching from it.
    """
    return list(
        state.ask(
            """SELECT e.document, e.generation,
                      CASE WHEN g.state = 'dropping' AND g.bound = 0 THEN 1 ELSE 0 END AS store_goes
               FROM entries e
               JOIN documents d ON d.id = e.document
               JOIN generations g ON g.id = e.generation
               JOIN indexes i ON i.name = g.index_name
               WHERE d.source = :source AND (g.state = 'dropping'
                 OR (d.content_version IS NOT NULL AND i.audiences NOT LIKE '%,' || d.audience || ',%'))
               ORDER BY e.document, e.generation LIMIT :limit""",
            source=source,
            limit=limit,
        )
    )


def garbage(state: Asks, source: str, limit: int) -> list[Row[Any]]:
    return list(
        state.ask(
            "SELECT store, file FROM garbage WHERE source = :source ORDER BY store, file LIMIT :limit",
            source=source,
            limit=limit,
        )
    )


def named(state: Asks, file: FileId, store: StoreId | None = None) -> bool:
    """Whether any entry, or any entry of that store, names the file."""
    rows = state.ask(
        """SELECT 1 FROM entries e JOIN generations g ON g.id = e.generation
           WHERE (e.file = :file OR e.pending = :file) AND (:anywhere = 1 OR g.store = :store) LIMIT 1""",
        file=file,
        store=store or "",
        anywhere=1 if store is None else 0,
    )
    return bool(rows)


def waiting(state: State, source: str) -> tuple[int, timedelta | None]:
    """How many documents or files of the source wait for something, and for how long the first of them still must.

    (0, None): converged, but for removals that are held.
    """
    held = 1 if believed(state, source).held else 0
    [row] = state.ask(
        f"""SELECT count(*) AS number, min(due) AS soonest FROM (
              SELECT d.not_before AS due FROM documents d WHERE d.source = :source
                AND ((version IS NOT NULL AND (content_version IS NULL OR content_version <> version))
                     OR (version IS NULL AND (:held = 0 OR released = 1)))
              UNION ALL
              SELECT coalesce(e.not_before, 0) {_PAIRS}
              WHERE d.source = :source AND g.state <> 'dropping' AND {UNSETTLED}
              UNION ALL
              SELECT 0 FROM entries e JOIN documents d ON d.id = e.document
              JOIN generations g ON g.id = e.generation WHERE d.source = :source AND g.state = 'dropping'
              UNION ALL
              SELECT 0 FROM garbage WHERE source = :source) AS due_times""",
        source=source,
        held=held,
    )
    soonest = None if row.soonest is None else timedelta(seconds=max(0.0, row.soonest - state.now()))
    return int(row.number), soonest


def unsettled_in(state: Asks, generation: int, sources: list[str]) -> int:
    """How many documents of the sources the generation still wants, those not read yet included."""
    [row] = state.ask(
        f"""SELECT (SELECT count(*) {_PAIRS} WHERE g.id = :generation AND d.source IN :sources AND {UNSETTLED})
                 + (SELECT count(*) FROM documents d WHERE d.source IN :sources AND d.version IS NOT NULL
                      AND (d.content_version IS NULL OR d.content_version <> d.version)) AS waiting""",
        generation=generation,
        sources=sources,
    )
    return int(row.waiting)


def searchable_in(state: Asks, generation: int, sources: list[str]) -> int:
    """How many documents of the sources the generation holds."""
    [row] = state.ask(
        """SELECT count(*) AS files FROM entries e JOIN documents d ON d.id = e.document
           WHERE e.generation = :generation AND e.file IS NOT NULL AND d.source IN :sources""",
        generation=generation,
        sources=sources,
    )
    return int(row.files)


def problems(state: Asks, source: str | None = None) -> list[Row[Any]]:
    """Documents that somebody should look at: refused by an index, not readable from the source, or not whole."""
    return list(
        state.ask(
            """SELECT DISTINCT d.source, d.external_id, d.title, d.url, e.error FROM entries e
               JOIN documents d ON d.id = e.document JOIN generations g ON g.id = e.generation
               WHERE e.error <> '' AND g.state = 'active' AND (e.version IS NOT NULL OR e.attempts >= 3)
                 AND (:source = '' OR d.source = :source)
               UNION
               SELECT d.source, d.external_id, d.title, d.url, d.error FROM documents d
               WHERE d.error <> '' AND d.attempts >= 3 AND (:source = '' OR d.source = :source)
               UNION
               SELECT d.source, d.external_id, d.title, d.url, d.problem FROM documents d
               WHERE d.problem <> '' AND d.version IS NOT NULL AND (:source = '' OR d.source = :source)
               ORDER BY 1, 2""",
            source=source or "",
        )
    )


def alike(state: Asks) -> list[Row[Any]]:
    """Documents of which another source has one with the same words, in groups of equal `likeness`."""
    return list(
        state.ask(
            """SELECT likeness, source, external_id, title, url FROM documents
               WHERE version IS NOT NULL AND likeness IN (
                 SELECT likeness FROM documents WHERE likeness <> '' AND version IS NOT NULL
                 GROUP BY likeness HAVING count(DISTINCT source) > 1)
               ORDER BY likeness, source, external_id"""
        )
    )


@dataclass(frozen=True, slots=True)
class Request:
    """What an operator asked for. `started_at` None: queued; `done_at` None: not over.

    `change_seq`: the source's number of changes once it was asked; 0 where no turn need take it up.
    """

    id: int
    kind: RequestKind
    target: str
    who: str
    asked_at: float
    started_at: float | None
    done_at: float | None
    error: str
    change_seq: int


@dataclass(frozen=True, slots=True)
class HeldRemoval:
    """A document whose removal waits for an operator."""

    document: int
    external_id: str
    title: str
    url: str


def request(state: Asks, number: int) -> Request:
    """The request of that number. Raises LookupError where there is none."""
    rows = state.ask("SELECT * FROM requests WHERE id = :id", id=number)
    if not rows:
        raise LookupError(f"no request {number}")
    return _request(rows[0])


def pending_requests(state: Asks) -> list[Request]:
    """What workers have to do or to follow, oldest first; complete listings are the turns' own business."""
    rows = state.ask(
        """SELECT * FROM requests WHERE done_at IS NULL
           AND what IN ('sync', 'release', 'reindex', 'promote', 'rollback') ORDER BY id"""
    )
    return [_request(row) for row in rows]


def full_listing_asked(state: Asks, source: str) -> bool:
    """Whether a complete listing of the source is asked for and has not begun."""
    rows = state.ask(
        "SELECT 1 FROM requests WHERE what = 'full' AND target = :source AND done_at IS NULL LIMIT 1", source=source
    )
    return bool(rows)


def held_removals(state: Asks, source: str) -> list[HeldRemoval]:
    """The documents whose removal waits for an operator's approval. Empty: the brake holds nothing."""
    if not believed(state, source).held:
        return []
    rows = state.ask(
        """SELECT id, external_id, title, url FROM documents
           WHERE source = :source AND version IS NULL AND released = 0 ORDER BY id""",
        source=source,
    )
    return [HeldRemoval(row.id, row.external_id, row.title, row.url) for row in rows]


def _request(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        kind=RequestKind(row.what),
        target=row.target,
        who=row.who,
        asked_at=row.asked_at,
        started_at=row.started_at,
        done_at=row.done_at,
        error=row.error,
        change_seq=row.mark,
    )
