"""`/v1/vector_stores/{id}/file_batches`, and the two ways to put files into a store: one, or many at once."""

import sqlite3
from typing import Any

from sandbox.http import Answer
from sandbox.openai.attached import STATUS, Attachments, Wanted, counts_of
from sandbox.openai.limits import Rates
from sandbox.openai.shapes import missing, refused
from sandbox.openai.state import Ask, Database, Knobs, new_id
from sandbox.openai.stores import require_active, require_store

Row = dict[str, Any]
IN_BATCH = "attached JOIN batch_files ON batch_files.attached = attached.seq WHERE batch_files.batch = :batch"


class Batches:
    """The endpoints that attach, and those of batches."""

    def __init__(self, db: Database, knobs: Knobs, rates: Rates, attachments: Attachments) -> None:
        self._db = db
        self._knobs = knobs
        self._rates = rates
        self._attachments = attachments

    def create_one(self, ask: Ask) -> Row:
        """Attach a single file, outside any batch."""
        store = ask.ids["vector_store_id"]
        self._admit(store, 1)
        wanted = Wanted(ask.body["file_id"], ask.body.get("attributes"), ask.body.get("chunking_strategy"))
        prepared = self._attachments.prepare([wanted], "file_id")
        with self._db.write() as db:
            require_active(db, store, self._knobs.clock())
            self._attachments.put(db, store, prepared)
            return self._attachments.one(db, store, wanted.file)

    def list_store(self, ask: Ask) -> Row:
        store = ask.ids["vector_store_id"]
        with self._db.read() as db:
            require_store(db, store)
        return self._attachments.rows("attached WHERE store = :store", {"store": store}, ask.query)

    def create(self, ask: Ask) -> Row:
        """Attach many files in one transaction."""
        store, body = ask.ids["vector_store_id"], ask.body
        if ("file_ids" in body) == ("files" in body):
            raise refused(400, "Exactly one of 'file_ids' and 'files' must be given.", param="file_ids")
        wanted = _wanted(body)
        self._admit(store, len(wanted))
        prepared = self._attachments.prepare(wanted, "file_ids" if "file_ids" in body else "files")
        batch = {"id": new_id("vsfb_"), "store": store, "now": int(self._knobs.clock())}
        with self._db.write() as db:
            require_active(db, store, self._knobs.clock())
            db.execute("INSERT INTO batches (id, store, created_at) VALUES (:id, :store, :now)", batch)
            rows = self._attachments.put(db, store, prepared)
            db.executemany("INSERT OR IGNORE INTO batch_files VALUES (?, ?)", [(batch["id"], row) for row in rows])
            return self._object(db, self._require(db, store, str(batch["id"])))

    def retrieve(self, ask: Ask) -> Answer:
        store, batch = ask.ids["vector_store_id"], ask.ids["batch_id"]
        with self._db.read() as db:
            found = self._object(db, self._require(db, store, batch))
            waiting = "SELECT coalesce(min(ready_at), 0) FROM " + IN_BATCH + " AND ready_at > :now"
            next_ready = db.execute(waiting, {"batch": batch, "now": self._knobs.clock()}).fetchone()[0]
        if self._knobs.wrong_batch_id:
            found["id"] = store
        return Answer(found, headers=self._attachments.poll_after(next_ready))

    def cancel(self, ask: Ask) -> Row:
        """Cancel what is not done yet; what is completed stays in the store."""
        store, batch = ask.ids["vector_store_id"], ask.ids["batch_id"]
        with self._db.write() as db:
            self._require(db, store, batch)
            members = "SELECT attached FROM batch_files WHERE batch = ?"
            db.execute(
                f"UPDATE attached SET cancelled = 1 WHERE seq IN ({members}) AND ready_at > ?",
                [batch, self._knobs.clock()],
            )
            db.execute("UPDATE batches SET cancelled = 1 WHERE id = ?", [batch])
            return self._object(db, self._require(db, store, batch))

    def list_files(self, ask: Ask) -> Row:
        store, batch = ask.ids["vector_store_id"], ask.ids["batch_id"]
        with self._db.read() as db:
            self._require(db, store, batch)
        return self._attachments.rows(IN_BATCH, {"batch": batch}, ask.query)

    def _admit(self, store: str, files: int) -> None:
        with self._db.read() as db:
            require_store(db, store)
        limits = self._knobs.limits
        self._rates.take(f"attaches to {store}", 1, limits.attaches_per_store)
        self._rates.take("attached files", files, limits.attached_files)

    def _require(self, db: sqlite3.Connection, store: str, batch: str) -> sqlite3.Row:
        require_store(db, store)
        found: sqlite3.Row | None = db.execute(
            "SELECT * FROM batches WHERE id = ? AND store = ?", [batch, store]
        ).fetchone()
        if found is None:
            raise missing("file batch", batch, "batch_id")
        return found

    def _object(self, db: sqlite3.Connection, batch: sqlite3.Row) -> Row:
        binds = {"batch": batch["id"], "now": self._knobs.clock()}
        counts = counts_of(db, f"SELECT {STATUS} AS status FROM {IN_BATCH}", binds)
        status = "in_progress" if counts["in_progress"] else "completed"
        return {
            "id": batch["id"],
            "object": "vector_store.files_batch",
            "created_at": batch["created_at"],
            "vector_store_id": batch["store"],
            "status": "cancelled" if batch["cancelled"] else status,
            "file_counts": counts,
        }


def _wanted(body: Row) -> list[Wanted]:
    """Read either form; beside `files`, what the body says for all of them is ignored, as the vendor does."""
    if "files" in body:
        return [Wanted(one["file_id"], one.get("attributes"), one.get("chunking_strategy")) for one in body["files"]]
    return [Wanted(file, body.get("attributes"), body.get("chunking_strategy")) for file in body["file_ids"]]
