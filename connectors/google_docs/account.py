"""Who we are to Google: a service account's key, exchanged for one token an hour that serves every thread."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from connectors.google_docs.errors import token_refused
from connectors.http.addresses import check_origin, origin_of
from connectors.http.auth import Anonymous
from connectors.http.client import HttpClient
from connectors.http.oauth import Token, lifetime_of
from connectors.http.transport import Json, Sleep, Transport
from sync.errors import Misconfigured, Retryable

if TYPE_CHECKING:
    from google.auth.crypt import RSASigner

SCOPES = ("https://www.googleapis.com/auth/drive.readonly",)  # enough for Docs too, and the least that is
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Key:
    """A service account's key file, read and checked."""

    fields: Json = field(repr=False)
    email: str
    token_uri: str


def read_key(path: Path) -> Key:
    """Return the key in the file. Raises Misconfigured for one that is missing, unreadable, or something else."""
    where = f"google_docs credentials_file {path}"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Misconfigured(f"{where} is not there; put the service account's JSON key file there") from error
    except OSError as error:
        raise Misconfigured(f"{where} cannot be read ({error.strerror}); allow this user to read it") from error
    except ValueError:
        raise Misconfigured(f"{where} is not JSON; download the service account's key as JSON") from None
    if not isinstance(fields, dict) or fields.get("type") != "service_account":
        raise Misconfigured(f"{where} is not the key of a service account; make one of type JSON, not an OAuth client")
    missing = [name for name in ("client_email", "private_key", "token_uri") if not isinstance(fields.get(name), str)]
    if missing:
        raise Misconfigured(f"{where} has no {', '.join(missing)}; download the key again")
    try:
        check_origin(origin_of(fields["token_uri"]), "token_uri")
    except ValueError as error:
        raise Misconfigured(f"{where}: {error}") from None
    return Key(fields, fields["client_email"], fields["token_uri"])


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Exchanges a key for a token. The file is read each time, so that a new key needs no restart.

    `subject`: on whose behalf. Raises Misconfigured when the key is of no use, or the exchange is refused.
    """

    path: Path
    subject: str
    transport: Transport = field(repr=False)
    sleep: Sleep = field(repr=False)

    def __call__(self) -> Token:
        from google.auth.credentials import DEFAULT_UNIVERSE_DOMAIN  # takes long: only who signs in waits for it
        from google.auth.exceptions import GoogleAuthError
        from google.oauth2.service_account import Credentials

        key = read_key(self.path)
        exchange = _Exchange(key, self.transport, self.sleep)
        try:
            credentials: Credentials = Credentials(  # type: ignore[no-untyped-call]  # theirs
                _signer(key.fields["private_key"], str(key.fields.get("private_key_id") or "")),
                service_account_email=key.email,
                token_uri=key.token_uri,
                scopes=SCOPES,
                subject=self.subject or None,
                universe_domain=str(key.fields.get("universe_domain") or DEFAULT_UNIVERSE_DOMAIN),
            )
            credentials.refresh(exchange)  # type: ignore[no-untyped-call]  # theirs
        except (GoogleAuthError, ValueError):  # their text may quote the key or the answer
            if exchange.answered:
                raise Retryable(f"google_docs {key.token_uri} answered without an access_token") from None
            raise Misconfigured(
                f"google_docs credentials_file {self.path}: its private_key cannot be read; download the key again"
            ) from None
        return Token(str(credentials.token), exchange.lifetime)


@lru_cache(maxsize=8)
def _signer(private_key: str, key_id: str) -> "RSASigner":
    """Read a private key, once a process: checking it takes longer than the exchange. Raises ValueError."""
    from google.auth.crypt import RSASigner

    signer: RSASigner = RSASigner.from_string(private_key, key_id or None)  # type: ignore[no-untyped-call]  # theirs
    return signer


@dataclass(frozen=True, slots=True)
class _Response:
    """An answer as Google's library takes it."""

    status: int
    headers: Mapping[str, str]
    data: bytes = field(repr=False)


class _Exchange:
    """What Google's library calls to send its signed request: by our rules, so that it need not retry by its own."""

    def __init__(self, key: Key, transport: Transport, sleep: Sleep) -> None:
        self._key = key
        self._api = HttpClient(
            "google_docs",
            origin_of(key.token_uri),
            Anonymous(),
            transport,
            "credentials_file",
            sleep=sleep,
            refuse=token_refused,
        )
        self.answered = False
        self.lifetime = LIFETIME

    def __call__(
        self,
        url: str,
        method: str = "POST",  # noqa: ARG002  the library's own signature
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002  likewise
        **_: object,
    ) -> _Response:
        answer = self._api.submit(urlsplit(url).path, dict(parse_qsl((body or b"").decode())))
        self.answered = True
        self.lifetime = lifetime_of(answer.json().get("expires_in")) or LIFETIME
        return _Response(answer.status, answer.headers, answer.body)
