"""Cursors: JSON that names the settings it was made under."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sync.errors import CursorExpired
from sync.model import Cursor


@dataclass(frozen=True, slots=True)
class CursorCodec:
    """Turns a place in a source's lists into a cursor and back. `scope`: what the settings include, see `scope_of`."""

    vendor: str
    scope: str

    def dump(self, place: dict[str, Any]) -> Cursor:
        return Cursor(json.dumps({"scope": self.scope, **place}, separators=(",", ":")))

    def load(self, cursor: Cursor, *keys: str) -> dict[str, Any]:
        """Return the place. Raises CursorExpired unless it was made under these settings, and has all of the keys."""
        try:
            place = json.loads(cursor)
        except ValueError as error:
            raise CursorExpired(f"{self.vendor}: the cursor is not one of ours") from error
        if not isinstance(place, dict) or place.pop("scope", None) != self.scope or not place.keys() >= {*keys}:
            raise CursorExpired(f"{self.vendor}: the cursor was made under other settings")
        return place


def scope_of(included: object) -> str:
    """Return a short mark of what the settings include; anything that `json` can write."""
    return hashlib.sha256(json.dumps(included).encode()).hexdigest()[:8]
