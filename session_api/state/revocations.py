"""Revocation list: sessions (`session:<id>`) and visitors (`visitor:<id>`) whose tokens are refused."""

from collections.abc import Sequence

from sync.state.database import State
from sync.state.transaction import Transaction


def revoke(state: State, what: str, until: float) -> None:
    """Refuse a session, or all of a visitor's, until then."""
    with state.transaction() as tx:
        prune(tx, state.now())
        add(tx, what, until)


def add(tx: Transaction, what: str, until: float) -> None:
    tx.run(
        """INSERT INTO chat_revocations (what, until) VALUES (:what, :until)
           ON CONFLICT (what) DO UPDATE SET until = excluded.until""",
        what=what,
        until=until,
    )


def revoked(state: State, names: Sequence[str]) -> bool:
    """Whether any of the names is on the list."""
    return bool(state.ask("SELECT 1 FROM chat_revocations WHERE what IN :names LIMIT 1", names=list(names)))


def prune(tx: Transaction, now: float) -> None:
    """Delete what no valid token can need any more."""
    tx.run("DELETE FROM chat_revocations WHERE until < :now", now=now)
