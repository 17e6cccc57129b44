"""What a Zendesk account holds. Records are frozen: an edit replaces one at once, and no request sees half of it."""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Literal

MAIN = "main"
"""The brand that lives on the account's own host."""


class Role(IntEnum):
    """Who is asking; each sees what the one before sees, and more."""

    ANONYMOUS = 0
    END_USER = 1
    AGENT = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class User:
    """A person who writes articles or comments."""

    id: int
    name: str
    email: str
    role: Literal["end-user", "agent", "admin"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A user segment: who may read an article that names it."""

    id: int
    name: str
    user_type: Literal["signed_in_users", "staff"]
    built_in: bool = False


@dataclass(frozen=True, slots=True)
class ContentTag:
    """A Guide content tag."""

    id: str
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Category:
    """A category; `names` by locale."""

    id: int
    source_locale: str
    names: Mapping[str, str]
    position: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a category, perhaps inside another section; `names` by locale."""

    id: int
    category_id: int
    parent_section_id: int | None
    source_locale: str
    names: Mapping[str, str]
    position: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an article or a comment; `inline`: shown in the body."""

    id: int
    file_name: str
    content: bytes
    content_type: str
    inline: bool
    locale: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Translation:
    """An article in one locale; a body of None is what the vendor stores for an empty one."""

    id: int
    locale: str
    title: str
    body: str | None
    draft: bool
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Article:
    """An article with all its translations; archived ones answer 404 and appear in no list."""

    id: int
    section_id: int
    source_locale: str
    translations: Mapping[str, Translation]
    labels: tuple[str, ...]
    user_segment_id: int | None
    user_segment_ids: tuple[int, ...]
    content_tag_ids: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    author_id: int
    position: int
    created_at: int
    updated_at: int
    edited_at: int
    vote_sum: int = 0
    vote_count: int = 0
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a ticket. It has no time of change: redaction rewrites it in place."""

    id: int
    audit_id: int
    author_id: int
    body: str
    public: bool
    created_at: int
    attachments: tuple[Attachment, ...] = ()
    channel: str = "email"
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An audit of a ticket: a comment, as public as it was then, or another change, named by `event_type`.

    `about`: the comment that another change is of. `changed`: the fields that another change set.
    """

    id: int
    ticket_id: int
    updater_id: int
    timestamp: int
    event_type: str
    comment_id: int | None = None
    public: bool = True
    about: int | None = None
    changed: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket. `generated_at` moves with every change, the system's own included; `updated_at` only with people's."""

    id: int
    subject: str
    description: str
    status: str
    requester_id: int
    assignee_id: int
    comments: tuple[Comment, ...]
    tags: tuple[str, ...]
    created_at: int
    updated_at: int
    generated_at: int
    deleted_at: int | None = None
    relation: str | None = None
    group_id: int | None = None
    score: str = "unoffered"


@dataclass
class Brand:
    """One help center. `access`: open to all, or filtered or refused to visitors who are not signed in."""

    name: str
    locales: list[str]
    default_locale: str
    id: int
    enabled: bool = True
    access: Literal["open", "filtered", "refused"] = "open"
    categories: dict[int, Category] = field(default_factory=dict)
    sections: dict[int, Section] = field(default_factory=dict)
    articles: dict[int, Article] = field(default_factory=dict)
    _edits: int = 0
    _ordered: tuple[int, list[Article], list[Article]] = (-1, [], [])

    def put(self, article: Article) -> None:
        self.articles[article.id] = article
        self._edits += 1

    def by_id(self) -> list[Article]:
        """What is not archived, by id."""
        return self._in_order()[1]

    def by_update(self) -> list[Article]:
        """What is not archived, by the time it was last changed."""
        return self._in_order()[2]

    def _in_order(self) -> tuple[int, list[Article], list[Article]]:
        edits = self._edits  # before the articles are read: an edit meanwhile makes this order out of date at once
        if self._ordered[0] != edits:
            alive = [article for article in list(self.articles.values()) if not article.archived]
            by_id = sorted(alive, key=lambda article: article.id)
            self._ordered = edits, by_id, sorted(by_id, key=lambda article: article.updated_at)
        return self._ordered


@dataclass
class Account:
    """The whole account, and the knobs a test may turn while it is served.

    `role`: what the configured credentials may do. `refusal`: the status an anonymous visitor gets for an article
    that is not public. `translation_bumps`: whether editing another locale changes the article's `updated_at`.
    `secure_downloads`: files of tickets open to agents alone. `dated`: whether answers carry the time by `clock`; if
    not, they carry this machine's.
    """

    clock: Callable[[], float] = time.time
    dated: bool = True
    role: Role = Role.ADMIN
    refusal: Literal[401, 403, 404] = 404
    translation_bumps: bool = True
    start_floor: int = 60
    withheld: int = 60
    export_size: int = 1000
    guide_only: bool = False
    secure_downloads: bool = False
    empty_pages: int = 0
    stuck_cursor: bool = False
    brands: dict[str, Brand] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)
    content_tags: dict[str, ContentTag] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    groups: dict[int, str] = field(default_factory=dict)
    macros: dict[int, tuple[str, str]] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1001))

    def new_id(self) -> int:
        return next(self._ids)

    def now(self) -> int:
        return int(self.clock())

    def person(self, name: str, role: Literal["end-user", "agent", "admin"] = "end-user", email: str = "") -> User:
        """Return the user of that name, made now if there is none."""
        for user in list(self.users.values()):
            if user.name == name:
                return user
        mailbox = "".join(letter if letter.isalnum() else "." for letter in name.lower())
        user = User(self.new_id(), name, email or (name if "@" in name else f"{mailbox}@acme.test"), role)
        self.users[user.id] = user
        return user


def iso(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
