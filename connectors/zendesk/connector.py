"""Zendesk: the articles of its help centers and, where asked for, its tickets."""

import time
from collections.abc import Sequence

from connectors.cursor import CursorCodec, scope_of
from connectors.http.auth import Anonymous, Auth, Basic
from connectors.http.client import HttpClient
from connectors.http.oauth import CachedToken, ClientCredentials
from connectors.http.rate_limit import QuotaStore, VendorLimits
from connectors.http.transport import Clock, HttpxTransport, Sleep, Transport, now
from connectors.parts import Part, Parts
from connectors.zendesk.articles import OPEN_HELP, HelpCenter
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.tickets import Tickets
from sync.errors import Gone
from sync.model import Change, Cursor, Document, Page


class Zendesk:
    """Reads one account, part after part: each help center, then the tickets.

    A cursor made under other settings is expired: see `CursorCodec`.
    """

    def __init__(
        self,
        settings: ZendeskSettings,
        *,
        allowances: QuotaStore | None = None,
        clock: Clock = now,
        sleep: Sleep = time.sleep,
        timeout: float = 60.0,
        transport: Transport | None = None,
    ) -> None:
        account = ZendeskAccount(settings, allowances, clock, sleep, transport or HttpxTransport(timeout))
        self._centers = account.help_centers() if "articles" in settings.include else ()
        self._tickets = account.tickets() if "tickets" in settings.include else None
        self.parts: tuple[Part, ...] = (*self._centers, self._tickets) if self._tickets else self._centers
        self._homes: dict[int, HelpCenter] = {}
        cursors = CursorCodec("zendesk", _scope(settings))
        self._all = Parts(self.parts, cursors, self._remember)
        self._audiences = Parts(self._centers, cursors, self._remember)

    def head(self) -> Cursor:
        return self._all.head()

    def snapshot(self, after: Cursor | None) -> Page:
        return self._all.snapshot(after)

    def audiences(self, after: Cursor | None) -> Page:
        """Return one page of articles and who may read them: no feed tells that a whole help center was closed."""
        return self._audiences.snapshot(after)

    def changes(self, after: Cursor) -> Page:
        return self._all.changes(after)

    def fetch(self, external_id: str) -> Document:
        number, _, locale = external_id.partition(":")
        if number == "ticket" and locale.isdecimal() and self._tickets:
            return self._tickets.fetch(int(locale))
        if not number.isdecimal() or not locale or not self._centers:
            raise Gone(f"zendesk: {external_id} is not among what the settings include")
        article = int(number)
        home = self._homes.get(article)
        for center in sorted(self._centers, key=lambda center: center is not home):
            document = center.fetch(article, locale)
            if document is not None:
                self._homes[article] = center
                return document
        raise Gone(f"zendesk: no help center has article {article}")

    def _remember(self, part: Part, changes: Sequence[Change]) -> None:
        """Note which brand an article lives in, so that `fetch` asks there first."""
        home = next((center for center in self._centers if center is part), None)
        if home is not None and len(self._centers) > 1:
            self._homes.update((int(change.external_id.partition(":")[0]), home) for change in changes)


class ZendeskAccount:
    """Who we are at each of the account's addresses: the configured client, or nobody."""

    def __init__(
        self,
        settings: ZendeskSettings,
        allowances: QuotaStore | None,
        clock: Clock,
        sleep: Sleep,
        transport: Transport,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._transport = transport
        self._pacing = VendorLimits(allowances, f"zendesk:{settings.url}", clock=clock)
        self._auth = self._sign_in()

    def tickets(self) -> Tickets:
        return Tickets(self.signed_in(self._settings.url), files=bool(self._settings.attachments), clock=self._clock)

    def help_centers(self) -> tuple[HelpCenter, ...]:
        return tuple(self._help_center(origin) for origin in _brands(self._settings))

    def _help_center(self, origin: str) -> HelpCenter:
        nobody = self._api(origin, Anonymous(), VendorLimits(clock=self._clock), OPEN_HELP)
        return HelpCenter(
            self.signed_in(origin),
            nobody,
            locales=self._settings.locales,
            public=self._settings.public,
            files=self._settings.attachments,
            clock=self._clock,
        )

    def signed_in(self, origin: str) -> HttpClient:
        return self._api(origin, self._auth, self._pacing, self._credentials)

    def _api(self, origin: str, auth: Auth, pacing: VendorLimits, settings: str) -> HttpClient:
        hosts = frozenset(self._settings.trusted_hosts)
        return HttpClient("zendesk", origin, auth, self._transport, settings, pacing, self._sleep, hosts=hosts)

    @property
    def _credentials(self) -> str:
        return "client_id and client_secret" if self._settings.client_id else "email and api_token"

    def _sign_in(self) -> Auth:
        settings = self._settings
        if not settings.client_id:
            return Basic(f"{settings.email}/token", settings.api_token)
        exchange = self._api(settings.url, Anonymous(), self._pacing, self._credentials)
        grant = ClientCredentials(exchange, "/oauth/tokens", settings.client_id, settings.client_secret, "read")
        return CachedToken(grant, self._clock)


def _brands(settings: ZendeskSettings) -> list[str]:
    return list(dict.fromkeys((settings.url, *settings.brand_urls)))


def _scope(settings: ZendeskSettings) -> str:
    included = [sorted(settings.include), settings.attachments]
    return scope_of([_brands(settings), sorted(settings.locales), settings.public, *included])
