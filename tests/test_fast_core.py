"""The fast core is small, and holds tests of every package."""

from collections import Counter
from pathlib import Path

import pytest

from tests import fast_core
from tests.fast_core import LIST, is_left_out, slow_ones

FOLDERS = {"answering", "cli", "connectors", "fidelity", "helpdesk", "sandbox", "session_api", "sync", "workers"}


def test_what_is_marked_or_listed_is_left_out_and_nothing_else(request: pytest.FixtureRequest) -> None:
    item = request.node

    assert not is_left_out(item, frozenset({"tests/test_other.py::test_it"}))
    assert is_left_out(item, frozenset({item.nodeid}))
    item.add_marker("thorough")
    assert is_left_out(item, frozenset())


def test_all_parameters_of_a_test_count_together() -> None:
    took = [("a.py::test_x[1]", 0.06), ("a.py::test_x[2]", 0.05), ("a.py::test_y[1]", 0.09), ("a.py::T::test_z", 3.0)]

    assert list(slow_ones(took)) == ["a.py::T::test_z", "a.py::test_x"]


def test_no_folder_is_left_out_whole() -> None:
    listed = Counter(Path(line.partition("::")[0]).parent.name for line in LIST.read_text("utf-8").split())
    written = {
        folder: sum(file.read_text("utf-8").count("def test_") for file in (LIST.parent / folder).rglob("test_*.py"))
        for folder in FOLDERS
    }

    assert {folder for folder in FOLDERS if listed[folder] > written[folder] / 2} == set()
    assert fast_core.MAX_SECONDS < 1
