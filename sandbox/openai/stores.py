"""`/v1/vector_stores`: the stores themselves."""

import json
import sqlite3
from typing import Any

from sandbox.openai.attached import STATUSES, Attachments, Wanted, counts_of
from sandbox.openai.shapes import missing, refused
from sandbox.openai.state import Ask, Database, Knobs, listing, new_id, page_of

DAY = 86_400
TOKENIZER = "unicode61 remove_diacritics 0"  # the terms come stemmed and folded already


class Stores:
    """The vector store endpoints over the shared database."""

    def __init__(self, db: Database, knobs: Knobs, attachments: Attachments) -> None:
        self._db = db
        self._knobs = knobs
        self._attachments = attachments

    def create(self, ask: Ask) -> dict[str, Any]:
        now = int(self._knobs.clock())
        store = {"id": new_id("vs_"), "name": ask.body.get("name") or "", "now": now}
        store |= {"metadata": json.dumps(ask.body.get("metadata") or {})}
        store |= {"expires_after": json.dumps(ask.body["expires_after"]) if ask.body.get("expires_after") else None}
        wanted = [Wanted(file, {}, ask.body.get("chunking_strategy")) for file in ask.body.get("file_ids", [])]
        prepared = self._attachments.prepare(wanted, "file_ids")
        with self._db.write() as db:
            seq = db.execute(
                "INSERT INTO stores (id, name, metadata, expires_after, created_at, last_active_at)"
                " VALUES (:id, :name, :metadata, :expires_after, :now, :now)",
                store,
            ).lastrowid
            db.execute(f"CREATE VIRTUAL TABLE found_{seq} USING fts5(title, body, tokenize = '{TOKENIZER}')")
            db.execute(f"CREATE VIRTUAL TABLE terms_{seq} USING fts5vocab(found_{seq}, 'row')")
            self._attachments.put(db, str(store["id"]), prepared)
            return self._object(db, require_store(db, str(store["id"])))

    def retrieve(self, ask: Ask) -> dict[str, Any]:
        with self._db.read() as db:
            return self._object(db, require_store(db, ask.ids["vector_store_id"]))

    def update(self, ask: Ask) -> dict[str, Any]:
        with self._db.write() as db:
            store = dict(require_store(db, ask.ids["vector_store_id"]))
            if ask.body.get("name") is not None:
                store["name"] = ask.body["name"]
            if "metadata" in ask.body:
                store["metadata"] = json.dumps(ask.body["metadata"] or {})
            if "expires_after" in ask.body:
                store["expires_after"] = json.dumps(ask.body["expires_after"]) if ask.body["expires_after"] else None
            db.execute(
                "UPDATE stores SET name = :name, metadata = :metadata, expires_after = :expires_after WHERE id = :id",
                store,
            )
            return self._object(db, require_store(db, store["id"]))

    def list(self, ask: Ask) -> dict[str, Any]:
        with self._db.read() as db:
            found, more = listing(db, "SELECT * FROM stores", {}, {"limit": 20, **ask.query})
            return page_of([self._object(db, row) for row in found], more=more)

    def delete(self, ask: Ask) -> dict[str, Any]:
        """Delete the store; the files that were in it stay."""
        with self._db.write() as db:
            store = require_store(db, ask.ids["vector_store_id"])
            for table in ("terms", "found"):
                db.execute(f"DROP TABLE {table}_{store['seq']}")
            db.execute("DELETE FROM stores WHERE id = ?", [store["id"]])
        return {"id": ask.ids["vector_store_id"], "object": "vector_store.deleted", "deleted": True}

    def contents(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return, per store, the attributes of the files it lists."""
        with self._db.read() as db:
            listed: dict[str, dict[str, dict[str, Any]]] = {
                row["id"]: {} for row in db.execute("SELECT id FROM stores")
            }
            for row in db.execute("SELECT store, file, attributes FROM attached ORDER BY seq"):
                listed[row["store"]][row["file"]] = json.loads(row["attributes"])
        return listed

    def _object(self, db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
        now = self._knobs.clock()
        counts = counts_of(db, STATUSES.format(where="store = :store"), {"store": row["id"], "now": now})
        used = "SELECT coalesce(sum(usage_bytes), 0) FROM attached WHERE store = ? AND ready_at <= ?"
        store = {"id": row["id"], "object": "vector_store", "created_at": row["created_at"], "name": row["name"]}
        store |= {"usage_bytes": db.execute(used, [row["id"], now]).fetchone()[0], "file_counts": counts}
        store |= {"metadata": json.loads(row["metadata"]), "last_active_at": row["last_active_at"], "expires_at": None}
        store["status"] = "in_progress" if counts["in_progress"] else "completed"
        if row["expires_after"]:
            store |= {"expires_after": json.loads(row["expires_after"]), "expires_at": _expires_at(row)}
            store["status"] = "expired" if now >= _expires_at(row) else store["status"]
        return store


def require_store(db: sqlite3.Connection, store: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM stores WHERE id = ?", [store]).fetchone()
    if row is None:
        raise missing("vector store", store, "vector_store_id")
    return row


def require_active(db: sqlite3.Connection, store: str, now: float) -> sqlite3.Row:
    """Return a store that can be used, and note that it was. Raises Problem for one that has expired."""
    row = require_store(db, store)
    if row["expires_after"] and now >= _expires_at(row):
        raise refused(400, f"Vector store {store} is expired.", param="vector_store_id", code="vector_store_expired")
    db.execute("UPDATE stores SET last_active_at = ? WHERE id = ? AND last_active_at < ?", [int(now), store, int(now)])
    return row


def _expires_at(row: sqlite3.Row) -> int:
    return int(row["last_active_at"]) + int(json.loads(row["expires_after"])["days"]) * DAY
