"""Whether this process lives, and whether it can serve."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from sync.errors import SyncError
from sync.state.database import State


def router(state: State, broker_answers: Callable[[], bool]) -> APIRouter:
    """Return `/healthz` (the process answers) and `/readyz` (database and broker answer it, synced or not)."""
    health = APIRouter(tags=["health"])

    @health.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @health.get("/readyz", responses={503: {"description": "A part is down; `checks` says which."}})
    def readyz() -> JSONResponse:
        checks = {"database": _answers(state), "broker": broker_answers()}
        ready = all(checks.values())
        return JSONResponse(
            {"status": "ok" if ready else "unavailable", "checks": checks}, status_code=200 if ready else 503
        )

    return health


def _answers(state: State) -> bool:
    try:
        state.ask("SELECT 1 AS one")
    except SyncError:
        return False
    return True
