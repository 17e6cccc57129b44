"""What a Confluence site holds. Records are frozen: an edit replaces one at once, and no request sees half of it."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["page", "blogpost", "folder", "whiteboard", "comment", "attachment"]
Status = Literal["current", "archived", "draft", "trashed", "deleted"]
BOT = "557058:bot"


@dataclass(frozen=True, slots=True)
class Space:
    """A space; `anonymous`: visitors may read what is not restricted in it."""

    id: int
    key: str
    name: str
    type: str = "global"
    status: Literal["current", "archived"] = "current"
    anonymous: bool = True
    hidden: bool = False
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Content:
    """Anything in a space. `parent`: the content above; of an attachment or a comment, what it hangs on.

    `readers`: the account ids that a read restriction names, None where there is no restriction. `moved`: when labels,
    restrictions or the place last changed, which no timestamp of the vendor tells.
    """

    id: int
    kind: Kind
    space: int
    title: str
    parent: int | None = None
    status: Status = "current"
    storage: str = ""
    number: int = 1
    created_at: float = 0.0
    modified_at: float = 0.0
    author: str = BOT
    labels: tuple[str, ...] = ()
    readers: frozenset[str] | None = None
    media_type: str = ""
    file: bytes = b""
    reply_to: int | None = None
    location: Literal["footer", "inline"] = "footer"
    subtype: str = "page"


@dataclass
class Site:
    """The whole site, and the knobs a test may turn while it is served.

    `refusal`: what a visitor gets for a space that is not open (0: an empty list). `caller_offset`: hours by which the
    account's time zone is ahead of UTC, in which the search reads dates. `index_lag`: seconds until the search knows
    of an edit. `trailing_next`: the last page of a search links to one more, empty page. `blank_pages`: listings put an
    empty page with a further link before each page. `heaviest`: a listing with more bodies than that times out.
    `poison`: a listing that carries this page's body fails. `page_cap`, `search_cap`: the largest page of a list and
    of a search, whatever is asked.
    """

    clock: Callable[[], float] = time.time
    refusal: Literal[0, 401, 403, 404] = 401
    caller_offset: float = 0.0
    index_lag: float = 0.0
    trailing_next: bool = False
    blank_pages: bool = False
    heaviest: int | None = None
    poison: int | None = None
    search_cap: int = 250
    page_cap: int = 250
    search_types: frozenset[str] = frozenset({"page", "blogpost", "attachment", "comment"})
    disabled: bool = False
    throttled: list[int | None] = field(default_factory=list)
    scan: bool = True
    spaces: dict[int, Space] = field(default_factory=dict)
    contents: dict[int, Content] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=lambda: {BOT: "Answerwell Bot"})
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(98_305))

    def new_id(self) -> int:
        return next(self._ids)

    def put(self, content: Content) -> None:
        self.contents[content.id] = content

    def change(self, content_id: int, /, **fields: Any) -> Content:
        changed = replace(self.contents[content_id], **fields)
        self.put(changed)
        return changed

    def of(self, *kinds: Kind) -> list[Content]:
        """Everything of these kinds, by id."""
        return sorted((c for c in list(self.contents.values()) if c.kind in kinds), key=lambda content: content.id)

    def above(self, content: Content) -> Iterator[Content]:
        """What the content stands below, nearest first."""
        passed = {content.id}
        while content.parent is not None and content.parent in self.contents and content.parent not in passed:
            content = self.contents[content.parent]
            passed.add(content.id)
            yield content

    def space_of(self, key: str) -> Space | None:
        return next((space for space in list(self.spaces.values()) if space.key == key), None)


def iso(moment: float) -> str:
    whole = datetime.fromtimestamp(round(moment, 3), UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{whole.microsecond // 1000:03d}Z"
