"""What a Zendesk ticket says: its public comments in order, as one document. Never who wrote in from which address."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors import text
from connectors.http.transport import Json
from connectors.zendesk.pagination import time_of
from sync.model import Audience, Document

FORMAT = "1"  # part of every version: a new way to build documents renews them all

_MAILBOX = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_ROLES = ("requester_id", "submitter_id", "assignee_id")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment of a ticket; a private one carries no text."""

    id: int
    author: int
    created_at: datetime
    public: bool
    text: str


def ticket_id(number: int) -> str:
    return f"ticket:{number}"


def comment_of(row: Json, event: Json | None = None) -> Comment:
    """Read a comment, from a ticket's list or from the event that made it. Not surely public is private."""
    whole = event or {}
    created = row.get("created_at") or whole.get("created_at")
    public = (row["public"] if "public" in row else row.get("comment_public")) is True
    return Comment(
        id=int(row.get("id") or whole.get("id") or 0),
        author=int(row.get("author_id") or whole.get("updater_id") or 0),
        created_at=time_of(created) if created else datetime.fromtimestamp(int(whole.get("timestamp") or 0), UTC),
        public=public,
        text=_text(row) if public else "",
    )


def people(users: object) -> dict[int, str]:
    """Return the names of users that came along with a list."""
    rows = users if isinstance(users, list) else []
    return {row["id"]: str(row.get("name") or "") for row in rows if isinstance(row, dict) and row.get("id")}


def document(ticket: Json, comments: Iterable[Comment], names: Mapping[int, str], origin: str) -> Document | None:
    """Build the document of a ticket's public comments; None if it has none.

    The version goes by who wrote what, not by names: a listing does not know everybody's.
    """
    said = sorted((c for c in comments if c.public), key=lambda c: (c.created_at, c.id))
    if not said or ticket.get("status") == "deleted":
        return None
    number = int(ticket["id"])
    title = _mask(" ".join(text.clean_text(str(ticket.get("subject") or "")).split())) or f"Ticket {number}"
    tags = tuple(sorted({str(tag) for tag in ticket.get("tags") or ()}))
    attributes = {name: str(ticket[name])[:256] for name in ("status", "priority") if ticket.get(name)}
    seed = [FORMAT, title, tags, sorted(attributes.items()), [(c.author, c.text) for c in said]]
    return Document(
        external_id=ticket_id(number),
        version=hashlib.sha256(json.dumps(seed).encode()).hexdigest()[:32],
        title=title,
        body="\n\n".join(f"**{_author(c, ticket, names)}** ({c.created_at:%Y-%m-%d}):\n\n{c.text}" for c in said),
        url=f"{origin}/agent/tickets/{number}",
        updated_at=said[-1].created_at,
        audience=Audience.INTERNAL,
        labels=tags,
        attributes=attributes,
    )


def _author(comment: Comment, ticket: Json, names: Mapping[int, str]) -> str:
    """Name those whom the ticket itself names: for them, a listing and a single read know the same."""
    customer = comment.author == ticket.get("requester_id")
    name = names.get(comment.author, "") if comment.author in [ticket.get(role) for role in _ROLES] else ""
    if not name or _MAILBOX.search(name):
        return "Customer" if customer else "Participant"
    return text.from_plain(" ".join(name.split()))


def _text(row: Json) -> str:
    plain = row.get("body") or row.get("plain_body")
    said = text.from_plain(str(plain)) if plain else text.to_markdown(str(row.get("html_body") or ""), "")
    return _mask(said)


def _mask(said: str) -> str:
    return _MAILBOX.sub("[email]", said)
