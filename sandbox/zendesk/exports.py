"""The account's incremental exports: tickets by cursor, and the events of tickets by time."""

import base64
import binascii
import itertools

from sandbox.http import Answer
from sandbox.zendesk import answers, ticket_shapes
from sandbox.zendesk.records import Ticket
from sandbox.zendesk.request import Request
from sandbox.zendesk.support import users_of

MAX_BYTES = 1000

Position = tuple[int, int]
"""Where a cursor stands: the `generated_at` and id of the last ticket before it."""

_empty = itertools.count(1)


def tickets(request: Request) -> Answer:
    """One page of the cursor export; what changed within the last minute is withheld until later."""
    world = request.world
    size = min(request.number("per_page", MAX_BYTES, largest=MAX_BYTES), world.export_size)
    request.one_of("support_type_scope", ("all", "agent", "ai_agent"))
    include = request.several_of("include", ("users",))
    position = _position(request)
    if world.stuck_cursor:
        return _page(request, [], request.params.get("cursor") or _cursor(position), end=False)
    if world.empty_pages > 0:
        world.empty_pages -= 1
        return _page(request, [], _cursor(position, f"{next(_empty)}"), end=False)
    following = sorted(
        (ticket for ticket in list(world.tickets.values()) if position < _place(ticket) and _settled(request, ticket)),
        key=_place,
    )
    page = following[:size]
    after = _cursor(_place(page[-1]) if page else position)
    answer = _page(request, page, after, end=len(following) <= size)
    if "users" in include:
        people = dict.fromkeys(n for ticket in page for n in (ticket.requester_id, ticket.assignee_id))
        answer.body["users"] = users_of(request, list(people))
    return answer


def ticket_events(request: Request) -> Answer:
    """One page of events at or after `start_time`; the last event's time starts the next, so ties repeat."""
    world = request.world
    start = _start_time(request)
    with_comments = bool(request.several_of("include", ("comment_events",)))
    newest = world.now() - world.withheld
    following = sorted(
        (event for event in list(world.events) if start <= event.timestamp <= newest),
        key=lambda event: (event.timestamp, event.id),
    )
    page = following[: world.export_size]
    end = page[-1].timestamp if page else None
    kept = {name: value for name, value in request.params.items() if name != "start_time"}
    return Answer(
        {
            "ticket_events": [
                ticket_shapes.event(world, request.origin, event, with_comments=with_comments) for event in page
            ],
            "count": len(page),
            "end_time": end,
            "next_page": None if end is None else request.link({"start_time": str(end), **kept}),
            "end_of_stream": len(following) <= world.export_size,
        }
    )


def _position(request: Request) -> Position:
    if ("cursor" in request.params) == ("start_time" in request.params):
        raise answers.bad_request("InvalidParameter", "give a start_time, or the cursor of an earlier page")
    if "start_time" in request.params:
        return _start_time(request), 0
    try:
        plain = base64.urlsafe_b64decode(request.params["cursor"]).decode()
        moment, _, rest = plain.partition("||")
        return int(float(moment)), int(rest.split("|")[0])
    except (binascii.Error, ValueError) as error:
        raise answers.unprocessable("InvalidValue", "Invalid cursor") from error


def _start_time(request: Request) -> int:
    start = request.number("start_time", None, least=0)
    if start > request.world.now() - request.world.start_floor:
        raise answers.too_recent("InvalidValue", request.world.start_floor)
    return start


def _settled(request: Request, ticket: Ticket) -> bool:
    if ticket.generated_at > request.world.now() - request.world.withheld:
        return False
    return not (ticket.status == "deleted" and request.flag("exclude_deleted"))


def _place(ticket: Ticket) -> Position:
    return ticket.generated_at, ticket.id


def _cursor(position: Position, mark: str = "") -> str:
    return base64.urlsafe_b64encode(f"{position[0]}.0||{position[1]}|{mark}".encode()).decode()


def _page(request: Request, page: list[Ticket], after: str, *, end: bool) -> Answer:
    return Answer(
        {
            "tickets": [ticket_shapes.ticket(request, ticket) for ticket in page],
            "after_url": request.link({"cursor": after}),
            "after_cursor": after,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": end,
        }
    )
