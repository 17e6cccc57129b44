"""Every point of every mode with every fault: does the engine converge wherever it is interrupted?

tests/sync/crash.py says what a trial is; the tests visit some points, this visits all, on an in-memory state and as
many processes as there are processors. `--every N` visits each N-th point, each fault and mode with another first one;
`--random N` adds trials with many random faults in one life. Ends with an error if anything did not hold. The ratio is
a trial's time over that of the same script without a fault: what healing costs.
"""

import argparse
import logging
import multiprocessing
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import structlog

from tests.sync.crash import FAULTS, Mode, trial
from tests.sync.test_crash import MODES

MEMORY = "sqlite:///:memory:"
ANYTHING = "anything"
SHOWN = 10
PROGRESS = 200


@dataclass(frozen=True)
class Trial:
    """One life: a fault at a point, or, with a seed, many at random ones."""

    fault: str
    mode: str
    at: int | None = None
    seed: int | None = None

    def __str__(self) -> str:
        where = f"at point {self.at}" if self.seed is None else f"with seed {self.seed}"
        return f"{self.fault} {where} of {self.mode}"


@dataclass(frozen=True)
class Outcome:
    trial: Trial
    wrong: list[str]
    seconds: float


def main() -> None:
    asked = _arguments()
    _silence()
    undisturbed = {mode: _undisturbed(MODES[mode]) for mode in MODES}
    points = {mode: found[0] for mode, found in undisturbed.items()}
    print(f"points: {', '.join(f'{mode} {number}' for mode, number in points.items())}", flush=True)
    outcomes = _visited([*_points(points, asked.every), *_random(asked.random)], asked.processes)
    failed = [outcome for outcome in outcomes if outcome.wrong]
    trials, failures = (Counter(one.trial.fault for one in ones) for ones in (outcomes, failed))
    print(f"{'fault':<12}{'trials':>8}{'failed':>8}")
    for fault, number in trials.items():
        print(f"{fault:<12}{number:8}{failures[fault]:8}")
    for outcome in failed[:SHOWN]:
        print(f"{outcome.trial}: {'; '.join(outcome.wrong[:SHOWN])}")
    each = statistics.mean(outcome.seconds for outcome in outcomes)
    plain = statistics.mean(found[1] for found in undisturbed.values())
    print(f"\n{len(outcomes)} trials, {each * 1000:.0f} ms each; without a fault {plain * 1000:.0f} ms")
    print(f"ratio {each / plain:.2f}")
    sys.exit(bool(failed))


def visit(one: Trial) -> Outcome:
    """Live through the trial; what it raises is wrong, too."""
    started = time.perf_counter()
    try:
        wrong = trial(MEMORY, one.at, one.fault, mode=_mode(one), seed=one.seed).wrong
    except Exception as error:  # noqa: BLE001  any escape from the engine is a finding, and the next trial goes on
        wrong = [f"raised {type(error).__name__}: {error}"]
    return Outcome(one, wrong, time.perf_counter() - started)


def _visited(trials: list[Trial], processes: int) -> list[Outcome]:
    outcomes: list[Outcome] = []
    started = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(processes, _silence) as pool:
        for outcome in pool.imap_unordered(visit, trials, chunksize=4):
            outcomes.append(outcome)
            if len(outcomes) % PROGRESS == 0:
                failed = sum(bool(one.wrong) for one in outcomes)
                seconds = time.perf_counter() - started
                print(
                    f"{len(outcomes)} of {len(trials)}, {failed} failed, {seconds:.0f} s", file=sys.stderr, flush=True
                )
    return outcomes


def _points(points: dict[str, int], every: int) -> Iterator[Trial]:
    for number, (fault, mode) in enumerate(product(FAULTS, MODES)):
        for at in range(1 + number % every, points[mode] + 1, every):
            yield Trial(fault, mode, at=at)


def _random(number: int) -> Iterator[Trial]:
    modes = list(MODES)
    for seed in range(number):
        yield Trial(ANYTHING, modes[seed % len(modes)], seed=seed)


def _mode(one: Trial) -> Mode:
    return MODES[one.mode]


def _undisturbed(mode: Mode) -> tuple[int, float]:
    started = time.perf_counter()
    verdict = trial(MEMORY, None, mode=mode)
    if verdict.wrong:
        raise SystemExit(f"wrong even without a fault: {verdict.wrong}")
    return verdict.points, time.perf_counter() - started


def _silence() -> None:
    """The engine rightly warns of every fault it meets here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=20, help="visit each n-th point; 1: all (20)")
    parser.add_argument("--random", type=int, default=40, help="trials with random faults (40)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="as many at once (all processors)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
