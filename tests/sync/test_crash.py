"""Interrupted before or after every outside effect and every commit, the engine converges: DESIGN promises 1 to 4."""

from functools import lru_cache

import pytest

from tests.spread import SPREAD
from tests.sync.crash import FAULTS, MEMORY, Mode, Verdict, trial

MODES = {
    "listing-carries": Mode(),
    "no-tombstones": Mode(tombstones=False),
    "listing-names-only": Mode(carries=False),
    "content-not-stored": Mode(store_content=False),
}
EVERY = {
    "crash": 7 * SPREAD,
    "stall": 23 * SPREAD,
    "edit": 23 * SPREAD,
    "truncate": 23 * SPREAD,
}  # one trial takes a fifth of a second; bench/crash.py visits every point of every mode


@lru_cache
def undisturbed(mode: str) -> Verdict:
    return trial(MEMORY, None, mode=MODES[mode])


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_wrong_without_a_fault(mode: str) -> None:
    verdict = undisturbed(mode)

    assert verdict.wrong == []
    assert verdict.points > 400


def test_what_is_not_lived_through_again_ends_as_if_it_were() -> None:
    assert trial(MEMORY, 10_000) == undisturbed("listing-carries")


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_at_a_few_points_is_survived(fault: str) -> None:
    wrong = {at: verdict.wrong for at in range(20, 400, 79) if (verdict := trial(MEMORY, at, fault)).wrong}

    assert wrong == {}


@pytest.mark.thorough
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_anywhere_loses_nothing_doubles_nothing_and_leaks_nothing(fault: str, mode: str) -> None:
    points = undisturbed(mode).points
    first = 1 + (list(FAULTS).index(fault) + 4 * list(MODES).index(mode)) % EVERY[fault]

    wrong = {
        at: verdict.wrong
        for at in range(first, points + 1, EVERY[fault])
        if (verdict := trial(MEMORY, at, fault, mode=MODES[mode])).wrong
    }

    assert wrong == {}


@pytest.mark.parametrize("seed", range(12))
def test_many_random_faults_in_one_life_are_survived(seed: int) -> None:
    verdict: Verdict = trial(MEMORY, None, "anything", seed=seed, mode=Mode(tombstones=seed % 2 == 0))

    assert verdict.wrong == []


@pytest.mark.thorough
def test_after_a_crash_the_loop_alone_mends_everything_without_an_audit() -> None:
    points = undisturbed("listing-carries").points

    wrong = {
        at: verdict.wrong
        for at in range(3, points + 1, 23 * SPREAD)
        if (verdict := trial(MEMORY, at, "crash", healed_by_audit=False)).wrong
    }

    assert wrong == {}
