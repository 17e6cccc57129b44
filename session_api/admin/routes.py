"""/api/admin: what an operator asks for is recorded with who asked, answered with an id, and done by a worker."""

from typing import Annotated, Any

from fastapi import Body, Query, Request
from fastapi.responses import Response

from answering.state.attention import attention
from session_api.admin import events as admin_events
from session_api.admin.dependencies import Operations, OperationsOf, Operator, WakeOf
from session_api.admin.router import admin_router
from session_api.admin.shapes import Documents, Problems, Release, Run, Runs, Status, Sync
from session_api.webhooks import Wake
from sync.errors import Retryable
from sync.operations import requests
from sync.state import queries
from sync.state.queries import DocumentFilter, RequestKind
from sync.status import documents as document_list
from sync.status import runs as run_history
from sync.status import status as installation

Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[int, Query(ge=0, le=2**63 - 1)]

routes = admin_router()


@routes.get("/status", response_model=Status)
def status(operations: OperationsOf) -> dict[str, Any]:
    """Every source and index, what is asked for and not done, and what waits for a worker."""
    waiting = operations.queue()
    return {
        **installation.status(operations.state, operations.inventory),
        "answers": attention(operations.state),
        "requests": [_run(operations, request.id) for request in queries.pending_requests(operations.state)],
        "queue": {"tasks": waiting.tasks, "seconds": round(waiting.seconds, 1)},
    }


@routes.get("/problems", response_model=Problems)
def problems(operations: OperationsOf, source: str = "") -> dict[str, Any]:
    """Documents that somebody should look at, and why."""
    return {"problems": installation.problems(operations.state, source or None)}


@routes.get("/documents", response_model=Documents)
def documents(
    operations: OperationsOf, source: str = "", q: str = "", state: str = "", after: After = 0, limit: Limit = 50
) -> dict[str, Any]:
    """The documents of a source, with words in the title or id, or in a state; page by page."""
    wanted = DocumentFilter(source, q, state)
    found, following = document_list.documents(operations.state, wanted, after=after, limit=limit)
    return {"documents": found, "next": following}


@routes.get("/runs", response_model=Runs)
def runs(operations: OperationsOf, source: str = "", before: float | None = None, limit: Limit = 50) -> dict[str, Any]:
    """What was asked for and what turns did, newest first."""
    found, following = run_history.recent(
        operations.state, sources=list(operations.inventory.sources), source=source, limit=limit, before=before
    )
    return {"runs": found, "next": following}


@routes.get("/runs/{run}", response_model=Run)
def one(run: str, request: Request, operations: OperationsOf) -> Any:
    """How it stands; with `Accept: text/event-stream`, and each time that changes."""
    found = _found(operations, run)
    return _stream(operations, run) if _wants_events(request) else found


@routes.get("/runs/{run}/events", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}})
def events(run: str, operations: OperationsOf) -> Response:
    """The same as server-sent events: `run` for each change, then `end`."""
    _found(operations, run)
    return _stream(operations, run)


@routes.post("/sources/{name}/sync", status_code=202, response_model=Run)
def sync(
    name: str,
    who: Operator,
    operations: OperationsOf,
    wake: WakeOf,
    asked: Annotated[Sync, Body()] = Sync(),  # noqa: B008  FastAPI copies it
) -> dict[str, Any]:
    """Sync now; one that runs is joined, and what changed since it began is read after it."""
    operations.inventory.require_sources([name])
    request = requests.ask_sync(operations.state, name, who, full=asked.full)
    _tell(wake, "sync", name)
    return _run(operations, request)


@routes.post("/sources/{name}/pause", status_code=202, response_model=Run)
def pause(name: str, who: Operator, operations: OperationsOf, wake: WakeOf) -> dict[str, Any]:
    """Begin no further turn on the source; the one that runs ends as usual."""
    operations.inventory.require_sources([name])
    request = requests.pause(operations.state, name, who)
    _tell(wake, "sync", name)
    return _run(operations, request)


@routes.post("/sources/{name}/resume", status_code=202, response_model=Run)
def resume(name: str, who: Operator, operations: OperationsOf, wake: WakeOf) -> dict[str, Any]:
    """Sync the source again, at once and then as scheduled."""
    operations.inventory.require_sources([name])
    request = requests.resume(operations.state, name, who)
    _tell(wake, "sync", name)
    return _run(operations, request)


@routes.post("/sources/{name}/release", status_code=202, response_model=Run)
def release(
    name: str,
    who: Operator,
    operations: OperationsOf,
    wake: WakeOf,
    asked: Annotated[Release, Body()] = Release(),  # noqa: B008  FastAPI copies it
) -> dict[str, Any]:
    """Let the removals through that are held; each is still confirmed with the source."""
    operations.inventory.require_sources([name])
    request = requests.ask_release(operations.state, name, who, asked.documents)
    _tell(wake, "sync", name)
    return _run(operations, request)


@routes.post("/indexes/{name}/reindex", status_code=202, response_model=Run)
def reindex(name: str, who: Operator, operations: OperationsOf, wake: WakeOf) -> dict[str, Any]:
    """Build a new store beside the live one and switch to it when it is complete; searches go on."""
    return _ask_of_index(operations, wake, RequestKind.REINDEX, name, who)


@routes.post("/indexes/{name}/promote", status_code=202, response_model=Run)
def promote(name: str, who: Operator, operations: OperationsOf, wake: WakeOf) -> dict[str, Any]:
    """Switch to the store that is being built, if it is complete."""
    return _ask_of_index(operations, wake, RequestKind.PROMOTE, name, who)


@routes.post("/indexes/{name}/rollback", status_code=202, response_model=Run)
def rollback(name: str, who: Operator, operations: OperationsOf, wake: WakeOf) -> dict[str, Any]:
    """Switch back to the store before."""
    return _ask_of_index(operations, wake, RequestKind.ROLLBACK, name, who)


def _ask_of_index(operations: Operations, wake: Wake, kind: RequestKind, name: str, who: str) -> dict[str, Any]:
    operations.inventory.index(name)
    request = requests.ask_of_index(operations.state, kind, name, who)
    _tell(wake, "reindex", "")
    return _run(operations, request)


def _run(operations: Operations, request: int) -> dict[str, Any]:
    return _found(operations, run_history.request_id(request))


def _found(operations: Operations, run: str) -> dict[str, Any]:
    return run_history.find(operations.state, run, sources=list(operations.inventory.sources))


def _stream(operations: Operations, run: str) -> Response:
    return admin_events.stream(operations.state, run, list(operations.inventory.sources))


def _wants_events(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def _tell(wake: Wake, task: str, target: str) -> None:
    """Wake a worker; what is asked for is recorded, and the schedule finds it where no broker takes the message."""
    try:
        wake(task, target)
    except Retryable:
        return
