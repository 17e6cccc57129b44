"""CPU report: a pytest plugin that ends a run with its most expensive test files.

A test's cost is what its process used meanwhile, and every child that was waited for, however it ended. A busy machine
hardly changes it; it does change wall-clock time.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest

MAX_FILES = 10
KEY = "cpu_seconds"
REST = ""
"""What was used outside of tests: to start, to import, to collect. By this process: its children count their own."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(CpuReport(), "cpu-report")


class CpuReport:
    """Counts in the process that runs tests; with several, the one that started them adds up what they send."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._noted = (0.0, 0.0)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._note(REST)
        try:
            return (yield)
        finally:
            self._note(item.nodeid.partition("::")[0])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._note(REST)
        sent = getattr(session.config, "workeroutput", None)  # xdist's, in a process that was started to run tests
        if sent is not None:
            sent[KEY] = dict(self._seconds)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        for name, seconds in getattr(node, "workeroutput", {}).get(KEY, {}).items():
            self._seconds[name] += seconds

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        files = {name: seconds for name, seconds in self._seconds.items() if name != REST}
        if len(files) < 2:
            return
        terminalreporter.section("CPU seconds by test file, child processes included")
        for line in lines(files, self._seconds[REST]):
            terminalreporter.line(line)

    def _note(self, name: str) -> None:
        """Put what was used since the last time on this account."""
        now = os.times()
        own, children = now.user + now.system, now.children_user + now.children_system
        self._seconds[name] += own - self._noted[0]
        if name != REST:
            self._seconds[name] += children - self._noted[1]
        self._noted = own, children


def lines(files: Mapping[str, float], rest: float) -> Iterator[str]:
    """The most expensive files, and all of it."""
    for name, seconds in sorted(files.items(), key=lambda file: -file[1])[:MAX_FILES]:
        yield f"{seconds:8.1f}  {name}"
    yield f"{sum(files.values()):8.1f}  all {len(files)} files, and {rest:.1f} to start, import and collect"
