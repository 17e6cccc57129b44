"""What a connector asks of a site; Cloud and Data Center answer it each in their own way."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from connectors.confluence.records import Attachment, Content, Facts, Kind, Node, PageComment, Space, Touched, one_line
from connectors.http.client import HttpClient
from sync.errors import Misconfigured

T = TypeVar("T")


class Unsearchable(Misconfigured):
    """The search of this site does not take the query; what it would show has to be found in another way."""


class Closed(Misconfigured):
    """Nobody may read this without signing in."""


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """One page of a list, and where the next one starts; None after the last."""

    rows: tuple[T, ...]
    following: str | None


@dataclass(frozen=True)
class Clients:
    """The ways into a site: with our account, in bulk with it, as a visitor, and to its files."""

    authenticated: HttpClient
    bulk: HttpClient
    anonymous: HttpClient
    files: HttpClient
    base: str
    anonymous_base: str


class Site(Protocol):
    """A site, read with our account, or as a visitor where a method says so.

    `address`: what links to it start with. Lists raise what stopped them. Single records are None where the site says,
    in its own words, that there is none.
    """

    @property
    def address(self) -> str: ...

    def spaces(self) -> list[Space]:
        """Every space in scope, by id. Raises Misconfigured for a key that is not there."""
        ...

    def contents(self, space: Space, kind: Kind, after: str | None, *, bodies: bool) -> ListPage[Content]:
        """One page of what is published in a space, by id. A body that fails the whole page is left out."""
        ...

    def facts(self, space: Space, after: str | None, since: datetime | None = None) -> ListPage[tuple[str, Facts]]:
        """One page of the facts of what the search knows in a space, or of what was edited since."""
        ...

    def anonymous_ids(self, space: Space, kind: Kind, after: str | None) -> ListPage[str]:
        """One page of the ids that a visitor may list. Raises Closed."""
        ...

    def files(self, space: Space, contents: Collection[str]) -> list[Attachment]:
        """Every attachment of these contents, which are all that the space has."""
        ...

    def recent(self, spaces: list[Space], kind: Kind, after: str | None, limit: int) -> ListPage[Touched]:
        """One page of what is published, the latest edit first."""
        ...

    def latest(self, space: Space, types: Iterable[str]) -> ListPage[Touched]:
        """What the search shows when asked for the latest edits first."""
        ...

    def edited(self, space: Space, types: Iterable[str], since: datetime, after: str | None) -> ListPage[Touched]:
        """One page of what the search knows of edits since then, and more. Raises Unsearchable."""
        ...

    def content(self, number: str, kind: Kind | None = None) -> Content | None:
        """One page or blog post with its body and labels."""
        ...

    def contents_by_id(self, kind: Kind, numbers: list[str]) -> list[Content]:
        """Those of these that are published, with their bodies."""
        ...

    def content_by_title(self, space_key: str, title: str, kind: Kind, day: str) -> Content | None:
        """The page of that title, or the blog post of that title and day (`2026/06/01`), with its body."""
        ...

    def node(self, number: str, kind: str) -> Node | None:
        """The place of anything in a tree, published or not."""
        ...

    def restricted(self, number: str) -> bool | None:
        """Whether a restriction of its own names its readers; None where we may not know."""
        ...

    def anonymous_can_read(self, content: Content) -> bool:
        """Whether a visitor may load it: the authority on who may read it."""
        ...

    def anonymous_among(self, kind: Kind, numbers: list[str]) -> set[str]:
        """Those of these that a visitor may list."""
        ...

    def file(self, number: str) -> Attachment | None: ...

    def files_of(self, content: Content) -> list[Attachment]: ...

    def read(self, file: Attachment, most: int) -> bytes | None:
        """What the file holds; None where there is none. Raises Oversized."""
        ...

    def comments(self, content: Content) -> list[PageComment]:
        """The footer comments and the replies to them."""
        ...

    def rendered(self, content: Content, *, public: bool) -> str:
        """The body as HTML with every macro run, as a visitor sees it where `public`."""
        ...

    def names(self, accounts: Collection[str]) -> dict[str, str]:
        """The names of those accounts that have one."""
        ...

    def forget(self) -> None:
        """Try again what proved too much for the site some time ago."""
        ...

    def check_lists(self) -> None:
        """Raise unless the site still lists what is in scope: then what it does not find is truly gone."""
        ...


def titled_among(contents: list[Content], title: str, day: str) -> Content | None:
    """Return the one that has the title; of several posts the one of that day, if any."""
    found = [content for content in contents if content.title.casefold() == one_line(title).casefold()]
    if len(found) < 2:
        return next(iter(found), None)
    return next((content for content in found if f"/{day}/" in content.url), None)


def query(types: Iterable[str], space_key: str, since: datetime | None, *, newest_first: bool = False) -> str:
    """Return what to search for. The search reads the minute in the time zone of our account, whatever that is."""
    edited = f' and lastmodified >= "{since:%Y-%m-%d %H:%M}"' if since else ""
    order = "desc" if newest_first else "asc"
    return f'type in ({",".join(types)}) and space="{space_key}"{edited} order by lastmodified {order}'
