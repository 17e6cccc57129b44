"""Who we say we are to a vendor."""

import base64
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from connectors.http.transport import Clock
from sync.errors import Misconfigured, Retryable

if TYPE_CHECKING:
    from connectors.http.client import HttpClient

EXPIRY_MARGIN = timedelta(seconds=60)


class Auth(Protocol):
    """Who we say we are. `value` is the Authorization header, empty for nobody."""

    def value(self) -> str: ...

    def renew(self, refused: str) -> bool:
        """Drop the refused value; True if another may be had."""
        ...


class Anonymous:
    """Sends no credentials: what comes back is what the whole world may read."""

    def value(self) -> str:
        return ""

    def renew(self, refused: str) -> bool:  # noqa: ARG002
        return False


class Basic:
    """A fixed name and secret."""

    def __init__(self, name: str, secret: SecretStr) -> None:
        self._value = "Basic " + base64.b64encode(f"{name}:{secret.get_secret_value()}".encode()).decode()

    def value(self) -> str:
        return self._value

    def renew(self, refused: str) -> bool:  # noqa: ARG002
        return False


class Bearer:
    """A fixed token."""

    def __init__(self, token: SecretStr) -> None:
        self._value = f"Bearer {token.get_secret_value()}"

    def value(self) -> str:
        return self._value

    def renew(self, refused: str) -> bool:  # noqa: ARG002
        return False


class ClientCredentials:
    """Exchanges a client's secret for short-lived tokens; one exchange serves every thread until it expires.

    Raises Misconfigured when the exchange is refused, or when the granted scope does not cover the asked one.
    """

    def __init__(
        self, exchange: "HttpClient", path: str, client_id: str, secret: SecretStr, scope: str, clock: Clock
    ) -> None:
        self._exchange = exchange
        self._path = path
        self._client_id = client_id
        self._secret = secret
        self._scope = scope
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
        granted = self._exchange.post(
            self._path,
            {
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._secret.get_secret_value(),
                "scope": self._scope,
            },
        ).json()
        where = self._exchange.where(self._path)
        token, scope, lifetime = granted.get("access_token"), granted.get("scope"), granted.get("expires_in")
        if not isinstance(token, str) or not token:
            raise Retryable(f"{where} answered without an access_token")
        if isinstance(scope, str) and not set(self._scope.split()) <= set(scope.replace(",", " ").split()):
            # An unknown scope still yields a token, which every later call then refuses.
            raise Misconfigured(
                f"{where} granted the scope {scope[:80]!r}, not {self._scope!r}; allow it for this client_id"
            )
        self._value = f"Bearer {token}"
        self._expires = None
        if isinstance(lifetime, int | float) and lifetime > 0:
            margin = min(EXPIRY_MARGIN, timedelta(seconds=lifetime / 10))
            self._expires = self._clock() + timedelta(seconds=lifetime) - margin
