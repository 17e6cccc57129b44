"""`/api/chatkit/session`: what a page asks for before its widget may talk, and gives back when it is done."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, Field

from session_api.access import visitors
from session_api.access.hosted import HostedSessions
from session_api.access.request_guard import RequestGuard, bearer
from session_api.access.tokens import SESSION, invalid
from session_api.errors import REFUSED, ApiError


class Wanted(BaseModel):
    """Who the page believes its visitor is: what it kept from last time, and what the host site signed."""

    visitor_token: str | None = Field(default=None, max_length=4096)
    identity_token: str | None = Field(default=None, max_length=4096)


class Granted(BaseModel):
    """A session. `expires_at` is in seconds since 1970; `api_url` is null where the widget talks to OpenAI itself."""

    client_secret: str
    expires_at: int
    mode: Literal["self_hosted", "hosted"]
    api_url: str | None
    visitor_token: str


def router(
    door: RequestGuard, hosted: HostedSessions | None, *, upkeep: Callable[[], object], prepare: Callable[[], object]
) -> APIRouter:
    """Return the endpoint. `hosted` None: we answer ourselves, and `prepare` hears that somebody is about to ask.

    Both functions are called whenever a session begins, and return at once.
    """
    sessions = APIRouter(prefix="/api/chatkit", tags=["session"])

    @sessions.post("/session", responses=REFUSED)
    async def create(request: Request, wanted: Annotated[Wanted, Body()] = Wanted()) -> Granted:  # noqa: B008
        """Begin a session, or go on with the visitor's."""
        origin = door.origin(request)
        await door.admit(request, origin)
        upkeep()
        visitor, known, token = await _recognise(door, wanted)
        if hosted is not None:
            return await _granted_by_openai(hosted, visitor, token)
        prepare()
        secret, session = door.tokens.session(visitor, origin, door.settings.index, known=known)
        return Granted(
            client_secret=secret,
            expires_at=session.expires_at,
            mode="self_hosted",
            api_url=f"{door.base(request)}/chatkit",
            visitor_token=token,
        )

    @sessions.delete("/session", status_code=204, responses=REFUSED)
    async def cancel(request: Request) -> Response:
        """End a session: its token is refused from now on."""
        if hosted is not None:
            await _cancel_at_openai(door, hosted, request)
            return Response(status_code=204)
        session = await door.session(request)
        until = session.expires_at + SESSION.total_seconds()
        await door.threads.run(visitors.revoke, door.state, f"session:{session.id}", until)
        return Response(status_code=204)

    return sessions


async def _recognise(door: RequestGuard, wanted: Wanted) -> tuple[str, bool, str]:
    """Return the visitor, whether an identity proves them, and the token that recognises the browser next time.

    That token never stands for a customer: who signs out on a shared computer leaves nothing behind.
    """
    anonymous = await _anonymous(door, wanted.visitor_token)
    if wanted.identity_token is None:
        if door.edge.require_identity:
            raise ApiError(401, "identity_required", "Only signed-in customers may ask here.",
                          "Send identity_token, a JWT that the host site signs.")  # fmt: skip
        return anonymous, False, door.tokens.visitor(anonymous)
    subject = door.identity.subject(wanted.identity_token)
    customer = await door.threads.run(visitors.customer, door.state, subject)
    if wanted.visitor_token is not None:
        await door.threads.run(visitors.claim, door.state, anonymous, customer)
    return customer, True, door.tokens.visitor(anonymous)


async def _anonymous(door: RequestGuard, token: str | None) -> str:
    """Return the visitor whom the token recognises; a new one where it is missing, expired, revoked or not ours."""
    if token is None:
        return visitors.new_visitor()
    try:
        visitor = door.tokens.read_visitor(token)
    except ApiError:
        return visitors.new_visitor()
    gone = await door.threads.run(visitors.revoked, door.state, [f"visitor:{visitor}"])
    return visitors.new_visitor() if gone else visitor


async def _granted_by_openai(hosted: HostedSessions, visitor: str, token: str) -> Granted:
    answer = await hosted.create(visitor)
    hosted.remember(answer, visitor)
    return Granted(
        client_secret=answer.client_secret,
        expires_at=answer.expires_at,
        mode="hosted",
        api_url=None,
        visitor_token=token,
    )


async def _cancel_at_openai(door: RequestGuard, hosted: HostedSessions, request: Request) -> None:
    door.origin(request)
    session = await hosted.session_of(bearer(request))
    if session is None:
        raise invalid()
    await hosted.cancel(session)
