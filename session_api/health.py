"""Whether this process lives, and whether it can serve."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from sync.errors import SyncError
from sync.state import queries
from sync.state.database import State

WITHIN = timedelta(milliseconds=800)  # orchestrators give a probe a second

routes = APIRouter(tags=["health"])


def install(app: FastAPI, state: State, broker_answers: Callable[[], bool]) -> None:
    """Add `/healthz` (the process answers) and `/readyz` (database and broker answer it, synced or not)."""
    app.state.readiness = {"database": Check(lambda: _answers(state)), "broker": Check(broker_answers)}
    app.state.stores = Stores(state)
    app.include_router(routes)


@routes.get("/healthz")
def healthz() -> dict[str, str]:
    """Whether this process answers at all."""
    return {"status": "ok"}


@routes.get("/readyz", responses={503: {"description": "A part is down; `checks` says which."}})
async def readyz(request: Request) -> JSONResponse:
    """Whether this process can serve: its database and its broker answer, synced or not.

    `stores` tells of each index whose vector store cannot be used; no restart mends that, so the process is ready.
    """
    parts: dict[str, Check] = request.app.state.readiness
    stores: Stores = request.app.state.stores
    *answered, _ = await asyncio.gather(*(check.answers() for check in parts.values()), stores.check.answers())
    ready = all(answered)
    checks = dict(zip(parts, answered, strict=True))
    return JSONResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks, "stores": stores.errors},
        status_code=200 if ready else 503,
    )


class Check:
    """One part that must answer. A part that hangs is down: it is given most of a second, and asked once at a time."""

    def __init__(self, ask: Callable[[], bool], within: timedelta = WITHIN) -> None:
        self._ask = ask
        self._within = within.total_seconds()
        self._asking: asyncio.Future[bool] | None = None

    async def answers(self) -> bool:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(asyncio.to_thread(self._ask))
        done, _ = await asyncio.wait([self._asking], timeout=self._within)
        return bool(done) and self._asking.result()


class Stores:
    """What is wrong with the live store of each index, as far as the last turn saw."""

    def __init__(self, state: State) -> None:
        self.errors: dict[str, str] = {}
        self.check = Check(self._read)
        self._state = state

    def _read(self) -> bool:
        try:
            live = queries.generations(self._state, "active")
        except SyncError:
            return False
        self.errors = {one.index: queries.store_error(one, one.problem) for one in live if one.problem}
        return True


def _answers(state: State) -> bool:
    try:
        state.ping()
    except SyncError:
        return False
    return True
