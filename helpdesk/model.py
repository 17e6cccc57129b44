"""Past conversations of a help desk: what was said, by whom, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from sync.model import Cursor

ConversationId = NewType("ConversationId", str)
"""What the desk calls a conversation: the number of a ticket, for example."""


class Author(StrEnum):
    """Who wrote a message. BOT is whatever no person wrote for this conversation: autoresponders, rules, other bots."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"


class Satisfaction(StrEnum):
    """How the customer rated the conversation."""

    GOOD = "good"
    BAD = "bad"


class Mark(StrEnum):
    """What the desk says of a conversation that makes it no plain question with an answer."""

    MERGED = "merged"
    FOLLOW_UP = "follow_up"
    SIDE_CONVERSATION = "side_conversation"
    VOICE = "voice"
    SPAM = "spam"
    REDACTED = "redacted"


@dataclass(frozen=True, slots=True)
class Message:
    """One message, as it reads today.

    `text` is Markdown: what its author wrote in it, without the mail it quotes and without a signature; not masked.
    A private note is told of, and nothing it says: `public` is False, `text` empty and `files` 0. `files`: pictures
    and other files that came with it.
    """

    id: str
    author: Author
    public: bool
    at: datetime
    text: str = field(repr=False)
    files: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """Whose conversation it is, as far as the desk knows: for masking and for erasure. Never stored as it stands.

    `names` and `addresses` (e-mail, lower case) are those of the requester and of other end users who take part.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    addresses: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A request and all that was said about it, oldest message first.

    `status` and `group` are the desk's own; `language` is an ISO 639-1 code, '' where neither desk nor text tells.
    `solved_at` None: it is not solved now. Times are the desk's, aware.
    """

    id: ConversationId
    subject: str = field(repr=False)
    messages: tuple[Message, ...]
    status: str
    tags: tuple[str, ...]
    group: str
    language: str
    created_at: datetime
    solved_at: datetime | None
    satisfaction: Satisfaction | None
    url: str
    customer: Customer = Customer()
    marks: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """Solved conversations, and the cursor that continues after them.

    `gone`: those that a feed shows to be deleted, reopened, or otherwise none that `conversation` would return solved;
    of ids never seen before, too. `more` False: everything up to now was shown.
    """

    conversations: tuple[Conversation, ...]
    cursor: Cursor
    more: bool
    gone: tuple[ConversationId, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that a desk sorts conversations with.

    `fields`: the values of each field with a closed list. `macros`: texts that agents insert ready-made, as Markdown.
    """

    tags: tuple[str, ...]
    groups: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    macros: tuple[str, ...] = ()


class HelpDesk(Protocol):
    """A read-only view of the conversations of one help desk. There is no way to answer a customer here.

    Holds no state that a new process would miss: all memory is the cursor. Every method raises Retryable or
    Misconfigured when the desk fails it. A listing that fails raises: it never returns what it has.
    """

    def conversations(self, after: Cursor | None, since: datetime) -> ConversationPage:
        """Return one page of conversations that are solved now, oldest first; None starts a complete listing.

        Complete: what was solved at or after `since` is shown by the page that says `more` False at the latest; what
        was solved earlier may be shown, too. The last page's cursor is asked again later: what became solved, was
        edited, or is gone since then is shown; repeats allowed, gaps not. Raises CursorExpired.
        """
        ...

    def conversation(self, number: ConversationId) -> Conversation:
        """Return the conversation as it is now, solved or not. Raises Gone: deleted, spam, or nothing public in it."""
        ...

    def vocabulary(self) -> Vocabulary:
        """Return what conversations are sorted with now."""
        ...
