"""Citations: from a file that an answer cites to the page that a customer can open."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from answering.events import CitedPage
from answering.model import Passage
from sync.model import Audience
from sync.rendering import managed_by
from sync.state.database import State


def pages(state: State, passages: Sequence[Passage], *, search_unmanaged: bool) -> dict[str, CitedPage]:
    """Return what the passages' files may be cited as, by file: none that is not public, or no longer.

    The filter of the search is not trusted: a compatible server may ignore it, and a document may have become internal
    while the question was on its way. What the state knows of a file goes before what the store says.
    """
    known = _documents(state, [passage.file for passage in passages])
    found: dict[str, CitedPage] = {}
    for passage in passages:
        row = known.get(passage.file)
        if row is not None and row.audience == Audience.PUBLIC:
            synced = datetime.fromtimestamp(row.synced_at, UTC) if row.synced_at else None
            found[passage.file] = CitedPage(passage.file, row.title or passage.filename, row.url, synced)
        elif row is None and _open(passage, state.installation, search_unmanaged=search_unmanaged):
            title = str(passage.attributes.get("title") or passage.filename)
            found[passage.file] = CitedPage(passage.file, title, str(passage.attributes.get("url") or ""), None)
    return found


def _documents(state: State, files: Sequence[str]) -> Mapping[str, Any]:
    rows = state.ask(
        """SELECT named.file, d.title, d.url, d.audience, s.synced_at FROM (
             SELECT document, file FROM files WHERE file IN :files
             UNION SELECT document, file FROM entries WHERE file IN :files) AS named
           JOIN documents d ON d.id = named.document JOIN sources s ON s.name = d.source""",
        files=list(dict.fromkeys(files)),
    )
    return {row.file: row for row in rows}


def _open(passage: Passage, installation: str, *, search_unmanaged: bool) -> bool:
    """Whether the store's own word makes a file public: ours must say so, others count where the operator says so."""
    owner = passage.attributes.get("managed_by")
    if owner == managed_by(installation):
        return passage.attributes.get("audience") == Audience.PUBLIC
    return search_unmanaged and owner is None
