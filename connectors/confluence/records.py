"""What a site holds, whichever generation of its API showed it, and the ids that its documents have."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from connectors import text

Kind = Literal["page", "blogpost"]
KINDS: tuple[Kind, ...] = ("page", "blogpost")


@dataclass(frozen=True, slots=True)
class Space:
    """A space in scope. `public`: its documents may be public where anyone may read them."""

    id: str
    key: str
    name: str
    public: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A page or a blog post as it is now, published.

    `parent_kind` is "" at the top. `storage` and `labels` are None where the answer did not carry them.
    """

    id: str
    kind: Kind
    space: str
    title: str
    parent: str
    parent_kind: str
    number: int
    edited_at: datetime
    url: str
    storage: str | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment of a page or a blog post. `id` has the vendor's form, `att123`."""

    id: str
    title: str
    media_type: str
    size: int
    number: int
    edited_at: datetime
    container: str
    url: str
    download: str


@dataclass(frozen=True, slots=True)
class PageComment:
    """A footer comment or a reply to one. `name`: of its author where the answer says it; else `author` is known."""

    id: str
    number: int
    edited_at: datetime
    author: str
    name: str
    storage: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What no version of a content tells: its labels, and whether a restriction of its own names its readers."""

    labels: tuple[str, ...]
    restricted: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the tree: what it is called, and what it stands below; `parent` is "" at the top."""

    title: str
    parent: str
    parent_kind: str


class Touched(NamedTuple):
    """Something that a feed shows as edited. `container`: of an attachment or a comment, what it hangs on."""

    kind: str
    id: str
    container: str
    number: int
    edited_at: datetime
    title: str = ""
    media_type: str = ""

    @property
    def mark(self) -> str:
        return f"{self.id}.{self.number}"


def document_id(kind: str, number: str) -> str:
    """Return the external id: the number of a page or blog post, `att…` of a file, `…:comments` of what is said.

    Numbers are unique in a site, whatever they number, and stay through renames and moves.
    """
    if kind == "comments":
        return f"{number}:comments"
    if kind == "attachment":
        return f"att{number.removeprefix('att')}"
    return number


def in_order(number: str) -> tuple[int, str]:
    """The order in which ids are read: numbers by their size, keys of spaces by their letters."""
    return len(number), number


def time_of(text: object) -> datetime:
    """Return an aware time; the epoch where the record has none."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def one_line(value: object) -> str:
    return " ".join(text.clean_text(str(value or "")).split())
