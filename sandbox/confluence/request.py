"""A request as an endpoint reads it: who asks what, with every parameter checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.confluence import answers
from sandbox.confluence.records import World


@dataclass(frozen=True, slots=True)
class Request:
    """`place` holds what the path names; `site` is the address that links are relative to."""

    world: World
    account: str
    site: str
    path: str
    place: Mapping[str, str]
    params: Mapping[str, str]
    body: Any = field(default=None)

    @property
    def id(self) -> int:
        return int(self.place["id"])

    def number(self, name: str, default: int, largest: int | None = None) -> int:
        """Return a whole number from 1 (0 for `start`) to `largest`. Raises 400."""
        value = self.params.get(name)
        if value is None:
            return default
        least = 0 if name == "start" else 1
        if not re.fullmatch(r"[0-9]+", value) or int(value) < least or (largest is not None and int(value) > largest):
            raise answers.invalid(name, f"Expected an integer from {least} to {largest}.")
        return int(value)

    def several(self, name: str, allowed: frozenset[str], default: frozenset[str] = frozenset()) -> frozenset[str]:
        """Return the comma-separated values. Raises 400 for any that is not allowed."""
        text = self.params.get(name)
        if text is None:
            return default
        values = frozenset(text.split(","))
        if not values <= allowed:
            raise answers.invalid(name, f"Expected any of {', '.join(sorted(allowed))}.")
        return values

    def ids(self, name: str, most: int) -> frozenset[int] | None:
        """Return comma-separated ids, None where the parameter is absent. Raises 400 for too many."""
        text = self.params.get(name)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]+(,[0-9]+)*", text) or text.count(",") >= most:
            raise answers.invalid(name, f"Expected at most {most} ids.")
        return frozenset(map(int, text.split(",")))

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.params.get(name)
        if value not in (None, "true", "false"):
            raise answers.invalid(name, "Expected a boolean.")
        return default if value is None else value == "true"
