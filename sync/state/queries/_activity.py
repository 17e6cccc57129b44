"""Activity: runs (one for each turn), requests (what was asked for), and both as one list."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from sync.state.queries._rows import all_of
from sync.state.transaction import Reader

_RUN = "id, source, started_at, finished_at, counts, error"
_REQUEST = "id, what AS kind, target, who, asked_at, started_at, done_at, error, mark AS change_seq"


class RequestKind(StrEnum):
    """What can be asked for."""

    SYNC = "sync"
    FULL = "full"  # a sync that lists everything again
    PAUSE = "pause"
    RESUME = "resume"
    RELEASE = "release"
    REINDEX = "reindex"
    PROMOTE = "promote"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Run:
    """One turn on a source. `finished_at` None: it goes on, or was killed. `counts` are of documents, by stage."""

    id: int
    source: str
    started_at: float
    finished_at: float | None
    counts: Mapping[str, int]
    error: str

    @property
    def did_nothing(self) -> bool:
        """Whether it ended well and found nothing to do."""
        return bool(self.finished_at) and not self.counts and not self.error


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """What an operator asked for. `started_at` None: queued; `done_at` None: not over.

    `kind`: one of RequestKind, or of a newer version. `change_seq`: the source's number of changes once it was asked; 0
    where no turn need take it up.
    """

    id: int
    kind: str
    target: str
    who: str
    asked_at: float
    started_at: float | None
    done_at: float | None
    error: str
    change_seq: int


@dataclass(frozen=True, slots=True)
class Activity:
    """A request ("r") or a run ("t"), and when it began."""

    kind: str
    id: int
    at: float


def run(state: Reader, number: int) -> Run:
    """The run of that number. Raises LookupError where there is none."""
    rows = state.ask(f"SELECT {_RUN} FROM runs WHERE id = :id", id=number)
    if not rows:
        raise LookupError(f"no run {number}")
    return _run(rows[0])


def newest_run(state: Reader, source: str) -> Run | None:
    """The source's last run; None before the first."""
    rows = state.ask(f"SELECT {_RUN} FROM runs WHERE source = :source ORDER BY id DESC LIMIT 1", source=source)
    return _run(rows[0]) if rows else None


def unfinished_run(state: Reader, source: str) -> Run | None:
    """The newest run of the source that has not ended, whether it goes on or was killed."""
    rows = state.ask(
        f"SELECT {_RUN} FROM runs WHERE source = :source AND finished_at IS NULL ORDER BY id DESC LIMIT 1",
        source=source,
    )
    return _run(rows[0]) if rows else None


def last_run(state: Reader, source: str) -> int:
    """The number of the source's newest run, 0 before the first."""
    [row] = state.ask("SELECT coalesce(max(id), 0) AS id FROM runs WHERE source = :source", source=source)
    return int(row.id)


def counts_between(state: Reader, source: str, since: float, until: float) -> dict[str, int]:
    """What the source's runs that began in that time have done, by stage."""
    rows = state.ask(
        "SELECT counts FROM runs WHERE source = :source AND started_at >= :since AND started_at <= :until",
        source=source,
        since=since,
        until=until,
    )
    total: Counter[str] = Counter()
    for row in rows:
        total.update(json.loads(row.counts))
    return dict(total)


def is_upload_in_doubt(state: Reader, source: str, *, run: int) -> bool:
    """Whether a run since the last audit, other than `run`, was killed or failed in an upload."""
    rows = state.ask(
        """SELECT 1 FROM runs r JOIN sources s ON s.name = r.source
           WHERE s.name = :source AND r.started_at >= s.audited_at
             AND ((r.finished_at IS NULL AND r.id <> :run) OR r.doubtful = 1) LIMIT 1""",
        source=source,
        run=run,
    )
    return bool(rows)


def request(state: Reader, number: int) -> OperatorRequest:
    """The request of that number. Raises LookupError where there is none."""
    rows = state.ask(f"SELECT {_REQUEST} FROM requests WHERE id = :id", id=number)
    if not rows:
        raise LookupError(f"no request {number}")
    return OperatorRequest(**rows[0]._asdict())


def pending_requests(state: Reader) -> list[OperatorRequest]:
    """What workers have to do or to follow, oldest first; complete listings are the turns' own business."""
    rows = state.ask(
        f"""SELECT {_REQUEST} FROM requests WHERE done_at IS NULL
            AND what IN ('sync', 'release', 'reindex', 'promote', 'rollback') ORDER BY id"""
    )
    return all_of(OperatorRequest, rows)


def has_pending_requests(state: Reader) -> bool:
    """Whether workers have any request to do or to follow."""
    rows = state.ask(
        """SELECT 1 FROM requests WHERE done_at IS NULL
           AND what IN ('sync', 'release', 'reindex', 'promote', 'rollback') LIMIT 1"""
    )
    return bool(rows)


def full_listing_asked(state: Reader, source: str) -> bool:
    """Whether a complete listing of the source is asked for and has not begun."""
    rows = state.ask(
        "SELECT 1 FROM requests WHERE what = 'full' AND target = :source AND done_at IS NULL LIMIT 1", source=source
    )
    return bool(rows)


def recent_activity(state: Reader, *, source: str, before: float, limit: int) -> list[Activity]:
    """The newest requests and runs, newest first; `source` '': of all. A full listing is part of its sync request."""
    rows = state.ask(
        """SELECT 'r' AS kind, id, asked_at AS at FROM requests
           WHERE what <> 'full' AND asked_at < :before AND (:source = '' OR target = :source)
           UNION ALL
           SELECT 't', id, started_at FROM runs WHERE started_at < :before AND (:source = '' OR source = :source)
           ORDER BY 3 DESC, 1, 2 DESC LIMIT :limit""",
        source=source,
        before=before,
        limit=limit,
    )
    return all_of(Activity, rows)


def _run(row: Row[Any]) -> Run:
    return Run(row.id, row.source, row.started_at, row.finished_at, json.loads(row.counts), row.error)
