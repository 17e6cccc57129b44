"""ChatKit store: threads and items in the state database; everything is read and written for one visitor."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter

from answering.blocking import BlockingPool
from session_api.access.tokens import Session
from session_api.state import threads
from session_api.state.threads import Order, Stored
from sync.state.database import State
from sync.state.transaction import Transaction

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
    """Return an unguessable id: the SDK's own has 32 bits."""
    return f"{PREFIXES[kind]}_{secrets.token_hex(16)}"


class VisitorStore(Store[Session]):
    """The SDK does not ask who may see what, so everything here is done for the visitor of a session.

    A thread or item of another visitor is not found, exactly as one that does not exist. Every method raises
    NotFoundError, and Retryable when the database fails.
    """

    def __init__(self, state: State, pool: BlockingPool) -> None:
        self._state = state
        self._pool = pool
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
        return await self._run(self._load_thread, thread_id, context)

    async def save_thread(self, thread: ThreadMetadata, context: Session) -> None:
        if thread.id not in self._made:
            await self._run(self._save_thread, thread, context)
            return
        # A thread that is made now is written together with its first item, in one commit.
        self._made.discard(thread.id)
        self._unwritten[thread.id] = thread
        while len(self._unwritten) > MAX_UNWRITTEN:
            self._unwritten.popitem(last=False)  # its first item never came

    def name_new(self, thread_id: str, title: str) -> bool:
        """Title a thread that is not written yet; False where it is none, and nothing happens."""
        new = self._unwritten.get(thread_id)
        if new is not None:
            new.title = title
        return new is not None

    async def load_threads(self, limit: int, after: str | None, order: str, context: Session) -> Page[ThreadMetadata]:
        return await self._run(self._load_threads, limit, after, order, context)

    async def delete_thread(self, thread_id: str, context: Session) -> None:
        await self._run(self._delete_thread, thread_id, context)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Session
    ) -> Page[ThreadItem]:
        return await self._run(self.items, thread_id, after, limit, order, context)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Session) -> None:
        new = self._unwritten.pop(thread_id, None)
        await self._run(self._save_item, thread_id, item, context, new)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Session) -> None:
        await self._run(self._save_item, thread_id, item, context)

    async def load_item(self, thread_id: str, item_id: str, context: Session) -> ThreadItem:
        return await self._run(self._load_item, thread_id, item_id, context)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Session) -> None:
        await self._run(self._delete_item, thread_id, item_id, context)

    async def save_attachment(self, attachment: Attachment, context: Session) -> None:
        _no_attachments(attachment.id, context)

    async def load_attachment(self, attachment_id: str, context: Session) -> Attachment:
        _no_attachments(attachment_id, context)

    async def delete_attachment(self, attachment_id: str, context: Session) -> None:
        _no_attachments(attachment_id, context)

    async def _run(self, function: Callable[..., R], *args: Any) -> R:
        return await self._pool.run(function, *args)

    def _load_thread(self, thread: str, context: Session) -> ThreadMetadata:
        body = threads.load_thread(self._state, context.visitor, _checked(thread))
        if body is None:
            raise NotFoundError(f"thread {thread}")
        return ThreadMetadata.model_validate_json(body)

    def _save_thread(self, thread: ThreadMetadata, context: Session) -> None:
        with self._state.transaction() as tx:
            self._write_thread(tx, thread, context)

    def _write_thread(self, tx: Transaction, thread: ThreadMetadata, context: Session) -> None:
        # The SDK passes a Thread with its items when a title is set while the thread is made: those stay out.
        kept = ThreadMetadata(**thread.model_dump(exclude={"items"}))
        kept.created_at = aware(kept.created_at)
        stored = Stored(_checked(thread.id), kept.model_dump_json())
        if not threads.save_thread(tx, context.visitor, stored, self._state.now()):
            raise NotFoundError(f"thread {thread.id}")

    def _load_threads(self, limit: int, after: str | None, order: str, context: Session) -> Page[ThreadMetadata]:
        found = threads.threads_after(
            self._state, context.visitor, _checked_or_none(after), _order(order), _bounded(limit) + 1
        )
        return _page(found, after, limit, ThreadMetadata.model_validate_json)

    def _delete_thread(self, thread: str, context: Session) -> None:
        if not threads.delete_thread(self._state, context.visitor, _checked(thread)):
            raise NotFoundError(f"thread {thread}")

    def items(self, thread: str, after: str | None, limit: int, order: str, context: Session) -> Page[ThreadItem]:
        """Load a page of items, in a thread that may wait. Raises NotFoundError."""
        page = threads.ItemRange(_checked_or_none(after), _order(order), _bounded(limit) + 1)
        found = threads.items_after(self._state, context.visitor, _checked(thread), page)
        if not found:  # nothing there, or no such thread of theirs
            self._load_thread(thread, context)
        return _page(found, after, limit, _ITEM.validate_json)

    def _save_item(self, thread: str, item: ThreadItem, context: Session, new: ThreadMetadata | None = None) -> None:
        item.created_at = aware(item.created_at)
        stored = Stored(_checked(item.id), _ITEM.dump_json(item).decode())
        with self._state.transaction() as tx:
            if new is None:
                saved = threads.save_item(tx, context.visitor, _checked(thread), stored, self._state.now())
            else:
                self._write_thread(tx, new, context)
                saved = threads.write_item(tx, _checked(thread), stored)
        if not saved:
            raise NotFoundError(f"thread {thread}, item {item.id}")

    def _load_item(self, thread: str, item: str, context: Session) -> ThreadItem:
        body = threads.load_item(self._state, context.visitor, _checked(thread), _checked(item))
        if body is None:
            raise NotFoundError(f"thread {thread}, item {item}")
        return _ITEM.validate_json(body)

    def _delete_item(self, thread: str, item: str, context: Session) -> None:
        threads.delete_item(self._state, context.visitor, _checked(thread), _checked(item))


def aware(moment: datetime) -> datetime:
    """The SDK writes the server's local time without a zone; a browser elsewhere would read another moment."""
    return moment.astimezone(UTC)


def _checked(identifier: str) -> str:
    """Refuse what was never an id here before a database sees it: PostgreSQL takes no NUL in a text."""
    if len(identifier) > MAX_ID_LENGTH or not identifier.isascii() or not identifier.isprintable():
        raise NotFoundError("an id that is none")
    return identifier


def _checked_or_none(identifier: str | None) -> str | None:
    return None if identifier is None else _checked(identifier)


def _order(order: str) -> Order:
    return "asc" if order == "asc" else "desc"


def _bounded(limit: int) -> int:
    return min(max(limit, 1), MAX_PAGE_SIZE)


def _page(found: list[Stored] | None, after: str | None, limit: int, read: Callable[[str], R]) -> Page[R]:
    """Make a page of what was found, one more than asked for where there is more; None: after something unknown."""
    if found is None:
        raise NotFoundError(f"after {after}")
    kept = found[: _bounded(limit)]
    more = len(found) > len(kept)
    return Page(data=[read(one.body) for one in kept], has_more=more, after=kept[-1].id if more else None)


def _no_attachments(attachment: str, context: Session) -> NoReturn:
    del context
    raise NotFoundError(f"attachment {attachment}: attachments are not offered")
