"""Backlog: what the stores want and do not have yet, in slices, and how long it has waited."""

import json
import zlib
from dataclasses import dataclass
from datetime import timedelta

from sync.model import Audience, Document, FileId
from sync.rendering import moment
from sync.state.queries._documents import MAX_ATTEMPTS, believed
from sync.state.queries._file_counts import file_counts
from sync.state.queries._rows import all_of
from sync.state.queries.wanted import IS_UNSETTLED, IS_UNWANTED, PAIRS, UNREAD, UNSETTLED
from sync.state.transaction import ClockedReader, Reader


@dataclass(frozen=True, slots=True)
class UnsettledDocument:
    """A document as we hold it, and what one generation has of it; `version` is that of what we hold.

    `body`: compressed with zlib, None where it is not kept. `breadcrumb`, `labels` and `attributes` are JSON. `file`
    and the hashes are the generation's entry, `pending` a file on its way there.
    """

    id: int
    external_id: str
    version: str
    title: str
    url: str
    audience: Audience
    language: str
    updated_at: float
    breadcrumb: str
    labels: str
    attributes: str
    problem: str
    body: bytes | None
    file: FileId | None
    content_hash: str | None
    metadata_hash: str | None
    pending: FileId | None
    pending_hash: str | None
    attempts: int

    @property
    def text(self) -> str | None:
        """The body as it was read; None where it is not kept. Takes time: it is unpacked anew each time."""
        return None if self.body is None else zlib.decompress(self.body).decode()

    def document(self, body: str) -> Document:
        """The document as it is held, with this body."""
        return Document(
            external_id=self.external_id,
            version=self.version,
            title=self.title,
            body=body,
            url=self.url,
            updated_at=moment(self.updated_at),
            audience=self.audience,
            language=self.language,
            breadcrumb=tuple(json.loads(self.breadcrumb)),
            labels=tuple(json.loads(self.labels)),
            attributes=json.loads(self.attributes),
        )


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many documents changed and are not searchable as they are now, and when the first of them did; 0: unknown."""

    number: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document about which something may have to be done, and the number of reasons that were given for it."""

    document: int
    seq: int


def end_of_slice(state: ClockedReader, source: str, *, after: int, size: int) -> int | None:
    """The id of the last of the next `size` documents that any live generation wants now; None when none does."""
    [row] = state.ask(
        f"""SELECT max(document) AS last FROM (
              SELECT c.document FROM candidates c CROSS JOIN documents d
              WHERE d.id = c.document AND c.source = :source AND c.document > :after AND EXISTS (
                SELECT 1 FROM generations g JOIN indexes i ON i.name = g.index_name
                LEFT JOIN entries e ON e.document = d.id AND e.generation = g.id
                WHERE g.state <> 'dropping' AND g.store IS NOT NULL AND {UNSETTLED}
                  AND coalesce(e.not_before, 0) <= :now)
              ORDER BY c.document LIMIT :size) AS slice""",
        source=source,
        after=after,
        now=state.now(),
        size=size,
    )
    return None if row.last is None else int(row.last)


def idle_candidates(state: Reader, source: str, *, after: int, last: int, limit: int) -> list[Candidate]:
    """The next candidates of the source for which no generation has anything to do, in the order of their ids."""
    rows = state.ask(
        f"""SELECT c.document, c.seq FROM candidates c CROSS JOIN documents d
            WHERE d.id = c.document AND c.source = :source AND c.document > :after AND c.document <= :last
              AND NOT {IS_UNSETTLED} AND NOT {IS_UNWANTED}
            ORDER BY c.document LIMIT :limit""",
        source=source,
        after=after,
        last=last,
        limit=limit,
    )
    return all_of(Candidate, rows)


def unsettled(
    state: ClockedReader, source: str, generation: int, *, after: int, last: int, limit: int
) -> list[UnsettledDocument]:
    """Documents whose entry in the generation is not of the content we hold, now due; with body, if we hold it."""
    rows = state.ask(
        f"""SELECT d.id, d.external_id, d.content_version, d.title, d.url, d.audience, d.language, d.updated_at,
                   d.breadcrumb, d.labels, d.attributes, d.problem, e.file, e.content_hash, e.metadata_hash,
                   e.pending, e.pending_hash, coalesce(e.attempts, 0) AS attempts,
                   (SELECT body FROM contents WHERE contents.document = d.id) AS body
            {PAIRS} AND g.id = :generation AND c.source = :source AND c.document > :after AND c.document <= :last
              AND {UNSETTLED} AND coalesce(e.not_before, 0) <= :now
            ORDER BY c.document LIMIT :limit""",
        source=source,
        generation=generation,
        after=after,
        last=last,
        now=state.now(),
        limit=limit,
    )
    return [
        UnsettledDocument(
            id=row.id,
            external_id=row.external_id,
            version=row.content_version,
            title=row.title,
            url=row.url,
            audience=Audience(row.audience),
            language=row.language,
            updated_at=row.updated_at,
            breadcrumb=row.breadcrumb,
            labels=row.labels,
            attributes=row.attributes,
            problem=row.problem,
            body=row.body,
            file=row.file,
            content_hash=row.content_hash,
            metadata_hash=row.metadata_hash,
            pending=row.pending,
            pending_hash=row.pending_hash,
            attempts=row.attempts,
        )
        for row in rows
    ]


def unsettled_documents(state: Reader, source: str) -> list[int]:
    """The ids of the source's documents that a live store still wants, whenever they are due."""
    rows = state.ask(
        f"SELECT DISTINCT c.document {PAIRS} AND c.source = :source AND g.state = 'active' AND {UNSETTLED}",
        source=source,
    )
    return [row.document for row in rows]


def waiting(state: ClockedReader, source: str, *, problems: bool = True) -> tuple[int, timedelta | None]:
    """How many documents or files of the source wait for something, and for how long the first of them still must.

    (0, None): converged, but for removals that are held, and for what a store that cannot be used would get. `problems`
    False: what failed so often that it is a problem for people does not count.
    """
    held = 1 if believed(state, source).held else 0
    [row] = state.ask(
        f"""SELECT count(*) AS number, min(due) AS soonest FROM (
              SELECT d.not_before AS due FROM documents d WHERE d.source = :source AND {UNREAD}
                AND (:problems = 1 OR d.error = '' OR d.attempts < :attempts)
              UNION ALL
              SELECT d.not_before FROM documents d
              WHERE d.source = :source AND d.version IS NULL AND (:held = 0 OR d.released = 1)
                AND (:problems = 1 OR d.error = '' OR d.attempts < :attempts)
              UNION ALL
              SELECT coalesce(e.not_before, 0) {PAIRS} AND c.source = :source AND g.state <> 'dropping'
                AND g.problem = '' AND {UNSETTLED}
              UNION ALL
              SELECT 0 {PAIRS} AND c.source = :source AND g.state = 'dropping' AND e.document IS NOT NULL
              UNION ALL
              SELECT 0 FROM garbage WHERE source = :source) AS due_times""",
        source=source,
        held=held,
        problems=int(problems),
        attempts=MAX_ATTEMPTS,
    )
    soonest = None if row.soonest is None else timedelta(seconds=max(0.0, row.soonest - state.now()))
    return int(row.number), soonest


def backlog(state: Reader, source: str) -> Backlog:
    """What of the source is not searchable as it is now."""
    [row] = state.ask(
        f"""SELECT count(*) AS number, min(CASE WHEN changed_at > 0 THEN changed_at END) AS oldest FROM (
              SELECT d.id, d.changed_at FROM documents d WHERE d.source = :source AND {UNREAD}
              UNION
              SELECT d.id, d.changed_at {PAIRS} AND c.source = :source AND g.state = 'active' AND {UNSETTLED}
            ) AS unsettled""",
        source=source,
    )
    return Backlog(int(row.number), float(row.oldest or 0.0))


def searchable_documents(state: Reader, source: str) -> int:
    """How many documents of the source, not believed gone, a live store holds."""
    active = {row.id for row in state.ask("SELECT id FROM generations WHERE state = 'active'")}
    held = sum(count.documents for count in file_counts(state, source) if count.generations & active)
    [row] = state.ask(
        """SELECT count(*) AS number FROM documents d WHERE d.source = :source AND d.version IS NULL AND EXISTS (
             SELECT 1 FROM entries e JOIN generations g ON g.id = e.generation
             WHERE e.document = d.id AND g.state = 'active' AND e.file IS NOT NULL)""",
        source=source,
    )
    return held - int(row.number)
