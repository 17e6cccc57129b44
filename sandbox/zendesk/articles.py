"""Edits of articles, as a writer in the help center could make them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from sandbox.zendesk.records import MAIN, Account, Article, Attachment, Brand, Translation
from sandbox.zendesk.structure import Structure

T = TypeVar("T")


class Unset(Enum):
    """What an argument is when the caller leaves a record's field as it stands."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file to put on an article; `inline`: the body shows it."""

    file_name: str
    content: bytes = b""
    content_type: str = "application/octet-stream"
    inline: bool = False


class Articles:
    """Every edit of an article, stamped by the clock as the vendor would."""

    def __init__(self, world: Account, structure: Structure, author: int) -> None:
        self.world = world
        self.structure = structure
        self.author = author

    def put_article(
        self,
        *,
        title: str | Unset = UNSET,
        body: str | Unset | None = UNSET,
        locale: str | Unset = UNSET,
        id: int | None = None,  # noqa: A002
        section: int | Unset = UNSET,
        labels: Sequence[str] | Unset = UNSET,
        draft: bool | Unset = UNSET,
        user_segment_id: int | Unset | None = UNSET,
        user_segment_ids: Sequence[int] | Unset | None = UNSET,
        content_tag_ids: Sequence[str] | Unset = UNSET,
        updated_at: float | None = None,
        edited_at: float | None = None,
        translations: Mapping[str, tuple[str, str | None]] | None = None,
        attachments: Sequence[NewAttachment] | Unset = UNSET,
        brand: str = MAIN,
    ) -> int:
        """Create an article, or edit the one with that id, and return its id; what is left out stays as it is.

        The times are epoch seconds, the clock's where left out. `translations` are further locales, published.
        """
        now = self.world.now() if updated_at is None else int(updated_at)
        home = self._brand_of(id) if id is not None and self._holds(id) else self.world.brands[brand]
        old = home.articles.get(id or 0) or self._blank(home, id or self.world.new_id(), locale, section, now)
        spoken = old.source_locale if isinstance(locale, Unset) else locale
        texts: dict[str, tuple[str | Unset, str | Unset | None]] = {spoken: (title, body), **(translations or {})}
        written = dict(old.translations)
        for name, (heading, text) in texts.items():
            written[name] = self._written(
                written.get(name), name, heading, text, draft if name == spoken else UNSET, now
            )
            if name not in home.locales:
                home.locales.append(name)
        edited = now if _texts(written) != _texts(old.translations) else old.edited_at
        ids = () if user_segment_ids is None else user_segment_ids
        home.put(
            replace(
                old,
                section_id=_or(section, old.section_id),
                translations=written,
                labels=tuple(_or(labels, old.labels)),
                user_segment_id=_or(user_segment_id, old.user_segment_id),
                user_segment_ids=tuple(_or(ids, old.user_segment_ids)),
                content_tag_ids=tuple(_or(content_tag_ids, old.content_tag_ids)),
                attachments=old.attachments if isinstance(attachments, Unset) else self._files(attachments, now),
                updated_at=now,
                edited_at=edited if edited_at is None else int(edited_at),
            )
        )
        return old.id

    def archive_article(self, article: int) -> None:
        """Archive it; it vanishes from every list without a trace."""
        self._brand_of(article).put(replace(self._article(article), archived=True))

    def restore_article(self, article: int) -> None:
        self._touch(article, archived=False)

    def set_draft(self, article: int, locale: str, draft: bool) -> None:
        """Unpublish the translation, or publish it."""
        old = self._article(article).translations[locale]
        self._translated(article, replace(old, draft=draft, updated_at=self.world.now()))

    def segment(self, article: int, segment: int | None) -> None:
        """Restrict the article to a user segment; None opens it to everyone."""
        self._touch(article, user_segment_id=segment)

    def vote(self, article: int) -> None:
        """Vote for the article: its `updated_at` moves though nothing was edited."""
        old = self._article(article)
        self._touch(article, vote_sum=old.vote_sum + 1, vote_count=old.vote_count + 1)

    def translate(self, article: int, locale: str, title: str, body: str | None) -> None:
        """Write the article in a locale, published; an existing translation is edited."""
        brand = self._brand_of(article)
        old = self._article(article).translations.get(locale)
        if locale not in brand.locales:
            brand.locales.append(locale)
        self._translated(article, self._written(old, locale, title, body, UNSET, self.world.now()), edited=True)

    def remove_translation(self, article: int, locale: str) -> None:
        old = self._article(article)
        if locale == old.source_locale:
            raise ValueError("the source locale of an article cannot be removed")
        kept = {name: translation for name, translation in old.translations.items() if name != locale}
        self._touch(article, bumps=self.world.translation_bumps, translations=kept)

    def _translated(self, article: int, translation: Translation, *, edited: bool = False) -> None:
        old = self._article(article)
        bumps = self.world.translation_bumps or translation.locale == old.source_locale
        now = self.world.now()
        self._touch(
            article,
            bumps=bumps,
            translations={**old.translations, translation.locale: translation},
            edited_at=now if edited and bumps else old.edited_at,
        )

    def _touch(self, article: int, *, bumps: bool = True, **changes: object) -> None:
        old = self._article(article)
        stamp = self.world.now() if bumps else old.updated_at
        self._brand_of(article).put(replace(old, **changes, updated_at=stamp))  # type: ignore[arg-type]  # fields by name

    def _written(
        self,
        old: Translation | None,
        locale: str,
        title: str | Unset,
        body: str | Unset | None,
        draft: bool | Unset,
        now: int,
    ) -> Translation:
        if old is None:
            old = Translation(self.world.new_id(), locale, "", "", draft=False, created_at=now, updated_at=now)
        new = replace(old, title=_or(title, old.title), body=_or(body, old.body), draft=_or(draft, old.draft))
        return new if new == old else replace(new, updated_at=now)

    def _blank(self, brand: Brand, number: int, locale: str | Unset, section: int | Unset, now: int) -> Article:
        return Article(
            id=number,
            section_id=self.structure.some_section(brand.name) if isinstance(section, Unset) else section,
            source_locale=_or(locale, brand.default_locale),
            translations={},
            labels=(),
            user_segment_id=None,
            user_segment_ids=(),
            content_tag_ids=(),
            attachments=(),
            author_id=self.author,
            position=0,
            created_at=now,
            updated_at=now,
            edited_at=now,
        )

    def _files(self, attachments: Sequence[NewAttachment], now: int) -> tuple[Attachment, ...]:
        return tuple(
            Attachment(self.world.new_id(), new.file_name, new.content, new.content_type, new.inline, None, now)
            for new in attachments
        )

    def _article(self, article: int) -> Article:
        return self._brand_of(article).articles[article]

    def _brand_of(self, article: int) -> Brand:
        return next(brand for brand in self.world.brands.values() if article in brand.articles)

    def _holds(self, article: int) -> bool:
        return any(article in brand.articles for brand in self.world.brands.values())


def _or(given: T | Unset, otherwise: T) -> T:
    return otherwise if isinstance(given, Unset) else given


def _texts(translations: Mapping[str, Translation]) -> dict[str, tuple[str, str | None]]:
    return {locale: (translation.title, translation.body) for locale, translation in translations.items()}
