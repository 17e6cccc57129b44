"""How each help center record looks on the wire."""

import re

from sandbox.http import Json
from sandbox.zendesk.records import (
    Article,
    Attachment,
    Category,
    ContentTag,
    Section,
    Segment,
    Translation,
    User,
    iso,
)
from sandbox.zendesk.request import Request


def slug(title: str) -> str:
    return re.sub(r"\W+", "-", title).strip("-")[:80]


def article(request: Request, record: Article, locale: str | None) -> Json:
    """The article in one locale, its source locale where none is asked for."""
    shown = record.translations[locale or record.source_locale]
    path = f"{shown.locale}/articles/{record.id}"
    return {
        "id": record.id,
        "url": f"{request.origin}/api/v2/help_center/{path}.json",
        "html_url": f"{request.origin}/hc/{path}-{slug(shown.title)}",
        "author_id": record.author_id,
        "comments_disabled": False,
        "content_tag_ids": list(record.content_tag_ids),
        "created_at": iso(record.created_at),
        "draft": shown.draft,
        "edited_at": iso(record.edited_at),
        "label_names": list(record.labels),
        "locale": shown.locale,
        "name": shown.title,
        "outdated": False,
        "outdated_locales": [],
        "permission_group_id": 1,
        "position": record.position,
        "promoted": False,
        "section_id": record.section_id,
        "source_locale": record.source_locale,
        "title": shown.title,
        "body": shown.body,
        "updated_at": iso(record.updated_at),
        "user_segment_id": record.user_segment_id,
        "user_segment_ids": list(record.user_segment_ids),
        "vote_sum": record.vote_sum,
        "vote_count": record.vote_count,
    }


def translation(request: Request, owner: Article, record: Translation) -> Json:
    path = f"articles/{owner.id}"
    return {
        "id": record.id,
        "url": f"{request.origin}/api/v2/help_center/{path}/translations/{record.locale}.json",
        "html_url": f"{request.origin}/hc/{record.locale}/{path}-{slug(record.title)}",
        "source_id": owner.id,
        "source_type": "Article",
        "locale": record.locale,
        "title": record.title,
        "body": record.body,
        "outdated": False,
        "draft": record.draft,
        "hidden": False,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
        "updated_by_id": owner.author_id,
        "created_by_id": owner.author_id,
    }


def category(request: Request, record: Category, locale: str | None) -> Json:
    return _container(request, record, "categories", locale)


def section(request: Request, record: Section, locale: str | None) -> Json:
    return {
        **_container(request, record, "sections", locale),
        "category_id": record.category_id,
        "parent_section_id": record.parent_section_id,
        "theme_template": "section_page",
    }


def _container(request: Request, record: Category | Section, kind: str, locale: str | None) -> Json:
    shown = locale or record.source_locale
    name = record.names[shown]
    return {
        "id": record.id,
        "url": f"{request.origin}/api/v2/help_center/{shown}/{kind}/{record.id}.json",
        "html_url": f"{request.origin}/hc/{shown}/{kind}/{record.id}-{slug(name)}",
        "name": name,
        "description": "",
        "locale": shown,
        "source_locale": record.source_locale,
        "outdated": False,
        "position": record.position,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
    }


def attachment(request: Request, owner: Article, record: Attachment) -> Json:
    return {
        "id": record.id,
        "url": f"{request.origin}/api/v2/help_center/articles/attachments/{record.id}.json",
        "article_id": owner.id,
        "display_file_name": record.file_name,
        "file_name": record.file_name,
        "locale": record.locale,
        "content_url": f"{request.origin}/hc/article_attachments/{record.id}",
        "relative_path": f"/hc/article_attachments/{record.id}",
        "content_type": record.content_type,
        "size": len(record.content),
        "inline": record.inline,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.created_at),
    }


def segment(record: Segment) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "user_type": record.user_type,
        "built_in": record.built_in,
        "group_ids": [],
        "organization_ids": [],
        "tags": [],
        "or_tags": [],
        "added_user_ids": [],
    }


def content_tag(record: ContentTag) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.created_at),
    }


def user(record: User | None) -> Json:
    """A user; None is what the vendor shows to an unauthenticated caller."""
    if record is None:
        return {
            "id": None,
            "name": "Anonymous user",
            "email": "invalid@example.com",
            "role": "end-user",
            "active": False,
        }
    return {"id": record.id, "name": record.name, "email": record.email, "role": record.role, "active": True}
