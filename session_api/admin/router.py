"""What every endpoint of operators has in common: where it stands, who may call it, and how it refuses."""

from fastapi import APIRouter, Depends

from session_api.admin.dependencies import require_token
from session_api.admin.errors import RESPONSES, engine_errors_as_http


def admin_router() -> APIRouter:
    """Return a router below `/api/admin`, for the admin token."""
    return APIRouter(
        prefix="/api/admin",
        tags=["admin"],
        dependencies=[Depends(require_token), Depends(engine_errors_as_http)],
        responses=RESPONSES,
    )
