"""Who said what in a ticket, by what its comments and events tell."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors import text
from connectors.http.transport import Json
from connectors.quoted_mail import own_words
from connectors.zendesk.pagination import time_of
from helpdesk.model import Author, Message

MACHINES = frozenset({"api", "web_service", "rule", "system"})
"""Channels through which no person writes."""
BLACKED_OUT = "▇"


@dataclass(frozen=True, slots=True)
class Said:
    """One comment; of a private one, nothing that it says. `relation`: how it came here, such as by a merge."""

    id: int
    author: int
    at: float
    public: bool
    text: str = field(repr=False)
    files: int
    channel: str
    relation: str
    voice: bool
    redacted: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A user as the account knows them today."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    role: str


def said(row: Json, event: Json | None = None) -> Said:
    """Read a comment, from a ticket's list or from the event that made it. Not surely public is private."""
    whole = event or {}
    created = row.get("created_at") or whole.get("created_at")
    public = (row["public"] if "public" in row else row.get("comment_public")) is True
    words = _words(row) if public else ""
    channel, relation = _via(row.get("via") or whole.get("via"))
    return Said(
        id=int(row.get("id") or whole.get("id") or 0),
        author=int(row.get("author_id") or whole.get("updater_id") or 0),
        at=time_of(created).timestamp() if created else float(whole.get("timestamp") or 0),
        public=public,
        text=words,
        files=len(row.get("attachments") or ()) if public else 0,
        channel=channel,
        relation=relation,
        voice="VoiceComment" in {row.get("type"), row.get("event_type")},
        redacted=BLACKED_OUT in words,
    )


def people(users: Iterable[Json]) -> dict[int, Person]:
    """Return users by id."""
    return {
        row["id"]: Person(str(row.get("name") or ""), str(row.get("email") or "").lower(), str(row.get("role") or ""))
        for row in users
        if isinstance(row, dict) and isinstance(row.get("id"), int)
    }


def author_of(one: Said, ticket: Json, staff: AbstractSet[int], known: Mapping[int, Person]) -> Author:
    """Say who wrote a comment.

    In this order: the requester is the customer, whatever they may be today; who ever wrote a note or was an assignee
    is an agent, whether they still are one or not; then today's role. Who is not known is no agent.
    """
    if one.author == ticket.get("requester_id"):
        return Author.CUSTOMER
    if one.channel in MACHINES:
        return Author.BOT
    if one.author in staff or one.author == ticket.get("assignee_id"):
        return Author.AGENT
    person = known.get(one.author)
    return Author.AGENT if person and person.role in {"agent", "admin"} else Author.CUSTOMER


def message(one: Said, author: Author) -> Message:
    return Message(str(one.id), author, one.public, datetime.fromtimestamp(one.at, UTC), one.text, one.files)


def _words(row: Json) -> str:
    """What the comment says, without the mail it quotes; from the plain text where there is one."""
    plain = str(row.get("plain_body") or row.get("body") or "")
    if plain:
        return text.from_plain(own_words(plain))
    return own_words(text.to_markdown(str(row.get("html_body") or ""), ""))


def _via(via: object) -> tuple[str, str]:
    """The channel and the relation: an object in lists, in events sometimes only a word."""
    if not isinstance(via, dict):
        return (str(via or "").lower().replace(" ", "_"), "")
    source = via.get("source")
    relation = source.get("rel") if isinstance(source, dict) else None
    return str(via.get("channel") or "").lower(), str(relation or via.get("rel") or "")
