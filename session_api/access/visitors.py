"""Who asks: anonymous visitors, customers that a host site vouches for, and what is revoked."""

import secrets
from collections.abc import Sequence

from sync.state.database import State

MAX_REVOCATION = 366 * 86400.0


def new_visitor() -> str:
    return f"v_{secrets.token_hex(16)}"


def customer(state: State, subject: str) -> str:
    """Return the visitor id of a customer, made now if they were never here."""
    known = state.ask("SELECT id FROM chat_visitors WHERE subject = :subject", subject=subject)
    if known:
        return str(known[0].id)
    with state.transaction() as tx:
        tx.run(
            """INSERT INTO chat_visitors (id, subject, made_at) VALUES (:id, :subject, :now)
               ON CONFLICT (subject) DO NOTHING""",
            id=f"c_{secrets.token_hex(16)}",
            subject=subject,
            now=state.now(),
        )
        return str(tx.ask("SELECT id FROM chat_visitors WHERE subject = :subject", subject=subject)[0].id)


def claim(state: State, anonymous: str, customer: str) -> int:
    """Give a visitor's threads to the customer that they turned out to be; returns how many."""
    if not state.ask("SELECT 1 FROM chat_threads WHERE visitor = :visitor LIMIT 1", visitor=anonymous):
        return 0
    with state.transaction() as tx:
        claimed = tx.run(
            "UPDATE chat_threads SET visitor = :customer WHERE visitor = :anonymous",
            customer=customer,
            anonymous=anonymous,
        )
        tx.run(
            "UPDATE chat_questions SET visitor = :customer WHERE visitor = :anonymous",
            customer=customer,
            anonymous=anonymous,
        )
        return claimed


def revoke(state: State, what: str, until: float) -> None:
    """Refuse a session (`session:<id>`) or all of a visitor's (`visitor:<id>`) until then."""
    with state.transaction() as tx:
        tx.run("DELETE FROM chat_revocations WHERE until < :now", now=state.now())
        tx.run(
            """INSERT INTO chat_revocations (what, until) VALUES (:what, :until)
               ON CONFLICT (what) DO UPDATE SET until = excluded.until""",
            what=what,
            until=until,
        )


def revoked(state: State, names: Sequence[str]) -> bool:
    return bool(state.ask("SELECT 1 FROM chat_revocations WHERE what IN :names LIMIT 1", names=list(names)))
