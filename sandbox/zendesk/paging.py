"""The two ways to page: by cursor (`page[size]`, stable under edits) and by offset (the default, ends at 10,000)."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from sandbox.http import Answer, Json, Problem, opaque, opened
from sandbox.zendesk import answers
from sandbox.zendesk.request import Request

CURSOR = frozenset({"page[size]", "page[after]", "page[before]"})
OFFSET = frozenset({"page", "per_page"})
PARAMS = CURSOR | OFFSET
MAX_PAGE_DEPTH = 100
MAX_RECORD_DEPTH = 10_000

T = TypeVar("T")
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Listing(Generic[T]):
    """What a list endpoint holds, before it is cut into pages.

    `records` rise by `key`, which the cursor remembers. `sorts` are the orders that offset paging offers, the first
    being the default. `linked`: the Help Center's manner (Link header, first and last); the ticketing side has
    neither, and keeps `links.next` on its last page.
    """

    name: str
    records: Sequence[T]
    key: Callable[[T], Key]
    shape: Callable[[T], Json]
    keep: Callable[[T], bool] = lambda _: True
    sorts: tuple[tuple[str, Callable[[T], Any]], ...] = ()
    descending: bool = False
    per_page: int = 30
    linked: bool = True


def paged(request: Request, listing: Listing[T]) -> Answer:
    """Answer one page in the manner the request asks for. Raises 400 for mixed, malformed or too deep paging."""
    if not CURSOR & request.params.keys():
        return _by_offset(request, listing)
    mixed = OFFSET & request.params.keys()
    if mixed:
        raise _invalid(f"{', '.join(sorted(mixed))} cannot be combined with cursor pagination")
    if "page[after]" in request.params and "page[before]" in request.params:
        raise _invalid("page[after] and page[before] exclude each other")
    return _by_cursor(request, listing)


def _by_cursor(request: Request, listing: Listing[T]) -> Answer:
    raw = request.params.get("page[size]", "100")
    if not raw.isdigit() or not 1 <= int(raw) <= 100:
        raise _invalid(f"page[size] must be from 1 to 100, not {raw}")
    size = int(raw)
    backwards = "page[before]" in request.params
    found = list(islice(filter(listing.keep, _beyond(request, listing, backwards)), size + 1))
    has_more = len(found) > size
    page = found[:size]
    if backwards:
        page.reverse()
    first, last = (opaque(listing.key(page[0])), opaque(listing.key(page[-1]))) if page else (None, None)
    others = {k: v for k, v in request.params.items() if k not in CURSOR}

    def link(**ends: str | None) -> str | None:
        cursors = {f"page[{name}]": value for name, value in ends.items() if value is not None}
        return request.link({**others, **cursors, "page[size]": str(size)}) if len(cursors) == len(ends) else None

    follows = link(after=last) if has_more or not listing.linked else None
    links = {"prev": link(before=first), "next": follows}
    headers = {}
    if listing.linked:
        links |= {"first": link(), "last": link(before=opaque((math.inf,)))}
        headers = {"link": f'<{follows}>; rel="next"'} if follows else {}
    meta = {"has_more": has_more, "after_cursor": last, "before_cursor": first}
    return Answer({listing.name: [listing.shape(r) for r in page], "meta": meta, "links": links}, headers=headers)


def _beyond(request: Request, listing: Listing[T], backwards: bool) -> Iterable[T]:
    """Everything past the cursor, in the direction of travel."""
    token = request.params.get("page[before]" if backwards else "page[after]")
    records = listing.records
    downwards = listing.descending != backwards
    try:
        if token is None:
            start = len(records) if downwards else 0
        elif downwards:
            start = bisect_left(records, _decode(token), key=listing.key)
        else:
            start = bisect_right(records, _decode(token), key=listing.key)
    except TypeError as error:
        raise _invalid("this cursor belongs to another list") from error
    return _walk(records, start, downwards)


def _walk(records: Sequence[T], start: int, downwards: bool) -> Iterator[T]:
    numbers = range(start - 1, -1, -1) if downwards else range(start, len(records))
    return (records[number] for number in numbers)


def _by_offset(request: Request, listing: Listing[T]) -> Answer:
    page = request.number("page", 1)
    per_page = request.number("per_page", listing.per_page, largest=100)
    if page > MAX_PAGE_DEPTH or page * per_page > MAX_RECORD_DEPTH:
        raise answers.bad_request("InvalidPaginationDepth", "The requested page is beyond the last that can be read")
    records = [record for record in listing.records if listing.keep(record)]
    body: Json = {}
    if listing.sorts:
        sort_by = request.one_of("sort_by", tuple(name for name, _ in listing.sorts)) or listing.sorts[0][0]
        sort_order = request.one_of("sort_order", ("asc", "desc")) or "asc"
        records.sort(key=dict(listing.sorts)[sort_by], reverse=sort_order == "desc")
        body = {"sort_by": sort_by, "sort_order": sort_order}
    count = math.ceil(len(records) / per_page)

    def link(number: int) -> str:
        return request.link({**request.params, "page": str(number), "per_page": str(per_page)})

    return Answer(
        {
            "count": len(records),
            "page": page,
            "per_page": per_page,
            "page_count": count,
            "next_page": link(page + 1) if page < count else None,
            "previous_page": link(page - 1) if page > 1 else None,
            **body,
            listing.name: [listing.shape(r) for r in records[(page - 1) * per_page : page * per_page]],
        }
    )


def _decode(token: str) -> Key:
    problem = _invalid("this cursor is not one of ours")
    place = opened(token, problem)
    if not isinstance(place, list):
        raise problem
    return tuple(place)


def _invalid(detail: str) -> Problem:
    return answers.bad_request("InvalidPaginationParameter", detail)
