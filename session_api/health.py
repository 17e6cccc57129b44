"""Whether this process lives, and whether it can serve."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from sync.errors import SyncError
from sync.state.database import State

routes = APIRouter(tags=["health"])


def install(app: FastAPI, state: State, broker_answers: Callable[[], bool]) -> None:
    """Add `/healthz` (the process answers) and `/readyz` (database and broker answer it, synced or not)."""
    app.state.readiness = {"database": lambda: _answers(state), "broker": broker_answers}
    app.include_router(routes)


@routes.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@routes.get("/readyz", responses={503: {"description": "A part is down; `checks` says which."}})
def readyz(request: Request) -> JSONResponse:
    checks = {part: answers() for part, answers in request.app.state.readiness.items()}
    ready = all(checks.values())
    return JSONResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks}, status_code=200 if ready else 503
    )


def _answers(state: State) -> bool:
    try:
        state.ping()
    except SyncError:
        return False
    return True
