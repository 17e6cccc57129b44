"""Help desks are read in their rhythm, by whoever works, and what is no longer wanted is removed."""

import itertools

from helpdesk.state import history
from sync.state.database import State
from tests.sync.world import Installation, SourceWorld
from tests.workers.test_tasks import HOURLY, Place
from workers.schedule import Schedule


def place_of(installation: Installation, read: list[float]) -> Place:
    """A place whose worker notes when it reads the desk, and drops what it holds of others."""
    place, state = Place(installation), installation.state

    def read_desks() -> int:
        read.append(state.now())
        for known in history.desks(state):
            if known.source != "s":
                with state.transaction() as tx:
                    history.drop(tx, known.source)
        note(state, "s")
        return 1

    place.worker.read_desks = read_desks
    place.schedule = Schedule(state, HOURLY, place.send, lambda: installation.clock().timestamp(), desks=("s",))
    return place


def note(state: State, source: str) -> None:
    with state.transaction() as tx:
        history.begin_listing(tx, source, ())
        history.finish(tx, source, state.now(), 0)


def test_a_desk_is_read_at_once_and_then_every_quarter_of_an_hour() -> None:
    installation, read = Installation("sqlite:///:memory:", SourceWorld()), list[float]()
    place = place_of(installation, read)

    place.live(3600, step=5)

    assert 4 <= len(read) <= 5
    assert all(later - earlier >= 900 for earlier, later in itertools.pairwise(read))


def test_a_desk_that_failed_waits_and_one_that_is_no_longer_named_is_removed() -> None:
    installation, read = Installation("sqlite:///:memory:", SourceWorld()), list[float]()
    place, state = place_of(installation, read), installation.state
    note(state, "s")
    with state.transaction() as tx:
        history.fail(tx, "s", "refused", state.now() + 1800)
    place.live(1700, step=5)
    assert read == []

    note(state, "another")
    place.live(60, step=5)

    assert [known.source for known in history.desks(state)] == ["s"]
    assert len(read) == 1
