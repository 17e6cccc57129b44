"""A made-up vendor without a change feed: shelves of articles, two on a page, each shelf with a count of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.cursor import CursorCodec
from connectors.http.transport import Json
from connectors.parts import Part
from connectors.whole_listing import ComparedParts, ListedPage, WholeListing
from sync.errors import Gone, Retryable
from sync.model import Audience, Change, Cursor, Document, Page

PER_PAGE = 2


@dataclass
class Shelves:
    """The account. `overcount`: so many more articles than there are does each shelf count."""

    shelves: dict[str, dict[str, Document]] = field(default_factory=lambda: {"one": {}, "two": {}})
    drafts: dict[str, tuple[str, Document]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    overcount: int = 0
    off: bool = False
    answered: Callable[[str], None] = lambda _: None  # called once a page is read, before it arrives

    @property
    def pages(self) -> list[str]:
        return [call for call in self.asked if not call.startswith("fetch")]

    def shelf_of(self, name: str) -> str:
        return next(shelf for shelf, articles in self.shelves.items() if name in articles)

    def put(self, name: str, text: str, shelf: str = "one", audience: Audience = Audience.PUBLIC) -> None:
        edited = datetime(2026, 11, 1, tzinfo=UTC)
        document = Document(name, "", name, text, f"https://shelves.test/{name}", edited, audience, breadcrumb=(shelf,))
        self.shelves[shelf][name] = document

    def take(self, name: str) -> Document:
        return self.shelves[self.shelf_of(name)].pop(name)


class Articles:
    """Lists shelf after shelf; what a shelf is called is kept from the first page of a listing on."""

    key = "shelves.test articles"

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves

    def page(self, after: Json | None, kept: Json) -> ListedPage:
        if self._shelves.off:
            raise Retryable("shelves.test is off")
        names = list(self._shelves.shelves)
        place = after or {"shelf": 0, "start": 0}
        shelf, start = names[place["shelf"]], int(place["start"])
        self._shelves.asked.append(f"{shelf} {start}")
        ids = sorted({*self._shelves.shelves[shelf], *(n for n, (s, _) in self._shelves.drafts.items() if s == shelf)})
        records = {name: self._documents(shelf, name) for name in ids[start : start + PER_PAGE]}
        last = start + PER_PAGE >= len(ids)
        following = {"shelf": place["shelf"] + 1, "start": 0} if last else {"shelf": place["shelf"], "start": start + 2}
        ends = following["shelf"] == len(names)
        total = len(ids) + self._shelves.overcount if last else None
        self._shelves.answered(f"{shelf} {start}")
        seen = {"listings": kept.get("listings", 0) + ends}
        return ListedPage(records, None if ends else following, total, shelf, len(ids), seen)

    def _documents(self, shelf: str, name: str) -> list[Change]:
        document = self._shelves.shelves[shelf].get(name)
        return [] if document is None else [Change(name, shown(document).version, shown(document))]


class ShelvesConnector:
    """The connector; `fed`: parts beside the articles that have a feed."""

    def __init__(self, shelves: Shelves, *fed: Part) -> None:
        self._shelves = shelves
        self._all = ComparedParts([WholeListing(Articles(shelves))], fed, CursorCodec("shelves", "1"))

    def head(self) -> Cursor:
        return self._all.head()

    def snapshot(self, after: Cursor | None) -> Page:
        return self._all.snapshot(after)

    def changes(self, after: Cursor) -> Page:
        return self._all.changes(after)

    def changes_after(self, listed: Cursor) -> Cursor:
        return self._all.changes_after(listed)

    def fetch(self, external_id: str) -> Document:
        self._shelves.asked.append(f"fetch {external_id}")
        if self._shelves.off:
            raise Retryable("shelves.test is off")
        for articles in self._shelves.shelves.values():
            if external_id in articles:
                return shown(articles[external_id])
        raise Gone(external_id)


class ShelvesWorld:
    """The account behind the contract's common names."""

    never = "a9999"
    several_pages = 7

    def __init__(self) -> None:
        self.shelves = Shelves()
        self.deleted: dict[str, tuple[str, Document]] = {}
        self.number = 0

    def connect(self) -> ShelvesConnector:
        return ShelvesConnector(self.shelves)

    def later(self) -> None:
        pass

    def put(self, title: str, html: str, labels: tuple[str, ...] = ()) -> str:
        name = f"a{self.number:04}"
        self.number += 1
        self.shelves.put(name, html, ("one", "two")[self.number % 2])
        self._change(name, title=title, labels=tuple(sorted(labels)))
        return name

    def edit(self, external_id: str, html: str) -> None:
        self._change(external_id, body=html)

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        self._change(external_id, labels=labels)

    def move(self, external_id: str) -> None:
        document = self.shelves.take(external_id)
        self.shelves.shelves.setdefault("three", {})[external_id] = replace(document, breadcrumb=("three",))

    def touch(self, external_id: str) -> None:
        pass

    def restrict(self, external_id: str) -> None:
        self._change(external_id, audience=Audience.INTERNAL)

    def unrestrict(self, external_id: str) -> None:
        self._change(external_id, audience=Audience.PUBLIC)

    def unpublish(self, external_id: str) -> None:
        self.shelves.drafts[external_id] = (self.shelves.shelf_of(external_id), self.shelves.take(external_id))

    def publish(self, external_id: str) -> None:
        shelf, document = self.shelves.drafts.pop(external_id)
        self.shelves.shelves[shelf][external_id] = document

    def delete(self, external_id: str) -> None:
        self.deleted[external_id] = (self.shelves.shelf_of(external_id), self.shelves.take(external_id))

    def restore(self, external_id: str) -> None:
        shelf, document = self.deleted.pop(external_id)
        self.shelves.shelves[shelf][external_id] = document

    def close(self) -> None:
        raise NotImplementedError("every article says for itself who may read it")

    open = close

    def disable(self) -> None:
        self.shelves.off = True

    def _change(self, name: str, **fields: object) -> None:
        shelf = self.shelves.shelf_of(name)
        old = self.shelves.shelves[shelf][name]
        self.shelves.shelves[shelf][name] = replace(old, **fields)  # type: ignore[arg-type]  # by name


def shown(document: Document) -> Document:
    """The document with a version that tells every state of it from the others."""
    said = [document.title, document.body, document.audience, document.labels, document.breadcrumb]
    return replace(document, version=repr(said))
