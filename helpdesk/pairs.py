"""Pairs: what a customer asked, and what a person answered; or why a conversation tells no such thing."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from helpdesk.model import Author, Conversation, ConversationId, Mark, Message
from helpdesk.state import history
from sync.state.database import State

TOGETHER = timedelta(minutes=10)  # what a customer adds within this, and before any answer, is the same question
REPEATED = 5  # conversations with the same reply: it was not written for any of them
_SIGNS = re.compile(r"[\W\d_]+")


class Unusable(StrEnum):
    """Why a conversation is no pair."""

    MERGED = "merged"
    FOLLOW_UP = "follow-up"
    SIDE_CONVERSATION = "side conversation"
    VOICE = "voice"
    SPAM = "spam"
    REDACTED = "redacted"
    NO_QUESTION = "no question"
    ONLY_FILES = "only a picture"
    NO_HUMAN_REPLY = "no human reply"
    ONLY_A_MACRO = "only a macro"
    LANGUAGE_UNKNOWN = "language unknown"


_OF_MARK: Mapping[Mark, Unusable] = {
    Mark.SPAM: Unusable.SPAM,
    Mark.MERGED: Unusable.MERGED,
    Mark.FOLLOW_UP: Unusable.FOLLOW_UP,
    Mark.SIDE_CONVERSATION: Unusable.SIDE_CONVERSATION,
    Mark.VOICE: Unusable.VOICE,
    Mark.REDACTED: Unusable.REDACTED,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its first human answer, masked. `answered_at`: what was known later cannot have helped."""

    source: str
    conversation: ConversationId
    subject: str
    question: str
    answer: str
    language: str
    tags: tuple[str, ...]
    group: str
    asked_at: datetime
    answered_at: datetime
    url: str


def read(state: State, sources: Collection[str] | None = None) -> Iterator[tuple[str, Conversation, Pair | Unusable]]:
    """Yield each kept conversation with its source and its pair, or why it is none. None: of all sources."""
    ready = {known.source: {_plain(macro) for macro in known.macros} for known in history.desks(state)}
    repeated = _repeated(one for _, one in history.conversations(state, sources))
    for source, one in history.conversations(state, sources):
        yield source, one, pair_of(source, one, ready.get(source, set()) | repeated)


def usable(state: State, sources: Collection[str] | None = None) -> Iterator[Pair]:
    """Yield every pair: what simulation, gaps, tone and triage stand on."""
    for _, _, found in read(state, sources):
        if isinstance(found, Pair):
            yield found


def pair_of(source: str, one: Conversation, ready_made: Collection[str] = frozenset()) -> Pair | Unusable:
    """Return the pair of a conversation. `ready_made`: replies that nobody wrote for one customer, as `_plain`."""
    for mark, why in _OF_MARK.items():
        if mark in one.marks:
            return why
    public = [message for message in one.messages if message.public]
    asked = _question(public)
    if not any(message.text.strip() for message in asked):
        return Unusable.ONLY_FILES if any(message.files for message in asked) else Unusable.NO_QUESTION
    replies = [said for said in public if said.author is Author.AGENT and said.text.strip() and said.at >= asked[0].at]
    if not replies:
        return Unusable.NO_HUMAN_REPLY
    answer = next((reply for reply in replies if _plain(reply.text) not in ready_made), None)
    if answer is None:
        return Unusable.ONLY_A_MACRO
    if not one.language:
        return Unusable.LANGUAGE_UNKNOWN
    question = "\n\n".join(message.text.strip() for message in asked if message.text.strip())
    return Pair(
        source, one.id, one.subject, question, answer.text.strip(), one.language, one.tags, one.group,
        asked[0].at, answer.at, one.url,
    )  # fmt: skip


def _question(public: list[Message]) -> list[Message]:
    """The customer's first messages: those within ten minutes, before a person answered; empty ones do not count."""
    found: list[Message] = []
    for message in public:
        if message.author is Author.AGENT and message.text.strip() and found:
            break
        if message.author is not Author.CUSTOMER:
            continue
        begun = next((one.at for one in found if one.text.strip()), None)
        if begun is not None and message.at - begun > TOGETHER:
            break
        found.append(message)
    return found


def _repeated(conversations: Iterable[Conversation]) -> set[str]:
    """Replies that stand in so many conversations that they are macros or automatic, whatever the desk calls them."""
    counted: Counter[str] = Counter()
    for one in conversations:
        counted.update({_plain(said.text) for said in one.messages if said.author is Author.AGENT and said.text})
    return {words for words, times in counted.items() if times >= REPEATED and words}


def _plain(words: str) -> str:
    """Letters alone: greetings with other names and numbers are masked alike, so that they do not tell them apart."""
    return _SIGNS.sub(" ", words.casefold()).strip()
