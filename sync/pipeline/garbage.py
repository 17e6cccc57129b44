"""collect: what nobody names any more leaves the index; its record goes last."""

from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

import structlog
from sqlalchemy import Row

from sync.model import FileId, StoreId
from sync.pipeline.turn import Turn
from sync.state import queries

log = structlog.get_logger()


def collect(turn: Turn) -> None:
    """Detach and delete the source's garbage until there is none or the turn is over.

    Raises LeaseLost before an outside delete that is no longer ours to make, and what the index raises.
    """
    while not turn.over:
        rows = queries.garbage(turn.state, turn.source.name, limit=200)
        if not rows:
            return
        running: dict[Future[None], Row[Any]] = {}
        for row in rows:
            if len(running) >= turn.width:
                _forget_done(turn, running)
            running[turn.executor.submit(_let_go, turn, row)] = row
        while running:
            _forget_done(turn, running)


def _let_go(turn: Turn, row: Row[Any]) -> None:
    file = FileId(row.file)
    if row.store and not queries.named(turn.state, file, StoreId(row.store)):
        turn.state.check(turn.lease)
        turn.index.detach(StoreId(row.store), file)
    if not queries.named(turn.state, file):
        turn.state.check(turn.lease)
        turn.index.delete(file)


def _forget_done(turn: Turn, running: dict[Future[None], Row[Any]]) -> None:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    rows = [running.pop(future) for future in done if future.result() is None]
    with turn.state.commit(turn.lease) as tx:
        for row in rows:
            tx.run("DELETE FROM garbage WHERE store = :store AND file = :file", store=row.store, file=row.file)
    turn.count("collected", len(rows))
