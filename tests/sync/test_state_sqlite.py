"""The state in a SQLite file."""

from pathlib import Path

import pytest

from sync.errors import Misconfigured
from sync.state.database import State
from tests.contract.state import StateContract


class TestSqlite(StateContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'made' / 'on the way' / 'state.db'}"


@pytest.mark.parametrize("url", ["", "no url", "sqlite", "oracle://somewhere/x", "mysql://u:s3cret@h/x", "foo://x"])
def test_a_url_that_means_nothing_is_misconfigured(url: str) -> None:
    with pytest.raises(Misconfigured, match="database_url") as caught:
        State.open(url)

    assert "s3cret" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_misconfigured(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(Misconfigured, match="data_dir"):
        State.open(f"sqlite:///{tmp_path}/file/state.db")


def test_a_file_that_cannot_be_opened_is_misconfigured(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()

    with pytest.raises(Misconfigured, match="data_dir"):
        State.open(f"sqlite:///{tmp_path}/state.db")


def test_a_file_that_is_no_database_is_misconfigured(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("this was never a database " * 100)

    with pytest.raises(Misconfigured, match="data_dir"):
        State.open(f"sqlite:///{tmp_path}/state.db")


def test_a_state_in_memory_is_one_database_for_all_its_threads() -> None:
    state = State.open("sqlite:///:memory:")

    assert state.ask("SELECT id FROM installation")[0].id == state.installation
    state.close()
