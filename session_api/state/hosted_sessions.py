"""Hosted sessions: those that OpenAI granted, by the hash of their secret; what cancelling one needs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sync.state.database import State
from sync.state.transaction import Transaction


@dataclass(frozen=True)
class HostedSession:
    """One session, until its end."""

    secret_hash: str
    session: str
    visitor: str
    until: float


def record(state: State, sessions: Sequence[HostedSession]) -> None:
    """Keep the sessions; one that is kept already stays as it is."""
    with state.transaction() as tx:
        tx.run_many(
            """INSERT INTO chat_hosted (secret_hash, session, visitor, until)
               VALUES (:secret_hash, :session, :visitor, :until) ON CONFLICT (secret_hash) DO NOTHING""",
            [asdict(session) for session in sessions],
        )


def session_of(state: State, secret_hash: str) -> str | None:
    """Return OpenAI's id of the session; None where it is not known here."""
    rows = state.ask("SELECT session FROM chat_hosted WHERE secret_hash = :hash", hash=secret_hash)
    return str(rows[0].session) if rows else None


def open_sessions(state: State, visitors: Sequence[str]) -> list[str]:
    """Return OpenAI's ids of the visitors' sessions that may not be over."""
    rows = state.ask(
        "SELECT DISTINCT session FROM chat_hosted WHERE visitor IN :visitors AND until >= :now",
        visitors=list(visitors),
        now=state.now(),
    )
    return [str(row.session) for row in rows]


def prune(tx: Transaction, now: float) -> None:
    tx.run("DELETE FROM chat_hosted WHERE until < :now", now=now)


def erase(tx: Transaction, visitors: Sequence[str]) -> None:
    tx.run("DELETE FROM chat_hosted WHERE visitor IN :visitors", visitors=list(visitors))
