"""Threads and their items, as JSON texts; every statement names the visitor whose they are, or their thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row

from sync.state.database import State
from sync.state.transaction import Transaction

Order = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A thread or an item: its id, and its JSON."""

    id: str
    body: str


@dataclass(frozen=True, slots=True)
class ItemRange:
    """Which items of a thread: the first `limit` behind the one of the id `after`; None: from the beginning."""

    after: str | None
    order: Order
    limit: int


def load_thread(state: State, visitor: str, thread: str) -> str | None:
    """Return the body of a thread; None where the visitor has none of that id."""
    rows = state.ask("SELECT body FROM chat_threads WHERE id = :id AND visitor = :visitor", id=thread, visitor=visitor)
    return str(rows[0].body) if rows else None


def save_thread(tx: Transaction, visitor: str, kept: Stored, now: float) -> bool:
    """Make or change a thread; False where another visitor has one of that id."""
    return bool(
        tx.run(
            """INSERT INTO chat_threads (id, visitor, body, made_at, used_at)
               VALUES (:id, :visitor, :body, :now, :now)
               ON CONFLICT (id) DO UPDATE SET body = excluded.body, used_at = excluded.used_at
               WHERE chat_threads.visitor = excluded.visitor""",
            id=kept.id,
            visitor=visitor,
            body=kept.body,
            now=now,
        )
    )


def delete_thread(state: State, visitor: str, thread: str) -> bool:
    """Delete a thread and its items; False where the visitor has none of that id."""
    with state.transaction() as tx:
        return bool(
            tx.run("DELETE FROM chat_threads WHERE id = :id AND visitor = :visitor", id=thread, visitor=visitor)
        )


def threads_after(state: State, visitor: str, after: str | None, order: Order, limit: int) -> list[Stored] | None:
    """Return the visitor's next threads; None where `after` is none of theirs."""
    question = "SELECT seq FROM chat_threads WHERE id = :id AND visitor = :owner"
    start = _start(state, question, after, visitor, order)
    if start is None:
        return None
    rows = state.ask(
        f"SELECT id, body FROM chat_threads WHERE visitor = :visitor AND {_beyond(order)} LIMIT :limit",
        visitor=visitor,
        start=start,
        limit=limit,
    )
    return _stored(rows)


def items_after(state: State, visitor: str, thread: str, page: ItemRange) -> list[Stored] | None:
    """Return the next items of a visitor's thread, none of another's; None where `after` is none of its items."""
    question = "SELECT seq FROM chat_items WHERE id = :id AND thread = :owner"
    start = _start(state, question, page.after, thread, page.order)
    if start is None:
        return None
    rows = state.ask(
        f"""SELECT id, body FROM chat_items WHERE thread = :thread
              AND EXISTS (SELECT 1 FROM chat_threads t WHERE t.id = :thread AND t.visitor = :visitor)
              AND {_beyond(page.order)} LIMIT :limit""",
        thread=thread,
        visitor=visitor,
        start=start,
        limit=page.limit,
    )
    return _stored(rows)


def save_item(tx: Transaction, visitor: str, thread: str, kept: Stored, now: float) -> bool:
    """Add or change an item; False where the thread is not the visitor's, or the item is of another thread."""
    own = tx.run(
        "UPDATE chat_threads SET used_at = :now WHERE id = :id AND visitor = :visitor",
        now=now,
        id=thread,
        visitor=visitor,
    )
    return bool(own) and write_item(tx, thread, kept)


def write_item(tx: Transaction, thread: str, kept: Stored) -> bool:
    """Add or change an item of a thread that this transaction has found to be the visitor's; False as `save_item`."""
    return bool(
        tx.run(
            """INSERT INTO chat_items (id, thread, body) VALUES (:id, :thread, :body)
               ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE chat_items.thread = excluded.thread""",
            id=kept.id,
            thread=thread,
            body=kept.body,
        )
    )


def load_item(state: State, visitor: str, thread: str, item: str) -> str | None:
    """Return the body of an item; None where the visitor's thread has none of that id."""
    rows = state.ask(
        """SELECT i.body FROM chat_items i JOIN chat_threads t ON t.id = i.thread
           WHERE i.id = :item AND t.id = :thread AND t.visitor = :visitor""",
        item=item,
        thread=thread,
        visitor=visitor,
    )
    return str(rows[0].body) if rows else None


def delete_item(state: State, visitor: str, thread: str, item: str) -> None:
    with state.transaction() as tx:
        tx.run(
            """DELETE FROM chat_items WHERE id = :item AND thread IN
                 (SELECT id FROM chat_threads WHERE id = :thread AND visitor = :visitor)""",
            item=item,
            thread=thread,
            visitor=visitor,
        )


def count(state: State, visitor: str) -> int:
    [row] = state.ask("SELECT count(*) AS number FROM chat_threads WHERE visitor = :visitor", visitor=visitor)
    return int(row.number)


def used_since(tx: Transaction, visitor: str, since: float) -> list[str]:
    """Return the ids of the visitor's threads that were used since then, the last one first."""
    rows = tx.ask(
        """SELECT id FROM chat_threads WHERE visitor = :visitor AND used_at >= :since
           ORDER BY used_at DESC, seq DESC""",
        visitor=visitor,
        since=since,
    )
    return [str(row.id) for row in rows]


def reassign(tx: Transaction, visitor: str, to: str, thread: str | None = None) -> int:
    """Give a visitor's threads, or one of them, to the customer that they turned out to be. Returns how many."""
    which = "" if thread is None else " AND id = :thread"
    return tx.run(
        f"UPDATE chat_threads SET visitor = :to WHERE visitor = :visitor{which}",
        to=to,
        visitor=visitor,
        **({} if thread is None else {"thread": thread}),
    )


def prune(tx: Transaction, before: float, limit: int) -> int:
    """Delete the first of the threads that were last used before then; returns how many."""
    return tx.run(
        """DELETE FROM chat_threads WHERE seq IN (
             SELECT seq FROM chat_threads WHERE used_at < :before ORDER BY used_at LIMIT :limit)""",
        before=before,
        limit=limit,
    )


def erase(tx: Transaction, visitors: Sequence[str]) -> tuple[int, int]:
    """Delete the visitors' threads; returns how many threads and items."""
    [items] = tx.ask(
        """SELECT count(*) AS number FROM chat_items i JOIN chat_threads t ON t.id = i.thread
           WHERE t.visitor IN :visitors""",
        visitors=list(visitors),
    )
    threads = tx.run("DELETE FROM chat_threads WHERE visitor IN :visitors", visitors=list(visitors))
    return threads, int(items.number)


def _start(state: State, question: str, after: str | None, owner: str, order: Order) -> int | None:
    """Where a page begins; None where `after` is not the owner's."""
    if after is None:
        return 0 if order == "asc" else 2**62
    rows = state.ask(question, id=after, owner=owner)
    return int(rows[0].seq) if rows else None


def _beyond(order: Order) -> str:
    return "seq > :start ORDER BY seq" if order == "asc" else "seq < :start ORDER BY seq DESC"


def _stored(rows: Sequence[Row[Any]]) -> list[Stored]:
    return [Stored(row.id, row.body) for row in rows]
