"""Question log: one row for each question of a visitor, whatever became of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from answering.events import AnswerOutcome
from session_api.state import spend
from session_api.state.visitors import STAFF
from sync.metrics import COUNTERS
from sync.state.database import State
from sync.state.transaction import Transaction


@dataclass(frozen=True)
class QuestionRecord:
    """One question. `answer` is the id of its message, `model` '' where none was asked; sources: title and url."""

    thread: str
    visitor: str
    origin: str
    answer: str
    question: str
    model: str
    asked_at: float
    outcome: AnswerOutcome = AnswerOutcome.ERROR
    reason: str = ""
    rule: str = ""
    sources: tuple[Mapping[str, str], ...] = ()
    first_token_ms: int | None = None
    latency_ms: int = 0
    tokens_read: int = 0
    tokens_written: int = 0
    micro_usd: int = 0


def record(state: State, asked: QuestionRecord, reserved: spend.Reservation | None = None) -> None:
    """Keep the record, and book its cost; in place of the estimate, where one was reserved."""
    with state.transaction() as tx:
        _insert(tx, asked)
        if reserved is None:
            spend.add(tx, state.now(), asked.micro_usd)
        else:
            spend.settle(tx, reserved, asked.micro_usd)
    if not asked.visitor.startswith(STAFF):
        _count(asked)


def record_once(state: State, asked: QuestionRecord) -> bool:
    """Keep the record of what happens once in a conversation; False where one of its outcome and reason is kept."""
    with state.transaction() as tx:
        # two clicks at once: the second waits here for the first
        tx.run("UPDATE chat_questions SET comment = comment WHERE thread = :thread", thread=asked.thread)
        known = tx.ask(
            "SELECT 1 FROM chat_questions WHERE thread = :thread AND outcome = :outcome AND reason = :reason",
            thread=asked.thread,
            outcome=str(asked.outcome),
            reason=asked.reason,
        )
        if known:
            return False
        _insert(tx, asked)
    if not asked.visitor.startswith(STAFF):
        _count(asked)
    return True


def rate(state: State, visitor: str, thread: str, answers: Sequence[str], rating: str) -> int:
    """Note what the visitor thinks of answers of theirs; returns how many were found."""
    found = _note(state, visitor, thread, answers, "feedback = :noted", rating)
    if not visitor.startswith(STAFF):
        COUNTERS.count("ratings", found, rating=rating)
    return found


def comment(state: State, visitor: str, thread: str, answers: Sequence[str], text: str) -> int:
    """Note what the visitor wrote beside answers of theirs; returns how many were found."""
    return _note(state, visitor, thread, answers, "comment = :noted", text)


def reassign(tx: Transaction, visitor: str, to: str, thread: str | None = None) -> None:
    """Give a visitor's questions, or those of one thread, to the customer that they turned out to be."""
    which = "" if thread is None else " AND thread = :thread"
    tx.run(
        f"UPDATE chat_questions SET visitor = :to WHERE visitor = :visitor{which}",
        to=to,
        visitor=visitor,
        **({} if thread is None else {"thread": thread}),
    )


def prune(tx: Transaction, before: float, limit: int) -> int:
    """Delete the first of the questions that were asked before then; returns how many."""
    return tx.run(
        """DELETE FROM chat_questions WHERE seq IN (
             SELECT seq FROM chat_questions WHERE asked_at < :before ORDER BY asked_at LIMIT :limit)""",
        before=before,
        limit=limit,
    )


def erase(tx: Transaction, visitors: Sequence[str]) -> int:
    """Delete the visitors' questions; returns how many."""
    return tx.run("DELETE FROM chat_questions WHERE visitor IN :visitors", visitors=list(visitors))


def _insert(tx: Transaction, asked: QuestionRecord) -> None:
    sources = json.dumps(asked.sources, ensure_ascii=False)
    tx.run(
        """INSERT INTO chat_questions (thread, visitor, origin, answer, asked_at, question, outcome, reason, rule,
             sources, model, first_token_ms, latency_ms, tokens_read, tokens_written, micro_usd)
           VALUES (:thread, :visitor, :origin, :answer, :asked_at, :question, :outcome, :reason, :rule, :sources,
             :model, :first_token_ms, :latency_ms, :tokens_read, :tokens_written, :micro_usd)""",
        **{**asdict(asked), "sources": sources, "outcome": str(asked.outcome)},
    )


def _count(asked: QuestionRecord) -> None:
    outcome = str(asked.outcome)
    COUNTERS.count("questions", outcome=outcome, sourced="yes" if asked.sources else "no")
    COUNTERS.count("question_cost_usd", asked.micro_usd / 1e6)
    COUNTERS.record_duration("answer_seconds", asked.latency_ms / 1000, outcome=outcome)
    if asked.first_token_ms is not None:
        COUNTERS.record_duration("first_text_seconds", asked.first_token_ms / 1000)


def _note(state: State, visitor: str, thread: str, answers: Sequence[str], change: str, noted: str) -> int:
    with state.transaction() as tx:
        return tx.run(
            f"UPDATE chat_questions SET {change} WHERE visitor = :visitor AND thread = :thread AND answer IN :answers",
            noted=noted,
            visitor=visitor,
            thread=thread,
            answers=list(answers),
        )
