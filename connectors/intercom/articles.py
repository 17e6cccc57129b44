"""The articles of a workspace: of every help center, in every published locale. They have no change feed."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

from connectors.cache import TtlCache
from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json
from connectors.intercom.article_document import ArticleLocale, parents_of, published
from connectors.intercom.help_centers import HelpCenterReader, HelpCenters, loaded
from connectors.intercom.pagination import numbered, record
from connectors.quarantine import BrokenRecord, attempt, judged, unreadable
from connectors.translation import article_id
from connectors.whole_listing import ListedPage
from sync.errors import Gone
from sync.model import Change, Document

PATH = "/articles"
PAGE = 250


class Articles:
    """Lists every article with the text of all its locales; help centers and collections come along in `kept`."""

    def __init__(self, api: HttpClient, clock: Clock) -> None:
        self.key = api.where(PATH)
        self._api = api
        self._reader = HelpCenterReader(api, clock)
        self._centers: TtlCache[HelpCenters] = TtlCache(clock, timedelta(minutes=1))
        self._root: TtlCache[bool] = TtlCache(clock, timedelta(minutes=1))

    def page(self, after: Json | None, kept: Json) -> ListedPage:
        """Return one page. The help centers are read at the start of each listing, collections now and then."""
        before = loaded(kept)
        centers = self._reader.read(before) if after is None else before
        page = numbered(self._api, PATH, "data", after, PAGE)
        centers = self._reader.knowing(centers, lambda: _parents(page.rows))
        records = {str(row["id"]): self._changes(row, centers) for row in page.rows}
        return ListedPage(
            records, page.after, page.total if page.after is None else None, count=page.total, kept=centers.dump()
        )

    def fetch(self, number: str, locale: str) -> Document:
        """Return the article in one locale as it is now. Raises Gone."""
        row = record(self._api, f"{PATH}/{number}") if number.isascii() and number.isdecimal() else None
        if row is None:
            self._root.get("", self._check_root)
            raise Gone(f"{self.key}/{number}: there is no such article")
        for found in published(row):
            if found.text.locale == locale:
                return found.document(self._centers_with(parents_of(row)))
        raise Gone(f"{self.key}/{number}: not published in {locale}")

    def _changes(self, row: Json, centers: HelpCenters) -> list[Change]:
        try:
            found = attempt(partial(published, row))
        except BrokenRecord:
            return [unreadable(article_id(str(row["id"]), str(row.get("default_locale") or "").lower()), row)]
        return [judged(one.text.external_id, one.text.html, _judge(one, centers)) for one in found]

    def _centers_with(self, parents: Iterable[str]) -> HelpCenters:
        found = self._centers.get("", lambda: self._reader.read(HelpCenters()))
        known = self._reader.knowing(found, lambda: parents)
        if known is not found:
            self._centers.forget()
        return known

    def _check_root(self) -> bool:
        """Make sure that articles are still listed, so that one that is not found is truly gone."""
        numbered(self._api, PATH, "data", None, 1)
        return True


def _judge(found: ArticleLocale, centers: HelpCenters) -> Callable[[], Change]:
    def judge() -> Change:
        document = found.document(centers)
        return Change(document.external_id, document.version, document, audience=document.audience)

    return judge


def _parents(shown: Iterable[Json]) -> Iterable[str]:
    return [parent for row in shown for parent in parents_of(row)]
