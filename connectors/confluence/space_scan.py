"""What a space holds and who may read it, read as a whole for the length of a snapshot."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from connectors.confluence.audience import AudienceLookup, Placement, breadcrumb, chain
from connectors.confluence.records import KINDS, Attachment, Content, Facts, Kind, Node, Space, in_order
from connectors.confluence.site import Closed, ListPage, Site, Unsearchable
from sync.errors import CursorExpired, Retryable
from sync.model import Audience

T = TypeVar("T")
EVER = datetime.fromtimestamp(0, UTC)
MAX_SINGLE_LOADS = 50  # contents that the search does not know yet, looked up one by one


@dataclass(slots=True)
class ScanProgress:
    """How far a list is read. One whose reading fails goes on where it stopped: it may have taken long."""

    after: str | None = None
    done: bool = False


class SpaceScan:
    """One space. Each list is read to its end when it is first needed, and kept."""

    def __init__(self, site: Site, space: Space, started: datetime, lookup: AudienceLookup) -> None:
        self.space = space
        self.started = started
        self._site = site
        self.lookup = lookup
        self._nodes: dict[str, Node] = {}
        self._kinds: dict[str, Kind] = {}
        self._outside: dict[tuple[str, str], Node | None] = {}
        self._facts: dict[str, Facts] = {}
        self._open: set[str] = set()
        self._progress: dict[str, ScanProgress] = {}
        self._files: list[Attachment] | None = None
        self._commented: set[str] = set()
        self._singles = MAX_SINGLE_LOADS

    def saw(self, listing: ListPage[Content], kind: Kind, after: str | None) -> None:
        """Take a page of contents: where it is the only one, the tree needs no reading of its own."""
        if after is None and listing.following is None:
            self._keep(kind, listing.rows)
            self._progress[f"tree:{kind}"] = ScanProgress(done=True)

    def placement(self, content: Content) -> Placement | None:
        """Return where a content stands; None where that takes more single reads than one page is worth."""
        self._read_tree("page")
        facts = self._facts_of(content.id)
        if facts is None:
            return None
        above, whole = chain(content, self.node)
        path = breadcrumb(self.space, above)
        if not self.space.public:
            return Placement(path, facts.labels, Audience.INTERNAL)
        marks = [facts.restricted, *(self._restricted(number) for number, _ in above)]
        if any(mark is True for mark in marks):
            return Placement(path, facts.labels, Audience.INTERNAL)
        known = whole and None not in marks
        public = known and content.id in self._open_ids(content.kind)
        return Placement(path, facts.labels, Audience.PUBLIC if public else Audience.INTERNAL, unconfirmed=not public)

    def node(self, number: str, kind: str) -> Node | None:
        """Return the place of a page of this space, or of a folder or whatever else the pages stand below."""
        if number in self._nodes:
            return self._nodes[number]
        if (number, kind) not in self._outside:
            self._outside[number, kind] = self._site.node(number, kind)
        return self._outside[number, kind]

    def files(self) -> list[Attachment]:
        """Every attachment of what is published here, by id."""
        if self._files is None:
            found = self._site.files(self.space, self.contents())
            self._files = sorted(found, key=lambda file: in_order(file.id))
        return self._files

    def discussed(self) -> list[str]:
        """The ids of all that somebody commented on, in order."""
        try:
            page = partial(self._site.edited, self.space, ("comment",), EVER)
            self._read("comments", page, lambda rows: self._commented.update(row.container for row in rows))
        except Unsearchable:
            self._commented.update(self.contents())
        return sorted(self._commented & self.contents(), key=in_order)

    def contents(self) -> set[str]:
        """The ids of all that is published here."""
        for kind in KINDS:
            self._read_tree(kind)
        return set(self._nodes)

    def placed(self, number: str) -> Content | None:
        """Return what the tree says of a content; None where it has no such one."""
        node, kind = self._nodes.get(number), self._kinds.get(number)
        if node is None or kind is None:
            return None
        return Content(number, kind, self.space.id, node.title, node.parent, node.parent_kind, 0, self.started, "")

    def _read_tree(self, kind: Kind) -> None:
        page = partial(self._site.contents, self.space, kind, bodies=False)
        self._read(f"tree:{kind}", page, partial(self._keep, kind))

    def _keep(self, kind: Kind, rows: Iterable[Content]) -> None:
        for row in rows:
            self._nodes[row.id] = Node(row.title, row.parent, row.parent_kind)
            self._kinds[row.id] = kind

    def _facts_of(self, number: str) -> Facts | None:
        self._read("facts", partial(self._site.facts, self.space), self._facts.update)
        if number not in self._facts and self._singles:
            self._singles -= 1
            found = self._site.content(number, self._kinds.get(number))
            restricted = self.lookup.restricted(number) if found is not None else None
            if found is not None and found.labels is not None and restricted is not None:
                self._facts[number] = Facts(found.labels, restricted)
        return self._facts.get(number)

    def _restricted(self, number: str) -> bool | None:
        facts = self._facts.get(number)
        return facts.restricted if facts is not None else self.lookup.restricted(number)

    def _open_ids(self, kind: Kind) -> set[str]:
        try:
            self._read(f"open:{kind}", partial(self._site.anonymous_ids, self.space, kind), self._open.update)
        except Closed:
            self._site.check_lists()  # refused to everyone, if we are let in; else the site fails us all
            self._progress[f"open:{kind}"] = ScanProgress(done=True)
        return self._open

    def _read(
        self, name: str, page: Callable[[str | None], ListPage[T]], keep: Callable[[tuple[T, ...]], None]
    ) -> None:
        progress = self._progress.setdefault(name, ScanProgress())
        while not progress.done:
            try:
                listing = page(progress.after)
            except CursorExpired as error:
                progress.after = None  # kept for too long: what is read again is only repeated
                raise Retryable(f"{error}; it is read from its start") from error
            keep(listing.rows)
            progress.after, progress.done = listing.following, listing.following is None
