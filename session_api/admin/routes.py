"""/api/admin: what an operator asks for is recorded with who asked, answered with an id, and done by a worker."""

import hmac
import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from session_api.admin import events as admin_events
from session_api.admin.errors import RESPONSES, told
from session_api.admin.shapes import Documents, Problems, Release, Run, Runs, Status, Sync
from session_api.errors import ApiError
from session_api.metrics import Queue
from sync.engine import Engine
from sync.errors import Retryable
from sync.operations import requests
from sync.state import queries
from sync.state.request_log import RequestKind
from sync.status import documents as document_list
from sync.status import runs as run_history
from sync.status import status as installation
from sync.status.documents import Wanted

Wake = Callable[[str, str], None]
Limit = Annotated[int, Query(ge=1, le=200)]
MAX_NAME_LENGTH = 60

_BEARER = HTTPBearer(auto_error=False, description="`[admin] token` of the configuration.")


def router(engine: Engine, token: str | None, wake: Wake, queue: Callable[[], Queue]) -> APIRouter:
    """Return the admin API; every address wants the token."""
    admin = APIRouter(prefix="/api/admin", tags=["admin"], dependencies=[Depends(_gate(token))], responses=RESPONSES)
    _show(admin, engine, queue)
    _follow(admin, engine)
    _ask_of_sources(admin, engine, wake)
    _ask_of_indexes(admin, engine, wake)
    return admin


def _show(admin: APIRouter, engine: Engine, queue: Callable[[], Queue]) -> None:
    @admin.get("/status", response_model=Status)
    def status() -> dict[str, Any]:
        """Every source and index, what is asked for and not done, and what waits for a worker."""
        with told():
            waiting = queue()
            pending = queries.pending_requests(engine.state)
            return {
                **installation.status(engine),
                "requests": [run_history.find(engine, run_history.request_id(one.id)) for one in pending],
                "queue": {"tasks": waiting.tasks, "seconds": round(waiting.seconds, 1)},
            }

    @admin.get("/problems", response_model=Problems)
    def problems(source: str = "") -> dict[str, Any]:
        """Documents that somebody should look at, and why."""
        with told():
            return {"problems": installation.problems(engine, source or None)}

    @admin.get("/documents", response_model=Documents)
    def documents(source: str = "", q: str = "", state: str = "", after: int = 0, limit: Limit = 50) -> dict[str, Any]:
        """The documents of a source, with words in the title or id, or in a state; page by page."""
        with told():
            found, following = document_list.documents(engine.state, Wanted(source, q, state), after=after, limit=limit)
            return {"documents": found, "next": following}


def _follow(admin: APIRouter, engine: Engine) -> None:
    @admin.get("/runs", response_model=Runs)
    def runs(source: str = "", before: float | None = None, limit: Limit = 50) -> dict[str, Any]:
        """What was asked for and what turns did, newest first."""
        with told():
            found, following = run_history.recent(engine, source=source, limit=limit, before=before)
            return {"runs": found, "next": following}

    @admin.get("/runs/{run}", response_model=Run)
    def one(run: str, request: Request) -> Any:
        """How it stands; with `Accept: text/event-stream`, and each time that changes."""
        with told():
            found = run_history.find(engine, run)
        return admin_events.stream(engine, run) if _wants_events(request) else found

    @admin.get("/runs/{run}/events", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}})
    def events(run: str) -> Response:
        """The same as server-sent events: `run` for each change, then `end`."""
        with told():
            run_history.find(engine, run)
        return admin_events.stream(engine, run)


def _ask_of_sources(admin: APIRouter, engine: Engine, wake: Wake) -> None:
    def ask(name: str, act: Callable[[], int], *, task: str = "sync") -> dict[str, Any]:
        with told():
            engine.chosen([name])
            number = act()
            _tell(wake, task, name)
            return run_history.find(engine, run_history.request_id(number))

    @admin.post("/sources/{name}/sync", status_code=202, response_model=Run)
    def sync(name: str, who: Who, asked: Annotated[Sync, Body()] = Sync()) -> dict[str, Any]:  # noqa: B008
        """Sync now; one that runs is joined, and what changed since it began is read after it."""
        return ask(name, lambda: requests.ask_sync(engine.state, name, who, full=asked.full))

    @admin.post("/sources/{name}/pause", status_code=202, response_model=Run)
    def pause(name: str, who: Who) -> dict[str, Any]:
        """Begin no further turn on the source; the one that runs ends as usual."""
        return ask(name, lambda: requests.pause(engine.state, name, who))

    @admin.post("/sources/{name}/resume", status_code=202, response_model=Run)
    def resume(name: str, who: Who) -> dict[str, Any]:
        """Sync the source again, at once and then as scheduled."""
        return ask(name, lambda: requests.resume(engine.state, name, who))

    @admin.post("/sources/{name}/release", status_code=202, response_model=Run)
    def release(name: str, who: Who, asked: Annotated[Release, Body()] = Release()) -> dict[str, Any]:  # noqa: B008
        """Let the removals through that are held; each is still confirmed with the source."""
        return ask(name, lambda: requests.ask_release(engine.state, name, who, asked.documents))


def _ask_of_indexes(admin: APIRouter, engine: Engine, wake: Wake) -> None:
    def ask(name: str, what: RequestKind, who: str) -> dict[str, Any]:
        with told():
            engine.configured_index(name)
            number = requests.ask_of_index(engine.state, what, name, who)
            _tell(wake, "reindex", "")
            return run_history.find(engine, run_history.request_id(number))

    @admin.post("/indexes/{name}/reindex", status_code=202, response_model=Run)
    def reindex(name: str, who: Who) -> dict[str, Any]:
        """Build a new store beside the live one and switch to it when it is complete; searches go on."""
        return ask(name, RequestKind.REINDEX, who)

    @admin.post("/indexes/{name}/promote", status_code=202, response_model=Run)
    def promote(name: str, who: Who) -> dict[str, Any]:
        """Switch to the store that is being built, if it is complete."""
        return ask(name, RequestKind.PROMOTE, who)

    @admin.post("/indexes/{name}/rollback", status_code=202, response_model=Run)
    def rollback(name: str, who: Who) -> dict[str, Any]:
        """Switch back to the store before."""
        return ask(name, RequestKind.ROLLBACK, who)


def _gate(token: str | None) -> Callable[..., None]:
    def admit(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
        if token is None:
            fix = 'Set token = "$ANSWERWELL_ADMIN_TOKEN" under [admin], and restart.'
            raise ApiError(403, "admin_off", "The admin API is off.", fix)
        given = credentials.credentials if credentials else ""
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise ApiError(401, "token_invalid", "This is not the admin token.", "Send Authorization: Bearer TOKEN.")

    return admit


def _who(request: Request, x_operator: Annotated[str, Header(max_length=MAX_NAME_LENGTH)] = "") -> str:
    """Whoever holds the token: by the name they give, and always by the address they call from."""
    host = request.client.host if request.client else "unknown"
    name = re.sub(r"[^\w .@+-]", "", x_operator).strip() or "admin"
    return f"{name} at {host}"


Who = Annotated[str, Depends(_who)]


def _wants_events(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def _tell(wake: Wake, task: str, target: str) -> None:
    """It is recorded: where no worker hears of it now, the schedule finds it."""
    try:
        wake(task, target)
    except Retryable:
        return
