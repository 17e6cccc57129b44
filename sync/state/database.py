"""State database: the truth about what we did. SQLite embedded, PostgreSQL at scale, the same statements."""

import contextlib
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Engine, ExceptionContext, Row, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from sync.errors import Misconfigured, Retryable
from sync.log_redaction import restrain
from sync.state import installation, queries, schema, sources
from sync.state import lease as leases
from sync.state.lease import Lease
from sync.state.schema import Steps
from sync.state.transaction import Transaction, execute

Clock = Callable[[], datetime]

PING_AFTER = 1.0
"""Seconds after which a connection that rested is tried before it is used."""

CONNECTIONS = 15
"""How many connections to PostgreSQL a process opens at most, unless it says otherwise."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class State:
    """An open state database. `installation` names this installation in every file it uploads."""

    def __init__(self, engine: Engine, clock: Clock, holder: str, steps: Steps) -> None:
        self.clock = clock
        self._engine = engine
        self._reader = _reading(engine)
        self._holder = holder
        with self.transaction() as tx:
            schema.migrate(tx._connection, steps)  # noqa: SLF001 - the one place below the statements
            installation.make(tx, self.now())
        self.installation = queries.installation(self)

    @classmethod
    def open(
        cls,
        url: str,
        clock: Clock = utc_now,
        *,
        connections: int = CONNECTIONS,
        schemas: Iterable[Steps] = (),
    ) -> Self:
        """Open and migrate the database at a SQLAlchemy URL; a SQLite file and its folder are made when absent.

        `connections`: the most that are open at once, where the database is a server. `schemas`: tables of others,
        beside the engine's. Raises Misconfigured when the URL is malformed or the database does not answer.
        """
        steps = schema.merged(schema.STEPS, *schemas)
        try:
            parsed = make_url(url)
            engine = _engine(parsed, connections)
        except (ArgumentError, ImportError) as error:
            raise Misconfigured(f"database_url: not a usable SQLite or PostgreSQL URL ({error})") from error
        except OSError as error:
            raise _unusable(parsed, str(error)) from error
        try:
            return cls(engine, clock, str(leases.this_process()), steps)
        except (Retryable, DatabaseError) as error:
            engine.dispose()
            cause = error.__cause__ if isinstance(error, Retryable) else error
            raise _unusable(parsed, _reason(cause) if isinstance(cause, DatabaseError) else str(error)) from error

    def close(self) -> None:
        self._engine.dispose()

    def now(self) -> float:
        return self.clock().timestamp()

    def ping(self) -> None:
        """Raise Retryable unless the database answers."""
        self.ask("SELECT 1")

    def ask(self, question: str, **parameters: Any) -> Sequence[Row[Any]]:
        """Read, outside any transaction of ours. Raises Retryable when the database fails."""
        with _translated(), self._reader.connect() as connection:
            return execute(connection, question, parameters).all()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A commit of what belongs to no single source: operators' wishes, generations, runs.

        Raises Retryable when the database fails; then nothing of the transaction is true.
        """
        with _translated(), self._engine.connect() as connection, connection.begin():
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # a lock taken late may find the file changed
            yield Transaction(connection)

    @contextlib.contextmanager
    def commit(self, lease: Lease) -> Iterator[Transaction]:
        """One transaction for a source, refused with LeaseLost unless the lease is still ours; it renews the lease."""
        with self.transaction() as tx:
            sources.renew(tx, lease, self.now())
            yield tx

    def register(self, kinds: Mapping[str, str]) -> None:
        """Make sources known, by their names: a lease can then be taken. Nothing is written where they all are."""
        new = {name: kind for name, kind in kinds.items() if queries.source(self, name).kind != kind}
        if new:
            with self.transaction() as tx:
                for name, kind in new.items():
                    sources.register(tx, name, kind)

    def acquire(self, source: str) -> Lease | None:
        """Take the source's lease if no process holds it, or only one that is provably dead; None: it is held."""
        with self.transaction() as tx:
            return sources.acquire(tx, source, self._holder, self.now())

    def renew(self, lease: Lease) -> None:
        """Extend the lease. Raises LeaseLost when another worker holds it."""
        with self.transaction() as tx:
            sources.renew(tx, lease, self.now())

    def check(self, lease: Lease) -> None:
        """Raise LeaseLost unless the lease is ours for a while yet: asked before every outside delete."""
        source = queries.source(self, lease.source)
        if source.lease_token != lease.token or source.lease_until - self.now() < leases.TERM.total_seconds() / 2:
            self.renew(lease)

    def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens if it is not ours any more."""
        with self.transaction() as tx:
            sources.release(tx, lease)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Retryable(f"state database: {_reason(error)}; check its disk, its locks and that it is up") from error
    except PoolTimeout as error:
        raise Retryable("state database: no connection became free in time; is it up, and are there enough?") from error


def _reason(error: DatabaseError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else "no reason given"


def _redact(failure: ExceptionContext) -> None:
    """Take out of an error what PostgreSQL quotes of the row: all behind its first line, and of bad data that, too."""
    driver, ours = failure.original_exception, failure.sqlalchemy_exception
    if not isinstance(ours, DBAPIError):
        return
    reason = "" if isinstance(ours, DataError) else str(driver).strip().partition("\n")[0]
    driver.args = (reason,)
    ours.args = (f"({type(driver).__name__}) {reason}".strip(),)


def _unusable(url: URL, reason: str) -> Misconfigured:
    fix = "check data_dir" if url.get_backend_name() == "sqlite" else "check that it is up, and database_url"
    return Misconfigured(f"state database {url!r} does not open: {reason}; {fix}")


def _engine(url: URL, connections: int) -> Engine:
    restrain("sqlalchemy", "psycopg")
    if url.get_backend_name() == "sqlite":
        return _sqlite(url.database or "")
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=min(5, connections),
        max_overflow=max(0, connections - 5),
        pool_timeout=60,
        connect_args={"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3},
    )
    event.listen(engine, "handle_error", _redact)
    _ping_after_rest(engine)
    return engine


def _reading(engine: Engine) -> Engine:
    """The same connections, without a transaction around each question: two round trips less to a server."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="AUTOCOMMIT")


def _ping_after_rest(engine: Engine) -> None:
    """Have a connection that rested prove that its server still knows it, and replaced if it does not."""

    @event.listens_for(engine, "checkin")
    def _rests(_: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _wakes(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < PING_AFTER:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _keep_private(file: Path) -> None:
    """Have the database be this user's alone, whatever folder and umask it is made in: it holds what visitors wrote.

    SQLite gives its own two files beside it the same permissions when it makes them.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    for one in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        with contextlib.suppress(FileNotFoundError, PermissionError):  # another's: it is not ours to close
            mode = one.stat().st_mode
            if stat.S_ISREG(mode) and mode & 0o077:
                one.chmod(0o600)


def _sqlite(file: str) -> Engine:
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        _keep_private(Path(file))
    shared: dict[str, Any] = (
        {} if file and file != ":memory:" else {"poolclass": StaticPool}
    )  # memory has one connection
    connecting = {"timeout": 30, "check_same_thread": False}
    engine = create_engine(f"sqlite:///{file}", connect_args=connecting, hide_parameters=True, **shared)
    event.listen(engine, "handle_error", _redact)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so
        for pragma in ("busy_timeout = 30000", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        with contextlib.suppress(sqlite3.OperationalError):  # refused while another connection makes the same switch
            connection.execute("PRAGMA journal_mode = WAL")

    return engine
