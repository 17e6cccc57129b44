"""Sessions: `/api/chatkit/session`, what a page asks for before its widget may talk, and gives back afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from session_api.access.request_body import described, parse
from session_api.access.request_guard import RequestGuard, bearer
from session_api.access.tokens import SESSION, invalid
from session_api.access.visitors import Recognised, SignIn, new_visitor, recognise, unclaimed
from session_api.errors import REFUSED, ApiError
from session_api.state import revocations, visitors

if TYPE_CHECKING:
    from session_api.access.hosted import HostedSessions  # loads openai, which it asks


class Wanted(BaseModel):
    """Who the page believes its visitor is: what it kept from last time, and what the host site signed.

    `thread_id`: the conversation that the page shows, which a sign-in takes along, "" for none; None: the last one.
    """

    visitor_token: str | None = Field(default=None, max_length=4096)
    identity_token: str | None = Field(default=None, max_length=4096)
    thread_id: str | None = Field(default=None, max_length=100)


class Granted(BaseModel):
    """A session. `expires_at` is in seconds since 1970; `api_url` is null where the widget talks to OpenAI itself.

    `unclaimed`: how many conversations of before their sign-in the customer is to be asked about; left out for none.
    """

    client_secret: str
    expires_at: int
    mode: Literal["self_hosted", "hosted"]
    api_url: str | None
    visitor_token: str
    unclaimed: int = 0


@dataclass(frozen=True, slots=True)
class SessionVisitor:
    """Who asks. `known`: proven by an identity. `token`: what recognises the browser next time."""

    visitor: str
    known: bool
    token: str
    unclaimed: int = 0


@dataclass(frozen=True)
class SessionService:
    """What grants sessions. `hosted` None: we answer ourselves.

    Whenever a session begins, `prune` is called, and where we answer, `prepare`: a question will follow soon. Both
    return at once.
    """

    guard: RequestGuard
    hosted: "HostedSessions | None"
    prune: Callable[[], object]
    prepare: Callable[[], object]


async def _service(request: Request) -> SessionService:
    service: SessionService = request.app.state.sessions
    return service


Service = Annotated[SessionService, Depends(_service)]
router = APIRouter(prefix="/api/chatkit", tags=["session"])


@router.post("/session", responses=REFUSED, openapi_extra=described(Wanted), response_model_exclude_unset=True)
async def create(request: Request, service: Service) -> Granted:
    """Begin a session, or go on with the visitor's."""
    guard = service.guard
    origin = guard.origin(request)
    await guard.check_rate(request, origin)
    wanted = parse(Wanted, await request.body())  # not before: nothing is read for a page that may not ask
    service.prune()
    asking = await _recognise(guard, wanted)
    if service.hosted is not None:
        return await _granted_by_openai(service.hosted, asking)
    service.prepare()
    secret, session = guard.tokens.session(asking.visitor, origin, guard.index, known=asking.known)
    return Granted(
        client_secret=secret,
        expires_at=session.expires_at,
        mode="self_hosted",
        api_url=f"{guard.base(request)}/chatkit",
        visitor_token=asking.token,
        **({"unclaimed": asking.unclaimed} if asking.unclaimed else {}),
    )


@router.delete("/session", status_code=204, responses=REFUSED)
async def cancel(request: Request, service: Service) -> Response:
    """End a session: its token is refused from now on."""
    guard = service.guard
    if service.hosted is not None:
        await _cancel_at_openai(guard, service.hosted, request)
        return Response(status_code=204)
    session = await guard.session(request)
    until = session.expires_at + SESSION.total_seconds()
    await guard.pool.run(revocations.revoke, guard.state, f"session:{session.id}", until)
    return Response(status_code=204)


async def _recognise(guard: RequestGuard, wanted: Wanted) -> SessionVisitor:
    """Return who asks. What recognises their browser never stands for a customer: a sign-out leaves nothing behind."""
    if wanted.identity_token is None:
        if guard.embedding.require_identity:
            raise ApiError(401, "identity_required", "Only signed-in customers may ask here.",
                          "Send identity_token, a JWT that the host site signs.")  # fmt: skip
        anonymous = await _anonymous(guard, wanted, None)
        return SessionVisitor(anonymous.visitor, False, _token(guard, anonymous))
    customer = await _customer(guard, wanted.identity_token)
    anonymous = await _anonymous(guard, wanted, SignIn(customer, wanted.thread_id))
    left = 0
    if wanted.visitor_token is not None and guard.embedding.claim == "ask":
        left = await guard.pool.run(unclaimed, guard.state, anonymous.visitor, customer)
    return SessionVisitor(customer, True, _token(guard, anonymous), left)


async def _customer(guard: RequestGuard, identity_token: str) -> str:
    """Return the visitor id of the proven customer. Raises ApiError, 401, for a proof from before they were revoked."""
    proven = guard.identity.proven(identity_token)
    customer = await guard.pool.run(visitors.customer, guard.state, proven.subject)
    names = [f"sessions:{customer}"]
    if await guard.pool.run(revocations.revoked, guard.state, names, proven.issued_at):
        raise ApiError(401, "identity_revoked", "The customer's sessions were ended after this identity was signed.",
                       'Sign a new one, with "iat", once they have signed in again.')  # fmt: skip
    return customer


async def _anonymous(guard: RequestGuard, wanted: Wanted, sign_in: SignIn | None) -> Recognised:
    """Return the visitor whom the token recognises; a new one where it is missing, expired, revoked or not ours."""
    if wanted.visitor_token is None:
        return new_visitor()
    try:
        token = guard.tokens.read_visitor(wanted.visitor_token)
    except ApiError:
        return new_visitor()
    return await guard.pool.run(recognise, guard.state, token, sign_in)


def _token(guard: RequestGuard, anonymous: Recognised) -> str:
    return guard.tokens.visitor(anonymous.visitor, anonymous.token_id)


async def _granted_by_openai(hosted: "HostedSessions", asking: SessionVisitor) -> Granted:
    grant = await hosted.create(asking.visitor)
    hosted.remember(grant, asking.visitor)
    return Granted(
        client_secret=grant.client_secret,
        expires_at=grant.expires_at,
        mode="hosted",
        api_url=None,
        visitor_token=asking.token,
    )


async def _cancel_at_openai(guard: RequestGuard, hosted: "HostedSessions", request: Request) -> None:
    guard.origin(request)
    session = await hosted.session_of(bearer(request))
    if session is None:
        raise invalid()
    await hosted.cancel(session)
