"""The published translations of a Zendesk article, and what its sections are called."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.http.transport import Json
from connectors.translation import Translation, one_line
from connectors.zendesk.pagination import time_of


@dataclass(frozen=True, slots=True)
class ArticleTranslation:
    """A published translation and where it stands.

    `marked`: its own fields say that not everyone may read it. `is_source`: it is in the locale first written in.
    `touched`: when anything of the article last changed, as the vendor writes it.
    """

    text: Translation
    article: int
    section: int | None
    marked: bool
    is_source: bool
    touched: str = ""

    @property
    def locale(self) -> str:
        return self.text.locale


@dataclass(slots=True)
class SectionNames:
    """What sections and categories are called, and how they nest. `unknown`: asked for, and not found."""

    sections: dict[int, Json]
    categories: dict[int, Json]
    unknown: set[int] = field(default_factory=set)

    def path(self, section: int | None, local: "SectionNames") -> tuple[str, ...]:
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


MAX_LOCALE = 40
_NO_LOCALE = re.compile(r"[^a-z0-9_-]")


def translations(article: Json, wanted: frozenset[str], origin: str) -> list[ArticleTranslation]:
    """Return the published translations in the wanted locales (empty: all of them)."""
    source = locale_of(article)
    listed = {locale_of(t): t for t in article.get("translations") or ()}
    found = []
    for locale in sorted({source, *listed} - {""}):
        is_source = locale == source
        draft = listed.get(locale, {}).get("draft") or (is_source and article.get("draft"))
        if not draft and (not wanted or locale in wanted):
            shown = article if is_source else listed[locale]
            found.append(_translation(article, shown, locale, origin, is_source=is_source))
    return found


def openly_shows(row: Json, locale: str) -> bool:
    """Whether a row that anyone may read is that article published in that locale, and not a stand-in."""
    return locale_of(row) == locale and not row.get("draft") and not is_marked(row)


def is_marked(article: Json) -> bool:
    return article.get("user_segment_id") is not None or bool(article.get("user_segment_ids"))


def locale_of(row: Json) -> str:
    return _NO_LOCALE.sub("", str(row.get("locale") or "").lower())[:MAX_LOCALE]


def by_id(rows: Iterable[Json]) -> dict[int, Json]:
    return {row["id"]: row for row in rows}


def _translation(article: Json, shown: Json, locale: str, origin: str, *, is_source: bool) -> ArticleTranslation:
    edited = (article.get("edited_at") if is_source else shown.get("updated_at")) or shown.get("created_at")
    text = Translation(
        article=article["id"],
        locale=locale,
        title=one_line(shown.get("title")),
        html=str(shown.get("body") or ""),
        url=str(shown.get("html_url") or f"{origin}/hc/{locale}/articles/{article['id']}"),
        updated_at=time_of(edited),
        edited=str(edited) if is_source else "",  # a translation's updated_at may move without an edit
        labels=tuple(sorted({one_line(label) for label in article.get("label_names") or ()})),
    )
    return ArticleTranslation(
        text,
        article["id"],
        article.get("section_id"),
        marked=is_marked(article),
        is_source=is_source,
        touched=str(article.get("updated_at") or ""),
    )


def _name(row: Json) -> str:
    return one_line(row.get("name"))
