"""Spend: what answering cost on a day (UTC), in millionths of a US dollar."""

from datetime import UTC, datetime

from sync.state.database import State
from sync.state.transaction import Transaction

MICRO = 1_000_000


def add(tx: Transaction, now: float, micro_usd: int) -> None:
    """Add to the day's spend."""
    if micro_usd:
        tx.run(
            """INSERT INTO chat_spend (day, micro_usd) VALUES (:day, :micro_usd)
               ON CONFLICT (day) DO UPDATE SET micro_usd = chat_spend.micro_usd + excluded.micro_usd""",
            day=_day(now),
            micro_usd=micro_usd,
        )


def spent_today(state: State) -> float:
    """Return how many dollars answering has cost today."""
    rows = state.ask("SELECT micro_usd FROM chat_spend WHERE day = :day", day=_day(state.now()))
    return int(rows[0].micro_usd) / MICRO if rows else 0.0


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
