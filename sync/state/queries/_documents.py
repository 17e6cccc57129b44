"""Documents: what is known of them, what of it has yet to be read, and what is believed gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from sync.model import Audience
from sync.state.queries._file_counts import known_total
from sync.state.queries._rows import all_of
from sync.state.queries.wanted import UNREAD
from sync.state.transaction import ClockedReader, Reader

BRAKE_SHARE = 0.10
BRAKE_COUNT = 20
MAX_ATTEMPTS = 3
"""So often a document is tried before it is a problem for people. It is tried again now and then all the same."""
_IN_ONE_QUESTION = 500
# The containers, not the source's own root, of which no document is listed any more while others of the source are.
_LOOKS_EMPTY = """SELECT breadcrumb FROM documents WHERE source = :source AND breadcrumb NOT IN ('', '[]')
    AND EXISTS (SELECT 1 FROM documents shown WHERE shown.source = :source AND shown.version IS NOT NULL)
    GROUP BY breadcrumb HAVING count(version) = 0"""


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


@dataclass(frozen=True, slots=True)
class DocumentState:
    """One document as a listing last showed it. `version` None: believed gone; `content_version`: of what we hold.

    `released`: an operator lets it be removed, whatever the brake holds.
    """

    id: int
    external_id: str
    version: str | None
    content_version: str | None
    audience: Audience
    attempts: int
    released: bool = False

    def is_held_as(self, version: str | None) -> bool:
        """Whether this version is both the last one shown and the one whose content we hold."""
        return self.version == self.content_version == version


@dataclass(frozen=True, slots=True)
class HeldRemoval:
    """A document whose removal waits for an operator."""

    document: int
    external_id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that a person should look at, and why."""

    source: str
    external_id: str
    title: str
    url: str
    error: str


@dataclass(frozen=True, slots=True)
class DuplicateDocument:
    """A document of which another source has one with the same words: their `fingerprint` is equal."""

    fingerprint: str
    source: str
    external_id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A document that a vendor's message named, and the number of that news."""

    external_id: str
    change_seq: int
    failures: int


def believed(state: Reader, source: str) -> Believed:
    [row] = state.ask(
        """SELECT count(*) AS gone, coalesce(sum(CASE WHEN released = 0 THEN 1 ELSE 0 END), 0) AS unreleased
           FROM documents WHERE source = :source AND version IS NULL""",
        source=source,
    )
    return Believed(gone=row.gone, unreleased=row.unreleased, total=known_total(state, source))


def held_removals(state: Reader, source: str) -> list[HeldRemoval]:
    """The documents whose removal waits for an operator's approval. Empty: the brake holds nothing."""
    if not believed(state, source).held:
        return []
    rows = state.ask(
        """SELECT id AS document, external_id, title, url FROM documents
           WHERE source = :source AND version IS NULL AND released = 0 ORDER BY id""",
        source=source,
    )
    return all_of(HeldRemoval, rows)


def known_documents(state: Reader, source: str, external_ids: Sequence[str]) -> dict[str, DocumentState]:
    """Those of the documents that the state knows, by their external id."""
    found: dict[str, DocumentState] = {}
    for start in range(0, len(external_ids), _IN_ONE_QUESTION):
        rows = state.ask(
            """SELECT id, external_id, version, content_version, audience, attempts, released FROM documents
               WHERE source = :source AND external_id IN :ids""",
            source=source,
            ids=list(external_ids[start : start + _IN_ONE_QUESTION]),
        )
        found.update({row.external_id: _document_state(row) for row in rows})
    return found


def known_document(state: Reader, source: str, external_id: str) -> DocumentState | None:
    return known_documents(state, source, [external_id]).get(external_id)


def documents_after(state: Reader, source: str, after: int, *, limit: int = 500) -> list[DocumentState]:
    """The next documents of the source, in the order of their ids."""
    rows = state.ask(
        """SELECT id, external_id, version, content_version, audience, attempts, released FROM documents
           WHERE source = :source AND id > :after ORDER BY id LIMIT :limit""",
        source=source,
        after=after,
        limit=limit,
    )
    return [_document_state(row) for row in rows]


def unfetched(state: ClockedReader, source: str, *, held: bool, after: int, limit: int) -> list[DocumentState]:
    """Documents whose content is not of their version, and those believed gone that may be confirmed, now due.

    While removals are held, those are asked about once whose container looks empty in a source that is not.
    """
    columns = "d.id, d.external_id, d.version, d.content_version, d.audience, d.attempts, d.released"
    due = f"SELECT {columns} FROM documents d WHERE d.source = :source AND d.id > :after AND d.not_before <= :now"
    rows = state.ask(
        f"""SELECT * FROM ({due} AND {UNREAD} ORDER BY d.id LIMIT :limit) AS unread
            UNION ALL
            SELECT * FROM ({due} AND d.version IS NULL AND (:free = 1 OR d.released = 1
                             OR (d.gone_confirmed = 0 AND d.breadcrumb IN ({_LOOKS_EMPTY})))
                           ORDER BY d.id LIMIT :limit) AS gone
            ORDER BY id LIMIT :limit""",
        source=source,
        after=after,
        now=state.now(),
        free=0 if held else 1,
        limit=limit,
    )
    return [_document_state(row) for row in rows]


def hints(state: Reader, source: str, *, after: str, limit: int) -> list[Hint]:
    """The next documents that vendors' messages named, by external id."""
    rows = state.ask(
        """SELECT external_id, wake AS change_seq, failures FROM nudged
           WHERE source = :source AND external_id > :after ORDER BY external_id LIMIT :limit""",
        source=source,
        after=after,
        limit=limit,
    )
    return all_of(Hint, rows)


def problems(state: Reader, source: str | None = None) -> list[Problem]:
    """Documents that a person should look at: refused by an index, not readable from the source, or not whole."""
    rows = state.ask(
        """SELECT DISTINCT * FROM (
             SELECT d.source, d.external_id, d.title, d.url, e.error FROM entries e
             CROSS JOIN documents d CROSS JOIN generations g
             WHERE e.error <> '' AND d.id = e.document AND g.id = e.generation AND g.state = 'active'
               AND (e.version IS NOT NULL OR e.attempts >= 3) AND (:source = '' OR d.source = :source)
             UNION ALL
             SELECT d.source, d.external_id, d.title, d.url, d.error FROM documents d
             WHERE d.error <> '' AND d.attempts >= :attempts AND (:source = '' OR d.source = :source)
             UNION ALL
             SELECT d.source, d.external_id, d.title, d.url, d.problem FROM documents d
             WHERE d.problem <> '' AND d.version IS NOT NULL AND (:source = '' OR d.source = :source)) AS found
           ORDER BY 1, 2""",
        source=source or "",
        attempts=MAX_ATTEMPTS,
    )
    return all_of(Problem, rows)


def first_error(state: Reader, source: str) -> str:
    """What one of the source's documents failed at, of those that are tried again; '' where none did."""
    rows = state.ask(
        """SELECT d.error FROM documents d WHERE d.source = :source AND d.error <> ''
           UNION ALL SELECT e.error FROM entries e CROSS JOIN documents d
           WHERE e.error <> '' AND d.id = e.document AND d.source = :source AND e.version IS NULL LIMIT 1""",
        source=source,
    )
    return str(rows[0].error) if rows else ""


def duplicates(state: Reader) -> list[DuplicateDocument]:
    """Documents of which another source has one with the same words, in groups of equal `fingerprint`."""
    rows = state.ask(
        """SELECT likeness AS fingerprint, source, external_id, title, url FROM documents
           WHERE version IS NOT NULL AND likeness <> '' AND likeness IN (
             SELECT d.likeness FROM shared_texts s CROSS JOIN documents d
             WHERE d.likeness = s.likeness AND d.likeness <> '' AND d.version IS NOT NULL
             GROUP BY d.likeness HAVING min(d.source) <> max(d.source))
           ORDER BY likeness, source, external_id"""
    )
    return all_of(DuplicateDocument, rows)


def _document_state(row: Row[Any]) -> DocumentState:
    return DocumentState(
        id=row.id,
        external_id=row.external_id,
        version=row.version,
        content_version=row.content_version,
        audience=Audience(row.audience),
        attempts=row.attempts,
        released=bool(row.released),
    )
