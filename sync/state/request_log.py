"""Request log: the one module that writes what was asked for, by whom, and how far it is.

Each function says what is true of a request from now on and may be repeated; what is done stays done.
"""

from sync.state.queries import RequestKind
from sync.state.transaction import Transaction

MAX_REQUESTS_KEPT = 1000


def record(tx: Transaction, kind: RequestKind, target: str, who: str, now: float, *, change_seq: int = 0) -> int:
    """Record what is asked for, and forget the oldest requests that are done; returns the request's id.

    `change_seq`: the source's number of changes once it was asked; a turn that has synced up to it has taken it up.
    """
    [row] = tx.ask(
        """INSERT INTO requests (what, target, who, asked_at, mark) VALUES (:kind, :target, :who, :now, :change_seq)
           RETURNING id""",
        kind=kind.value,
        target=target,
        who=who,
        now=now,
        change_seq=change_seq,
    )
    tx.run("DELETE FROM requests WHERE id <= :oldest AND done_at IS NOT NULL", oldest=int(row.id) - MAX_REQUESTS_KEPT)
    return int(row.id)


def record_full_once(tx: Transaction, source: str, who: str, now: float) -> None:
    """Ask for a complete listing, unless one is asked for or under way."""
    tx.run(
        """INSERT INTO requests (what, target, who, asked_at)
           SELECT 'full', :source, :who, :now WHERE NOT EXISTS (
             SELECT 1 FROM requests WHERE what = 'full' AND target = :source AND done_at IS NULL)
           AND EXISTS (SELECT 1 FROM sources WHERE name = :source AND snapshot_cursor IS NULL)""",
        source=source,
        who=who,
        now=now,
    )


def start(tx: Transaction, request: int, now: float) -> None:
    """A turn or a worker has taken the request up."""
    tx.run("UPDATE requests SET started_at = :now WHERE id = :id AND started_at IS NULL", now=now, id=request)


def finish(tx: Transaction, request: int, now: float, error: str = "") -> bool:
    """The request is done, or has failed with the error; False when it already was."""
    return bool(
        tx.run(
            """UPDATE requests SET started_at = coalesce(started_at, :now), done_at = :now, error = :error
               WHERE id = :id AND done_at IS NULL""",
            now=now,
            error=error,
            id=request,
        )
    )


def finish_full(tx: Transaction, source: str, now: float) -> None:
    """A complete listing of the source begins: every request for one is met by it."""
    tx.run(
        "UPDATE requests SET done_at = :now WHERE what = 'full' AND target = :source AND done_at IS NULL",
        now=now,
        source=source,
    )


def finish_rebuilds(tx: Transaction, index: str, now: float) -> None:
    """Searches use the store that was built: every rebuild of the index that had begun has come to its end."""
    tx.run(
        """UPDATE requests SET done_at = :now
           WHERE what = 'reindex' AND target = :index AND started_at IS NOT NULL AND done_at IS NULL""",
        now=now,
        index=index,
    )
