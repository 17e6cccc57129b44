"""What the local OpenAI-compatible server remembers: one SQLite database, and the knobs that tests turn."""

import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from sandbox.openai.shapes import invalid

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, filename TEXT NOT NULL, purpose TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER, content BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS files_that_expire ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS stores (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, metadata TEXT NOT NULL,
    expires_after TEXT, created_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS attached (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, store TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    file TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE, attributes TEXT NOT NULL, chunking TEXT NOT NULL,
    created_at INTEGER NOT NULL, ready_at REAL NOT NULL, usage_bytes INTEGER NOT NULL, title TEXT NOT NULL,
    error_code TEXT, error_message TEXT, cancelled INTEGER NOT NULL DEFAULT 0, UNIQUE (store, file));
CREATE INDEX IF NOT EXISTS attached_in_order ON attached (store, seq);
CREATE INDEX IF NOT EXISTS attached_by_file ON attached (file);
CREATE TABLE IF NOT EXISTS batches (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    store TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE, created_at INTEGER NOT NULL,
    cancelled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS batch_files (
    batch TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    attached INTEGER NOT NULL REFERENCES attached (seq) ON DELETE CASCADE, PRIMARY KEY (batch, attached)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS batch_files_by_attached ON batch_files (attached);
CREATE TABLE IF NOT EXISTS passages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, attached INTEGER NOT NULL REFERENCES attached (seq) ON DELETE CASCADE,
    text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_by_attached ON passages (attached);
"""

Failure = tuple[Literal["server_error", "unsupported_file", "invalid_file"], str]
"""Why a file fails in a store: the vendor's code and its message."""


@dataclass(frozen=True)
class Speech:
    """What the model says instead of quoting: a text, the files it cites (id and position), and how it is cut.

    `deltas` None: every few words. `stops_after`: so many deltas are sent, then the connection ends. `fails`: the
    stream ends with `response.failed`.
    """

    text: str
    citations: tuple[tuple[str, int], ...] = ()
    deltas: tuple[str, ...] | None = None
    stops_after: int | None = None
    fails: bool = False


Speak = Callable[[str, Sequence[Any]], Speech | None]
"""Called with the question and the passages found (`file`, `filename`, `text`, `score`); None: quote as usual."""


@dataclass(frozen=True)
class UsageLimits:
    """OpenAI's limits. The three rates, per minute, are off (None) unless given; the real ones are 1000, 300, 2000."""

    uploads: int | None = None
    attaches_per_store: int | None = None
    attached_files: int | None = None
    file_bytes: int = 512 * 2**20
    file_tokens: int = 5_000_000


class Knobs(Protocol):
    """What the sandbox is asked at every request: tests turn these while it runs."""

    clock: Callable[[], float]
    limits: UsageLimits
    processing: float
    refuse: Callable[[str, bytes], Failure | None] | None
    stuck: Callable[[str, bytes], bool] | None
    not_yet: int
    wrong_batch_id: bool
    repeated: Literal["accept", "refuse"]
    speak: Speak | None
    pause: float
    streaming: int
    flags: Callable[[str], bool] | None
    ignores_filters: bool
    asked: deque[dict[str, Any]]
    attached_some: Callable[[], None]


@dataclass(frozen=True)
class Ask:
    """One request, checked: the ids in its path, its query, its body or form, and its headers in lower case."""

    ids: dict[str, str]
    query: dict[str, Any]
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Database:
    """One connection that all threads take in turn. Writes are transactions: all of one or nothing."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def new_id(prefix: str) -> str:
    return prefix + secrets.token_hex(12)


def marks(values: list[Any]) -> str:
    return ", ".join("?" * len(values))


def listing(
    db: sqlite3.Connection, rows: str, binds: dict[str, Any], query: dict[str, Any]
) -> tuple[list[sqlite3.Row], bool]:
    """Return one page of a SELECT that has the columns `seq` and `id`, and whether the list goes on after it."""
    newest_first = query.get("order", "desc") == "desc"
    where, backwards = "1", False
    for way in ("after", "before"):
        if way in query:
            cursor = db.execute(
                f"SELECT seq FROM ({rows}) WHERE id = :cursor", {**binds, "cursor": query[way]}
            ).fetchone()
            if cursor is None:
                raise invalid(f"Invalid cursor: '{query[way]}' is not in this list.", way)
            binds = {**binds, way: cursor["seq"]}
            where += f" AND seq {'<' if newest_first == (way == 'after') else '>'} :{way}"
            backwards = way == "before" and "after" not in query
    direction = "DESC" if newest_first != backwards else "ASC"
    statement = f"SELECT * FROM ({rows}) WHERE {where} ORDER BY seq {direction} LIMIT :most"
    found = db.execute(statement, {**binds, "most": query["limit"] + 1}).fetchall()
    kept = found[: query["limit"]]
    return (kept[::-1] if backwards else kept), len(found) > query["limit"]


def page_of(rows: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    first, last = (rows[0]["id"], rows[-1]["id"]) if rows else ("", "")
    return {"object": "list", "data": rows, "first_id": first, "last_id": last, "has_more": more}
