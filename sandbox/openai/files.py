"""`/v1/files`: uploads, whole and immutable."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from sandbox.http import Answer
from sandbox.openai.limits import Rates
from sandbox.openai.shapes import integer, invalid, missing, refused
from sandbox.openai.state import Ask, Database, Knobs, listing, marks, new_id, page_of

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
COLUMNS = "seq, id, filename, purpose, created_at, expires_at, length(content) AS bytes"
FRESH = 60  # how long after its upload a file may still be unknown elsewhere, in seconds


@dataclass(frozen=True)
class FileRecord:
    """An uploaded file, as it is in truth."""

    filename: str
    content: bytes
    created_at: int
    purpose: str


@dataclass(frozen=True)
class Uploaded:
    """The file part of a form."""

    filename: str
    content: bytes


class Files:
    """The file endpoints over the shared database."""

    def __init__(self, db: Database, knobs: Knobs, rates: Rates) -> None:
        self._db = db
        self._knobs = knobs
        self._rates = rates

    def create(self, ask: Ask) -> dict[str, Any]:
        self._rates.take("uploads", 1, self._knobs.limits.uploads)
        uploaded, seconds = _checked(ask.body, self._knobs.limits.file_bytes)
        now = int(self._knobs.clock())
        file = {"id": new_id("file-"), "filename": uploaded.filename, "purpose": ask.body["purpose"], "created_at": now}
        file |= {"expires_at": now + seconds if seconds else None, "content": uploaded.content}
        with self._db.write() as db:
            db.execute(
                "INSERT INTO files (id, filename, purpose, created_at, expires_at, content)"
                " VALUES (:id, :filename, :purpose, :created_at, :expires_at, :content)",
                file,
            )
        return _file_object({**file, "bytes": len(uploaded.content)})

    def retrieve(self, ask: Ask) -> dict[str, Any]:
        with self._db.read() as db:
            require_seen(db, self._knobs, [ask.ids["file_id"]], "file_id")
            found = db.execute(f"SELECT {COLUMNS} FROM files WHERE id = ?", [ask.ids["file_id"]]).fetchone()
        return _file_object(dict(found))

    def list(self, ask: Ask) -> dict[str, Any]:
        rows, binds = f"SELECT {COLUMNS} FROM files", {}
        if "purpose" in ask.query:
            rows, binds = f"{rows} WHERE purpose = :purpose", {"purpose": ask.query["purpose"]}
        with self._db.read() as db:
            found, more = listing(db, rows, binds, {"limit": 10_000, **ask.query})
        return page_of([_file_object(dict(row)) for row in found], more=more)

    def delete(self, ask: Ask) -> dict[str, Any]:
        """Delete the file and with it every store's use of it."""
        file = ask.ids["file_id"]
        with self._db.write() as db:
            if not db.execute("SELECT 1 FROM files WHERE id = ?", [file]).fetchone():
                raise missing("file", file, "file_id")
            _remove(db, file)
        return {"id": file, "object": "file", "deleted": True}

    def expire(self) -> None:
        """Delete the files whose time is over, as the vendor does by itself."""
        with self._db.read() as db:
            now = self._knobs.clock()
            due = [row["id"] for row in db.execute("SELECT id FROM files WHERE expires_at <= ?", [now])]
        if due:
            with self._db.write() as db:
                for file in due:
                    _remove(db, file)

    def content(self, ask: Ask) -> Answer:
        with self._db.read() as db:
            found = db.execute("SELECT content FROM files WHERE id = ?", [ask.ids["file_id"]]).fetchone()
        if found is None:
            raise missing("file", ask.ids["file_id"], "file_id")
        return Answer(content=bytes(found["content"]), headers={"content-type": "application/octet-stream"})

    def records(self) -> dict[str, FileRecord]:
        with self._db.read() as db:
            found = db.execute("SELECT * FROM files ORDER BY seq").fetchall()
        return {
            row["id"]: FileRecord(row["filename"], bytes(row["content"]), row["created_at"], row["purpose"])
            for row in found
        }


def require_seen(db: sqlite3.Connection, knobs: Knobs, ids: list[str], param: str) -> None:
    """Raise 404 for an unknown file, or one that was uploaded just now and must not be seen yet."""
    known: dict[str, int] = {}
    for at in range(0, len(ids), 500):  # SQLite binds a bounded number of values
        some = ids[at : at + 500]
        known |= dict(db.execute(f"SELECT id, created_at FROM files WHERE id IN ({marks(some)})", some).fetchall())
    for file in ids:
        if file not in known:
            raise missing("file", file, param)
        if knobs.not_yet > 0 and knobs.clock() - known[file] < FRESH:
            knobs.not_yet -= 1
            raise missing("file", file, param)


def forget_passages(db: sqlite3.Connection, where: str, binds: list[Any]) -> None:
    """Take the passages of the attached files that match out of the search index of their store."""
    found = db.execute(
        "SELECT stores.seq AS store, attached.seq AS attached FROM attached JOIN stores ON stores.id = attached.store"
        f" WHERE {where}",
        binds,
    ).fetchall()
    for store, attached in found:
        passages = "SELECT seq FROM passages WHERE attached = ?"
        db.execute(f"DELETE FROM found_{store} WHERE rowid IN ({passages})", [attached])


def _remove(db: sqlite3.Connection, file: str) -> None:
    forget_passages(db, "file = ?", [file])
    db.execute("DELETE FROM files WHERE id = ?", [file])


def _checked(form: dict[str, Any], most: int) -> tuple[Uploaded, int | None]:
    known = {"file", "purpose", "expires_after[anchor]", "expires_after[seconds]"}
    for name in form:
        if name not in known:
            raise invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    for name in ("file", "purpose"):
        if name not in form:
            raise invalid(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    uploaded = form["file"]
    if not isinstance(uploaded, Uploaded):
        raise invalid("Invalid type for 'file': expected a file.", "file", "invalid_type")
    if form["purpose"] not in PURPOSES:
        raise invalid(f"'{form['purpose']}' is not one of {list(PURPOSES)} - 'purpose'", "purpose")
    if not uploaded.content:
        raise invalid("File is empty.", "file", "empty_file")
    if len(uploaded.content) > most:
        raise refused(413, f"File is too large: the maximum is {most} bytes.", param="file", code="file_too_large")
    return uploaded, _expiry(form)


def _expiry(form: dict[str, Any]) -> int | None:
    anchor, seconds = form.get("expires_after[anchor]"), form.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    if anchor != "created_at":
        raise invalid("Invalid value for 'expires_after.anchor': expected 'created_at'.", "expires_after.anchor")
    whole = int(seconds) if isinstance(seconds, str) and seconds.isdecimal() else seconds
    integer(3600, 2_592_000)(whole, "expires_after.seconds")
    return int(str(seconds))


def _file_object(row: dict[str, Any]) -> dict[str, Any]:
    file = {"id": row["id"], "object": "file", "bytes": row["bytes"], "created_at": row["created_at"]}
    file |= {"filename": row["filename"], "purpose": row["purpose"], "status": "processed"}
    return file | ({"expires_at": row["expires_at"]} if row["expires_at"] else {})
