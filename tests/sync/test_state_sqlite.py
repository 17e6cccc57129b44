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


def test_the_database_is_this_users_alone_also_where_it_was_not(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "state.db"
    State.open(f"sqlite:///{file}").close()
    made = file.stat().st_mode & 0o777
    file.chmod(0o644)

    opened = State.open(f"sqlite:///{file}")
    modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    opened.close()

    assert made == 0o600
    assert modes == dict.fromkeys(("state.db", "state.db-wal", "state.db-shm"), 0o600)


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
