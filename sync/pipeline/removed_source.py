"""A source that the state knows and the configuration does not: its documents are kept in order, nothing is asked."""

from sync.config import Source
from sync.errors import Misconfigured
from sync.model import Cursor, Document, Page
from sync.state.queries import SourceState


def removed_source(known: SourceState) -> Source:
    """Return a source that the state knows and the configuration does not."""
    return Source(known.name, known.kind, RemovedConnector(known.name))


class RemovedConnector:
    """The connector of a source that is in the state but no longer in the configuration: nothing is asked of it."""

    def __init__(self, source: str) -> None:
        self._source = source

    def head(self) -> Cursor:
        raise self._refusal("its head")

    def snapshot(self, after: Cursor | None) -> Page:
        raise self._refusal(f"a snapshot after {after}")

    def changes(self, after: Cursor) -> Page:
        raise self._refusal(f"changes after {after}")

    def fetch(self, external_id: str) -> Document:
        raise self._refusal(external_id)

    def _refusal(self, wanted: str) -> Misconfigured:
        return Misconfigured(f"source {self._source!r} is not in the configuration any more; asked for {wanted}")
