"""Revocation list: sessions (`session:<id>`) and visitors whose tokens are refused.

`visitor:<id>`: whatever was issued for them. `sessions:<id>`: what was issued for them until then, so that they may
come again.
"""

from collections.abc import Sequence

from sync.state.database import State
from sync.state.transaction import Transaction


def of_visitor(visitor: str) -> list[str]:
    """Return the names under which tokens of the visitor may be on the list."""
    return [f"visitor:{visitor}", f"sessions:{visitor}"]


def revoke(state: State, what: str, until: float) -> None:
    """Refuse a session, or all of a visitor's, until then."""
    with state.transaction() as tx:
        prune(tx, state.now())
        add(tx, what, until)


def add(tx: Transaction, what: str, until: float, *, issued_until: float | None = None) -> None:
    """Put a name on the list until then. `issued_until` None: whenever the token was issued."""
    tx.run(
        """INSERT INTO chat_revocations (what, until, issued_until) VALUES (:what, :until, :issued_until)
           ON CONFLICT (what) DO UPDATE SET until = excluded.until, issued_until = excluded.issued_until""",
        what=what,
        until=until,
        issued_until=issued_until,
    )


def revoked(state: State, names: Sequence[str], issued_at: float) -> bool:
    """Whether any of the names is on the list for a token that was issued then."""
    rows = state.ask(
        """SELECT 1 FROM chat_revocations
           WHERE what IN :names AND (issued_until IS NULL OR issued_until >= :issued_at) LIMIT 1""",
        names=list(names),
        issued_at=issued_at,
    )
    return bool(rows)


def prune(tx: Transaction, now: float) -> None:
    """Delete what no valid token can need any more."""
    tx.run("DELETE FROM chat_revocations WHERE until < :now", now=now)
