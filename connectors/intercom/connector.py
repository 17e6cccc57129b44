"""Intercom: the articles of its help centers and, where asked for, those for teammates and the conversations."""

import time

from connectors.cursor import CursorCodec, scope_of
from connectors.http.client import HttpClient
from connectors.http.rate_limit import QuotaStore
from connectors.http.transport import Clock, HttpxTransport, Sleep, Transport, now
from connectors.intercom import conversation_document, internal_articles
from connectors.intercom.account import client_of
from connectors.intercom.articles import Articles
from connectors.intercom.conversations import Conversations
from connectors.intercom.internal_articles import InternalArticles
from connectors.intercom.settings import IntercomSettings
from connectors.whole_listing import ComparedParts, WholeListing
from sync.errors import Gone
from sync.model import Cursor, Document, Page


class Intercom:
    """Reads one workspace: articles of both kinds are listed whole each time, conversations have a feed.

    A cursor made under other settings is expired: see `CursorCodec`.
    """

    def __init__(
        self,
        settings: IntercomSettings,
        *,
        allowances: QuotaStore | None = None,
        clock: Clock = now,
        sleep: Sleep = time.sleep,
        timeout: float = 60.0,
        transport: Transport | None = None,
    ) -> None:
        sent_by = transport or HttpxTransport(timeout)
        self.api: HttpClient = client_of(settings, sent_by, clock=clock, sleep=sleep, allowances=allowances)
        included = settings.include
        self._articles = Articles(self.api, clock) if "articles" in included else None
        self._internal = InternalArticles(self.api, clock) if "internal_articles" in included else None
        conversations = Conversations(self.api, clock, files=settings.attachments)
        self._conversations = conversations if "conversations" in included else None
        listings = [one for one in (self._articles, self._internal) if one is not None]
        self._all = ComparedParts(
            [WholeListing(one) for one in listings],
            [self._conversations] if self._conversations else [],
            CursorCodec("intercom", scope_of([settings.origin, sorted(included), settings.attachments])),
        )

    def head(self) -> Cursor:
        return self._all.head()

    def snapshot(self, after: Cursor | None) -> Page:
        return self._all.snapshot(after)

    def changes(self, after: Cursor) -> Page:
        return self._all.changes(after)

    def changes_after(self, listed: Cursor) -> Cursor:
        return self._all.changes_after(listed)

    def fetch(self, external_id: str) -> Document:
        kind, _, number = external_id.partition(":")
        if f"{kind}:" == conversation_document.PREFIX and self._conversations:
            return self._conversations.fetch(number)
        if f"{kind}:" == internal_articles.PREFIX and self._internal:
            return self._internal.fetch(number)
        if kind.isascii() and kind.isdecimal() and ":" in external_id and self._articles:
            return self._articles.fetch(kind, number)
        raise Gone(f"intercom: {external_id} is not among what the settings include")
