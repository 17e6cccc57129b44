"""Cursors: JSON that names the settings it was made under, and what is known of many documents in few bytes."""

import base64
import hashlib
import json
import zlib
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


def mark_of(version: str) -> str:
    """Return as much of a version as tells it from others of the same document."""
    return version if len(version) <= MARK else hashlib.sha256(version.encode()).hexdigest()[:MARK]


MARK = 12


def pack(known: object) -> str:
    """Return what a cursor keeps of many documents, compressed; anything that `json` can write."""
    text = json.dumps(known, sort_keys=True, separators=(",", ":"))
    return base64.b85encode(zlib.compress(text.encode())).decode()


def unpack(packed: object) -> Any:
    """Return what was packed. Raises CursorExpired for anything else."""
    try:
        return json.loads(zlib.decompress(base64.b85decode(str(packed))))
    except (ValueError, zlib.error) as error:
        raise CursorExpired("the cursor does not hold what is known of the documents") from error
