"""/api/admin/visitors: what an operator does about one visitor."""

from typing import Any

from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from session_api.admin.dependencies import OperationsOf, Operator
from session_api.admin.router import admin_router
from session_api.errors import ApiError
from sync.errors import Gone

routes = admin_router()


class RevokeVisitor(BaseModel):
    """`user`: their id at the host site (`sub`), or their id here; `staff:ann` is ann of the staff."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(min_length=1, max_length=300)


class RevokedVisitor(BaseModel):
    """Whose sessions ended, by their ids here, and how many sessions of a hosted workflow were cancelled."""

    visitors: list[str]
    at_openai: int


@routes.post("/visitors/revoke", response_model=RevokedVisitor)
async def revoke(asked: RevokeVisitor, who: Operator, operations: OperationsOf) -> dict[str, Any]:
    """End all sessions of one visitor, and refuse identities that were signed before; what they said is kept."""
    if operations.revoke is None:
        raise ApiError(404, "no_visitors", "Nobody asks here.", "Set [chat] or [staff] to an index that is there.")
    try:
        return await run_in_threadpool(operations.revoke, asked.user, who)
    except Gone as error:
        fix = 'Write it as "sub" of the identity tokens has it, or as GET /api/admin/questions has it.'
        raise ApiError(404, "unknown_visitor", "Nobody of that id was here.", fix) from error
