"""`/v1/vector_stores/{id}/files`: files in a store, cut and indexed, or failed with a reason."""

import json
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.http import Answer
from sandbox.openai import text as texts
from sandbox.openai.files import forget_passages, require_seen
from sandbox.openai.shapes import missing, refused
from sandbox.openai.state import Ask, Database, Failure, Knobs, listing, page_of

STATUS = (
    "CASE WHEN cancelled THEN 'cancelled' WHEN ready_at > :now THEN 'in_progress'"
    " WHEN error_code IS NOT NULL THEN 'failed' ELSE 'completed' END"
)
STATUSES = f"SELECT {STATUS} AS status FROM attached WHERE {{where}}"
TEXTS = ".c .cpp .cs .css .go .html .java .js .json .md .php .py .rb .sh .tex .ts .txt"
BINARIES = ".doc .docx .pdf .pptx"
PUT = """
INSERT INTO attached (store, file, attributes, chunking, created_at,
    ready_at, usage_bytes, title, error_code, error_message)
VALUES (:store, :file, :attributes, :chunking, :created_at,
    :ready_at, :usage_bytes, :title, :error_code, :error_message)
ON CONFLICT (store, file) DO UPDATE SET attributes = excluded.attributes, chunking = excluded.chunking,
    ready_at = excluded.ready_at, usage_bytes = excluded.usage_bytes, title = excluded.title,
    error_code = excluded.error_code, error_message = excluded.error_message, cancelled = 0
RETURNING seq
"""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be in a store, with its attributes (None: as they are) and its chunking (None: auto)."""

    file: str
    attributes: dict[str, Any] | None
    chunking: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a file comes to before it is put into a store: the indexed terms of its passages, or a failure."""

    wanted: Wanted
    size: int
    stuck: bool
    failure: Failure | None = None
    title: str = ""
    title_terms: str = ""
    passages: list[tuple[str, str]] = field(default_factory=list)


class Attachments:
    """Puts files into stores and answers for them. Shared by stores, store files and batches."""

    def __init__(self, db: Database, knobs: Knobs) -> None:
        self._db = db
        self._knobs = knobs

    def prepare(self, wanted: Sequence[Wanted], param: str) -> list[Prepared]:
        """Read, cut and stem, outside any transaction. Raises Problem, 404, for an unknown file."""
        ids = [one.file for one in wanted]
        with self._db.read() as db:
            require_seen(db, self._knobs, ids, param)
            contents = {
                file: db.execute("SELECT filename, content FROM files WHERE id = ?", [file]).fetchone() for file in ids
            }
        return [
            self._prepared(one, contents[one.file]["filename"], bytes(contents[one.file]["content"])) for one in wanted
        ]

    def put(self, db: sqlite3.Connection, store: str, prepared: Sequence[Prepared]) -> list[int]:
        """Attach in the caller's transaction and return the rows, also of files that were in the store before."""
        index = db.execute("SELECT seq FROM stores WHERE id = ?", [store]).fetchone()["seq"]
        rows = [self._put(db, store, index, one) for one in prepared]
        self._knobs.attached_some()
        return rows

    def rows(self, rows: str, binds: Row, query: Row) -> Row:
        """Return a page of the store files that a FROM clause over `attached` picks."""
        select = f"SELECT attached.*, file AS id, {STATUS} AS status FROM {rows}"
        if "filter" in query:
            select = f"SELECT * FROM ({select}) WHERE status = :status"
        binds = {**binds, "now": self._knobs.clock(), "status": query.get("filter")}
        with self._db.read() as db:
            found, more = listing(db, select, binds, {"limit": 20, **query})
        return page_of([_store_file(row) for row in found], more=more)

    def one(self, db: sqlite3.Connection, store: str, file: str) -> Row:
        return _store_file(self.require(db, store, file))

    def require(self, db: sqlite3.Connection, store: str, file: str) -> sqlite3.Row:
        row: sqlite3.Row | None = db.execute(
            f"SELECT *, file AS id, {STATUS} AS status FROM attached WHERE store = :store AND file = :file",
            {"store": store, "file": file, "now": self._knobs.clock()},
        ).fetchone()
        if row is None:
            raise missing(f"file in vector store '{store}'", file, "file_id")
        return row

    def poll_after(self, ready_at: float) -> dict[str, str]:
        """The header that tells a poller when to come back: at most a second, at once when all is done."""
        left = min(1.0, max(0.001, ready_at - self._knobs.clock()))
        return {"openai-poll-after-ms": str(math.ceil(left * 1000))}

    def _prepared(self, wanted: Wanted, filename: str, content: bytes) -> Prepared:
        knobs = self._knobs
        stuck = bool(knobs.stuck and knobs.stuck(filename, content))
        failure = knobs.refuse(filename, content) if knobs.refuse else None
        text = failure or _readable(filename, content, knobs.limits.file_tokens)
        if not isinstance(text, str):
            return Prepared(wanted, len(content), stuck, text)
        static = (wanted.chunking or {}).get("static")
        sizes = (
            texts.Chunking(static["max_chunk_size_tokens"], static["chunk_overlap_tokens"])
            if static
            else texts.Chunking()
        )
        hint = (wanted.attributes or {}).get("language", "")
        words = texts.words_of(text)
        language = texts.language_of(words, hint if isinstance(hint, str) else "")
        title = texts.title_of(text)
        return Prepared(
            wanted,
            len(content),
            stuck,
            title=title,
            title_terms=_terms(title, language),
            passages=[
                (passage, _terms(texts.body_of(passage, title), language)) for passage in texts.passages(text, sizes)
            ],
        )

    def _put(self, db: sqlite3.Connection, store: str, index: int, one: Prepared) -> int:
        now = self._knobs.clock()
        at = {"store": store, "file": one.wanted.file, "now": now}
        before = db.execute(
            f"SELECT *, {STATUS} AS status FROM attached WHERE store = :store AND file = :file", at
        ).fetchone()
        if before and self._knobs.repeated == "refuse":
            raise refused(400, f"File '{one.wanted.file}' is already in vector store '{store}'.", param="file_id")
        if not db.execute("SELECT 1 FROM files WHERE id = ?", [one.wanted.file]).fetchone():
            raise missing("file", one.wanted.file, "file_id")
        row = _row(one, now, self._knobs.processing, before)
        if before and before["status"] in ("completed", "in_progress") and before["chunking"] == row["chunking"]:
            db.execute("UPDATE attached SET attributes = ? WHERE seq = ?", [row["attributes"], before["seq"]])
            return int(before["seq"])
        if before:
            forget_passages(db, "attached.seq = ?", [before["seq"]])
            db.execute("DELETE FROM passages WHERE attached = ?", [before["seq"]])
        written = db.execute(PUT, {**row, **at})
        seq = int(written.fetchone()["seq"])
        for passage, terms in one.passages:
            key = db.execute("INSERT INTO passages (attached, text) VALUES (?, ?)", [seq, passage]).lastrowid
            db.execute(
                f"INSERT INTO found_{index} (rowid, title, body) VALUES (?, ?, ?)", [key, one.title_terms, terms]
            )
        return seq


class StoreFiles:
    """The endpoints of one file in one store."""

    def __init__(self, db: Database, knobs: Knobs, attachments: Attachments) -> None:
        self._db = db
        self._knobs = knobs
        self._attachments = attachments

    def retrieve(self, ask: Ask) -> Answer:
        store, file = ask.ids["vector_store_id"], ask.ids["file_id"]
        with self._db.read() as db:
            row = self._attachments.require(db, store, file)
            require_seen(db, self._knobs, [file], "file_id")
        return Answer(_store_file(row), headers=self._attachments.poll_after(row["ready_at"]))

    def update(self, ask: Ask) -> Row:
        store, file = ask.ids["vector_store_id"], ask.ids["file_id"]
        with self._db.write() as db:
            seq = self._attachments.require(db, store, file)["seq"]
            attributes = json.dumps(ask.body["attributes"] or {})
            db.execute("UPDATE attached SET attributes = ? WHERE seq = ?", [attributes, seq])
            return self._attachments.one(db, store, file)

    def delete(self, ask: Ask) -> Row:
        """Take the file out of the store; the upload stays."""
        store, file = ask.ids["vector_store_id"], ask.ids["file_id"]
        with self._db.write() as db:
            seq = self._attachments.require(db, store, file)["seq"]
            forget_passages(db, "attached.seq = ?", [seq])
            db.execute("DELETE FROM attached WHERE seq = ?", [seq])
        return {"id": file, "object": "vector_store.file.deleted", "deleted": True}

    def content(self, ask: Ask) -> Row:
        store, file = ask.ids["vector_store_id"], ask.ids["file_id"]
        with self._db.read() as db:
            row = self._attachments.require(db, store, file)
            stored = db.execute("SELECT filename, content FROM files WHERE id = ?", [file]).fetchone()
        text = _readable(stored["filename"], bytes(stored["content"]), self._knobs.limits.file_tokens)
        parts = [{"type": "text", "text": text}] if row["status"] == "completed" else []
        return {"object": "vector_store.file_content.page", "data": parts, "has_more": False, "next_page": None}


def counts_of(db: sqlite3.Connection, statuses: str, binds: Row) -> dict[str, int]:
    """Count a SELECT of statuses in the shape of `file_counts`."""
    counts = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0}
    counts |= dict(db.execute(f"SELECT status, count(*) FROM ({statuses}) GROUP BY status", binds).fetchall())
    return {**counts, "total": sum(counts.values())}


def _row(one: Prepared, now: float, processing: float, before: sqlite3.Row | None) -> Row:
    attributes = one.wanted.attributes
    if attributes is None:
        attributes = json.loads(before["attributes"]) if before else {}
    chunking = one.wanted.chunking or {"type": "auto"}
    if chunking["type"] == "auto":
        sizes = texts.Chunking()
        static = {"max_chunk_size_tokens": sizes.tokens, "chunk_overlap_tokens": sizes.overlap}
        chunking = {"type": "static", "static": static}
    code, message = one.failure or (None, None)
    return {
        "attributes": json.dumps(attributes),
        "chunking": json.dumps(chunking, sort_keys=True),
        "created_at": int(now),
        "ready_at": 1e18 if one.stuck else now + processing,
        "usage_bytes": 0 if one.failure else one.size,
        "title": one.title,
        "error_code": code,
        "error_message": message,
    }


def _readable(filename: str, content: bytes, most: int) -> str | Failure:
    """Return the file's text, or why a store does not take it."""
    stem, dot, rest = filename.rpartition(".")
    extension = f".{rest.lower()}" if dot and stem else ""
    if extension not in (TEXTS + " " + BINARIES).split():
        return "unsupported_file", f"Files with extensions [{extension or 'none'}] are not supported for retrieval."
    if extension in BINARIES.split():
        return "unsupported_file", "This local server reads text files only."
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return "invalid_file", "The file could not be parsed: text must be encoded as utf-8, utf-16 or ascii."
    if not text.strip():
        return "invalid_file", "The file could not be parsed: it holds no text."
    if texts.count_tokens(text) > most:
        return "invalid_file", f"The file is too large: more than {most} tokens."
    return text


def _terms(text: str, language: str) -> str:
    return " ".join(texts.terms_of(texts.words_of(text), language))


def _store_file(row: sqlite3.Row) -> Row:
    error = {"code": row["error_code"], "message": row["error_message"]} if row["status"] == "failed" else None
    return {
        "id": row["file"],
        "object": "vector_store.file",
        "created_at": row["created_at"],
        "vector_store_id": row["store"],
        "status": row["status"],
        "usage_bytes": row["usage_bytes"] if row["status"] == "completed" else 0,
        "last_error": error,
        "attributes": json.loads(row["attributes"]),
        "chunking_strategy": json.loads(row["chunking"]),
    }
