"""Edits of a help center: articles in their locales, collections, help centers, and articles for teammates."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.intercom.records import (
    Collection,
    HelpCenter,
    IntercomWorkspace,
    InternalArticle,
    KnowledgeArticle,
    LocaleContent,
)

EVERYONE = "everyone"


class ArticleEdits:
    """Every edit stamps the locale that it is of, as the vendor does: nothing else moves with it."""

    def __init__(self, world: IntercomWorkspace) -> None:
        self.world = world

    def put_help_center(
        self, name: str = "Help", *, locales: tuple[str, ...] | None = ("en",), website_turned_on: bool = True
    ) -> int:
        number, first = self.world.new_id(), not self.world.help_centers
        identifier, now = name.lower().replace(" ", "-"), self.world.now()
        self.world.help_centers[number] = HelpCenter(
            number, identifier, name, locales, website_turned_on=website_turned_on, default=first, created_at=now
        )
        return number

    def turn_website(self, center: int, *, on: bool) -> None:
        """Switch the help center's website on or off; no article changes."""
        self.world.help_centers[center] = replace(self.world.help_centers[center], website_turned_on=on)

    def put_collection(
        self, name: str, *, help_center: int | None = None, parent: int | None = None, german: str = ""
    ) -> int:
        """Make a collection: at the top of the help center, the first one if none is named, or in another."""
        number = self.world.new_id()
        top = None if parent is not None else help_center or next(iter(self.world.help_centers), None)
        names = {"en": name, "de": german} if german else {"en": name}
        now = self.world.now()
        self.world.collections[number] = Collection(number, names, parent, top, now, now)
        return number

    def rename_collection(self, number: int, name: str) -> None:
        old = self.world.collections[number]
        self.world.collections[number] = replace(old, names={**old.names, "en": name}, updated_at=self.world.now())

    def delete_collection(self, number: int) -> None:
        """Delete it and those in it; their articles stay, in no list of the help center."""
        for inner in [one.id for one in self.world.collections.values() if one.parent_id == number]:
            self.delete_collection(inner)
        del self.world.collections[number]
        for one in list(self.world.articles.values()):
            kept = tuple(parent for parent in one.parents if parent != number)
            self.world.articles[one.id] = replace(one, parents=kept)

    def put_article(
        self,
        title: str,
        body: str,
        *,
        parents: tuple[int, ...] = (),
        locale: str = "en",
        state: Any = "published",
        audience: str | None = EVERYONE,
        tags: tuple[str, ...] = (),
        description: str = "",
        translations: Mapping[str, tuple[str, str]] | None = None,
        at: int | None = None,
    ) -> int:
        """Make an article; `translations`: title and body by locale, published too."""
        number, now = self.world.new_id(), at or self.world.now()
        contents = {locale: LocaleContent(title, body, state, description, now, now)} | {
            name: LocaleContent(*text, "published", "", now, now) for name, text in (translations or {}).items()
        }
        self.world.articles[number] = KnowledgeArticle(number, locale, contents, parents, audience, tags, 991_010, now)
        return number

    def edit(self, number: int, body: str | None = None, *, title: str | None = None, locale: str = "") -> None:
        """Edit and publish one locale. Only the default one's time is the article's."""
        old = self.world.articles[number]
        locale = locale or old.default_locale
        before = old.contents.get(locale) or replace(old.shown, created_at=self.world.now(), state="published")
        after = replace(
            before,
            body=before.body if body is None else body,
            title=before.title if title is None else title,
            updated_at=self.world.now(),
        )
        self.world.articles[number] = replace(old, contents={**old.contents, locale: after})

    def set_state(self, number: int, state: Any, *, locale: str = "") -> None:
        old = self.world.articles[number]
        locale = locale or old.default_locale
        shown = replace(old.contents[locale], state=state, updated_at=self.world.now())
        self.world.articles[number] = replace(old, contents={**old.contents, locale: shown})

    def arrange(self, number: int, **fields: Any) -> None:
        """Change `parents`, `help_center_audience`, `tags` or what is `staged`: no time moves with any of them."""
        self.world.articles[number] = replace(self.world.articles[number], **fields)

    def delete_article(self, number: int) -> None:
        del self.world.articles[number]

    def put_internal(self, title: str, body: str, *, locale: str = "en") -> int:
        number, now = self.world.new_id(), self.world.now()
        self.world.internal_articles[number] = InternalArticle(number, title, body, locale, 991_010, now, now)
        return number

    def edit_internal(self, number: int, body: str) -> None:
        old = self.world.internal_articles[number]
        self.world.internal_articles[number] = replace(old, body=body, updated_at=self.world.now())

    def delete_internal(self, number: int) -> None:
        del self.world.internal_articles[number]
