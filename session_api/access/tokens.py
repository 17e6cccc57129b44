"""Signed tokens: the short one that opens a conversation, and the long one that recognises a visitor."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from session_api.errors import ApiError

SESSION = timedelta(minutes=10)
VISITOR = timedelta(days=365)
SKEW = timedelta(seconds=60)
MAX_TOKEN_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class Session:
    """What a session token says: who may ask, from which page, of which index. `known`: proven by an identity.

    `language` is no part of the token: what the page or the browser of this one call prefers, as in `Accept-Language`.
    """

    visitor: str
    origin: str
    index: str
    known: bool
    id: str
    expires_at: int
    issued_at: float
    language: str = ""


@dataclass(frozen=True, slots=True)
class VisitorToken:
    """What a visitor token says: whom it recognises, its own id, and when it was issued."""

    visitor: str
    id: str
    issued_at: float


class Tokens:
    """Makes and reads tokens. Keys derive from a secret and rotate by themselves; every host derives the same.

    `secrets_`: tokens are signed with the first, and read with any: the others are being replaced.
    """

    def __init__(self, secrets_: Sequence[str], installation: str, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sessions = _Ring(secrets_, f"answerwell:{installation}:session", timedelta(hours=12), kept=1)
        self._visitors = _Ring(secrets_, f"answerwell:{installation}:visitor", timedelta(days=30), kept=13)

    def session(self, visitor: str, origin: str, index: str, *, known: bool) -> tuple[str, Session]:
        """Return a new token and what it says."""
        now = self._clock().timestamp()  # to the microsecond: what is revoked is known by it
        expires_at = int(now) + int(SESSION.total_seconds())
        made = Session(visitor, origin, index, known, secrets.token_hex(16), expires_at, now)
        claims = {"sub": visitor, "org": origin, "idx": index, "knw": known, "jti": made.id}
        return self._sessions.sign({**claims, "iat": now, "exp": expires_at}, int(now)), made

    def read_session(self, token: str) -> Session:
        """Return what the token says. Raises ApiError: 401 token_invalid, token_expired or clock_skew."""
        claims = self._read(self._sessions, token)
        return Session(
            visitor=str(claims["sub"]),
            origin=str(claims["org"]),
            index=str(claims["idx"]),
            known=claims["knw"] is True,
            id=str(claims["jti"]),
            expires_at=int(claims["exp"]),
            issued_at=float(claims["iat"]),
        )

    def visitor(self, visitor: str, token_id: str | None = None) -> str:
        """Return a token that recognises the visitor; under that id, where one is given."""
        now = int(self._clock().timestamp())
        claims = {"sub": visitor, "jti": token_id or new_token_id()}
        return self._visitors.sign({**claims, "iat": now, "exp": now + int(VISITOR.total_seconds())}, now)

    def read_visitor(self, token: str) -> VisitorToken:
        """Return what the token says. Raises ApiError like `read_session`."""
        claims = self._read(self._visitors, token)
        return VisitorToken(str(claims["sub"]), str(claims["jti"]), float(claims["iat"]))

    def _read(self, ring: "_Ring", token: str) -> dict[str, Any]:
        now = self._clock().timestamp()
        claims = ring.verify(token, now)
        if claims["exp"] <= now:
            raise expired()
        if claims["iat"] > now + SKEW.total_seconds():
            raise ApiError(
                401, "clock_skew", "The token is from the future: two hosts of this service disagree about the time.",
                "Set the clocks of all hosts that serve this API (NTP).",
            )  # fmt: skip
        return claims


def new_token_id() -> str:
    return secrets.token_hex(16)


def invalid() -> ApiError:
    return ApiError(401, "token_invalid", "The token was not issued here, or it was changed or revoked.",
                   "Get a new one: POST /api/chatkit/session.")  # fmt: skip


def expired() -> ApiError:
    return ApiError(401, "token_expired", "The token has expired; it lives for ten minutes.",
                   "Get a new one: POST /api/chatkit/session, then repeat the call.")  # fmt: skip


class _Ring:
    """The keys of one purpose: a new one in every period, named by its number."""

    def __init__(self, secrets_: Sequence[str], audience: str, period: timedelta, *, kept: int) -> None:
        self._secrets = [secret.encode() for secret in secrets_]
        self._audience = audience
        self._period = int(period.total_seconds())
        self._kept = kept

    def sign(self, claims: dict[str, Any], now: int) -> str:
        number = now // self._period
        key = self._key(self._secrets[0], number)
        return jwt.encode({**claims, "aud": self._audience}, key, algorithm="HS256", headers={"kid": str(number)})

    def verify(self, token: str, now: float) -> dict[str, Any]:
        """Return the claims of a token that was signed here. Its times are for the caller to judge."""
        if not token.isascii() or len(token) > MAX_TOKEN_LENGTH:
            raise invalid()
        number, current = _number(token), int(now) // self._period
        if number is None or number > current + 1:
            raise invalid()
        keys = [self._key(secret, number) for secret in self._secrets]
        claims = next((found for key in keys if (found := self._claims(token, key)) is not None), None)
        if claims is None:
            raise invalid()
        if number < current - self._kept:
            raise expired()
        return claims

    def _claims(self, token: str, key: bytes) -> dict[str, Any] | None:
        """Return what the token says; None where another key signed it, or where it is no such token."""
        options: Any = {"require": ["sub", "exp", "iat", "jti", "aud"], "verify_exp": False, "verify_iat": False}
        try:
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=["HS256"], audience=self._audience, options=options
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        return claims

    def _key(self, secret: bytes, number: int) -> bytes:
        derived = hmac.digest(secret, f"{self._audience}:{number}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(derived)


def _number(token: str) -> int | None:
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return int(kid) if isinstance(kid, str) and kid.isdecimal() and kid.isascii() and len(kid) < 12 else None
