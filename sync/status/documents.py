"""Document list: the documents that are known, page by page, for people who look for one."""

from typing import Any

from sync.errors import Misconfigured
from sync.rendering import moment
from sync.state import queries
from sync.state.queries import DocumentFilter
from sync.state.transaction import Reader

STATES = ("searchable", "waiting", "believed_gone", "problem")


def documents(
    state: Reader, wanted: DocumentFilter, *, after: int = 0, limit: int = 50
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of them as plain values, and what to ask after for the next; None: that is all.

    Raises Misconfigured for a state that is none.
    """
    if wanted.state and wanted.state not in STATES:
        raise Misconfigured(f"no documents are {wanted.state!r}; they are: {', '.join(STATES)}")
    found = queries.list_documents(state, wanted, after=after, limit=limit + 1)
    shown = [
        {
            "id": document.id,
            "source": document.source,
            "document": document.external_id,
            "title": document.title,
            "url": document.url,
            "audience": document.audience,
            "language": document.language,
            "updated_at": moment(document.updated_at).isoformat() if document.updated_at else None,
            "state": document.state,
            "error": document.error,
        }
        for document in found[:limit]
    ]
    return shown, found[limit - 1].id if len(found) > limit else None
