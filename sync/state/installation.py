"""Installation table: who we are in the names of our files; the one module that writes it."""

import secrets

from sync.state.transaction import Transaction


def make(tx: Transaction, now: float) -> None:
    """Give the state its id; one that has it keeps it."""
    tx.run(
        "INSERT INTO installation (id, made_at) SELECT :id, :now WHERE NOT EXISTS (SELECT 1 FROM installation)",
        id=secrets.token_hex(4),
        now=now,
    )


def make_anew(tx: Transaction) -> None:
    """Become another installation, which takes no file of the one before for its own."""
    tx.run("UPDATE installation SET id = :id", id=secrets.token_hex(4))
