"""Claims: `/api/chatkit/claim`, what a customer answers when they are asked about the conversations of before."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from session_api.access.request_body import described, parse
from session_api.access.sessions import Service
from session_api.access.visitors import claim, new_visitor
from session_api.errors import REFUSED, ApiError


class ClaimAnswer(BaseModel):
    """The customer's answer, with the visitor token that their session came with."""

    visitor_token: str = Field(max_length=4096)
    mine: bool


class Claimed(BaseModel):
    """How many conversations are the customer's now, and what recognises the browser from now on."""

    claimed: int
    visitor_token: str


router = APIRouter(prefix="/api/chatkit", tags=["session"])


@router.post("/claim", responses=REFUSED, openapi_extra=described(ClaimAnswer))
async def claim_rest(request: Request, service: Service) -> Claimed:
    """Take over the conversations that this browser held before the customer signed in, or leave them.

    Whatever the answer, the browser is a new visitor's afterwards: what was left is nobody's, until it is pruned.
    """
    guard = service.guard
    session = await guard.session(request)
    await guard.check_rate(request, session.origin, session.visitor)
    if not session.known:
        raise ApiError(403, "identity_required", "Only a signed-in customer can claim conversations.",
                      "Send identity_token to POST /api/chatkit/session first.")  # fmt: skip
    told = parse(ClaimAnswer, await request.body())
    token = guard.tokens.read_visitor(told.visitor_token)
    claimed = 0
    if told.mine and guard.embedding.claim == "ask":
        claimed = await guard.pool.run(claim, guard.state, token, session.visitor)
    fresh = new_visitor()
    return Claimed(claimed=claimed, visitor_token=guard.tokens.visitor(fresh.visitor, fresh.token_id))
