"""catalogue: the documents that are known, page by page, for whoever looks for one."""

from dataclasses import dataclass
from typing import Any

from sync.errors import Misconfigured
from sync.rendering import moment
from sync.state.database import Asks

STATES = ("searchable", "waiting", "believed_gone", "problem")

# How a document stands, in the order in which it matters to somebody who looks for it.
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
class Wanted:
    """Which documents: of a source, whose title or id contains the words, in a state; each '' for any."""

    source: str = ""
    words: str = ""
    state: str = ""


def documents(
    state: Asks, wanted: Wanted, *, after: int = 0, limit: int = 50
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of them as plain values, and what to ask after for the next; None: that is all.

    Raises Misconfigured for a state that is none.
    """
    if wanted.state and wanted.state not in STATES:
        raise Misconfigured(f"no documents are {wanted.state!r}; they are: {', '.join(STATES)}")
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
        limit=limit + 1,
    )
    shown = [
        {
            "id": row.id,
            "source": row.source,
            "document": row.external_id,
            "title": row.title,
            "url": row.url,
            "audience": row.audience,
            "language": row.language,
            "updated_at": moment(row.updated_at).isoformat() if row.updated_at else None,
            "state": row.standing,
            "error": row.error,
        }
        for row in rows[:limit]
    ]
    return shown, rows[limit - 1].id if len(rows) > limit else None
