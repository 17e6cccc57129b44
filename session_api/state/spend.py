"""Spend: what answering cost on a day (UTC), in millionths of a US dollar.

An estimate is booked before a model is asked, and what it really took afterwards: questions that are answered at the
same time cannot pass a limit together, and the estimate of a process that died stays booked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sync.state.database import State
from sync.state.transaction import Transaction

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Reservation:
    """An estimate that stands in a day's spend until it is settled."""

    day: str
    micro_usd: int


def reserve(state: State, micro_usd: int, limit: float) -> Reservation | None:
    """Book the estimate, or what is left of the limit, in dollars, where that is less; None where nothing is left.

    So a day costs at most the limit and what one answer takes beyond its estimate, however many are asked for at once.
    """
    day = _day(state.now())
    with state.transaction() as tx:
        spent = int(tx.ask(f"{_ADD} RETURNING micro_usd", day=day, micro_usd=0)[0].micro_usd)  # locks the day's row
        booked = min(max(micro_usd, 1), round(limit * MICRO) - spent)
        if booked <= 0:
            return None
        _add(tx, day, booked)
    return Reservation(day, booked)


def settle(tx: Transaction, reservation: Reservation, micro_usd: int) -> None:
    """Book what was spent in place of its estimate."""
    _add(tx, reservation.day, micro_usd - reservation.micro_usd)


def add(tx: Transaction, now: float, micro_usd: int) -> None:
    """Add to the day's spend."""
    if micro_usd:
        _add(tx, _day(now), micro_usd)


def spent_today(state: State) -> float:
    """Return how many dollars answering has cost today."""
    rows = state.ask("SELECT micro_usd FROM chat_spend WHERE day = :day", day=_day(state.now()))
    return int(rows[0].micro_usd) / MICRO if rows else 0.0


def _add(tx: Transaction, day: str, micro_usd: int) -> None:
    tx.run(_ADD, day=day, micro_usd=micro_usd)


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()


_ADD = """INSERT INTO chat_spend (day, micro_usd) VALUES (:day, :micro_usd)
    ON CONFLICT (day) DO UPDATE SET micro_usd = chat_spend.micro_usd + excluded.micro_usd"""
