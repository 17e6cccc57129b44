"""A call of a method as the fake reads it: every argument is known, of its kind, and given once."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.slack.answers import Problem, missing_scope
from sandbox.slack.records import World, stamp


@dataclass(frozen=True, slots=True)
class Request:
    """One call; `origin` has no slash at its end."""

    world: World
    origin: str
    arguments: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.arguments.get(name, "")

    def needed(self, name: str, error: str) -> str:
        """Return an argument that must be there. Raises the given error."""
        if not self.arguments.get(name):
            raise Problem(error)
        return self.arguments[name]

    def number(self, name: str, default: int, largest: int, error: str = "invalid_limit") -> int:
        value = self.arguments.get(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit()) or not 1 <= int(value) <= largest:
            raise Problem(error)
        return int(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.arguments.get(name)
        if value not in (None, "0", "1", "true", "false"):
            raise Problem("invalid_arguments", response_metadata={"messages": [f"[ERROR] {name} is no boolean"]})
        return default if value is None else value in ("1", "true")

    def ts(self, name: str, error: str) -> tuple[int, int] | None:
        """Return a bound in time, None where there is none. Raises the given error for what is no ts."""
        value = self.arguments.get(name)
        if not value:
            return None
        try:
            return stamp(value)
        except ValueError as failure:
            raise Problem(error) from failure

    def scope(self, *scopes: str) -> None:
        """Raise missing_scope unless the token has them all."""
        missing = [scope for scope in scopes if scope not in self.world.scopes]
        if missing:
            raise missing_scope(missing[0], ",".join(sorted(self.world.scopes)))
