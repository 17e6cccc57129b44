"""Garbage collection: what nothing names any more leaves the index; its record goes last."""

from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait

from sync.model import StoreId
from sync.pipeline.turn import Turn
from sync.state import files, queries
from sync.state.queries import GarbageFile


def collect(turn: Turn) -> None:
    """Detach and delete the source's garbage until there is none or the turn is over.

    Raises LeaseLost before an outside delete that is no longer ours to make, and what the index raises.
    """
    while not turn.should_stop:
        found = queries.garbage(turn.state, turn.source.name, limit=200)
        if not found:
            return
        every_state = ("building", "active", "draining", "dropping")
        unusable = {one.store for one in queries.generations(turn.state, *every_state) if one.problem}
        running: dict[Future[None], GarbageFile] = {}
        for one in found:
            if len(running) >= turn.max_concurrency:
                _forget_done(turn, running)
            running[turn.executor.submit(_let_go, turn, one, unusable)] = one
        while running:
            _forget_done(turn, running)


def _let_go(turn: Turn, garbage: GarbageFile, unusable: Collection[StoreId]) -> None:
    in_store = garbage.store and garbage.store not in unusable  # nothing is found in one of those
    if in_store and not queries.is_named(turn.state, garbage.file, garbage.store):
        turn.state.check(turn.lease)
        turn.index.detach(garbage.store, garbage.file)
    if not queries.is_named(turn.state, garbage.file):
        turn.state.check(turn.lease)
        turn.index.delete(garbage.file)


def _forget_done(turn: Turn, running: dict[Future[None], GarbageFile]) -> None:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    gone = [running.pop(future) for future in done if future.result() is None]
    with turn.state.commit(turn.lease) as tx:
        files.forget_garbage(tx, [(garbage.store, garbage.file) for garbage in gone])
    turn.count("collected", len(gone))
