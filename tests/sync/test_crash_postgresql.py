"""The same engine on PostgreSQL: a few points of each fault, each in a database of its own."""

from collections.abc import Callable

import pytest

from tests.spread import SPREAD
from tests.sync.crash import FAULTS, Mode, trial

pytestmark = pytest.mark.processes
VISITED = max(12 // SPREAD, 1)
"""At how many points each fault strikes: in SQLite, many are visited."""


@pytest.fixture(scope="module")
def points(postgresql: Callable[[], str]) -> int:
    verdict = trial(postgresql(), None)

    assert verdict.wrong == []
    return verdict.points


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_anywhere_loses_nothing_doubles_nothing_and_leaks_nothing(
    postgresql: Callable[[], str], points: int, fault: str
) -> None:
    apart = points // VISITED
    first = apart * (2 * FAULTS.index(fault) + 1) // (2 * len(FAULTS))
    wrong = {
        at: verdict.wrong for at in range(first, points, apart) if (verdict := trial(postgresql(), at, fault)).wrong
    }

    assert wrong == {}


def test_many_random_faults_in_one_life_are_survived(postgresql: Callable[[], str]) -> None:
    for seed in range(2):
        assert trial(postgresql(), None, "anything", seed=seed, mode=Mode(tombstones=seed % 2 == 0)).wrong == []
