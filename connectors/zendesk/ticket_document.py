"""What a Zendesk ticket says: its public comments as one document."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from connectors import attachments, dialogue
from connectors.attachments import AttachedFile
from connectors.dialogue import Comment, Dialogue
from connectors.http.transport import Json
from connectors.zendesk.attached_file import attached_file
from connectors.zendesk.pagination import time_of
from sync.model import Document

_ROLES = ("requester_id", "submitter_id", "assignee_id")


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
        files=attachments.readable(_files(row)) if public else (),
    )


def people(users: object) -> dict[int, str]:
    """Return the names of users that came along with a list."""
    rows = users if isinstance(users, list) else []
    return {row["id"]: str(row.get("name") or "") for row in rows if isinstance(row, dict) and row.get("id")}


def document(ticket: Json, comments: Iterable[Comment], names: Mapping[int, str], origin: str) -> Document | None:
    """Build the document of a ticket; None if it is deleted, or nothing in it is public."""
    if ticket.get("status") == "deleted":
        return None
    number = int(ticket["id"])
    named = [person for role in _ROLES if isinstance(person := ticket.get(role), int)]
    shown = Dialogue(
        external_id=ticket_id(number),
        title=str(ticket.get("subject") or ""),
        untitled=f"Ticket {number}",
        url=f"{origin}/agent/tickets/{number}",
        customer=ticket.get("requester_id"),
        names={person: names[person] for person in named if person in names},
        labels=tuple(sorted({str(tag) for tag in ticket.get("tags") or ()})),
        attributes={name: str(ticket[name])[:256] for name in ("status", "priority") if ticket.get(name)},
    )
    return dialogue.document(shown, comments)


def files_of(comments: Iterable[Comment]) -> tuple[AttachedFile, ...]:
    """Return the files of these comments, each once."""
    found = {file.id: file for comment in comments for file in comment.files}
    return attachments.readable(list(found.values()))


def _files(row: Json) -> list[AttachedFile]:
    rows = row.get("attachments")
    return [
        attached_file(file)
        for file in (rows if isinstance(rows, list) else [])
        if isinstance(file, dict) and file.get("id") and not file.get("deleted")
    ]


def _text(row: Json) -> str:
    return dialogue.said(
        plain=str(row.get("body") or row.get("plain_body") or ""), html=str(row.get("html_body") or "")
    )
