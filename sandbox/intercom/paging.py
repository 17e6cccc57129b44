"""Pages: by number, whose next one is an address; and by cursor, whose next one is an object."""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from sandbox.http import Json, opaque, opened
from sandbox.intercom.answers import invalid
from sandbox.intercom.request import Request

T = TypeVar("T")
NUMBERED = frozenset({"page", "per_page"})


def numbered(
    request: Request, rows: Sequence[T], *, default: int, most: int, as_sent: bool = False
) -> tuple[Sequence[T], Json]:
    """Return the page that is asked for by number, and what tells of it. `as_sent`: numbers that were sent are text."""
    page = request.number("page", 1)
    size = request.number("per_page", default, largest=most)
    rows_on_it = min(size, request.world.most_rows or size)
    total = max(1, -(-len(rows) // rows_on_it))
    told: Json = {
        "type": "pages",
        "page": request.text("page") or page if as_sent else page,
        "per_page": request.text("per_page") or rows_on_it if as_sent else rows_on_it,
        "total_pages": total,
    }
    if page < total:
        following = {**request.params, "page": str(page + 1), "per_page": str(rows_on_it)}
        told["next"] = f"{request.world.next_host}{request.path}?{urlencode(following)}"
    return rows[(page - 1) * rows_on_it : page * rows_on_it], told


def by_cursor(
    request: Request, rows: Sequence[tuple[tuple[int, int], T]], asked: Mapping[str, object], *, descending: bool
) -> tuple[Sequence[T], Json]:
    """Return the page after a cursor, of rows in the order of their keys: sort value and id."""
    size = asked.get("per_page", 20)
    if not isinstance(size, int) or not 1 <= size <= 150:
        raise invalid("per_page", str(size), "a whole number from 1 to 150")
    size = min(size, request.world.most_rows or size)
    after, page = _opened(asked.get("starting_after"))
    left = [row for row in rows if after is None or ((row[0] < after) if descending else (row[0] > after))]
    told: Json = {"type": "pages", "page": page, "per_page": size, "total_pages": max(1, -(-len(rows) // size))}
    shown = left[:size]
    if len(left) > size:
        told["next"] = {"page": page + 1, "starting_after": opaque([*shown[-1][0], page + 1])}
    return [row for _, row in shown], told


def _opened(cursor: object) -> tuple[tuple[int, int] | None, int]:
    if cursor is None:
        return None, 1
    problem = invalid("starting_after", str(cursor), "a cursor of ours")
    place = opened(cursor, problem) if isinstance(cursor, str) else None
    if not isinstance(place, list) or len(place) != 3:
        raise problem
    return (int(place[0]), int(place[1])), int(place[2])
