"""Visitors: customers that a host site vouches for. An anonymous visitor has only the id in their token."""

import secrets
from collections.abc import Sequence
from typing import Final

from sync.state.database import State
from sync.state.transaction import Transaction

STAFF: Final = "s_"
"""How the visitor id of a member of staff begins, so that their records stand apart from customers'."""
STAFF_SUBJECT: Final = "staff\x1f"
"""How the subject of a member of staff begins. No identity token's "sub" has such a character in it."""

_WITHOUT_RECORDS: Final = """NOT EXISTS (SELECT 1 FROM chat_threads t WHERE t.visitor = chat_visitors.id)
    AND NOT EXISTS (SELECT 1 FROM chat_questions q WHERE q.visitor = chat_visitors.id)"""


def customer(state: State, subject: str) -> str:
    """Return the visitor id of a customer or of a member of staff, made now if they were never here."""
    known = state.ask("SELECT id FROM chat_visitors WHERE subject = :subject", subject=subject)
    if known:
        return str(known[0].id)
    with state.transaction() as tx:
        tx.run(
            """INSERT INTO chat_visitors (id, subject, made_at) VALUES (:id, :subject, :now)
               ON CONFLICT (subject) DO NOTHING""",
            id=f"{STAFF if subject.startswith(STAFF_SUBJECT) else 'c_'}{secrets.token_hex(16)}",
            subject=subject,
            now=state.now(),
        )
        return str(tx.ask("SELECT id FROM chat_visitors WHERE subject = :subject", subject=subject)[0].id)


def named(state: State, who: str) -> list[str]:
    """Return the ids of customers with that id, here or at the host site; `staff:ann` is ann of the staff."""
    subject = who.replace("staff:", STAFF_SUBJECT, 1) if who.startswith("staff:") else who
    rows = state.ask("SELECT id FROM chat_visitors WHERE id = :who OR subject IN :told", who=who, told=[who, subject])
    return [str(row.id) for row in rows]


def without_records(state: State, before: float, limit: int) -> list[str]:
    """Customers from before then of whom nothing else is kept."""
    rows = state.ask(
        f"SELECT id FROM chat_visitors WHERE made_at < :before AND {_WITHOUT_RECORDS} LIMIT :limit",
        before=before,
        limit=limit,
    )
    return [str(row.id) for row in rows]


def prune(tx: Transaction, visitors: Sequence[str]) -> int:
    """Delete those of the customers of whom still nothing else is kept; returns how many."""
    return tx.run(
        f"DELETE FROM chat_visitors WHERE id IN :visitors AND {_WITHOUT_RECORDS}",
        visitors=list(visitors),
    )


def erase(tx: Transaction, visitors: Sequence[str]) -> None:
    tx.run("DELETE FROM chat_visitors WHERE id IN :visitors", visitors=list(visitors))
