"""How tickets, comments and their events look on the wire."""

import hashlib
import html
from urllib.parse import quote

from sandbox.http import Json
from sandbox.zendesk.records import Account, Attachment, Comment, Event, Ticket, iso
from sandbox.zendesk.request import Request

SCRUBBED = "SCRUBBED"
SCRUBBED_AFTER = 30 * 86400


def scrubbed(world: Account, record: Ticket) -> bool:
    """Whether the ticket was deleted so long ago that its text is gone."""
    return record.deleted_at is not None and world.now() - record.deleted_at > SCRUBBED_AFTER


def ticket(request: Request, record: Ticket) -> Json:
    gone = scrubbed(request.world, record)
    requester = request.world.users[record.requester_id]
    return {
        "id": record.id,
        "url": f"{request.origin}/api/v2/tickets/{record.id}.json",
        "external_id": None,
        "via": {
            "channel": "email",
            "source": {"from": {"address": requester.email, "name": requester.name}, "to": {}, "rel": record.relation},
        },
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
        "generated_timestamp": record.generated_at,
        "type": "question",
        "subject": SCRUBBED if gone else record.subject,
        "raw_subject": SCRUBBED if gone else record.subject,
        "description": SCRUBBED if gone else record.description,
        "priority": "normal",
        "status": record.status,
        "recipient": None,
        "requester_id": record.requester_id,
        "submitter_id": record.requester_id,
        "assignee_id": record.assignee_id,
        "organization_id": None,
        "group_id": record.group_id,
        "brand_id": request.caller.brand.id,
        "tags": list(record.tags),
        "custom_fields": [],
        "satisfaction_rating": {"score": record.score},
        "has_incidents": False,
        "allow_channelback": False,
        "is_public": any(comment.public for comment in record.comments),
    }


def comment(origin: str, record: Comment) -> Json:
    return {
        "id": record.id,
        "type": "Comment",
        "author_id": record.author_id,
        **_texts(record.body),
        "public": record.public,
        "attachments": [_file(origin, file) for file in record.attachments],
        "audit_id": record.audit_id,
        "via": {"channel": record.channel, "source": {"from": {}, "to": {}, "rel": record.relation}},
        "metadata": {"system": {}, "custom": {}},
        "created_at": iso(record.created_at),
    }


def deleted_ticket(world: Account, record: Ticket) -> Json:
    agent = world.person("Sam Agent", "agent")
    return {
        "id": record.id,
        "subject": record.subject,
        "description": record.description,
        "actor": {"id": agent.id, "name": agent.name},
        "deleted_at": iso(record.deleted_at or 0),
        "previous_state": "open",
    }


def event(world: Account, origin: str, record: Event, *, with_comments: bool) -> Json:
    """An audit. Its comment reads as today, is as public as it was then, and left out unless it was asked for."""
    return {
        "id": record.id,
        "ticket_id": record.ticket_id,
        "timestamp": record.timestamp,
        "created_at": iso(record.timestamp),
        "updater_id": record.updater_id,
        "via": "Mail",
        "system": {},
        "metadata": {},
        "event_type": "Audit",
        "child_events": _children(world, origin, record, with_comments=with_comments),
    }


def _children(world: Account, origin: str, record: Event, *, with_comments: bool) -> list[Json]:
    if record.comment_id is None:
        about = {} if record.about is None else {"comment_id": record.about, "public": False}
        return [{"id": record.id, "event_type": record.event_type, "via": "Web form", **about, **record.changed}]
    if not with_comments:
        return []
    owner = world.tickets[record.ticket_id]
    held = next(comment for comment in owner.comments if comment.id == record.comment_id)
    return [
        {
            "id": held.id,
            "type": "Comment",
            "event_type": "Comment",
            "comment_present": True,
            "comment_public": record.public,
            "author_id": held.author_id,
            **_texts(SCRUBBED if scrubbed(world, owner) else held.body),
            "public": record.public,
            "attachments": [_file(origin, file) for file in held.attachments],
            "audit_id": held.audit_id,
            "via": {"channel": held.channel, "source": {"from": {}, "to": {}, "rel": held.relation}},
            "created_at": iso(held.created_at),
        }
    ]


def _file(origin: str, record: Attachment) -> Json:
    return {
        "id": record.id,
        "url": f"{origin}/api/v2/attachments/{record.id}.json",
        "file_name": record.file_name,
        "content_url": f"{origin}/attachments/token/{token_of(record)}/?name={quote(record.file_name)}",
        "mapped_content_url": f"{origin}/attachments/token/{token_of(record)}/?name={quote(record.file_name)}",
        "content_type": record.content_type,
        "size": len(record.content),
        "inline": record.inline,
        "deleted": False,
        "malware_access_override": False,
        "malware_scan_result": "malware_not_found",
        "thumbnails": [],
    }


def token_of(record: Attachment) -> str:
    """The part of its address that nobody guesses."""
    return hashlib.sha256(f"{record.id}:{record.file_name}".encode()).hexdigest()[:24]


def _texts(body: str) -> Json:
    paragraphs = "".join(f'<p dir="auto">{html.escape(part)}</p>' for part in body.split("\n\n"))
    return {"body": body, "html_body": f'<div class="zd-comment" dir="auto">{paragraphs}</div>', "plain_body": body}
