"""Threads and their items in the state database; whatever is asked is asked for one visitor."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter
from sqlalchemy import Row

from answering.blocking import BlockingPool
from session_api.access.tokens import Session
from sync.state.database import State, Transaction

PREFIXES: dict[StoreItemType, str] = {
    "thread": "thr",
    "message": "msg",
    "tool_call": "tc",
    "workflow": "wf",
    "task": "tsk",
    "attachment": "atc",
    "sdk_hidden_context": "shcx",
}
MAX_PAGE_SIZE = 100
MAX_UNWRITTEN = 10_000
MAX_ID_LENGTH = 100

R = TypeVar("R")
_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)


def new_id(kind: StoreItemType) -> str:
    """Return an id that nobody can guess: the SDK's own has 32 bits."""
    return f"{PREFIXES[kind]}_{secrets.token_hex(16)}"


class VisitorStore(Store[Session]):
    """The SDK does not ask who may see what, so every statement here names the visitor.

    A thread or item of another visitor is not found, exactly as one that does not exist. Every method raises
    NotFoundError, and Retryable when the database fails.
    """

    def __init__(self, state: State, threads: BlockingPool) -> None:
        self._state = state
        self._threads = threads
        self._made: set[str] = set()
        self._unwritten: OrderedDict[str, ThreadMetadata] = OrderedDict()

    def generate_thread_id(self, context: Session) -> str:
        del context
        made = new_id("thread")
        self._made.add(made)
        return made

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: Session) -> str:
        del thread, context
        return new_id(item_type)

    async def load_thread(self, thread_id: str, context: Session) -> ThreadMetadata:
        return await self._aside(self._load_thread, thread_id, context)

    async def save_thread(self, thread: ThreadMetadata, context: Session) -> None:
        if thread.id not in self._made:
            await self._aside(self._save_thread, thread, context)
            return
        # A thread that is made now is written together with its first item, in one commit.
        self._made.discard(thread.id)
        self._unwritten[thread.id] = thread
        while len(self._unwritten) > MAX_UNWRITTEN:
            self._unwritten.popitem(last=False)  # its first item never came

    async def load_threads(self, limit: int, after: str | None, order: str, context: Session) -> Page[ThreadMetadata]:
        return await self._aside(self._load_threads, limit, after, order, context)

    async def delete_thread(self, thread_id: str, context: Session) -> None:
        await self._aside(self._delete_thread, thread_id, context)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Session
    ) -> Page[ThreadItem]:
        return await self._aside(self.items, thread_id, after, limit, order, context)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Session) -> None:
        new = self._unwritten.pop(thread_id, None)
        await self._aside(self._save_item, thread_id, item, context, new)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Session) -> None:
        await self._aside(self._save_item, thread_id, item, context)

    async def load_item(self, thread_id: str, item_id: str, context: Session) -> ThreadItem:
        return await self._aside(self._load_item, thread_id, item_id, context)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Session) -> None:
        await self._aside(self._delete_item, thread_id, item_id, context)

    async def save_attachment(self, attachment: Attachment, context: Session) -> None:
        _no_attachments(attachment.id, context)

    async def load_attachment(self, attachment_id: str, context: Session) -> Attachment:
        _no_attachments(attachment_id, context)

    async def delete_attachment(self, attachment_id: str, context: Session) -> None:
        _no_attachments(attachment_id, context)

    async def _aside(self, function: Callable[..., R], *args: Any) -> R:
        return await self._threads.run(function, *args)

    def _load_thread(self, thread: str, context: Session) -> ThreadMetadata:
        rows = self._state.ask(
            "SELECT body FROM chat_threads WHERE id = :id AND visitor = :visitor",
            id=_checked(thread),
            visitor=context.visitor,
        )
        if not rows:
            raise NotFoundError(f"thread {thread}")
        return ThreadMetadata.model_validate_json(rows[0].body)

    def _save_thread(self, thread: ThreadMetadata, context: Session) -> None:
        with self._state.transaction() as tx:
            self._write_thread(tx, thread, context)

    def _write_thread(self, tx: Transaction, thread: ThreadMetadata, context: Session) -> None:
        # The SDK passes a Thread with its items when a title is set while the thread is made: those stay out.
        kept = ThreadMetadata(**thread.model_dump(exclude={"items"}))
        kept.created_at = aware(kept.created_at)
        saved = tx.run(
            """INSERT INTO chat_threads (id, visitor, body, made_at, used_at)
               VALUES (:id, :visitor, :body, :now, :now)
               ON CONFLICT (id) DO UPDATE SET body = excluded.body, used_at = excluded.used_at
               WHERE chat_threads.visitor = excluded.visitor""",
            id=_checked(thread.id),
            visitor=context.visitor,
            body=kept.model_dump_json(),
            now=self._state.now(),
        )
        if not saved:
            raise NotFoundError(f"thread {thread.id}")

    def _load_threads(self, limit: int, after: str | None, order: str, context: Session) -> Page[ThreadMetadata]:
        start = self._start(
            "SELECT seq FROM chat_threads WHERE id = :id AND visitor = :owner", after, owner=context.visitor
        )
        rows = self._state.ask(
            f"SELECT id, body FROM chat_threads WHERE visitor = :visitor AND {_beyond(order)} LIMIT :most",
            visitor=context.visitor,
            **_window(start, order),
            most=_bounded(limit) + 1,
        )
        return _page(rows, limit, lambda row: ThreadMetadata.model_validate_json(row.body))

    def _delete_thread(self, thread: str, context: Session) -> None:
        with self._state.transaction() as tx:
            gone = tx.run(
                "DELETE FROM chat_threads WHERE id = :id AND visitor = :visitor",
                id=_checked(thread),
                visitor=context.visitor,
            )
        if not gone:
            raise NotFoundError(f"thread {thread}")

    def items(self, thread: str, after: str | None, limit: int, order: str, context: Session) -> Page[ThreadItem]:
        """Load a page of items, in a thread that may wait. Raises NotFoundError."""
        self._load_thread(thread, context)
        start = self._start("SELECT seq FROM chat_items WHERE id = :id AND thread = :owner", after, owner=thread)
        rows = self._state.ask(
            f"SELECT id, body FROM chat_items WHERE thread = :thread AND {_beyond(order)} LIMIT :most",
            thread=thread,
            **_window(start, order),
            most=_bounded(limit) + 1,
        )
        return _page(rows, limit, lambda row: _ITEM.validate_json(row.body))

    def _save_item(self, thread: str, item: ThreadItem, context: Session, new: ThreadMetadata | None = None) -> None:
        item.created_at = aware(item.created_at)
        with self._state.transaction() as tx:
            if new is not None:
                self._write_thread(tx, new, context)
            own = tx.run(
                "UPDATE chat_threads SET used_at = :now WHERE id = :id AND visitor = :visitor",
                now=self._state.now(),
                id=_checked(thread),
                visitor=context.visitor,
            )
            saved = own and tx.run(
                """INSERT INTO chat_items (id, thread, body) VALUES (:id, :thread, :body)
                   ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE chat_items.thread = excluded.thread""",
                id=_checked(item.id),
                thread=thread,
                body=_ITEM.dump_json(item).decode(),
            )
        if not saved:
            raise NotFoundError(f"thread {thread}, item {item.id}")

    def _load_item(self, thread: str, item: str, context: Session) -> ThreadItem:
        rows = self._state.ask(
            """SELECT i.body FROM chat_items i JOIN chat_threads t ON t.id = i.thread
               WHERE i.id = :item AND t.id = :thread AND t.visitor = :visitor""",
            item=_checked(item),
            thread=_checked(thread),
            visitor=context.visitor,
        )
        if not rows:
            raise NotFoundError(f"thread {thread}, item {item}")
        return _ITEM.validate_json(rows[0].body)

    def _delete_item(self, thread: str, item: str, context: Session) -> None:
        with self._state.transaction() as tx:
            tx.run(
                """DELETE FROM chat_items WHERE id = :item AND thread IN
                     (SELECT id FROM chat_threads WHERE id = :thread AND visitor = :visitor)""",
                item=_checked(item),
                thread=_checked(thread),
                visitor=context.visitor,
            )

    def _start(self, question: str, after: str | None, *, owner: str) -> int | None:
        """Where a page begins; None: at the end that the order begins with."""
        if after is None:
            return None
        rows = self._state.ask(question, id=_checked(after), owner=owner)
        if not rows:
            raise NotFoundError(f"after {after}")
        return int(rows[0].seq)


def aware(moment: datetime) -> datetime:
    """The SDK writes the server's local time without a zone; a browser elsewhere would read another moment."""
    return moment.astimezone(UTC)


def _checked(identifier: str) -> str:
    """Refuse what was never an id here before a database sees it: PostgreSQL takes no NUL in a text."""
    if len(identifier) > MAX_ID_LENGTH or not identifier.isascii() or not identifier.isprintable():
        raise NotFoundError("an id that is none")
    return identifier


def _beyond(order: str) -> str:
    return "seq > :start ORDER BY seq" if order == "asc" else "seq < :start ORDER BY seq DESC"


def _window(start: int | None, order: str) -> dict[str, int]:
    return {"start": start if start is not None else 0 if order == "asc" else 2**62}


def _bounded(limit: int) -> int:
    return min(max(limit, 1), MAX_PAGE_SIZE)


def _page(rows: Any, limit: int, read: Callable[[Row[Any]], R]) -> Page[R]:
    kept = rows[: _bounded(limit)]
    more = len(rows) > len(kept)
    return Page(data=[read(row) for row in kept], has_more=more, after=kept[-1].id if more else None)


def _no_attachments(attachment: str, context: Session) -> NoReturn:
    del context
    raise NotFoundError(f"attachment {attachment}: attachments are not offered")
