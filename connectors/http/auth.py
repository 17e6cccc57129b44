"""Authentication: what a call says of who makes it. Tokens that expire are in `oauth`."""

import base64
from typing import Protocol

from pydantic import SecretStr


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
