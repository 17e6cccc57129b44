"""What a connector asks of a site; Cloud and Data Center answer it each in their own way."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from connectors.confluence.records import Comment, Content, Facts, File, Kind, Node, Space, Touched
from connectors.http.client import HttpClient
from sync.errors import Misconfigured

T = TypeVar("T")


class Unsearchable(Misconfigured):
    """The search of this site does not take the query; what it would show has to be found in another way."""


class Closed(Misconfigured):
    """Nobody may read this without signing in."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of a list, and where the next one starts; None after the last."""

    rows: tuple[T, ...]
    following: str | None


@dataclass(frozen=True)
class Doors:
    """The ways into a site: with our account, in bulk with it, as a visitor, and to its files."""

    ours: HttpClient
    bulk: HttpClient
    visitors: HttpClient
    files: HttpClient
    base: str
    visitors_base: str


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

    def contents(self, space: Space, kind: Kind, after: str | None, *, bodies: bool) -> Listing[Content]:
        """One page of what is published in a space, by id. A body that fails the whole page is left out."""
        ...

    def facts(self, space: Space, after: str | None, since: datetime | None = None) -> Listing[tuple[str, Facts]]:
        """One page of the facts of what the search knows in a space, or of what was edited since."""
        ...

    def open_ids(self, space: Space, kind: Kind, after: str | None) -> Listing[str]:
        """One page of the ids that a visitor may list. Raises Closed."""
        ...

    def files(self, space: Space, contents: Collection[str]) -> list[File]:
        """Every attachment of these contents, which are all that the space has."""
        ...

    def recent(self, spaces: list[Space], kind: Kind, after: str | None, limit: int) -> Listing[Touched]:
        """One page of what is published, the latest edit first."""
        ...

    def latest(self, space: Space, types: Iterable[str]) -> Listing[Touched]:
        """What the search shows when asked for the latest edits first."""
        ...

    def edited(self, space: Space, types: Iterable[str], since: datetime, after: str | None) -> Listing[Touched]:
        """One page of what the search knows of edits since then, and more. Raises Unsearchable."""
        ...

    def content(self, number: str, kind: Kind | None = None) -> Content | None:
        """One page or blog post with its body and labels."""
        ...

    def several(self, kind: Kind, numbers: list[str]) -> list[Content]:
        """Those of these that are published, with their bodies."""
        ...

    def titled(self, space_key: str, title: str) -> Content | None:
        """The page of that title, with its body."""
        ...

    def node(self, number: str, kind: str) -> Node | None:
        """The place of anything in a tree, published or not."""
        ...

    def restricted(self, number: str) -> bool | None:
        """Whether a restriction of its own names its readers; None where we may not know."""
        ...

    def opens(self, content: Content) -> bool:
        """Whether a visitor may load it: the authority on who may read it."""
        ...

    def open_of(self, kind: Kind, numbers: list[str]) -> set[str]:
        """Those of these that a visitor may list."""
        ...

    def file(self, number: str) -> File | None: ...

    def files_of(self, content: Content) -> list[File]: ...

    def read(self, file: File, most: int) -> bytes | None:
        """What the file holds; None where there is none. Raises Oversized."""
        ...

    def comments(self, content: Content) -> list[Comment]:
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


def query(types: Iterable[str], space_key: str, since: datetime | None, *, newest_first: bool = False) -> str:
    """Return what to search for. The search reads the minute in the time zone of our account, whatever that is."""
    edited = f' and lastmodified >= "{since:%Y-%m-%d %H:%M}"' if since else ""
    order = "desc" if newest_first else "asc"
    return f'type in ({",".join(types)}) and space="{space_key}"{edited} order by lastmodified {order}'
