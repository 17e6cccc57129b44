"""A lease that cannot be given back at once is given back as soon as the state answers again."""

import threading
from pathlib import Path

from sqlalchemy import Engine as DatabaseEngine

from sync.config import Source
from sync.engine import Engine, Outcome
from sync.errors import Retryable
from sync.state.database import Clock, State
from sync.state.lease import Lease
from sync.state.schema import Steps
from tests.contract.memory_index import MemoryIndex
from tests.sync.world import INDEXES, SourceWorld


class Forgetful(State):
    """A state that fails the first time a lease is given back."""

    failed = False

    def __init__(self, engine: DatabaseEngine, clock: Clock, holder: str, steps: Steps) -> None:
        super().__init__(engine, clock, holder, steps)
        self.released = threading.Event()

    def release(self, lease: Lease) -> None:
        if not self.failed:
            self.failed = True
            raise Retryable("state database: the disk is full")
        super().release(lease)
        self.released.set()


def test_a_source_need_not_wait_out_the_term_of_a_lease_that_nobody_uses(tmp_path: Path) -> None:
    source = SourceWorld()
    source.put_all(3)
    state = Forgetful.open(f"sqlite:///{tmp_path}/state.db")
    engine = Engine(state, MemoryIndex(state.installation), [Source("s", "made-up", source)], INDEXES)
    engine.prepare()

    first = engine.turn("s")
    held = state.acquire("s")
    given_back = state.released.wait(30)
    second = engine.turn("s")
    state.close()

    assert (first.outcome, held, given_back) == (Outcome.DONE, None, True)
    assert second.outcome == Outcome.DONE
