"""Setting types: durations, addresses and secrets as a configuration file writes them; each error says the fix."""

import ipaddress
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

MIN_TOKEN_LENGTH = 12
MAX_SECRETS = 2
MIN_TOKEN_VARIETY = 6  # characters that differ
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: object) -> timedelta:
    """Read `5s`, `15m`, `1h` or `1d`. Raises ValueError."""
    match = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('is not a duration; write a number and a unit, such as "5s", "15m", "1h" or "1d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def address(text: str) -> str:
    """Accept https anywhere and plain http on this machine; return it without a slash at its end. Raises ValueError."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in ("http", "https") or not host or port == 0 or not _is_plain(text):
        raise ValueError('is not an address; write it in full, such as "https://www.acme.com"')
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("is plain http to another machine; write https:// (http:// is for loopback only)")
    if parts.username or parts.password:
        raise ValueError("carries a user name or password; put credentials in their own keys")
    return text.rstrip("/")


def _is_plain(text: str) -> bool:
    """Whether all of it is seen: no space, no control, no mark of direction."""
    return text.isprintable() and not re.search(r"\s", text)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _given(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("is empty; write the value, or $NAME to read it from the environment")
    return secret


def hard_to_guess(secret: SecretStr) -> SecretStr:
    """Accept a token that lets somebody in. Raises ValueError for one that can be guessed."""
    text = secret.get_secret_value()
    if len(text) < MIN_TOKEN_LENGTH or len(set(text)) < MIN_TOKEN_VARIETY:
        raise ValueError(
            f"can be guessed; use {MIN_TOKEN_LENGTH} characters or more, by chance: `openssl rand -hex 32` makes one"
        )
    return secret


def _one_or_two(value: object) -> object:
    return [value] if isinstance(value, str | SecretStr) else value


def _one_two_or_none(value: object) -> object:
    return [] if value == "" else _one_or_two(value)


def _good_secrets(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if len(secrets) > MAX_SECRETS:
        raise ValueError("holds more than two; keep the new one, and the one that it replaces")
    for secret in secrets:
        hard_to_guess(_given(secret))
    return secrets


def revealed(secrets: Iterable[SecretStr]) -> tuple[str, ...]:
    """Return the secrets themselves, for who checks or signs with them."""
    return tuple(secret.get_secret_value() for secret in secrets)


Duration = Annotated[timedelta, BeforeValidator(duration)]
Address = Annotated[str, AfterValidator(address)]
Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, AfterValidator(_given)]
Secrets = Annotated[
    tuple[SecretStr, ...], BeforeValidator(_one_or_two), Field(min_length=1), AfterValidator(_good_secrets)
]
"""A secret; or two while it is replaced, the new one first: both are right, and the first is what we sign with."""
WebhookSecrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_one_two_or_none), AfterValidator(_good_secrets)]
"""The same, where there may be none: then no message is taken."""


class Section(BaseModel):
    """A table of the configuration. Unknown keys are errors, and no error shows what was written."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)
