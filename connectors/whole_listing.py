"""Whole listings: parts of a source that have no change feed. Every look is a complete listing, compared with the last.

What the last one showed is in the cursor, version by version; so is how far the one under way is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from connectors.cursor import CursorCodec, mark_of, pack, unpack
from connectors.http.transport import Json
from connectors.parts import Part, Parts
from sync.errors import CursorExpired, Incomplete
from sync.model import Change, Cursor, Page

MAX_SILENT_PAGES = 20
"""So many pages that show nothing new are read on one page of ours: what was read is kept, should the turn end."""

MAX_TRIES = 3
"""So often a listing that falls short is begun, before its source is said to be in trouble."""

Known = dict[str, dict[str, str]]
"""Of each record of the vendor, by its id: its documents, each with the mark of its version."""


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page of a listing.

    `records`: by the vendor's id, the documents that each one is; none for a draft. `after`: where the next page
    starts, None after the last. `group`: the folder that the page is of, if they are counted by folder. `total`: how
    many records the vendor counts in the group, None on all but its last page, or where the vendor does not count.
    `count`: the same as each page of the group tells it, where it does: one that shrinks moves others over a border.
    `kept`: what the listing wants to be given again, with the next page and by the next listing.
    """

    records: Mapping[str, Sequence[Change]]
    after: Json | None
    total: int | None = None
    group: str = ""
    count: int | None = None
    kept: Json = field(default_factory=dict)


class FullListing(Protocol):
    """What can only be listed whole. `key`: what it is called, and where it is, as errors name it."""

    key: str

    def page(self, after: Json | None, kept: Json) -> ListedPage:
        """Return one page; None starts. `kept`: see `ListedPage`; empty the first time. A failure raises."""
        ...


@dataclass(slots=True)
class _Walk:
    """A listing that is under way, or ended where `left` is None.

    `known`: what the last listing and this one showed. `left`: the records of the last one that this one has not shown
    yet. `counted`: the records of the group that is being read, `most`: how many the vendor ever counted in it.
    `tries`: how often it fell short and began anew.
    """

    known: Known = field(default_factory=dict)
    left: set[str] | None = None
    counted: set[str] = field(default_factory=set)
    most: int = 0
    group: str = ""
    after: Json | None = None
    kept: Json = field(default_factory=dict)
    tries: int = 0

    def take(self, page: ListedPage, what: str) -> tuple[list[Change], bool]:
        """Compare a page with what was known; returns what differs, and whether there is more to read.

        If the page's group shows less than the vendor counts, the listing begins anew: what was deleted meanwhile has
        moved something past the border of a page. Raises Incomplete where that does not help.
        """
        self.left = set(self.known) if self.left is None else self.left
        if self.group != page.group:
            self.counted, self.most = set(), 0
        self.counted.update(page.records)
        self.most = max(self.most, page.count or 0, page.total or 0)
        changes = [change for record, shown in page.records.items() for change in self._different(record, shown)]
        self.left.difference_update(page.records)
        self.group, self.after, self.kept = page.group, page.after, page.kept
        if page.total is not None and len(self.counted) < self.most:
            self._begin_anew(f"{what}: lists {len(self.counted)} of the {self.most} that it counts")
            return changes, True
        return (changes, True) if page.after is not None else (changes + self._end(), False)

    def _different(self, record: str, shown: Sequence[Change]) -> list[Change]:
        before, now = self.known.get(record, {}), {one.external_id: mark_of(one.version or "") for one in shown}
        self.known[record] = now
        vanished = [Change(external_id, None) for external_id in sorted(before.keys() - now.keys())]
        return vanished + [one for one in shown if before.get(one.external_id) != now[one.external_id]]

    def _begin_anew(self, why: str) -> None:
        self.tries += 1
        if self.tries == MAX_TRIES:
            raise Incomplete(f"{why}; it is listed again")
        self.left, self.counted, self.most, self.group, self.after = None, set(), 0, "", None

    def _end(self) -> list[Change]:
        """What the complete listing did not show is believed gone, but for documents that other records are now."""
        unlisted = [document for record in sorted(self.left or ()) for document in self.known.pop(record)]
        listed = {document for documents in self.known.values() for document in documents}
        self.left, self.counted, self.most, self.group, self.tries = None, set(), 0, "", 0
        return [Change(document, None) for document in unlisted if document not in listed]

    def again(self) -> "_Walk":
        """The same listing from its beginning: what it showed stays known."""
        return _Walk(known=self.known, kept=self.kept)


class WholeListing:
    """A part without a change feed. Its state is a walk: what is known, and how far the listing under way is.

    A shortfall is never a deletion: a listing that shows less than the vendor counts begins anew, or raises Incomplete.
    """

    def __init__(self, listing: FullListing) -> None:
        self.key = listing.key
        self._listing = listing

    def unlisted(self) -> Json:
        """Return the state that knows nothing: everything that is listed after it is new."""
        return _dumped(_Walk())

    def head(self) -> Json:
        """Return the state for now, which takes a complete listing."""
        state, more = self.unlisted(), True
        while more:
            _, state, more = self.changes(state)
        return state

    def snapshot(self, after: Json | None) -> tuple[list[Change], Json | None]:
        changes, state, more = self.changes(after or self.unlisted())
        return changes, state if more else None

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        walk = _loaded(state)
        shown, more = walk.take(self._listing.page(walk.after, walk.kept), self.key)
        return shown, _dumped(walk), more

    def again(self, state: Json) -> Json:
        """Return the state from which the listing under way begins anew."""
        return _dumped(_loaded(state).again())


class ComparedParts:
    """Several lists of one source behind one cursor, some without a change feed; see `ComparesListings`.

    `whole` are those without, read first and page by page; `fed` are read as `Parts` does.
    """

    def __init__(self, whole: Sequence[WholeListing], fed: Sequence[Part], cursors: CursorCodec) -> None:
        self._whole = whole
        self._parts: tuple[Part, ...] = (*whole, *fed)
        self._fed = fed
        self._cursors = cursors

    def head(self) -> Cursor:
        return Parts(self._parts, self._cursors).head()

    def snapshot(self, after: Cursor | None) -> Page:
        """Return one page of everything. The cursors of feeds are taken before the first page, and carried along."""
        if after is None:
            states = [*(part.unlisted() for part in self._whole), *(part.head() for part in self._fed)]
            number, place = 0, None
        else:
            loaded = self._cursors.load(after, "part", "states", "after")
            number, states, place = int(loaded["part"]), list(loaded["states"]), loaded["after"]
        changes: list[Change] = []
        silent = 0
        while number < len(self._parts) and not changes and silent < MAX_SILENT_PAGES:
            if number < len(self._whole):
                changes, states[number], more = self._whole[number].changes(states[number])
            else:
                changes, place = self._parts[number].snapshot(place)
                more = place is not None
            number += not more
            silent += 1
        cursor = self._cursors.dump({"part": number, "states": states, "after": place})
        return Page(tuple(changes), cursor, number < len(self._parts))

    def changes_after(self, listed: Cursor) -> Cursor:
        return self._cursors.dump({"part": 0, "states": self._cursors.load(listed, "after", "states")["states"]})

    def changes(self, after: Cursor) -> Page:
        place = self._cursors.load(after, "part", "states")
        number, states = int(place["part"]), list(place["states"])
        changes: list[Change] = []
        silent = 0
        while number < len(self._parts) and not changes and silent < MAX_SILENT_PAGES:
            changes, states[number], more = self._changes_of(number, states)
            number += not more
            silent += 1
        finished = number == len(self._parts)
        cursor = self._cursors.dump({"part": 0 if finished else number, "states": states})
        return Page(tuple(changes), cursor, not finished)

    def _changes_of(self, number: int, states: Sequence[Json]) -> tuple[list[Change], Json, bool]:
        if number >= len(self._whole):
            return self._parts[number].changes(states[number])
        try:
            return self._whole[number].changes(states[number])
        except Incomplete as short:
            anew = [*states[:number], self._whole[number].again(states[number]), *states[number + 1 :]]
            raise Incomplete(str(short), self._cursors.dump({"part": number, "states": anew})) from short


def _dumped(walk: _Walk) -> Json:
    """Write a walk: what is of every document in few bytes, the rest so that it can be read."""
    left = None if walk.left is None else sorted(walk.left)
    documents = pack([walk.known, left, sorted(walk.counted), walk.most])
    place = {"group": walk.group, "after": walk.after, "kept": walk.kept, "tries": walk.tries}
    return {"documents": documents, **place}


def _loaded(state: Json) -> _Walk:
    try:
        known, left, counted, most = unpack(state["documents"])
        left = None if left is None else set(left)
        place = state["group"], state["after"], state["kept"], state["tries"]
        return _Walk(known, left, set(counted), most, *place)
    except (KeyError, TypeError, ValueError) as error:
        raise CursorExpired("the cursor is not of a listing") from error
