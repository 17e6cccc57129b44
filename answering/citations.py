"""Citations: from a file that an answer cites to the page that a customer can open."""

from collections.abc import Sequence
from datetime import UTC, datetime

from answering.events import CitedPage
from answering.model import Passage
from answering.scope import CUSTOMERS, SearchScope
from sync.rendering import is_managed
from sync.state import queries
from sync.state.database import State


def pages(state: State, passages: Sequence[Passage], scope: SearchScope | None) -> dict[str, CitedPage]:
    """Return what the passages' files may be cited as, by file: none that is not for the scope's readers, or no longer.

    The filter of the search is not trusted: a compatible server may ignore it, and a document may have become internal
    while the question was on its way. A store may go on finding what was taken out of it, for a while or for good: a
    file of ours that the state does not have in this store counts as removed, whatever its attributes say.
    """
    audiences = CUSTOMERS if scope is None else scope.audiences
    search_unmanaged = scope is not None and scope.search_unmanaged
    known = queries.cited_documents(state, scope.store if scope else "", [passage.file for passage in passages])
    found: dict[str, CitedPage] = {}
    for passage in passages:
        row = known.get(passage.file)
        if row is not None and row.audience in audiences:
            synced, updated = _moment(row.synced_at), _moment(row.updated_at)
            found[passage.file] = CitedPage(passage.file, row.title or passage.filename, row.url, synced, updated)
        elif row is None and search_unmanaged and not is_managed(passage.filename, passage.attributes):
            title = str(passage.attributes.get("title") or passage.filename)
            found[passage.file] = CitedPage(passage.file, title, str(passage.attributes.get("url") or ""), None)
    return found


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
