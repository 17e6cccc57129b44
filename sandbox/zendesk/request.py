"""A request as an endpoint reads it: who asks what of which brand, with every parameter checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox.zendesk import answers
from sandbox.zendesk.records import Brand, Role, World


@dataclass(frozen=True, slots=True)
class Request:
    """`place` holds what the path names (`locale`, `id`); `origin` has no slash at its end."""

    world: World
    brand: Brand
    origin: str
    path: str
    place: Mapping[str, str]
    params: Mapping[str, str]
    role: Role

    @property
    def id(self) -> int:
        return int(self.place["id"])

    @property
    def locale(self) -> str | None:
        """The path's locale; None where an agent left it out. Raises 403 where a visitor did."""
        locale = self.place.get("locale")
        if locale is None:
            if self.role < Role.AGENT:
                raise answers.forbidden("The locale is required in the path for end users and anonymous visitors.")
        elif locale not in self.brand.locales:
            raise answers.invalid_endpoint()
        return locale

    def link(self, params: Mapping[str, str]) -> str:
        """This request's address with other parameters."""
        return f"{self.origin}{self.path}?{urlencode(params)}"

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """Return the parameter, None where it is absent. Raises 400 for any other value."""
        value = self.params.get(name)
        if value is not None and value not in allowed:
            raise answers.bad_request("InvalidParameter", f"{name} must be one of {', '.join(allowed)}, not {value}")
        return value

    def several_of(self, name: str, allowed: tuple[str, ...]) -> frozenset[str]:
        """Return the comma-separated values. Raises 400 for any that is not allowed."""
        values = frozenset(filter(None, self.params.get(name, "").split(",")))
        if not values <= set(allowed):
            raise answers.bad_request("InvalidParameter", f"{name} takes {', '.join(allowed)}, not {self.params[name]}")
        return values

    def flag(self, name: str) -> bool | None:
        value = self.one_of(name, ("true", "false"))
        return None if value is None else value == "true"

    def number(self, name: str, default: int | None, largest: int | None = None, least: int = 1) -> int:
        """Return a whole number between `least` and `largest`. Raises 400; also where it is absent without default."""
        value = self.params.get(name)
        if value is None and default is not None:
            return default
        if value is None or not (value.isascii() and value.isdigit()):
            raise answers.bad_request("InvalidParameter", f"{name} must be a whole number, not {value!r}")
        if int(value) < least or (largest is not None and int(value) > largest):
            raise answers.bad_request("InvalidParameter", f"{name} is out of range: {value}")
        return int(value)
