"""Sessions: `/api/chatkit/session`, what a page asks for before its widget may talk, and gives back afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from session_api.access.request_guard import RequestGuard, bearer
from session_api.access.tokens import SESSION, invalid
from session_api.access.visitors import claim, new_visitor
from session_api.errors import REFUSED, ApiError
from session_api.state import revocations, visitors

if TYPE_CHECKING:
    from session_api.access.hosted import HostedSessions  # loads openai, which it asks


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


_BODY: dict[str, Any] = {
    "requestBody": {"content": {"application/json": {"schema": Wanted.model_json_schema()}}},
}


@router.post("/session", responses=REFUSED, openapi_extra=_BODY)
async def create(request: Request, service: Service) -> Granted:
    """Begin a session, or go on with the visitor's."""
    guard = service.guard
    origin = guard.origin(request)
    await guard.check_rate(request, origin)
    wanted = _wanted(await request.body())  # not before: nothing is read for a page that may not ask
    service.prune()
    visitor, known, token = await _recognise(guard, wanted)
    if service.hosted is not None:
        return await _granted_by_openai(service.hosted, visitor, token)
    service.prepare()
    secret, session = guard.tokens.session(visitor, origin, guard.index, known=known)
    return Granted(
        client_secret=secret,
        expires_at=session.expires_at,
        mode="self_hosted",
        api_url=f"{guard.base(request)}/chatkit",
        visitor_token=token,
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


def _wanted(body: bytes) -> Wanted:
    """Return what was sent; none is like an empty object. Raises RequestValidationError."""
    try:
        return Wanted.model_validate_json(body) if body.strip() not in {b"", b"null"} else Wanted()
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from None


async def _recognise(guard: RequestGuard, wanted: Wanted) -> tuple[str, bool, str]:
    """Return the visitor, whether an identity proves them, and the token that recognises the browser next time.

    That token never stands for a customer: who signs out on a shared computer leaves nothing behind.
    """
    anonymous = await _anonymous(guard, wanted.visitor_token)
    if wanted.identity_token is None:
        if guard.embedding.require_identity:
            raise ApiError(401, "identity_required", "Only signed-in customers may ask here.",
                          "Send identity_token, a JWT that the host site signs.")  # fmt: skip
        return anonymous, False, guard.tokens.visitor(anonymous)
    subject = guard.identity.subject(wanted.identity_token)
    customer = await guard.pool.run(visitors.customer, guard.state, subject)
    if wanted.visitor_token is not None:
        await guard.pool.run(claim, guard.state, anonymous, customer)
    return customer, True, guard.tokens.visitor(anonymous)


async def _anonymous(guard: RequestGuard, token: str | None) -> str:
    """Return the visitor whom the token recognises; a new one where it is missing, expired, revoked or not ours."""
    if token is None:
        return new_visitor()
    try:
        visitor = guard.tokens.read_visitor(token)
    except ApiError:
        return new_visitor()
    gone = await guard.pool.run(revocations.revoked, guard.state, [f"visitor:{visitor}"])
    return new_visitor() if gone else visitor


async def _granted_by_openai(hosted: "HostedSessions", visitor: str, token: str) -> Granted:
    grant = await hosted.create(visitor)
    hosted.remember(grant, visitor)
    return Granted(
        client_secret=grant.client_secret,
        expires_at=grant.expires_at,
        mode="hosted",
        api_url=None,
        visitor_token=token,
    )


async def _cancel_at_openai(guard: RequestGuard, hosted: "HostedSessions", request: Request) -> None:
    guard.origin(request)
    session = await hosted.session_of(bearer(request))
    if session is None:
        raise invalid()
    await hosted.cancel(session)
