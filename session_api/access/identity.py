"""Identity tokens: a JWT by which the host site proves a customer, signed with a shared secret or a private key."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from session_api.access.identity_keys import Key
from session_api.access.tokens import MAX_TOKEN_LENGTH, SKEW
from session_api.errors import ApiError

MAX_LIFE = timedelta(hours=1)
MAX_SUBJECT_LENGTH = 255


@dataclass(frozen=True, slots=True)
class ProvenIdentity:
    """Whom a token is about, and the latest moment at which it may have been issued."""

    subject: str
    issued_at: float


@dataclass(frozen=True)
class Identity:
    """Reads identity tokens. A key's own kind decides its algorithm; what the token claims about itself does not.

    `table`: where the configuration has the keys.
    """

    keys: Mapping[str, Key]
    audiences: tuple[str, ...]
    clock: Callable[[], datetime]
    table: str = "widget"

    def proven(self, token: str) -> ProvenIdentity:
        """Return the customer, by their id at the host site. Raises ApiError: 401 with what that site must change."""
        claims = self.claims(token)
        return ProvenIdentity(claims["sub"], latest_issue(claims))

    def claims(self, token: str) -> dict[str, Any]:
        """Return what a valid token says, its "sub" among it. Raises ApiError like `proven`."""
        if not self.keys:
            raise refusal(
                "identity_not_configured",
                "This service knows no key to check an identity with.",
                f'Add [{self.table}.identity_keys] with "key id" = "$SECRET or a public key in PEM".',
            )
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise _malformed()
        key = self._key(token)
        claims = self._claims(token, key)
        self._check_times(claims)
        _check_texts(claims)
        subject: str = claims.get("sub", "")
        if not 0 < len(subject) <= MAX_SUBJECT_LENGTH or any(
            letter < " " or "\ud800" <= letter <= "\udfff" for letter in subject
        ):
            raise refusal(
                "identity_invalid",
                "The identity token does not say whom it is about.",
                f'Set "sub" to their id, 1 to {MAX_SUBJECT_LENGTH} characters, none of them a control character.',
            )
        return claims

    def _key(self, token: str) -> Key:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise _malformed() from None
        if kid is None and len(self.keys) == 1:
            return next(iter(self.keys.values()))
        if not isinstance(kid, str) or kid not in self.keys:
            raise refusal("identity_unknown_key", "The identity token is signed with a key that is not configured.",
                          f'Set "kid" in its header to an entry of [{self.table}.identity_keys].')  # fmt: skip
        return self.keys[kid]

    def _claims(self, token: str, key: Key) -> dict[str, Any]:
        unchecked = ("exp", "iat", "nbf", "sub", "jti")  # checked here, with what to change
        options: Any = {**{f"verify_{name}": False for name in unchecked}, "require": ["exp", "aud"]}
        try:
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=[_algorithm(key)], audience=list(self.audiences), options=options
            )
        except jwt.InvalidAudienceError:
            raise refusal("identity_wrong_audience", "The identity token is for another service.",
                          f'Set "aud" to "{self.audiences[0]}".') from None  # fmt: skip
        except jwt.MissingRequiredClaimError as error:
            raise refusal("identity_invalid", f'The identity token has no "{error.claim}".',
                          'It needs "sub", "aud" and "exp".') from None  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise refusal("identity_invalid", "The identity token's signature is not of the configured key.",
                          f"Sign it with {_algorithm(key)} and the key of its kid.") from None  # fmt: skip
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now, skew = self.clock().timestamp(), SKEW.total_seconds()
        times = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
        if not all(
            isinstance(at, int | float) and not isinstance(at, bool) and abs(at) < 1e12 for at in times.values()
        ):
            raise refusal("identity_invalid", "A time in the identity token is not a number.",
                          'Write "exp", "iat" and "nbf" as seconds since 1970.')  # fmt: skip
        ahead = max(times.get("iat", now), times.get("nbf", now)) - now
        if ahead > skew:
            raise refusal("identity_clock_skew", f"The identity token starts {ahead:.0f} s from now.",
                          "Set the clock of the host that signs it (NTP).")  # fmt: skip
        if times["exp"] <= now - skew:
            raise refusal("identity_expired", "The identity token has expired.",
                          "Sign a new one for each page view; it may live for an hour.")  # fmt: skip
        begun = min(times.get("iat", now), now)
        if times["exp"] - begun > MAX_LIFE.total_seconds() + skew:
            raise refusal("identity_too_long", "The identity token lives longer than an hour.",
                          'Set "exp" to at most 3600 seconds from "iat".')  # fmt: skip


def latest_issue(claims: Mapping[str, Any]) -> float:
    """Return the end of the second in which the token was issued; where it does not say, the earliest there can be."""
    issued = claims.get("iat", claims.get("nbf"))
    return float(claims["exp"]) - MAX_LIFE.total_seconds() if issued is None else math.floor(float(issued)) + 1.0


def _check_texts(claims: Mapping[str, Any]) -> None:
    for name in ("sub", "jti"):
        told = claims.get(name, "")
        if not isinstance(told, str):
            kind = "a number" if isinstance(told, int | float) and not isinstance(told, bool) else "not a text"
            raise refusal("identity_invalid", f'"{name}" of the identity token is {kind}.',
                          f'Write it as a text, in quotes: "{name}": "42", not "{name}": 42.')  # fmt: skip


def _algorithm(key: Key) -> str:
    if isinstance(key, str):
        return "HS256"
    return "RS256" if isinstance(key, RSAPublicKey) else "ES256"


def _malformed() -> ApiError:
    return refusal("identity_invalid", "The identity token is not a JWT.", "Send the signed token itself, unchanged.")


def refusal(code: str, message: str, fix: str) -> ApiError:
    return ApiError(401, code, message, fix)


def _unkeepable(letter: str) -> bool:
    """Whether it is a control character, or half of a surrogate pair: no database takes it."""
    return letter < " " or "\ud800" <= letter <= "\udfff"
