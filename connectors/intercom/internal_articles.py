"""The articles that are for teammates only: internal, whatever they say. They have no change feed."""

from dataclasses import replace
from datetime import timedelta

from connectors import translation
from connectors.cache import TtlCache
from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json
from connectors.intercom.article_document import moment, shown_html
from connectors.intercom.pagination import numbered, record
from connectors.quarantine import judged
from connectors.translation import Translation, one_line
from connectors.whole_listing import ListedPage
from sync.errors import Gone
from sync.model import Audience, Change, Document

PATH = "/internal_articles"
PAGE = 150
PREFIX = "internal:"


class InternalArticles:
    """Lists every internal article with its text."""

    def __init__(self, api: HttpClient, clock: Clock) -> None:
        self.key = api.where(PATH)
        self._api = api
        self._root: TtlCache[bool] = TtlCache(clock, timedelta(minutes=1))

    def page(self, after: Json | None, kept: Json) -> ListedPage:
        page = numbered(self._api, PATH, "data", after, PAGE)
        records = {str(row["id"]): [_change(row)] for row in page.rows}
        return ListedPage(records, page.after, page.total if page.after is None else None, count=page.total, kept=kept)

    def fetch(self, number: str) -> Document:
        """Return the article as it is now. Raises Gone."""
        row = record(self._api, f"{PATH}/{number}") if number.isascii() and number.isdecimal() else None
        if row is None:
            self._root.get("", self._check_root)
            raise Gone(f"{self.key}/{number}: there is no such article")
        return _document(row)

    def _check_root(self) -> bool:
        numbered(self._api, PATH, "data", None, 1)
        return True


def _change(row: Json) -> Change:
    def judge() -> Change:
        document = _document(row)
        return Change(document.external_id, document.version, document, audience=Audience.INTERNAL)

    return judged(f"{PREFIX}{row['id']}", row, judge, Audience.INTERNAL)


def _document(row: Json) -> Document:
    number = str(row["id"])
    text = Translation(
        article=number,
        locale=str(row.get("locale") or "").lower(),
        title=one_line(row.get("title")),
        html=shown_html("", row.get("body")),
        url="",
        updated_at=moment(row.get("updated_at") or row.get("created_at")),
    )
    return replace(translation.document(text, Audience.INTERNAL, ()), external_id=f"{PREFIX}{number}")
