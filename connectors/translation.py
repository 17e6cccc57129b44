"""Translations: one article in one locale, as one document."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from connectors import text
from sync.model import Attributes, Audience, Document

FORMAT = "2"  # part of every version: a new way to build documents renews them all


@dataclass(frozen=True, slots=True)
class Translation:
    """One article in one locale, published.

    `edited`: the vendor's own mark of the last edit, '' where that moves without one; the text itself then decides.
    """

    article: int | str
    locale: str
    title: str
    html: str
    url: str
    updated_at: datetime
    edited: str = ""
    labels: tuple[str, ...] = ()

    @property
    def external_id(self) -> str:
        return article_id(self.article, self.locale)


def article_id(article: int | str, locale: str) -> str:
    return f"{article}:{locale}"


def document(translation: Translation, audience: Audience, breadcrumb: tuple[str, ...]) -> Document:
    """Build the document. Its version covers everything but votes and other changes that are no edit."""
    shown = translation
    seed = [FORMAT, shown.title, shown.html, shown.url, shown.edited, shown.labels, breadcrumb, audience]
    converted = text.convert(shown.html, shown.url)
    return Document(
        external_id=shown.external_id,
        version=hashlib.sha256(json.dumps(seed).encode()).hexdigest()[:32],
        title=shown.title,
        body=converted.markdown,
        url=shown.url,
        updated_at=shown.updated_at,
        audience=audience,
        language=shown.locale,
        breadcrumb=breadcrumb,
        labels=shown.labels,
        attributes=_attributes(breadcrumb),
        problem=converted.problem,
    )


def one_line(value: object) -> str:
    """Return a title, label or name without line breaks and control characters."""
    return " ".join(text.clean_text(str(value or "")).split())


def _attributes(breadcrumb: tuple[str, ...]) -> Attributes:
    return {"category": breadcrumb[0][:256], "section": breadcrumb[-1][:256]} if breadcrumb else {}
