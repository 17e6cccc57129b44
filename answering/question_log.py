"""What happened to each question, and what it cost."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sync.state.database import State

MICRO = 1_000_000


class Outcome(StrEnum):
    """What became of a question. An abandoned one is never counted as answered."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    ERROR = "error"
    CANCELLED = "cancelled"
    HANDED_OFF = "handed_off"
    GREETED = "greeted"
    REFUSED = "refused"  # flagged, or the day's budget is spent


@dataclass
class Record:
    """One question, filled in while it is answered."""

    thread: str
    visitor: str
    origin: str
    answer: str
    question: str
    model: str
    asked_at: float
    outcome: Outcome = Outcome.ERROR
    reason: str = ""
    sources: list[dict[str, str]] = field(default_factory=list)
    first_token_ms: int | None = None
    latency_ms: int = 0
    tokens_read: int = 0
    tokens_written: int = 0
    micro_usd: int = 0


def write(state: State, record: Record) -> None:
    """Keep the record, and add its cost to the day's."""
    with state.transaction() as tx:
        tx.run(
            """INSERT INTO chat_questions (thread, visitor, origin, answer, asked_at, question, outcome, reason,
                 sources, model, first_token_ms, latency_ms, tokens_read, tokens_written, micro_usd)
               VALUES (:thread, :visitor, :origin, :answer, :asked_at, :question, :outcome, :reason, :sources,
                 :model, :first_token_ms, :latency_ms, :tokens_read, :tokens_written, :micro_usd)""",
            **{
                **vars(record),
                "sources": json.dumps(record.sources, ensure_ascii=False),
                "outcome": str(record.outcome),
            },
        )
        if record.micro_usd:
            tx.run(
                """INSERT INTO chat_spend (day, micro_usd) VALUES (:day, :micro_usd)
                   ON CONFLICT (day) DO UPDATE SET micro_usd = chat_spend.micro_usd + excluded.micro_usd""",
                day=_day(state.now()),
                micro_usd=record.micro_usd,
            )


def spent_today(state: State) -> float:
    """Return how many dollars answering has cost today (UTC)."""
    rows = state.ask("SELECT micro_usd FROM chat_spend WHERE day = :day", day=_day(state.now()))
    return int(rows[0].micro_usd) / MICRO if rows else 0.0


def feedback(state: State, visitor: str, thread: str, answers: Sequence[str], kind: str) -> int:
    """Note what the visitor thinks of answers of theirs; returns how many were found."""
    return _note(state, visitor, thread, answers, "feedback = :noted", kind)


def remark(state: State, visitor: str, thread: str, answers: Sequence[str], text: str) -> int:
    """Note what the visitor wrote beside answers of theirs; returns how many were found."""
    return _note(state, visitor, thread, answers, "comment = :noted", text)


def _note(state: State, visitor: str, thread: str, answers: Sequence[str], change: str, noted: str) -> int:
    with state.transaction() as tx:
        return tx.run(
            f"UPDATE chat_questions SET {change} WHERE visitor = :visitor AND thread = :thread AND answer IN :answers",
            noted=noted,
            visitor=visitor,
            thread=thread,
            answers=list(answers),
        )


def prune(state: State, retention: timedelta) -> int:
    """Delete what is older than that: threads by their last use, and questions. Returns how many threads."""
    before = state.now() - retention.total_seconds()
    with state.transaction() as tx:
        threads = tx.run("DELETE FROM chat_threads WHERE used_at < :before", before=before)
        tx.run("DELETE FROM chat_questions WHERE asked_at < :before", before=before)
        tx.run(
            """DELETE FROM chat_visitors WHERE made_at < :before
               AND NOT EXISTS (SELECT 1 FROM chat_threads t WHERE t.visitor = chat_visitors.id)
               AND NOT EXISTS (SELECT 1 FROM chat_questions q WHERE q.visitor = chat_visitors.id)""",
            before=before,
        )
        tx.run("DELETE FROM chat_hosted WHERE until < :now", now=state.now())
        tx.run("DELETE FROM chat_revocations WHERE until < :now", now=state.now())
        return threads


def recent(state: State, limit: int = 100) -> list[dict[str, Any]]:
    """Return the latest questions, newest first."""
    rows = state.ask("SELECT * FROM chat_questions ORDER BY seq DESC LIMIT :limit", limit=limit)
    return [{**row._asdict(), "sources": json.loads(row.sources)} for row in rows]


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
