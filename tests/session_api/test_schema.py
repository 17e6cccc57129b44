"""The chat's tables beside the engine's: made with the state, and one database for this version and the one before."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from cli.state_schema import SCHEMAS
from session_api.state import schema as chat
from sync.state import schema as engine
from sync.state.database import State
from sync.state.dialects import PerDialect

BEFORE = tuple(engine.STEPS[number] for number in (1, 2, 3)) + tuple(chat.STEPS[number] for number in (4, 5))
"""The steps of the version in which the chat's tables were the engine's, in its one list."""


EVERY_STEP = sorted(number for steps in (engine.STEPS, *SCHEMAS) for number in steps)


def migrate_as_before(connection: Connection, steps: Sequence[Sequence[str | PerDialect]] = BEFORE) -> list[int]:
    """Do what the version before does when it opens a database; return the numbers of the steps that it ran."""
    dialect = connection.dialect.name
    connection.execute(text("CREATE TABLE IF NOT EXISTS schema_steps (step INTEGER PRIMARY KEY)"))
    done = connection.execute(text("SELECT count(*) FROM schema_steps")).scalar_one()
    for number, statements in enumerate(steps[done:], start=done + 1):
        for statement in statements:
            assert isinstance(statement, str), "the version before wrote the same in both dialects"
            connection.exec_driver_sql(statement.format(**engine._DIALECTS[dialect]))
        connection.execute(text("INSERT INTO schema_steps (step) VALUES (:step)"), {"step": number})
    return list(range(done + 1, len(steps) + 1))


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    opened = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with opened.begin() as connection:
        yield connection
    opened.dispose()


def columns(url: str) -> set[tuple[Any, ...]]:
    """Every column of every table, with its type."""
    with connected(url) as connection:
        if connection.dialect.name == "postgresql":
            question = (
                "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
                "WHERE table_schema = 'public'"
            )
        else:
            question = (
                "SELECT m.name, p.name, p.type, p.[notnull] FROM sqlite_master m, pragma_table_info(m.name) p "
                "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
            )
        return {tuple(row) for row in connection.execute(text(question))}


def steps(url: str) -> list[int]:
    with connected(url) as connection:
        return list(connection.execute(text("SELECT step FROM schema_steps ORDER BY step")).scalars())


class SchemaContract:
    """What both databases must do."""

    @pytest.fixture
    def urls(self) -> Callable[[], str]:
        raise NotImplementedError

    def test_a_database_of_the_version_before_opens_as_it_is(self, urls: Callable[[], str]) -> None:
        url = urls()
        with connected(url) as connection:
            migrate_as_before(connection)
            connection.execute(text("INSERT INTO chat_spend (day, micro_usd) VALUES ('2026-11-30', 7)"))
        before = columns(url)

        state = State.open(url, schemas=SCHEMAS)
        kept = state.ask("SELECT micro_usd FROM chat_spend")[0].micro_usd
        state.close()

        assert kept == 7
        assert columns(url) >= before
        assert steps(url) == EVERY_STEP

    def test_a_database_of_the_version_before_that_is_half_migrated_is_completed(self, urls: Callable[[], str]) -> None:
        url = urls()
        with connected(url) as connection:
            migrate_as_before(connection, BEFORE[:4])

        State.open(url, schemas=SCHEMAS).close()

        assert steps(url) == EVERY_STEP

    def test_the_version_before_opens_a_new_database_and_finds_what_it_made_itself(
        self, urls: Callable[[], str]
    ) -> None:
        url, own = urls(), urls()
        State.open(url, schemas=SCHEMAS).close()

        with connected(url) as connection:
            ran = migrate_as_before(connection)
        with connected(own) as connection:
            migrate_as_before(connection)

        assert ran == []
        assert columns(url) >= columns(own)

    def test_tables_that_come_later_are_made_in_a_database_that_was_opened_without_them(
        self, urls: Callable[[], str]
    ) -> None:
        url = urls()
        State.open(url).close()
        assert steps(url) == sorted(engine.STEPS)

        State.open(url, schemas=SCHEMAS).close()

        assert steps(url) == EVERY_STEP

    def test_a_number_that_two_schemas_claim_is_refused(self, urls: Callable[[], str]) -> None:
        with pytest.raises(ValueError, match=r"\[3\]"):
            State.open(urls(), schemas=(*SCHEMAS, {3: ("SELECT 1",)}))


class TestSqlite(SchemaContract):
    @pytest.fixture
    def urls(self, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('schema')}/answerwell.db"


@pytest.mark.processes
class TestPostgresql(SchemaContract):
    @pytest.fixture
    def urls(self, postgresql: Callable[[], str]) -> Callable[[], str]:
        return postgresql
