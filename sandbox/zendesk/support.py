"""Reads of the account's tickets, their comments and its users."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.http import Answer, Json
from sandbox.zendesk import answers, shapes, ticket_shapes
from sandbox.zendesk.paging import CURSOR, Listing, paged
from sandbox.zendesk.records import Comment, Role, Ticket
from sandbox.zendesk.request import Request

ARCHIVED_AFTER = 120 * 86400
AT_ONCE = 100

Orders = tuple[tuple[str, Callable[[Any], tuple[Any, ...]]], ...]

TICKET_ORDERS: Orders = (
    ("id", lambda ticket: (ticket.id,)),
    ("updated_at", lambda ticket: (ticket.updated_at, ticket.id)),
    ("status", lambda ticket: (ticket.status, ticket.id)),
)
COMMENT_ORDERS: Orders = (("created_at", lambda comment: (comment.created_at, comment.id)),)


def tickets(request: Request) -> Answer:
    """Tickets that are neither deleted nor closed so long ago that the vendor has put them away."""
    oldest = request.world.now() - ARCHIVED_AFTER
    listing: Listing[Ticket] = Listing(
        name="tickets",
        records=[
            ticket
            for ticket in list(request.world.tickets.values())
            if ticket.status != "deleted" and not (ticket.status == "closed" and ticket.updated_at < oldest)
        ],
        key=TICKET_ORDERS[0][1],
        shape=lambda ticket: ticket_shapes.ticket(request, ticket),
        per_page=100,
        linked=False,
    )
    return paged(request, _ordered(request, listing, TICKET_ORDERS))


def ticket(request: Request) -> Answer:
    return Answer({"ticket": ticket_shapes.ticket(request, _alive(request))})


def show_many_tickets(request: Request) -> Answer:
    found = [request.world.tickets[number] for number in _ids(request) if number in request.world.tickets]
    shown = [ticket_shapes.ticket(request, record) for record in found if record.status != "deleted"]
    return Answer({"tickets": shown, "next_page": None, "previous_page": None, "count": len(shown)})


def comments(request: Request) -> Answer:
    include = request.several_of("include", ("users",))
    request.flag("include_inline_images")
    listing: Listing[Comment] = Listing(
        name="comments",
        records=_alive(request).comments,
        key=COMMENT_ORDERS[0][1],
        shape=lambda comment: ticket_shapes.comment(request.origin, comment),
        per_page=100,
        linked=False,
    )
    answer = paged(request, _ordered(request, listing, COMMENT_ORDERS))
    if "users" in include:
        authors = dict.fromkeys(comment["author_id"] for comment in answer.body["comments"])
        answer.body["users"] = users_of(request, list(authors))
    return answer


def deleted_tickets(request: Request) -> Answer:
    world = request.world
    return paged(
        request,
        Listing(
            name="deleted_tickets",
            records=[
                record
                for record in list(world.tickets.values())
                if record.deleted_at is not None and not ticket_shapes.scrubbed(world, record)
            ],
            key=lambda record: (record.id,),
            shape=lambda record: ticket_shapes.deleted_ticket(world, record),
            per_page=100,
            linked=False,
        ),
    )


def show_many_users(request: Request) -> Answer:
    shown = users_of(request, _ids(request))
    return Answer({"users": shown, "next_page": None, "previous_page": None, "count": len(shown)})


def me(request: Request) -> Answer:
    """The caller, an anonymous one included: a 200 that proves nothing."""
    if request.caller.role is Role.ANONYMOUS:
        return Answer({"user": shapes.user(None)})
    names = {Role.END_USER: "end-user", Role.AGENT: "agent", Role.ADMIN: "admin"}
    bot = request.world.person("Answerwell", "admin")
    return Answer({"user": {**shapes.user(bot), "role": names[request.caller.role]}})


def tags(request: Request) -> Answer:
    counted = Counter(tag for ticket in list(request.world.tickets.values()) for tag in ticket.tags)
    shown = [{"name": name, "count": count} for name, count in sorted(counted.items())]
    return Answer({"tags": shown, "meta": {"has_more": False}, "links": {"next": None}})


def groups(request: Request) -> Answer:
    return _few(request, "groups", [{"id": number, "name": name} for number, name in request.world.groups.items()])


def ticket_fields(request: Request) -> Answer:
    fields = [
        {"id": 1, "title": "Subject", "type": "subject"},
        {"id": 2, "title": "Model", "type": "tagger", "custom_field_options": [{"id": 3, "value": "breeze_300"}]},
    ]
    return _few(request, "ticket_fields", fields)


def macros(request: Request) -> Answer:
    found = [
        {"id": number, "title": title, "active": True, "actions": [{"field": "comment_value", "value": text}]}
        for number, (title, text) in request.world.macros.items()
    ]
    return _few(request, "macros", found)


def _few(request: Request, name: str, records: list[Json]) -> Answer:
    """A list whose records are shaped already."""
    key: Callable[[Any], tuple[Any, ...]] = lambda record: (record["id"],)  # noqa: E731
    return paged(request, Listing(name=name, records=records, key=key, shape=dict, per_page=100, linked=False))


def users_of(request: Request, numbers: list[int]) -> list[Json]:
    return [shapes.user(request.world.users[number]) for number in numbers if number in request.world.users]


def _alive(request: Request) -> Ticket:
    record = request.world.tickets.get(request.id)
    if record is None or record.status == "deleted":
        raise answers.record_not_found()
    return record


def _ids(request: Request) -> list[int]:
    numbers = request.params.get("ids", "").split(",")
    if len(numbers) > AT_ONCE or not all(number.isascii() and number.isdigit() for number in numbers):
        raise answers.bad_request("InvalidParameter", f"ids takes 1 to {AT_ONCE} numbers between commas")
    return list(dict.fromkeys(int(number) for number in numbers))


def _ordered(request: Request, listing: Listing[Any], orders: Orders) -> Listing[Any]:
    """Put the list in the order that `sort` asks for: cursor paging's own word, unknown to offset paging."""
    names = [name for name, _ in orders]
    asked = request.one_of("sort", (*names, *(f"-{name}" for name in names)))
    if asked is not None and not CURSOR & request.params.keys():
        raise answers.bad_request("InvalidPaginationParameter", "sort needs cursor pagination")
    key = dict(orders)[asked.removeprefix("-") if asked else names[0]]
    descending = asked is not None and asked.startswith("-")
    return replace(listing, records=sorted(listing.records, key=key), key=key, sorts=orders, descending=descending)
