"""Visitor tokens that came back: one row for each visitor, so that one that comes back too late is known."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sync.state.database import State
from sync.state.transaction import Transaction


@dataclass(frozen=True, slots=True)
class TokenFamily:
    """The tokens of one visitor, by their ids.

    `presented`: the newest one that came back; `successor`: what was given for it; `since`: when that was first given.
    `customer`: who signed in with them, '' nobody.
    """

    visitor: str
    presented: str
    successor: str
    since: float
    customer: str = ""


def load(state: State | Transaction, visitor: str) -> TokenFamily | None:
    """Return the family; None where no token of the visitor came back yet."""
    rows = state.ask(
        """SELECT visitor, presented, successor, since, customer FROM chat_visitor_tokens
           WHERE visitor = :visitor""",
        visitor=visitor,
    )
    return TokenFamily(**rows[0]._asdict()) if rows else None


def save(tx: Transaction, before: TokenFamily | None, after: TokenFamily) -> bool:
    """Replace the family that was read; False where another process was faster, and nothing is written."""
    if before is None:
        statement = """INSERT INTO chat_visitor_tokens (visitor, presented, successor, since, customer)
               VALUES (:visitor, :presented, :successor, :since, :customer)
               ON CONFLICT (visitor) DO NOTHING"""
        return bool(tx.run(statement, **asdict(after)))
    return bool(
        tx.run(
            """UPDATE chat_visitor_tokens SET presented = :presented, successor = :successor, since = :since,
                 customer = :customer
               WHERE visitor = :visitor AND presented = :presented_before AND successor = :successor_before
                 AND customer = :customer_before""",
            **asdict(after),
            presented_before=before.presented,
            successor_before=before.successor,
            customer_before=before.customer,
        )
    )


def prune(tx: Transaction, before: float) -> int:
    """Delete families of which no token came back since then; returns how many."""
    return tx.run("DELETE FROM chat_visitor_tokens WHERE since < :before", before=before)


def erase(tx: Transaction, visitors: Sequence[str]) -> None:
    tx.run(
        "DELETE FROM chat_visitor_tokens WHERE visitor IN :visitors OR customer IN :visitors", visitors=list(visitors)
    )
