"""The two ways to page: the opaque cursor of v2 and of the search, and `start` with `limit` of Data Center."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from sandbox.confluence import answers
from sandbox.confluence.request import Request
from sandbox.http import Answer, Json, opaque, opened

T = TypeVar("T")
Key = tuple[Any, ...]


def by_cursor(
    request: Request,
    records: Sequence[T],
    key: Callable[[T], Key],
    shape: Callable[[T], Json],
    *,
    default: int = 25,
    descending: bool = False,
) -> Answer:
    """Answer one page of v2: `next` stands in the body and in the Link header, relative and with /wiki."""
    limit = min(request.number("limit", default, 250), request.world.page_cap)
    ordered = sorted(records, key=key, reverse=descending)
    after, blank = _position(request)
    if after is not None:
        ordered = [r for r in ordered if (key(r) < after if descending else key(r) > after)]
    if request.world.blank_pages and not blank and ordered:
        return _page(request, [], opaque({"after": after, "blank": True}))
    page = ordered[:limit]
    following = opaque({"after": key(page[-1]), "blank": False}) if len(ordered) > limit else None
    return _page(request, [shape(record) for record in page], following)


def _page(request: Request, results: list[Json], following: str | None) -> Answer:
    links: Json = {"base": request.origin}
    header = f'<{request.origin}>; rel="base"'
    if following:
        query = urlencode({**request.params, "cursor": following})
        links["next"] = f"/wiki{request.path}?{query}"
        header = f'<{links["next"]}>; rel="next", {header}'
    return Answer({"results": results, "_links": links}, headers={"link": header})


def _position(request: Request) -> tuple[Key | None, bool]:
    token = request.params.get("cursor")
    if token is None:
        return None, False
    told = decode(token)
    if not isinstance(told, dict) or "after" not in told:
        raise answers.invalid("cursor", "Expected type is Cursor.")
    return (tuple(told["after"]) if told["after"] is not None else None), bool(told["blank"])


def by_start(request: Request, records: Sequence[T], shape: Callable[[T], Json], cap: int) -> Answer:
    """Answer one page of v1. What is asked beyond the cap is silently cut, and `next` then skips what was cut."""
    start, asked = request.number("start", 0, least=0), request.number("limit", 25)
    limit = min(asked, cap, request.world.page_cap)
    page = records[start : start + limit]
    links: Json = {"self": f"{request.origin}{request.path}", "base": request.origin, "context": ""}
    if start + limit < len(records):
        query = urlencode({**request.params, "start": start + asked, "limit": limit})
        links["next"] = f"{request.path}?{query}"
    return Answer(
        {"results": [shape(r) for r in page], "start": start, "limit": limit, "size": len(page), "_links": links}
    )


def decode(token: str) -> Any:
    return opened(token, answers.invalid("cursor", "Expected type is Cursor."))
