"""OAuth: short-lived tokens, exchanged for what does not expire."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import SecretStr

from connectors.http.client import HttpClient
from connectors.http.transport import Clock
from sync.errors import Misconfigured, Retryable

EXPIRY_MARGIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token as it was granted. `lifetime` None: until it is refused."""

    value: str = field(repr=False)
    lifetime: timedelta | None


class CachedToken:
    """Authenticates with a token that is exchanged anew shortly before it expires, and when it is refused.

    One exchange serves every thread. Raises what `exchange` raises.
    """

    def __init__(self, exchange: Callable[[], Token], clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._expires: datetime | None = None

    def value(self) -> str:
        with self._lock:
            if not self._value or (self._expires and self._clock() >= self._expires):
                self._take_token()
            return self._value

    def renew(self, refused: str) -> bool:
        with self._lock:
            if self._value == refused:
                self._value = ""
        return True

    def _take_token(self) -> None:
        token = self._exchange()
        self._value = f"Bearer {token.value}"
        self._expires = None
        if token.lifetime is not None:
            self._expires = self._clock() + token.lifetime - min(EXPIRY_MARGIN, token.lifetime / 10)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Exchanges a client's secret for a token, by the grant of that name.

    Raises Misconfigured when the exchange is refused, or when the granted scope does not cover the asked one.
    """

    client: HttpClient
    path: str
    client_id: str
    secret: SecretStr
    scope: str

    def __call__(self) -> Token:
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret.get_secret_value(),
            "scope": self.scope,
        }
        granted = self.client.post(self.path, fields).json()
        where = self.client.where(self.path)
        token, scope = granted.get("access_token"), granted.get("scope")
        if not isinstance(token, str) or not token:
            raise Retryable(f"{where} answered without an access_token")
        if isinstance(scope, str) and not set(self.scope.split()) <= set(scope.replace(",", " ").split()):
            # An unknown scope still yields a token, which every later call then refuses.
            raise Misconfigured(
                f"{where} granted the scope {scope[:80]!r}, not {self.scope!r}; allow it for this client_id"
            )
        return Token(token, lifetime_of(granted.get("expires_in")))


def lifetime_of(seconds: object) -> timedelta | None:
    """Return what `expires_in` says, None where it says nothing."""
    return timedelta(seconds=seconds) if isinstance(seconds, int | float) and seconds > 0 else None
