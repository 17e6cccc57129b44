"""States of any size: one that a real turn made, and rows that follow from it; and what its statements visit."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy import Engine as DatabaseEngine

from sync.config import Source
from sync.engine import Concurrency, Engine
from sync.state.database import State
from tests.contract.memory_index import MemoryIndex
from tests.sync.world import INDEXES, SourceWorld

SEED = 10
SLICE = 100  # copies: PostgreSQL keeps each value that a counter had in a transaction, and reads past them
_COPIES = (
    "WITH RECURSIVE copies(n) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT n + 1 FROM copies WHERE n < :last)"
)
_OF_DOCUMENT = """source, epoch, version, content_version, title, url, audience, language, updated_at, breadcrumb,
    labels, attributes, likeness, changed_at"""
_OF_ENTRY = "e.generation, e.version, e.content_hash, e.metadata_hash"


@dataclass
class Grown:
    """A converged source that holds `size` documents in two indexes."""

    engine: Engine
    source: SourceWorld
    size: int

    @property
    def state(self) -> State:
        return self.engine.state


def grown(state: State, size: int) -> Grown:
    """Publish a few documents, and copy their rows until there are `size`, a multiple of SEED."""
    source = SourceWorld()
    source.put_all(SEED)
    engine = Engine(
        state, MemoryIndex(state.installation), [Source("s", "made-up", source)], INDEXES, concurrency=Concurrency(1)
    )
    engine.turn("s")
    engine.turn("s")
    [seed] = state.ask("SELECT max(id) AS newest FROM documents")
    for first in range(1, size // SEED, SLICE):
        with state.transaction() as tx:
            _copy(tx._connection, seed.newest, first, min(first + SLICE, size // SEED) - 1)
    engine.turn("s")  # looks at what is new, and finds that nothing is to be done
    engine.turn("s")
    with state._engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
        connection.exec_driver_sql("ANALYZE")
    return Grown(engine, source, size)


def _copy(connection: Connection, newest: int, first: int, last: int) -> None:
    """Make these copies of each document up to the newest."""
    which = {"newest": newest, "first": first, "last": last}
    columns = ", ".join(f"d.{name.strip()}" for name in _OF_DOCUMENT.split(","))
    connection.execute(
        text(
            f"""INSERT INTO documents (external_id, {_OF_DOCUMENT})
                {_COPIES} SELECT d.external_id || '-' || copies.n, {columns} FROM documents d CROSS JOIN copies
                WHERE d.id <= :newest"""
        ),
        which,
    )
    connection.execute(
        text(
            f"""INSERT INTO entries (document, generation, version, content_hash, metadata_hash, file)
                {_COPIES} SELECT copy.id, {_OF_ENTRY}, e.file || '-' || copies.n
                FROM documents d CROSS JOIN copies
                JOIN documents copy ON copy.source = d.source AND copy.external_id = d.external_id || '-' || copies.n
                JOIN entries e ON e.document = d.id
                WHERE d.id <= :newest"""
        ),
        which,
    )


@dataclass
class Visits:
    """How much of the database statements read: SQLite's VM steps in tens, or rows of PostgreSQL's scans."""

    statements: int = 0
    work: int = 0
    asked: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def visits(state: State) -> Iterator[Visits]:
    """Count what every statement on the state visits while the block runs."""
    counted = Visits()
    engine = state._engine
    sqlite = engine.dialect.name == "sqlite"

    def step() -> int:
        counted.work += 1
        return 0

    def begin(_: Connection, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        counted.statements += 1
        if sqlite:
            cursor.connection.set_progress_handler(step, 10)
        elif statement.lstrip().startswith("SELECT"):
            counted.asked.append((statement, parameters))

    def end(_: Connection, cursor: Any, *__: Any) -> None:
        if sqlite:
            cursor.connection.set_progress_handler(None, 0)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    try:
        yield counted
    finally:
        event.remove(engine, "before_cursor_execute", begin)
        event.remove(engine, "after_cursor_execute", end)
    counted.work += sum(_rows_visited(engine, statement, parameters) for statement, parameters in counted.asked)


def _rows_visited(engine: DatabaseEngine, statement: str, parameters: Any) -> int:
    """Rows that the scans of the plan read. Without sequential scans: a small table hides a missing index."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        [plan] = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalars()
    found = plan if isinstance(plan, list) else json.loads(plan)
    return sum(_of_node(one["Plan"]) for one in found)


def _of_node(node: dict[str, Any]) -> int:
    removed = sum(value for key, value in node.items() if key.startswith("Rows Removed by"))
    mine = (node["Actual Rows"] + removed) * node["Actual Loops"] if "Scan" in node["Node Type"] else 0
    return int(mine) + sum(_of_node(child) for child in node.get("Plans", []))


Operation = Callable[[Grown], object]
