"""Document list: every document with how it stands, page by page, filtered."""

from dataclasses import dataclass

from sync.model import Audience
from sync.state.transaction import Reader

# How a document stands, in the order in which it matters to a person who looks for it.
_STATE = """CASE
    WHEN d.version IS NULL THEN 'believed_gone'
    WHEN d.error <> '' AND d.attempts >= 3 OR EXISTS (
        SELECT 1 FROM entries e JOIN generations g ON g.id = e.generation
        WHERE e.document = d.id AND g.state = 'active' AND e.error <> '' AND (e.version IS NOT NULL OR e.attempts >= 3))
      THEN 'problem'
    WHEN d.content_version = d.version AND EXISTS (
        SELECT 1 FROM entries e JOIN generations g ON g.id = e.generation
        WHERE e.document = d.id AND g.state = 'active' AND e.version = d.version AND e.file IS NOT NULL)
      THEN 'searchable'
    ELSE 'waiting' END"""


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents: of a source, whose title or id contains the words, in a state; each '' for any."""

    source: str = ""
    words: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """One document and its state: searchable, waiting, believed_gone or problem. `updated_at` 0: not known."""

    id: int
    source: str
    external_id: str
    title: str
    url: str
    audience: Audience
    language: str
    updated_at: float
    error: str
    state: str


def list_documents(state: Reader, wanted: DocumentFilter, *, after: int, limit: int) -> list[ListedDocument]:
    """The next documents that pass the filter, in the order of their ids."""
    escaped = wanted.words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = state.ask(
        f"""SELECT * FROM (
              SELECT d.id, d.source, d.external_id, d.title, d.url, d.audience, d.language, d.updated_at, d.error,
                     {_STATE} AS standing FROM documents d
              WHERE d.id > :after AND (:source = '' OR d.source = :source)
                AND (:words = '' OR lower(d.title) LIKE :like ESCAPE '\\'
                     OR lower(d.external_id) LIKE :like ESCAPE '\\')
            ) AS found WHERE :state = '' OR standing = :state ORDER BY id LIMIT :limit""",
        after=after,
        source=wanted.source,
        words=wanted.words,
        like=f"%{escaped}%",
        state=wanted.state,
        limit=limit,
    )
    return [
        ListedDocument(
            id=row.id,
            source=row.source,
            external_id=row.external_id,
            title=row.title,
            url=row.url,
            audience=Audience(row.audience),
            language=row.language,
            updated_at=row.updated_at,
            error=row.error,
            state=row.standing,
        )
        for row in rows
    ]
