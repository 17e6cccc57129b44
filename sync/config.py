"""Configuration, as the engine needs it: sources and indexes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sync.errors import Misconfigured
from sync.model import Audience, Chunking, Connector, Cursor, Page, StoreId


@dataclass(frozen=True, slots=True)
class Source:
    """One configured source. `snapshot_every`: how often everything is listed, to find what vanished silently.

    `audiences` lists who may read what, every `audience_every`, where no feed tells when that changes; its pages are
    those of a snapshot, but claim nothing about what they do not list. `changes_after`: set where changes are found by
    comparing listings, see `ComparesListings`. `push` keeps open the channel by which the vendor calls us: given its
    own note of it, it returns the note to keep.
    """

    name: str
    kind: str
    connector: Connector
    snapshot_every: timedelta = timedelta(days=1)
    store_content: bool = True
    audiences: Callable[[Cursor | None], Page] | None = None
    audience_every: timedelta = timedelta(hours=1)
    changes_after: Callable[[Cursor], Cursor] | None = None
    push: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class KnowledgeIndex:
    """One configured index.

    `bound`: an existing store to use instead of making one; its other files stay untouched. `search_unmanaged`: those
    other files may be found too. `keep_previous`: how long a replaced store can be rolled back to. `questions`: the
    file of saved questions that a rebuilt store is measured on; `least_recall`: what it must reach of them.
    """

    name: str
    audiences: frozenset[Audience]
    bound: StoreId | None = None
    chunking: Chunking = field(default_factory=Chunking)
    keep_previous: timedelta = timedelta(days=1)
    search_unmanaged: bool = False
    questions: Path | None = None
    least_recall: float | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is configured, by name: enough to tell how it stands, without a connection to any of it.

    `sources`: the kind of each.
    """

    sources: Mapping[str, str]
    indexes: Mapping[str, KnowledgeIndex]

    def require_sources(self, names: Sequence[str]) -> list[str]:
        """The named sources, or all. Raises Misconfigured for a name that is not configured."""
        for name in names:
            if name not in self.sources:
                raise Misconfigured(f"no source {name!r} in the configuration; there are: {', '.join(self.sources)}")
        return list(names) or list(self.sources)

    def index(self, name: str) -> KnowledgeIndex:
        """Raises Misconfigured for a name that is not configured."""
        if name not in self.indexes:
            raise Misconfigured(f"no index {name!r} in the configuration; there are: {', '.join(self.indexes)}")
        return self.indexes[name]
