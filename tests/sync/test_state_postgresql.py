"""The state in PostgreSQL."""

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, make_url, text

from sync.errors import Misconfigured
from sync.state.database import State
from tests.contract.state import StateContract

pytestmark = pytest.mark.processes


class TestPostgresql(StateContract):
    @pytest.fixture
    def url(self, postgresql: Callable[[], str]) -> str:
        return postgresql()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_usual_ways_to_write_the_url_all_work(postgresql: Callable[[], str], scheme: str) -> None:
    url = postgresql().replace("postgresql+psycopg", scheme, 1)

    state = State.open(url)

    assert state.installation
    state.close()


def test_a_database_that_is_not_there_is_misconfigured(postgresql: Callable[[], str]) -> None:
    url = make_url(postgresql()).set(database="nobody_made_it", password="s3cret")

    with pytest.raises(Misconfigured, match="nobody_made_it") as caught:
        State.open(url.render_as_string(hide_password=False))

    assert "database_url" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_user_who_may_not_make_tables_is_misconfigured(postgresql: Callable[[], str]) -> None:
    url = make_url(postgresql())
    owner = create_engine(url)
    with owner.begin() as connection:
        connection.execute(text("CREATE ROLE reader LOGIN"))
    owner.dispose()

    with pytest.raises(Misconfigured, match="permission denied"):
        State.open(url.set(username="reader").render_as_string(hide_password=False))


def test_a_server_that_does_not_answer_is_misconfigured() -> None:
    with pytest.raises(Misconfigured, match="database_url") as caught:
        State.open("postgresql://somebody:s3cret@127.0.0.1:1/answerwell")

    assert "s3cret" not in str(caught.value)
