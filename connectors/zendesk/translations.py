"""What a Zendesk article says about itself: its published editions, and the documents made of them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from connectors import text
from connectors.http.transport import Json
from connectors.zendesk.pagination import time_of
from sync.model import Attributes, Audience, Document

FORMAT = "1"  # part of every version: a new way to build documents renews them all


@dataclass(frozen=True, slots=True)
class Edition:
    """One article in one locale, published.

    `marked`: its own fields say that not everyone may read it. `own`: the locale it was first written in.
    """

    article: int
    locale: str
    title: str
    html: str
    url: str
    updated_at: datetime
    stamp: str
    labels: tuple[str, ...]
    section: int | None
    marked: bool
    own: bool

    @property
    def external_id(self) -> str:
        return article_id(self.article, self.locale)


@dataclass(slots=True)
class Names:
    """What sections and categories are called, and how they nest. `unknown`: asked for, and not there."""

    sections: dict[int, Json]
    categories: dict[int, Json]
    unknown: set[int] = field(default_factory=set)

    def path(self, section: int | None, local: "Names") -> tuple[str, ...]:
        """Return the names from the category inwards, as `local` has them where it does."""
        names: list[str] = []
        category = None
        passed: set[int] = set()
        while section in self.sections and section not in passed:
            passed.add(section)
            row = self.sections[section]
            names.append(_name(local.sections.get(section, row)))
            category, section = row.get("category_id"), row.get("parent_section_id")
        if category in self.categories:
            names.append(_name(local.categories.get(category, self.categories[category])))
        return tuple(reversed(names))


def article_id(article: int, locale: str) -> str:
    return f"{article}:{locale}"


def editions(article: Json, wanted: frozenset[str], origin: str) -> list[Edition]:
    """Return the published editions in the wanted locales (empty: all of them)."""
    shown = locale_of(article)
    translations = {locale_of(t): t for t in article.get("translations") or ()}
    found = []
    for locale in sorted({shown, *translations} - {""}):
        own = locale == shown
        draft = translations.get(locale, {}).get("draft") or (own and article.get("draft"))
        if not draft and (not wanted or locale in wanted):
            found.append(_edition(article, article if own else translations[locale], locale, origin, own=own))
    return found


def document(edition: Edition, audience: Audience, breadcrumb: tuple[str, ...]) -> Document:
    """Build the document. Its version covers everything but votes and other changes that are no edit."""
    seed = [FORMAT, edition.title, edition.html, edition.url, edition.stamp, edition.labels, breadcrumb, audience]
    return Document(
        external_id=edition.external_id,
        version=hashlib.sha256(json.dumps(seed).encode()).hexdigest()[:32],
        title=edition.title,
        body=text.to_markdown(edition.html, edition.url),
        url=edition.url,
        updated_at=edition.updated_at,
        audience=audience,
        language=edition.locale,
        breadcrumb=breadcrumb,
        labels=edition.labels,
        attributes=_attributes(breadcrumb),
    )


def openly_shows(row: Json, locale: str) -> bool:
    """Whether a row that anyone may read is that article published in that locale, and not a stand-in."""
    return locale_of(row) == locale and not row.get("draft") and not is_marked(row)


def is_marked(article: Json) -> bool:
    return article.get("user_segment_id") is not None or bool(article.get("user_segment_ids"))


def locale_of(row: Json) -> str:
    return str(row.get("locale") or "").lower()


def by_id(rows: Iterable[Json]) -> dict[int, Json]:
    return {row["id"]: row for row in rows}


def _edition(article: Json, shown: Json, locale: str, origin: str, *, own: bool) -> Edition:
    edited = (article.get("edited_at") if own else shown.get("updated_at")) or shown.get("created_at")
    return Edition(
        article=article["id"],
        locale=locale,
        title=_one_line(shown.get("title")),
        html=str(shown.get("body") or ""),
        url=str(shown.get("html_url") or f"{origin}/hc/{locale}/articles/{article['id']}"),
        updated_at=time_of(edited),
        stamp=str(edited) if own else "",  # a translation's updated_at may move without an edit
        labels=tuple(sorted({_one_line(label) for label in article.get("label_names") or ()})),
        section=article.get("section_id"),
        marked=is_marked(article),
        own=own,
    )


def _attributes(breadcrumb: tuple[str, ...]) -> Attributes:
    return {"category": breadcrumb[0][:256], "section": breadcrumb[-1][:256]} if breadcrumb else {}


def _name(row: Json) -> str:
    return _one_line(row.get("name"))


def _one_line(value: object) -> str:
    return " ".join(text.clean_text(str(value or "")).split())
