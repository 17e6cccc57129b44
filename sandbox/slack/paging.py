"""Cursors, and pages that may hold less than was asked for."""

import base64
import binascii
from collections.abc import Sequence

from sandbox.http import Json
from sandbox.slack.answers import refused
from sandbox.slack.records import Workspace
from sandbox.slack.request import Request


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decode(cursor: str, mark: str) -> str:
    """Return what a cursor says after its mark. Raises invalid_cursor for one that is not ours."""
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise refused("invalid_cursor") from error
    if not text.startswith(mark):
        raise refused("invalid_cursor")
    return text.removeprefix(mark)


def by_place(request: Request, records: Sequence[Json], default: int, largest: int = 1000) -> tuple[list[Json], str]:
    """Return one page of a list and the cursor of the next, '' after the last. Every third page may be empty."""
    limit = request.number("limit", default, largest)
    text = decode(request.text("cursor"), "place:") if request.text("cursor") else "0:0"
    start, number = (int(part) for part in text.split(":"))
    size = shown(request.world, limit, number)
    end = start + size
    more = end < len(records)
    return list(records[start:end]), encode(f"place:{end}:{number + 1}") if more else ""


def shown(world: Workspace, limit: int, number: int) -> int:
    """How many objects the page of that number holds."""
    if not world.short_pages:
        return limit
    return (max(1, limit // 2), 0, max(1, limit - 1))[number % 3]
