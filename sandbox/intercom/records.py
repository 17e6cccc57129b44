"""What an Intercom workspace holds. Records are frozen: an edit replaces one, and no request sees half of it."""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

ARTICLES, WRITES_ARTICLES = "read_articles_scope", "read_write_articles_scope"
CONTENT, CONVERSATIONS = "read_content", "conversations"
ALL_SCOPES = frozenset({ARTICLES, WRITES_ARTICLES, CONTENT, CONVERSATIONS})

State = Literal["published", "draft"]
AuthorType = Literal["user", "lead", "admin", "bot", "team"]
MAX_PARTS = 500
"""One answer shows so many of a conversation's parts, the newest."""


@dataclass(frozen=True, slots=True)
class HelpCenter:
    """A website of articles. `locales` None: an answer that leaves the field out."""

    id: int
    identifier: str
    name: str
    locales: tuple[str, ...] | None
    website_turned_on: bool
    default: bool
    created_at: int


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of articles, perhaps in another; only those at the top name their help center. `names` by locale."""

    id: int
    names: Mapping[str, str]
    parent_id: int | None
    help_center_id: int | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class LocaleContent:
    """An article in one locale."""

    title: str
    body: str
    state: State
    description: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class KnowledgeArticle:
    """An article in all its locales. `staged`: an edit that is not published yet, which no list shows."""

    id: int
    default_locale: str
    contents: Mapping[str, LocaleContent]
    parents: tuple[int, ...]
    help_center_audience: str | None
    tags: tuple[str, ...]
    author_id: int
    created_at: int
    staged: str = ""
    publish_at: int | None = None
    unpublish_at: int | None = None

    @property
    def shown(self) -> LocaleContent:
        return self.contents[self.default_locale]


@dataclass(frozen=True, slots=True)
class InternalArticle:
    """An article for teammates only."""

    id: int
    title: str
    body: str
    locale: str
    author_id: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message."""

    type: AuthorType
    id: str
    name: str
    email: str
    from_ai_agent: bool = False


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file of a message; its address is signed for half an hour."""

    id: int
    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Message:
    """What one said, HTML, or an event without words: the source of a conversation, or one of its parts."""

    id: int
    part_type: str
    body: str | None
    author: Author
    created_at: int
    attachments: tuple[MessageFile, ...] = ()
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation. `read` moves without `updated_at`."""

    id: int
    subject: str
    title: str | None
    source: Message
    delivered_as: str
    contact: Author
    parts: tuple[Message, ...]
    tags: tuple[str, ...]
    state: Literal["open", "closed", "snoozed"]
    team: int
    assignee: int
    created_at: int
    updated_at: int
    closed_at: int | None = None
    rating: int | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    read: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """What the list of deleted conversations tells of one."""

    id: int
    deleted_at: int


@dataclass
class IntercomWorkspace:
    """The whole workspace, and the knobs a test may turn while it is served.

    `multilingual`: whether articles tell of their locales. `app_version`: what answers where a request names none.
    `most_rows`: so many rows are on a page, whatever is asked. `next_host`: where `pages.next` leads to. `lag`: for so
    many seconds the search does not know of an edit. `captcha`: the edge answers with a page instead. `dated`: answers
    carry the time by `clock`; if not, they carry none. `disabled`: no address is known.
    """

    clock: Callable[[], float] = time.time
    token: str = "intercom-token"  # noqa: S105  # opens nothing but the fake
    scopes: frozenset[str] = ALL_SCOPES
    region: Literal["US", "EU", "AU"] = "US"
    app_id: str = "acme12"
    multilingual: bool = True
    app_version: str = "1.0"
    most_rows: int | None = None
    next_host: str = "https://api.intercom.io"
    lag: int = 0
    captcha: bool = False
    dated: bool = True
    disabled: bool = False
    agents: list[str] = field(default_factory=lambda: ["Dana Reyes", "Sam Okafor"])
    teams: dict[int, str] = field(default_factory=lambda: {5_017_691: "Support"})
    macros: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    help_centers: dict[int, HelpCenter] = field(default_factory=dict)
    collections: dict[int, Collection] = field(default_factory=dict)
    articles: dict[int, KnowledgeArticle] = field(default_factory=dict)
    internal_articles: dict[int, InternalArticle] = field(default_factory=dict)
    conversations: dict[int, Conversation] = field(default_factory=dict)
    deleted: list[Deleted] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(101))

    def new_id(self) -> int:
        return next(self._ids)

    def now(self) -> int:
        return int(self.clock())
