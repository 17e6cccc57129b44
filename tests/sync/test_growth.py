"""What grows with what is held: a question about work visits the work, and none visits every document."""

from collections.abc import Callable, Iterator

import pytest

from sync.operations.converge import converge
from sync.state.database import State
from sync.status import gauges
from sync.status.status import status
from tests.sync.grown import Grown, Operation, grown, visits

FEW, MANY = 200, 2000


def changed(known: Grown) -> object:
    for number in range(5):
        known.source.put(f"d{number}", "a body of other words")
    return known.engine.turn("s")


def measured(known: Grown) -> object:
    sources = gauges.of_source(known.state, "s")
    return sources, gauges.of_indexes(known.state, known.engine.indexes.values()), gauges.open_requests(known.state)


OPERATIONS: dict[str, Operation] = {
    "a turn without news": lambda known: known.engine.turn("s"),
    "a turn with five changes": changed,
    "sync": lambda known: converge(known.engine),
    "status": lambda known: status(known.state, known.engine.inventory),
    "metrics": measured,
    "housekeeping": lambda known: known.engine.housekeep(),
}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.processes)])
def states(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Grown, Grown]]:
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path_factory.mktemp('state')}/state.db" for _ in range(2)]
    else:
        new: Callable[[], str] = request.getfixturevalue("postgresql")
        urls = [new(), new()]
    few, many = (grown(State.open(url), size) for url, size in zip(urls, (FEW, MANY), strict=True))
    yield few, many
    few.state.close()
    many.state.close()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_ten_times_the_documents_cost_as_much(states: tuple[Grown, Grown], operation: str) -> None:
    costs = []
    for known in states:
        OPERATIONS[operation](known)
        with visits(known.state) as counted:
            OPERATIONS[operation](known)
        costs.append(counted)
    few, many = costs

    assert many.statements <= few.statements
    assert many.work <= few.work * 1.5 + 20


def test_what_is_counted_is_what_there_is(states: tuple[Grown, Grown]) -> None:
    for known in states:
        shown = status(known.state, known.engine.inventory)
        measured = gauges.of_source(known.state, "s").documents

        assert shown["sources"][0]["documents"] == known.size
        assert [index["files"] for index in shown["indexes"]] == [known.size, known.size]
        assert measured == {"searchable": known.size, "waiting": 0, "believed_gone": 0, "known": known.size}
