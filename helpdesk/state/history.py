"""Kept conversations: what is stored of each desk, how far it was read, and who was erased.

This module alone reads and writes the `history_` tables. What it is given is masked already.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from helpdesk.model import Author, Conversation, ConversationId, Customer, Mark, Message, Satisfaction
from sync.model import Cursor
from sync.state.database import State
from sync.state.transaction import Reader, Transaction

AT_ONCE = 500  # rows read at a time: a history may be large


@dataclass(frozen=True, slots=True)
class DeskState:
    """How far a desk was read. `cursor` None: a listing starts. `listing`: a complete one is under way."""

    source: str
    cursor: Cursor | None = None
    epoch: int = 0
    listing: bool = False
    listed_at: float = 0.0
    asked_at: float = 0.0
    not_before: float = 0.0
    error: str = ""
    macros: tuple[str, ...] = ()


def desk(state: Reader, source: str) -> DeskState:
    """Return how far the desk was read; of one never read, the beginning."""
    rows = state.ask("SELECT * FROM history_desks WHERE source = :source", source=source)
    return _desk(rows[0]) if rows else DeskState(source)


def desks(state: Reader) -> list[DeskState]:
    """Return every desk of which anything is held, configured or not."""
    return [_desk(row) for row in state.ask("SELECT * FROM history_desks ORDER BY source")]


def standing(state: Reader) -> list[dict[str, object]]:
    """Return how each desk stands, for people: what is kept, whether all was read once, and what went wrong."""
    counted = {
        row.source: int(row.many)
        for row in state.ask("SELECT source, count(*) AS many FROM history_conversations GROUP BY source")
    }
    return [
        {
            "source": known.source,
            "conversations": counted.get(known.source, 0),
            "complete": known.listed_at > 0,
            "listing": known.listing,
            "error": known.error,
        }
        for known in desks(state)
    ]


def begin_listing(tx: Transaction, source: str, macros: Sequence[str]) -> None:
    """Start a complete listing: what it does not show is removed at its end."""
    tx.run(
        """INSERT INTO history_desks (source, epoch, listing, macros) VALUES (:source, 1, 1, :macros)
           ON CONFLICT (source) DO UPDATE
           SET epoch = history_desks.epoch + 1, listing = 1, place = '', macros = excluded.macros""",
        source=source,
        macros=json.dumps(list(macros), ensure_ascii=False),
    )


def keep(tx: Transaction, source: str, one: Conversation, addresses: Collection[str], now: float) -> None:
    """Store a masked conversation in the place of what was held of it; nothing where one of the addresses was erased.

    `addresses`: as `hashes` gives them.
    """
    if addresses and tx.ask("SELECT 1 FROM history_erased WHERE address IN :told LIMIT 1", told=list(addresses)):
        forget(tx, source, [one.id])
        return
    [row] = tx.ask(_KEEP, source=source, now=now, **_values(one))
    tx.run("DELETE FROM history_customers WHERE conversation = :id", id=row.id)
    tx.run_many(
        "INSERT INTO history_customers (conversation, address) VALUES (:id, :address)",
        [{"id": row.id, "address": address} for address in sorted(set(addresses))],
    )


def forget(tx: Transaction, source: str, numbers: Sequence[ConversationId]) -> None:
    tx.run(
        "DELETE FROM history_conversations WHERE source = :source AND number IN :numbers",
        source=source,
        numbers=[str(number) for number in numbers],
    )


def advance(tx: Transaction, source: str, cursor: Cursor) -> None:
    tx.run("UPDATE history_desks SET place = :cursor WHERE source = :source", source=source, cursor=cursor)


def finish(tx: Transaction, source: str, now: float, oldest: float) -> None:
    """Note that everything was shown; after a complete listing, remove what it lacked. `oldest`: by retention."""
    if desk(tx, source).listing:
        tx.run(
            """DELETE FROM history_conversations WHERE source = :source
                 AND epoch < (SELECT epoch FROM history_desks WHERE source = :source)""",
            source=source,
        )
        tx.run("UPDATE history_desks SET listing = 0, listed_at = :now WHERE source = :source", source=source, now=now)
    expire(tx, source, oldest)
    tx.run(
        "UPDATE history_desks SET asked_at = :now, not_before = 0, error = '' WHERE source = :source",
        source=source,
        now=now,
    )


def expire(tx: Transaction, source: str, oldest: float) -> None:
    """Remove what was solved before, or kept for as long: a desk's clock may be wrong."""
    tx.run(
        "DELETE FROM history_conversations WHERE source = :source AND (solved_at < :oldest OR kept_at < :oldest)",
        source=source,
        oldest=oldest,
    )


def fail(tx: Transaction, source: str, error: str, not_before: float) -> None:
    tx.run(
        """INSERT INTO history_desks (source, error, not_before) VALUES (:source, :error, :until)
           ON CONFLICT (source) DO UPDATE SET error = excluded.error, not_before = excluded.not_before""",
        source=source,
        error=error,
        until=not_before,
    )


def drop(tx: Transaction, source: str) -> None:
    """Remove all that is held of a desk."""
    tx.run("DELETE FROM history_conversations WHERE source = :source", source=source)
    tx.run("DELETE FROM history_desks WHERE source = :source", source=source)


def erase(tx: Transaction, address: str) -> int:
    """Remove every conversation that the address takes part in, and keep none of theirs again; returns how many."""
    told = hashes(tx, [address])
    gone = tx.run(
        """DELETE FROM history_conversations
           WHERE id IN (SELECT conversation FROM history_customers WHERE address IN :told)""",
        told=told,
    )
    for one in told:
        tx.run("INSERT INTO history_erased (address) VALUES (:one) ON CONFLICT (address) DO NOTHING", one=one)
    return gone


def hashes(tx: Transaction, addresses: Iterable[str]) -> list[str]:
    """Return what addresses are known by here: hashes with a key of this installation."""
    tx.run(
        "INSERT INTO history_key (one, hash_key) VALUES (1, :fresh) ON CONFLICT (one) DO NOTHING",
        fresh=secrets.token_hex(32),
    )
    [row] = tx.ask("SELECT hash_key FROM history_key")
    key = bytes.fromhex(row.hash_key)
    return [hmac.new(key, one.strip().lower().encode(), hashlib.sha256).hexdigest() for one in addresses]


def conversations(state: State, sources: Collection[str] | None = None) -> Iterator[tuple[str, Conversation]]:
    """Yield what is kept with its source, the oldest first; None: of all sources. Customers are not known any more."""
    last = 0
    while True:
        rows = state.ask(
            "SELECT * FROM history_conversations WHERE id > :last ORDER BY id LIMIT :limit", last=last, limit=AT_ONCE
        )
        for row in rows:
            if sources is None or row.source in sources:
                yield row.source, _conversation(row)
        if len(rows) < AT_ONCE:
            return
        last = int(rows[-1].id)


_KEEP = """
INSERT INTO history_conversations (source, number, epoch, kept_at, created_at, solved_at, subject, status, language,
    group_name, satisfaction, url, tags, marks, messages)
VALUES (:source, :number, (SELECT epoch FROM history_desks WHERE source = :source), :now, :created, :solved, :subject,
    :status, :language, :group, :satisfaction, :url, :tags, :marks, :messages)
ON CONFLICT (source, number) DO UPDATE SET epoch = excluded.epoch, created_at = excluded.created_at,
    solved_at = excluded.solved_at, subject = excluded.subject, status = excluded.status, language = excluded.language,
    group_name = excluded.group_name, satisfaction = excluded.satisfaction, url = excluded.url, tags = excluded.tags,
    marks = excluded.marks, messages = excluded.messages
RETURNING id"""


def _values(one: Conversation) -> dict[str, Any]:
    messages = [
        [told.id, told.author, told.public, told.at.timestamp(), told.text, told.files] for told in one.messages
    ]
    values = {
        "number": one.id,
        "created": one.created_at.timestamp(),
        "solved": (one.solved_at or one.created_at).timestamp(),
        "subject": one.subject,
        "status": one.status,
        "language": one.language,
        "group": one.group,
        "satisfaction": one.satisfaction or "",
        "url": one.url,
        "tags": json.dumps(one.tags, ensure_ascii=False),
        "marks": json.dumps(sorted(one.marks)),
        "messages": json.dumps(messages, ensure_ascii=False),
    }
    return {name: _storable(value) if isinstance(value, str) else value for name, value in values.items()}


def _storable(words: str) -> str:
    """What every database takes: no NUL and no half of a letter."""
    return words.replace("\0", "").encode("utf-8", "replace").decode()


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(
        id=ConversationId(row.number),
        subject=row.subject,
        messages=tuple(
            Message(number, Author(author), public, _time(at), text, files)
            for number, author, public, at, text, files in json.loads(row.messages)
        ),
        status=row.status,
        tags=tuple(json.loads(row.tags)),
        group=row.group_name,
        language=row.language,
        created_at=_time(row.created_at),
        solved_at=_time(row.solved_at),
        satisfaction=Satisfaction(row.satisfaction) if row.satisfaction else None,
        url=row.url,
        customer=Customer(),
        marks=frozenset(Mark(mark) for mark in json.loads(row.marks)),
    )


def _desk(row: Row[Any]) -> DeskState:
    return DeskState(
        row.source,
        Cursor(row.place) if row.place else None,
        int(row.epoch),
        bool(row.listing),
        row.listed_at,
        row.asked_at,
        row.not_before,
        row.error,
        tuple(json.loads(row.macros)),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
