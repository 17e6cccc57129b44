"""Conversations: lists without their parts, one with them, a search with a lag, and those that were deleted."""

from collections.abc import Callable
from typing import Any

from sandbox.http import Answer, Json
from sandbox.intercom import shapes
from sandbox.intercom.answers import error, invalid, not_found, version_invalid
from sandbox.intercom.paging import by_cursor, numbered
from sandbox.intercom.records import Conversation
from sandbox.intercom.request import Request, body_of

MAX_FILTERS = 15
MAX_NESTING = 2
FIELDS: dict[str, Callable[[Conversation], Any]] = {
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
    "id": lambda one: str(one.id),
    "state": lambda one: one.state,
    "open": lambda one: one.state == "open",
    "team_assignee_id": lambda one: one.team,
    "statistics.last_close_at": lambda one: one.closed_at or 0,
}
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda held, asked: bool(held == asked),
    "!=": lambda held, asked: bool(held != asked),
    ">": lambda held, asked: bool(held > asked),  # documented as "or equal", and measured without
    "<": lambda held, asked: bool(held < asked),
    "IN": lambda held, asked: held in asked,
}


def conversations(request: Request) -> Answer:
    asked: Json = {"per_page": request.number("per_page", 20, largest=150)}
    if after := request.text("starting_after"):
        asked["starting_after"] = after
    return _listed(request, list(request.world.conversations.values()), asked, "created_at", descending=True)


def conversation(request: Request) -> Answer:
    one = request.world.conversations.get(_id(request))
    if one is None:
        raise not_found()
    plain = request.one_of("display_as", ("plaintext",)) is not None
    return Answer(shapes.conversation(request, one, plain=plain))


def search(request: Request) -> Answer:
    body = body_of(request)
    if not body.keys() <= {"query", "sort", "pagination"} or "query" not in body:
        raise invalid("body", str(sorted(body)), "query, sort and pagination")
    world = request.world
    indexed = [one for one in world.conversations.values() if one.updated_at <= world.now() - world.lag]
    wanted = _filter(body["query"], 1)
    sort = body.get("sort") or {"field": "updated_at", "order": "descending"}
    if sort.get("order") not in ("ascending", "descending"):
        raise error(400, "invalid_sort_order", "order must be ascending or descending")
    pagination = {name: value for name, value in (body.get("pagination") or {}).items() if value is not None}
    found = [one for one in indexed if wanted(one)]
    return _listed(request, found, pagination, str(sort["field"]), descending=sort["order"] == "descending")


def deleted(request: Request) -> Answer:
    if not request.caller.is_current:
        raise version_invalid("Requested resource is not available in current API version.")
    newest_first = request.one_of("order", ("asc", "desc")) != "asc"
    ordered = sorted(request.world.deleted, key=lambda one: (one.deleted_at, one.id), reverse=newest_first)
    rows, pages = numbered(request, ordered, default=20, most=60)
    told = [
        {"type": "conversation", "id": str(one.id), "metrics_retained": True, "deleted_at": one.deleted_at}
        for one in rows
    ]
    return Answer({"type": "conversations.list", "pages": pages, "total_count": len(ordered), "conversations": told})


def _listed(request: Request, found: list[Conversation], asked: Json, field: str, *, descending: bool) -> Answer:
    if field not in FIELDS:
        raise invalid("sort.field", field, f"one of {', '.join(FIELDS)}")
    keyed = sorted((((FIELDS[field](one), one.id), one) for one in found), key=lambda row: row[0], reverse=descending)
    rows, pages = by_cursor(request, keyed, asked, descending=descending)
    told = [shapes.conversation_row(request, one) for one in rows]
    return Answer({"type": "conversation.list", "pages": pages, "total_count": len(keyed), "conversations": told})


def _filter(query: Any, level: int) -> Callable[[Conversation], bool]:
    """Return what a query asks for. Refuses unknown fields and operators, too many filters and too deep ones."""
    if not isinstance(query, dict) or level > MAX_NESTING + 1:
        raise invalid("query", str(query), "a filter")
    operator, value = query.get("operator"), query.get("value")
    if operator in ("AND", "OR"):
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_FILTERS:
            raise invalid("query.value", str(value), f"1 to {MAX_FILTERS} filters")
        inner = [_filter(one, level + 1) for one in value]
        return (
            (lambda one: all(each(one) for each in inner))
            if operator == "AND"
            else (lambda one: any(each(one) for each in inner))
        )
    name = query.get("field")
    if name not in FIELDS or operator not in OPERATORS:
        raise invalid("query", str(query), "a field and an operator that conversations have")
    return lambda one: OPERATORS[operator](FIELDS[name](one), value)


def _id(request: Request) -> int:
    text = request.place["id"]
    return int(text) if text.isascii() and text.isdecimal() else 0
