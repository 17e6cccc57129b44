"""Fast core: what `./run test --fast` leaves out, by marks and by what each test was measured to take.

`tests/slow.txt` lists the tests that take `MAX_SECONDS` or more, with all their parameters together: of CPU, or three
times as much of waiting. It is written anew by `.venv/bin/python -m pytest -n 0 --write-slow`; a test that it does not
know is in the core.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter, process_time

import pytest

LIST = Path(__file__).with_name("slow.txt")
LEFT_OUT = ("processes", "browser", "corpora", "thorough")
MAX_SECONDS = 0.1
WAITING = 3  # other tests compute meanwhile


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("answerwell")
    group.addoption("--fast", action="store_true", help="leave out what is marked, and what tests/slow.txt lists")
    group.addoption("--write-slow", action="store_true", help="write tests/slow.txt from what this run takes (-n 0)")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--write-slow"):
        config.pluginmanager.register(SlowList(), "slow-list")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fast"):
        slow = frozenset(LIST.read_text("utf-8").split())
        left_out = [item for item in items if is_left_out(item, slow)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not is_left_out(item, slow)]


def is_left_out(item: pytest.Item, slow: frozenset[str]) -> bool:
    """Whether the fast core goes without the test."""
    return name_of(item.nodeid) in slow or any(item.get_closest_marker(mark) for mark in LEFT_OUT)


def name_of(nodeid: str) -> str:
    """The test without its parameters: these come and go."""
    return nodeid.partition("[")[0]


def slow_ones(seconds: Iterable[tuple[str, float]]) -> Iterator[str]:
    """Return the names of the tests that take long, all parameters of each together, in order."""
    total: dict[str, float] = defaultdict(float)
    for nodeid, took in seconds:
        total[name_of(nodeid)] += took
    return iter(sorted(name for name, took in total.items() if took >= MAX_SECONDS))


class SlowList:
    """Measures every test of a run in one process, and writes the list at its end."""

    def __init__(self) -> None:
        self._seconds: list[tuple[str, float]] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        began, computed = perf_counter(), process_time()
        try:
            return (yield)
        finally:
            took = max(process_time() - computed, (perf_counter() - began) / WAITING)
            self._seconds.append((item.nodeid, took))

    def pytest_sessionfinish(self) -> None:
        LIST.write_text("".join(f"{name}\n" for name in slow_ones(self._seconds)), "utf-8")
