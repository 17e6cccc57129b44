"""Records as the vendor writes them."""

import re
from typing import Any

from sandbox.http import Json
from sandbox.intercom.records import (
    MAX_PARTS,
    Author,
    Collection,
    Conversation,
    HelpCenter,
    IntercomWorkspace,
    InternalArticle,
    KnowledgeArticle,
    LocaleContent,
    Message,
    MessageFile,
)
from sandbox.intercom.request import Request, signed

SIGNED = re.compile(r"\{\{(?P<path>[\w./-]+)\}\}")
"""What a body says where the vendor puts a signed address."""
_TAGS = re.compile(r"<[^>]+>")
_BREAKS = re.compile(r"</p>|<br\s*/?>|</li>|</h\d>|</tr>", re.IGNORECASE)


def help_center(world: IntercomWorkspace, center: HelpCenter) -> Json:
    told: Json = {
        "id": str(center.id),
        "workspace_id": world.app_id,
        "created_at": center.created_at,
        "updated_at": center.created_at,
        "identifier": center.identifier,
        "website_turned_on": center.website_turned_on,
        "display_name": center.name,
        "url": f"https://intercom.help/{center.identifier}",
        "custom_domain": None,
        "default": center.default,
    }
    return told if center.locales is None else told | {"locales": list(center.locales)}


def collection(world: IntercomWorkspace, one: Collection) -> Json:
    first = next(iter(one.names))
    told: Json = {
        "id": str(one.id),
        "workspace_id": world.app_id,
        "name": one.names[first],
        "description": None,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "url": f"https://intercom.help/{world.app_id}/collection-{one.id}",
        "icon": "book-bookmark",
        "order": 1,
        "parent_id": None if one.parent_id is None else str(one.parent_id),
        "help_center_id": one.help_center_id,
    }
    if world.multilingual:
        names = {locale: {"type": "group_content", "name": name} for locale, name in one.names.items()}
        told |= {"default_locale": first, "translated_content": {"type": "group_translated_content", **names}}
    return told


def article(request: Request, one: KnowledgeArticle) -> Json:
    world, shown = request.world, one.shown
    told: Json = {
        "type": "article",
        "id": str(one.id),
        "workspace_id": world.app_id,
        **_content(request, one, one.default_locale, shown),
        "author_id": one.author_id,
        "parent_ids": list(one.parents),
        "tags": _tags(one.tags),
        "ai_chatbot_availability": True,
        "ai_copilot_availability": True,
    }
    told.pop("type_of_content")
    if not request.caller.is_current:
        told.pop("body_markdown")
    else:
        told |= {
            "help_center_audience": one.help_center_audience,
            "scheduled_publish_at": one.publish_at,
            "scheduled_unpublish_at": one.unpublish_at,
        }
    if world.multilingual:
        told["default_locale"] = one.default_locale
        told["translated_content"] = {"type": "article_translated_content", "pt-BR": None} | {
            locale: _translation(request, one, locale, content) for locale, content in one.contents.items()
        }
    return told


def _translation(request: Request, one: KnowledgeArticle, locale: str, content: LocaleContent) -> Json:
    told = _content(request, one, locale, content)
    told["type"] = told.pop("type_of_content")
    return told | {"author_id": one.author_id}


def _content(request: Request, one: KnowledgeArticle, locale: str, content: LocaleContent) -> Json:
    body = signed_body(request, content.body)
    is_default = locale == one.default_locale
    slug = re.sub(r"\W+", "-", content.title.lower()).strip("-")
    live = content.state == "published"
    return {
        "type_of_content": "article_content",
        "title": content.title,
        "description": content.description,
        "body": body,
        "body_markdown": _BREAKS.sub("\n", body),
        "state": content.state,
        "created_at": content.created_at,
        "updated_at": content.updated_at,
        "has_unpublished_changes": bool(one.staged) and is_default,
        "draft_updated_at": content.updated_at if one.staged and is_default else None,
        "url": f"https://intercom.help/{request.world.app_id}/{locale}/articles/{one.id}-{slug}" if live else None,
    }


def internal_article(request: Request, one: InternalArticle) -> Json:
    body = signed_body(request, one.body)
    return {
        "type": "internal_article",
        "id": str(one.id),
        "title": one.title,
        "body": body,
        "body_markdown": _BREAKS.sub("\n", body),
        "owner_id": one.author_id,
        "author_id": one.author_id,
        "locale": one.locale,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def conversation_row(request: Request, one: Conversation, *, plain: bool = False) -> Json:
    """A conversation as lists have it: without its parts."""
    return {
        "type": "conversation",
        "id": str(one.id),
        "title": one.title,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "waiting_since": None,
        "snoozed_until": None,
        "open": one.state == "open",
        "state": one.state,
        "read": one.read,
        "priority": "none",
        "admin_assignee_id": one.assignee,
        "team_assignee_id": one.team,
        "tags": _tags(one.tags),
        "conversation_rating": None if one.rating is None else {"rating": one.rating, "remark": ""},
        "source": _source(request, one, plain=plain),
        "contacts": {
            "type": "contact.list",
            "contacts": [{"type": "contact", "id": one.contact.id, "external_id": "70"}],
        },
        "teammates": None,
        "custom_attributes": dict(one.attributes),
        "first_contact_reply": None,
        "sla_applied": None,
        "statistics": _statistics(one),
        "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "ai_agent_participated": any(part.author.from_ai_agent for part in one.parts),
        "ai_agent": None,
    }


def conversation(request: Request, one: Conversation, *, plain: bool) -> Json:
    """A conversation with its parts, the newest five hundred of them."""
    parts = [_part(request, part, plain=plain) for part in one.parts[-MAX_PARTS:]]
    listed = {"type": "conversation_part.list", "conversation_parts": parts, "total_count": len(one.parts)}
    return conversation_row(request, one, plain=plain) | {"conversation_parts": listed}


def signed_body(request: Request, body: str) -> str:
    """The text with its addresses signed as of now."""
    return SIGNED.sub(lambda found: signed(request, found["path"]).replace("&", "&amp;"), body)


def _source(request: Request, one: Conversation, *, plain: bool) -> Json:
    return {
        "type": "conversation",
        "id": str(one.source.id),
        "delivered_as": one.delivered_as,
        "subject": one.subject,
        "body": said(request, one.source, plain=plain),
        "author": _author(one.source.author),
        "attachments": [_attachment(request, file) for file in one.source.attachments],
        "url": None,
        "redacted": one.source.redacted,
    }


def _part(request: Request, part: Message, *, plain: bool) -> Json:
    return {
        "type": "conversation_part",
        "id": str(part.id),
        "part_type": part.part_type,
        "body": None if part.body is None else said(request, part, plain=plain),
        "created_at": part.created_at,
        "updated_at": part.created_at,
        "notified_at": part.created_at,
        "assigned_to": None,
        "author": _author(part.author) | {"from_ai_agent": part.author.from_ai_agent, "is_ai_answer": False},
        "attachments": [_attachment(request, file) for file in part.attachments],
        "external_id": None,
        "redacted": part.redacted,
    }


def said(request: Request, message: Message, *, plain: bool) -> str:
    html = signed_body(request, message.body or "")
    return _TAGS.sub("", _BREAKS.sub("\n", html)).strip() if plain else html


def _author(author: Author) -> Json:
    return {"type": author.type, "id": author.id, "name": author.name, "email": author.email}


def _attachment(request: Request, file: MessageFile) -> Json:
    return {
        "type": "upload",
        "name": file.name,
        "url": signed(request, f"{file.id}/{file.name}", minutes=30),
        "content_type": file.content_type,
        "filesize": len(file.content),
    }


def _tags(names: tuple[str, ...]) -> Json:
    tags: list[dict[str, Any]] = [{"type": "tag", "id": name.encode().hex(), "name": name} for name in names]
    return {"type": "tag.list", "tags": tags}


def _statistics(one: Conversation) -> Json:
    told: Json = {"type": "conversation_statistics", "count_conversation_parts": len(one.parts) + 1}
    return told if one.closed_at is None else told | {"last_close_at": one.closed_at, "first_close_at": one.closed_at}
