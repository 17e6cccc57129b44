"""activity: what was asked for and what turns did, in one list, each with an id by which it can be followed.

An id is "r" and a request's number, or "t" and a turn's.
"""

import json
import re
from collections import Counter
from typing import Any

from sqlalchemy import Row

from sync.engine import Engine
from sync.errors import Gone
from sync.rendering import moment
from sync.state import queries
from sync.state.request_log import RequestKind
from sync.status import status

_ID = re.compile(r"([rt])([1-9][0-9]{0,17})")


def request_id(number: int) -> str:
    """The id of a request, for whoever follows it."""
    return f"r{number}"


def find(engine: Engine, wanted: str) -> dict[str, Any]:
    """The request or turn of that id, as plain values. Raises Gone where there is none, or none any more.

    `state`: queued, running, done, or failed, and then `error` says why. `counts` by stage, of all turns that a request
    took; `progress` while one runs.
    """
    match = _ID.fullmatch(wanted)
    table = {"r": "requests", "t": "runs"}[match[1]] if match else ""
    rows = engine.state.ask(f"SELECT * FROM {table} WHERE id = :id", id=int(match[2])) if match else []
    if not rows or match is None:
        raise Gone(f"there is no run {wanted[:40]!r}; the oldest are forgotten")
    return _request(engine, rows[0]) if match[1] == "r" else _turn(engine, rows[0])


def recent(
    engine: Engine, *, source: str = "", limit: int = 50, before: float | None = None
) -> tuple[list[dict[str, Any]], float | None]:
    """The newest requests and turns, newest first, and the moment to ask before for older ones; None: that is all."""
    rows = engine.state.ask(
        """SELECT 'r' AS kind, id, asked_at AS at FROM requests
           WHERE what <> 'full' AND asked_at < :before AND (:source = '' OR target = :source)
           UNION ALL
           SELECT 't', id, started_at FROM runs WHERE started_at < :before AND (:source = '' OR source = :source)
           ORDER BY 3 DESC, 1, 2 DESC LIMIT :limit""",
        source=source,
        before=before if before is not None else float(2**40),
        limit=limit + 1,
    )
    found = [find(engine, f"{row.kind}{row.id}") for row in rows[:limit]]
    return found, rows[limit - 1].at if len(rows) > limit else None


def _request(engine: Engine, row: Row[Any]) -> dict[str, Any]:
    over = row.done_at is not None
    state = ("failed" if row.error else "done") if over else ("queued" if row.started_at is None else "running")
    of_source = row.what in {RequestKind.SYNC, RequestKind.RELEASE, RequestKind.PAUSE, RequestKind.RESUME}
    return {
        "id": request_id(row.id),
        "what": row.what,
        "target": row.target,
        "who": row.who,
        "state": state,
        "asked_at": moment(row.asked_at).isoformat(),
        "started_at": _iso(row.started_at),
        "finished_at": _iso(row.done_at),
        "error": row.error or ("" if over or not of_source else _waiting_for(engine, row.target)),
        "counts": _counts(engine, row) if of_source else {},
        "progress": None if over else _progress(engine, row, of_source=of_source),
    }


def _turn(engine: Engine, row: Row[Any]) -> dict[str, Any]:
    current = status.running(engine, row.source) if row.finished_at is None else None
    runs = current is not None and current.id == row.id
    abandoned = row.finished_at is None and not runs
    error = "its worker ended before it did; the next turn went on" if abandoned else row.error
    return {
        "id": f"t{row.id}",
        "what": "turn",
        "target": row.source,
        "who": "",
        "state": "running" if runs else ("failed" if error else "done"),
        "asked_at": moment(row.started_at).isoformat(),
        "started_at": moment(row.started_at).isoformat(),
        "finished_at": _iso(row.finished_at),
        "error": error,
        "counts": json.loads(row.counts),
        "progress": status.progress(engine, row.source) if runs else None,
    }


def _counts(engine: Engine, request: Row[Any]) -> dict[str, int]:
    """What the source's turns have done since the request, until it was done."""
    rows = engine.state.ask(
        "SELECT counts FROM runs WHERE source = :source AND started_at >= :since AND started_at <= :until",
        source=request.target,
        since=request.asked_at,
        until=request.done_at or engine.state.now(),
    )
    total: Counter[str] = Counter()
    for row in rows:
        total.update(json.loads(row.counts))
    return dict(total)


def _progress(engine: Engine, request: Row[Any], *, of_source: bool) -> dict[str, Any] | None:
    if of_source:
        return status.progress(engine, request.target) if request.target in engine.sources else None
    building = [g for g in queries.generations(engine.state, "building") if g.index == request.target]
    if not building:
        return None
    sources = list(engine.sources)
    return {
        "settled": queries.searchable_in(engine.state, building[0].id, sources),
        "remaining": queries.unsettled_in(engine.state, building[0].id, sources),
    }


def _waiting_for(engine: Engine, source: str) -> str:
    """What a request that is not done waits for, where its source failed: it is tried again."""
    rows = engine.state.ask("SELECT error FROM sources WHERE name = :name", name=source)
    return str(rows[0].error) if rows else ""


def _iso(at: float | None) -> str | None:
    return moment(at).isoformat() if at else None
