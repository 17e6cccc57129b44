"""What may be written into a help desk: notes, classification, a hand-off, a draft. Nothing that answers a customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType, Protocol

from helpdesk.model import ConversationId

WriteKey = NewType("WriteKey", str)
"""What one write is found again by at the desk: a second call with the same key writes nothing."""


@dataclass(frozen=True, slots=True)
class Classification:
    """How a conversation shall be sorted. `read_at`: its last change as it was judged; a later one is a conflict."""

    read_at: datetime
    tags: tuple[str, ...] = ()
    group: str = ""
    priority: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Undo:
    """What `classify` changed, as it was before: enough to take exactly that back."""

    tags: tuple[str, ...]
    before: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HandOff:
    """A conversation of the widget that a person goes on with. `proven`: the address is known to be the customer's."""

    subject: str
    transcript: str = field(repr=False)
    name: str = field(repr=False)
    email: str = field(repr=False)
    proven: bool
    tags: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """An article that a person shall look at; it is not published by this."""

    title: str
    body: str
    language: str
    section: str


@dataclass(frozen=True, slots=True)
class WriteReceipt:
    """Where something that was written stands now. `number`: what people call it, where they do."""

    id: str
    url: str
    number: str = ""


class HelpDeskWrites(Protocol):
    """The few things that are written into a desk: beside `HelpDesk`, by a desk that allows them.

    Each call is found again by its key, so that a repeated one is no second write. Raises Retryable, Misconfigured,
    Gone, and Rejected for what the desk refuses for good.
    """

    def note(self, number: ConversationId, markdown: str, key: WriteKey) -> None:
        """Add a private note; no customer sees it or is told of it."""
        ...

    def classify(self, number: ConversationId, change: Classification, key: WriteKey) -> Undo:
        """Add tags, set group, priority and fields; removes nothing that we did not add. Raises Retryable on conflict.

        Where the desk has no conditional update, it is read before and after.
        """
        ...

    def open(self, handed: HandOff, key: WriteKey) -> WriteReceipt:
        """Make the conversation of a hand-off, once."""
        ...

    def draft_article(self, draft: ArticleDraft, key: WriteKey) -> WriteReceipt:
        """Make an unpublished article, once, with the mark by which a sync leaves it out."""
        ...
