"""Run history: what was asked for and what turns did, in one list, each with an id by which it can be followed.

An id is "r" and a request's number, or "t" and a turn's.
"""

import re
from collections.abc import Sequence
from typing import Any

from sync.errors import Gone
from sync.rendering import moment
from sync.state import queries
from sync.state.database import State
from sync.state.queries import OperatorRequest, RequestKind, Run
from sync.status import status

_ID = re.compile(r"([rt])([1-9][0-9]{0,17})")
_OF_SOURCES = (RequestKind.SYNC, RequestKind.RELEASE, RequestKind.PAUSE, RequestKind.RESUME)


def request_id(number: int) -> str:
    """The id of a request, for the client that follows it."""
    return f"r{number}"


def find(state: State, wanted: str, *, sources: Sequence[str]) -> dict[str, Any]:
    """The request or turn of that id, as plain values. Raises Gone where there is none, or none any more.

    `state`: queued, running, done, or failed, and then `error` says why. `counts` by stage, of all turns that a request
    took; `progress` while one runs. `sources`: the configured ones.
    """
    match = _ID.fullmatch(wanted)
    found = _known(state, match[1], int(match[2])) if match else None
    if found is None:
        raise Gone(f"there is no run {wanted[:40]!r}; the oldest are forgotten")
    return _request(state, found, sources) if isinstance(found, OperatorRequest) else _turn(state, found)


def recent(
    state: State, *, sources: Sequence[str], source: str = "", limit: int = 50, before: float | None = None
) -> tuple[list[dict[str, Any]], float | None]:
    """The newest requests and turns, newest first, and the moment to ask before for older ones; None: that is all.

    `sources`: the configured ones; `source`: of that one only.
    """
    until = before if before is not None else float(2**40)
    newest = queries.recent_activity(state, source=source, before=until, limit=limit + 1)
    found = [find(state, f"{one.kind}{one.id}", sources=sources) for one in newest[:limit]]
    return found, newest[limit - 1].at if len(newest) > limit else None


def _known(state: State, kind: str, number: int) -> OperatorRequest | Run | None:
    try:
        return queries.request(state, number) if kind == "r" else queries.run(state, number)
    except LookupError:
        return None


def _request(state: State, request: OperatorRequest, sources: Sequence[str]) -> dict[str, Any]:
    over = request.done_at is not None
    of_source = request.kind in _OF_SOURCES
    waits_for = "" if over or not of_source else queries.source(state, request.target).error
    return {
        "id": request_id(request.id),
        "what": request.kind,
        "target": request.target,
        "who": request.who,
        "state": _state_of(request),
        "asked_at": moment(request.asked_at).isoformat(),
        "started_at": _iso(request.started_at),
        "finished_at": _iso(request.done_at),
        "error": request.error or waits_for,
        "counts": _counts(state, request) if of_source else {},
        "progress": None if over else _progress(state, request, sources, of_source=of_source),
    }


def _state_of(request: OperatorRequest) -> str:
    if request.done_at is not None:
        return "failed" if request.error else "done"
    return "queued" if request.started_at is None else "running"


def _turn(state: State, run: Run) -> dict[str, Any]:
    current = status.running(state, run.source) if run.finished_at is None else None
    runs = current is not None and current.id == run.id
    abandoned = run.finished_at is None and not runs
    error = "its worker ended before it did; the next turn went on" if abandoned else run.error
    return {
        "id": f"t{run.id}",
        "what": "turn",
        "target": run.source,
        "who": "",
        "state": "running" if runs else ("failed" if error else "done"),
        "asked_at": moment(run.started_at).isoformat(),
        "started_at": moment(run.started_at).isoformat(),
        "finished_at": _iso(run.finished_at),
        "error": error,
        "counts": run.counts,
        "progress": status.progress(state, run.source) if runs else None,
    }


def _counts(state: State, request: OperatorRequest) -> dict[str, int]:
    """What the source's turns have done since the request, until it was done."""
    return queries.counts_between(state, request.target, request.asked_at, request.done_at or state.now())


def _progress(
    state: State, request: OperatorRequest, sources: Sequence[str], *, of_source: bool
) -> dict[str, Any] | None:
    if of_source:
        return status.progress(state, request.target) if request.target in sources else None
    building = queries.building(state, request.target)
    if building is None:
        return None
    return {
        "settled": queries.searchable_in(state, building.id, list(sources)),
        "remaining": queries.unsettled_in(state, building.id, list(sources)),
    }


def _iso(at: float | None) -> str | None:
    return moment(at).isoformat() if at else None
