"""What an Intercom article says: a document for each published locale."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors import translation
from connectors.http.transport import Json
from connectors.intercom import signed_links
from connectors.intercom.help_centers import HelpCenters
from connectors.intercom.pagination import whole
from connectors.translation import Translation, one_line
from sync.model import Audience, Document

EVERYONE = "everyone"

_LAYOUT = re.compile(r"(<table\b[^<>]{0,500}?)\srole=[\"']presentation[\"']", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArticleLocale:
    """An article in one of its published locales. `marked`: not everybody may read it, wherever it stands."""

    text: Translation
    parents: tuple[str, ...]
    marked: bool
    is_default: bool

    def document(self, centers: HelpCenters) -> Document:
        """Build the document. It is public only where an open help center shows it to everyone in that locale."""
        breadcrumb, shown = centers.place(self.parents, self.text.locale, is_default=self.is_default)
        public = shown and not self.marked
        return translation.document(self.text, Audience.PUBLIC if public else Audience.INTERNAL, breadcrumb)


def published(row: Json) -> list[ArticleLocale]:
    """Return an article in each published locale, the default one first."""
    default = default_locale(row)
    parents = parents_of(row)
    marked = row.get("help_center_audience") != EVERYONE
    labels = tuple(sorted({one_line(name) for name in _tags(row)}))
    return [
        ArticleLocale(_translation(row, content, locale, labels), parents, marked, is_default=locale == default)
        for locale, content in _contents(row, default)
        if content.get("state") == "published"
    ]


def default_locale(row: Json) -> str:
    """Return the locale of what stands at the top of the record; '' where neither it nor its address tells."""
    if stated := row.get("default_locale"):
        return str(stated).lower()
    before, mark, _ = urlsplit(str(row.get("url") or "")).path.partition("/articles/")
    return before.rpartition("/")[2].lower() if mark else ""


def parents_of(row: Json) -> tuple[str, ...]:
    """Return the ids of the collections that an article is in."""
    named = row.get("parent_ids")
    return tuple(str(parent) for parent in named) if isinstance(named, list) else ()


def shown_html(description: object, body: object) -> str:
    """Return what a reader sees below the title, without addresses that are signed anew at each read.

    The editor calls each of its tables a layout; they hold what is compared.
    """
    lead = one_line(description)
    text = _LAYOUT.sub(r"\1", signed_links.without(str(body or "")))
    return (f"<p>{html.escape(lead)}</p>" if lead else "") + text


def moment(value: object) -> datetime:
    """Return the aware time of an epoch second; the epoch where there is none, or none that a calendar has."""
    try:
        return datetime.fromtimestamp(whole(value) or 0, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _contents(row: Json, default: str) -> Iterator[tuple[str, Json]]:
    """Each locale's content, the default one first: the top of the record where no translation is of it."""
    translated = row.get("translated_content")
    found = {
        locale.lower(): content
        for locale, content in (translated if isinstance(translated, dict) else {}).items()
        if isinstance(content, dict)
    }
    if default or not found:
        yield default, found.pop(default, row)
    yield from sorted(found.items())


def _translation(row: Json, content: Json, locale: str, labels: tuple[str, ...]) -> Translation:
    return Translation(
        article=str(row["id"]),
        locale=locale,
        title=one_line(content.get("title")),
        html=shown_html(content.get("description"), content.get("body")),
        url=str(content.get("url") or row.get("url") or ""),
        updated_at=moment(content.get("updated_at") or content.get("created_at")),
        labels=labels,
    )


def _tags(row: Json) -> list[object]:
    tags = row.get("tags")
    listed = tags.get("tags") if isinstance(tags, dict) else None
    return [tag.get("name") for tag in listed if isinstance(tag, dict)] if isinstance(listed, list) else []
