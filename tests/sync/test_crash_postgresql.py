"""The same engine on PostgreSQL: a few points of each fault, each in a database of its own."""

from collections.abc import Callable

import pytest

from tests.sync.crash import FAULTS, Mode, trial

pytestmark = pytest.mark.processes
SHARE = (0.1, 0.35, 0.6, 0.85)


@pytest.fixture(scope="module")
def points(postgresql: Callable[[], str]) -> int:
    verdict = trial(postgresql(), None)

    assert verdict.wrong == []
    return verdict.points


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_anywhere_loses_nothing_doubles_nothing_and_leaks_nothing(
    postgresql: Callable[[], str], points: int, fault: str
) -> None:
    shifted = (FAULTS.index(fault) + 1) * 7
    wrong = {
        at: verdict.wrong
        for at in (int(points * share) + shifted for share in SHARE)
        if (verdict := trial(postgresql(), at, fault)).wrong
    }

    assert wrong == {}


def test_many_random_faults_in_one_life_are_survived(postgresql: Callable[[], str]) -> None:
    for seed in range(3):
        assert trial(postgresql(), None, "anything", seed=seed, mode=Mode(tombstones=seed % 2 == 0)).wrong == []
