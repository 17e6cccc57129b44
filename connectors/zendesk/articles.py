"""The articles of one Zendesk help center: one brand, every published locale."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from connectors import attachments
from connectors.cache import TtlCache
from connectors.http import client
from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json, Params, Response, now
from connectors.quarantine import BrokenRecord, attempt, judged, unreadable
from connectors.translation import article_id, document
from connectors.zendesk.article_files import ArticleFiles, Mode
from connectors.zendesk.pagination import everything, page, query_of, record, rows, time_of
from connectors.zendesk.translations import (
    ArticleTranslation,
    SectionNames,
    by_id,
    locale_of,
    openly_shows,
    translations,
)
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable
from sync.model import Audience, Change, Document

ROOT = "/api/v2/help_center"
FEED = f"{ROOT}/incremental/articles.json"
BUCKET = "help_center"
FEED_PAGE = 1000  # articles on a page of the feed
FEED_AGE = 65  # seconds: a start_time younger than a minute is refused
MAX_SINGLE_LOADS = 5
MAX_LISTING_AGE = timedelta(hours=1)
MAX_SEEN = 1000
MAX_CALLS = 100  # for one page of changes: fewer than the smallest plan allows a minute
OPEN_HELP = "url; if this help center requires visitors to sign in, set public = false"


@dataclass(slots=True)
class PublicListing:
    """The ids that anyone may list in one locale, as far as they are read. `used`: a snapshot page was made with it."""

    started: datetime
    ids: set[int] = field(default_factory=set)
    after: Json | None = None
    complete: bool = False
    used: bool = False


class HelpCenter:
    """Reads one brand. `locales`: the ones to keep, empty for all. `public` False: visitors must sign in to read it."""

    def __init__(
        self,
        signed_in: HttpClient,
        anonymous: HttpClient,
        *,
        locales: frozenset[str],
        public: bool,
        files: Mode = True,
        clock: Clock = now,
    ) -> None:
        self.key = signed_in.origin
        self._api = signed_in
        self._anonymous = anonymous
        self._files = ArticleFiles(signed_in, anonymous, files, clock)
        self._wanted = locales
        self._public = public
        self._clock = clock
        self._skew = timedelta(0)
        self._names: TtlCache[SectionNames] = TtlCache(clock, timedelta(minutes=5))
        self._locales: TtlCache[frozenset[str]] = TtlCache(clock, timedelta(minutes=5))
        self._listings: dict[str, PublicListing] = {}
        self._root: TtlCache[bool] = TtlCache(clock, timedelta(minutes=1))

    def head(self) -> Json:
        """Return the feed's state for now; what the feed already shows counts as seen."""
        answer, start = self._feed(self._youngest_start())
        shown = rows(answer, "articles", self._api.where(FEED))
        return {"time": start, "seen": [_fingerprint(row) for row in shown[:MAX_SEEN]]}

    def snapshot(self, after: Json | None) -> tuple[list[Change], Json | None]:
        """Return one page of every published translation, and where the next one starts; None after the last."""
        if after is None:
            self._start_over()
        path, include = f"{ROOT}/articles.json", {"include": "translations"}
        answer, found, following = page(self._api, path, "articles", include, after, bucket=BUCKET, expect=(404,))
        self._refuse_missing(answer, path)
        listed, broken = self._listed(by_id(found).values())
        public = {
            locale: self._public_ids(locale)
            for locale in sorted({translation.locale for translation in listed if self._may_be_public(translation)})
        }
        changes = [self._by_listing(translation, public.get(translation.locale, set())) for translation in listed]
        changes += broken
        for listing in self._listings.values():
            listing.used = True
        return changes, following

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        """Return what the feed shows since `state`, the next state, and whether the feed has more."""
        since, seen = int(state["time"]), set(state["seen"])
        asked = min(since, self._youngest_start())
        answer, start = self._feed(asked)
        shown = rows(answer, "articles", self._api.where(FEED))
        end = int(answer.json().get("end_time") or 1)  # 1 where nothing changed
        following = int(query_of(answer.json().get("next_page"), "start_time") or 0)
        youngest = self._youngest_start()
        if len(shown) >= FEED_PAGE and max(following, end) <= start:
            raise CursorExpired(f"{self._api.where(FEED)}: more changes in one second than a page holds")
        reached = max(since, min(end, youngest))
        fresh = [row for row in by_id(shown).values() if _fingerprint(row) not in seen]
        batch = fresh[: self._batch(fresh)]
        if len(batch) < len(fresh):  # the same page again, without these: no allowance is too small to get on
            return self._changed(batch), {"time": since, "seen": [*state["seen"], *map(_fingerprint, batch)]}, True
        following_state = {"time": reached, "seen": _boundary(shown, reached, end) if shown else state["seen"]}
        return self._changed(fresh), following_state, bool(shown) and start < following <= youngest and start == asked

    def fetch(self, article: int, locale: str) -> Document | None:
        """Return the translation as it is now; None where this help center has no such article. Raises Gone."""
        row = self._read(article)
        if row is None:
            self._root.get("", self._check_root)
            return None
        for translation in translations(row, self._wanted, self.key):
            if translation.locale == locale:
                public = self._may_be_public(translation) and self._loads_anonymously(translation)
                document = self._document(translation, public=public)
                return self._files.read_into(document, self._files.of(translation))
        raise Gone(f"{self._api.where(f'{ROOT}/articles/{article}.json')}: not published in {locale}")

    def _listed(self, rows: Iterable[Json]) -> tuple[list[ArticleTranslation], list[Change]]:
        """Return the published translations, and changes for the articles whose rows cannot be read."""
        found: list[ArticleTranslation] = []
        broken: list[Change] = []
        for row in rows:
            try:
                found += attempt(partial(translations, row, self._wanted, self.key))
            except BrokenRecord:
                broken.append(unreadable(article_id(row["id"], locale_of(row)), row))
        return found, broken

    def _batch(self, fresh: list[Json]) -> int:
        """Return how many changed articles about a hundred calls can settle."""
        locales = self._wanted or (self._locales.get("", self._enabled_locales) if fresh else frozenset[str]())
        return FEED_PAGE if len(locales) <= 1 else max(1, MAX_CALLS // (1 + len(locales)))

    def _changed(self, shown: list[Json]) -> list[Change]:
        found: list[ArticleTranslation] = []
        gone: list[Change] = []
        for row in shown:
            try:
                current, absent = attempt(partial(self._current, row))
            except BrokenRecord:
                gone.append(unreadable(article_id(row["id"], locale_of(row)), row))
                continue
            found += current
            gone += [Change(article_id(row["id"], locale), None) for locale in sorted(absent)]
        return gone + [
            change
            for locale in sorted({translation.locale for translation in found})
            for change in self._judged(locale, [translation for translation in found if translation.locale == locale])
        ]

    def _current(self, row: Json) -> tuple[list[ArticleTranslation], frozenset[str]]:
        """Return the published translations of an article in the feed, and the locales that have none.

        The feed shows an article in its source locale only; the others are read where there may be any.
        """
        shown = locale_of(row)
        wanted = self._wanted or self._locales.get("", self._enabled_locales) | {shown}
        article = row if wanted == {shown} else self._read(row["id"])
        found = translations(article, self._wanted, self.key) if article else []
        return found, wanted - {translation.locale for translation in found}

    def _judged(self, locale: str, found: list[ArticleTranslation]) -> list[Change]:
        """Decide who may read changed translations, by single loads or by the listing, whichever is cheaper."""
        asked = [translation for translation in found if self._may_be_public(translation)]
        listed = self._public_ids_within(locale, len(asked)) if len(asked) > MAX_SINGLE_LOADS else None
        if listed is not None:
            return [self._by_listing(translation, listed) for translation in found]
        public = {translation.article for translation in asked if self._loads_anonymously(translation)}
        return [self._change(translation, public=translation.article in public) for translation in found]

    def _by_listing(self, translation: ArticleTranslation, listed: set[int]) -> Change:
        public = self._may_be_public(translation) and translation.article in listed
        unconfirmed = self._may_be_public(translation) and not public
        return self._change(translation, public=public, unconfirmed=unconfirmed)

    def _change(self, translation: ArticleTranslation, *, public: bool, unconfirmed: bool = False) -> Change:
        """Return what a listing shows; files are not downloaded for that, they are left to a fetch."""
        audience = Audience.PUBLIC if public else Audience.INTERNAL

        def judge() -> Change:
            document, files = self._document(translation, public=public), self._files.of(translation)
            version = attachments.versioned(document.version, files)
            return Change(document.external_id, version, None if files else document, unconfirmed, audience)

        return judged(translation.text.external_id, translation.text.html, judge, audience, unconfirmed=unconfirmed)

    def _may_be_public(self, translation: ArticleTranslation) -> bool:
        return self._public and not translation.marked

    def _loads_anonymously(self, translation: ArticleTranslation) -> bool:
        """Whether the whole world may load this translation: the authority on who may read it."""
        path = f"{ROOT}/{translation.locale}/articles/{translation.article}.json"
        answer = self._anonymous.get(path, expect=(401, 403, 404), buckets=(BUCKET,))
        if answer.status != 200:
            return False
        article = answer.json().get("article")
        if not isinstance(article, dict) or article.get("id") != translation.article:
            raise Retryable(f"{self._anonymous.where(path)} answered without the article")
        return openly_shows(article, translation.locale)

    def _public_ids(self, locale: str) -> set[int]:
        """Return the ids that anyone may list in the locale. A reading that fails goes on where it stopped."""
        listing = self._listings.get(locale)
        if listing is None or self._clock() - listing.started > MAX_LISTING_AGE:
            listing = self._listings[locale] = PublicListing(self._clock())
        self._read_public(locale, listing, None)
        return listing.ids

    def _public_ids_within(self, locale: str, pages: int) -> set[int] | None:
        """Return the ids that anyone may list in the locale now; None if that takes more pages than given."""
        listing = PublicListing(self._clock())
        self._read_public(locale, listing, pages)
        return listing.ids if listing.complete else None

    def _read_public(self, locale: str, listing: PublicListing, pages: int | None) -> None:
        path = f"{ROOT}/{locale}/articles.json"
        read = 0
        while not listing.complete and read != pages:
            answer, found, after = page(
                self._anonymous, path, "articles", {}, listing.after, bucket=BUCKET, expect=(404,)
            )
            if answer.status == 404:
                self._refuse_unless_disabled(locale, answer, self._anonymous.where(path))
            listing.ids.update(row["id"] for row in found if openly_shows(row, locale))
            listing.after, listing.complete = after, after is None
            read += 1

    def _start_over(self) -> None:
        """Forget what an earlier snapshot used. What only a failed attempt read is kept: it may have taken long."""
        for cache in (self._names, self._locales, self._root):
            cache.forget()
        self._listings = {locale: listing for locale, listing in self._listings.items() if not listing.used}

    def _document(self, translation: ArticleTranslation, *, public: bool) -> Document:
        audience = Audience.PUBLIC if public else Audience.INTERNAL
        return document(translation.text, audience, self._breadcrumb(translation))

    def _breadcrumb(self, translation: ArticleTranslation) -> tuple[str, ...]:
        if translation.section is None:
            return ()
        names = self._names.get("", partial(self._read_names, ROOT))
        if translation.section not in names.sections and translation.section not in names.unknown:
            self._names.forget()  # made since we last looked, or hidden from us
            names = self._names.get("", partial(self._read_names, ROOT))
            if translation.section not in names.sections:
                names.unknown.add(translation.section)
        if translation.is_source or translation.locale not in self._locales.get("", self._enabled_locales):
            return names.path(translation.section, names)
        local = self._names.get(translation.locale, partial(self._read_names, f"{ROOT}/{translation.locale}"))
        return names.path(translation.section, local)

    def _read_names(self, root: str) -> SectionNames:
        sections = everything(self._api, f"{root}/sections.json", "sections", {}, bucket=BUCKET)
        categories = everything(self._api, f"{root}/categories.json", "categories", {}, bucket=BUCKET)
        return SectionNames(by_id(sections), by_id(categories))

    def _enabled_locales(self) -> frozenset[str]:
        path = f"{ROOT}/locales.json"
        answer = self._api.get(path, buckets=(BUCKET,))
        locales = answer.json().get("locales")
        if not isinstance(locales, list) or not locales:
            raise Retryable(f"{self._api.where(path)} answered without locales")
        return frozenset(str(locale).lower() for locale in locales)

    def _read(self, article: int) -> Json | None:
        path = f"{ROOT}/articles/{article}.json"
        return record(self._api, path, "article", {"include": "translations"}, bucket=BUCKET)

    def _check_root(self) -> bool:
        """Make sure that the help center still lists articles, so that one that it does not find is truly gone."""
        path = f"{ROOT}/articles.json"
        answer = self._api.get(path, {"page[size]": 1}, expect=(404,), buckets=(BUCKET,))
        self._refuse_missing(answer, path)
        rows(answer, "articles", self._api.where(path))
        return True

    def _refuse_missing(self, answer: Response, path: str) -> None:
        """A brand without a help center answers 404: that is no empty list."""
        if answer.status == 404:
            raise Misconfigured(
                f"{self._api.where(path)}: no help center there (404); enable it, or correct url and brand_urls"
            )

    def _refuse_unless_disabled(self, locale: str, answer: Response, where: str) -> None:
        """A locale that the help center does not offer is read by nobody; any other 404 is a failure."""
        if locale in self._locales.get("", self._enabled_locales):
            raise client.refusal(answer, where, OPEN_HELP)

    def _feed(self, start: int) -> tuple[Response, int]:
        """Return a page of the feed and the start that was sent: an older one where ours was too young for it.

        Our clock may be wrong, and the server's Date may be another than the articles': their last change then counts.
        """
        choices: tuple[Callable[[], int], ...] = (lambda: start, self._youngest_start, self._before_last_change)
        for choose in choices:
            asked = choose()
            answer = self._api.get(FEED, {"start_time": asked}, expect=(400, 404, 422), buckets=(BUCKET,))
            self._refuse_missing(answer, FEED)
            if answer.date is not None:
                self._skew = answer.date - self._clock()
            if answer.status == 200:
                return answer, asked
            if b"recent" not in answer.body:
                break
        raise client.refusal(answer, self._api.where(FEED), "url")

    def _before_last_change(self) -> int:
        path = f"{ROOT}/articles.json"
        params: Params = {"sort_by": "updated_at", "sort_order": "desc", "per_page": 1}
        answer = self._api.get(path, params, buckets=(BUCKET,))
        latest = rows(answer, "articles", self._api.where(path))
        return max([int(time_of(row.get("updated_at")).timestamp()) - FEED_AGE for row in latest], default=1)

    def _youngest_start(self) -> int:
        """The youngest start_time that the feed accepts, by the source's own clock once it has told it."""
        return int((self._clock() + self._skew).timestamp()) - FEED_AGE


def _fingerprint(row: Json) -> str:
    """Tell rows of the feed apart: the same row, seen again where two reads overlap, costs nothing."""
    kept = {name: value for name, value in row.items() if name not in ("vote_sum", "vote_count")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:12]


def _boundary(shown: list[Json], reached: int, end: int) -> list[str]:
    """Return the fingerprints of what a read from `reached` will show again."""
    times = {row["id"]: int(time_of(row.get("updated_at")).timestamp()) for row in shown}
    if max(times.values()) < end:  # the feed goes by another time than the row's own
        return [_fingerprint(row) for row in shown[-MAX_SEEN:]]
    return [_fingerprint(row) for row in shown if times[row["id"]] >= reached][-MAX_SEEN:]
