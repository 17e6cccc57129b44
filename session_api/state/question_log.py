"""Question log, read: what visitors asked and what became of it, page by page and in sums."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row

from answering.events import AnswerOutcome
from session_api.state.visitors import STAFF
from sync.state.database import State

UNANSWERED: Final = frozenset((AnswerOutcome.ABSTAINED, AnswerOutcome.ERROR, AnswerOutcome.REFUSED))
CONVERSATION: Final = frozenset((AnswerOutcome.GREETED, AnswerOutcome.CLARIFIED))

_COLUMNS = """seq, thread, visitor, origin, answer, asked_at, question, outcome, reason, rule, sources, model,
    first_token_ms, latency_ms, tokens_read, tokens_written, micro_usd, feedback, comment"""


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Which questions: asked at or after `since` (epoch seconds), of these outcomes and this rating; empty: any.

    `staff`: those of the staff, in place of customers'; never both.
    """

    since: float = 0.0
    outcomes: Collection[AnswerOutcome] = ()
    rating: str = ""
    staff: bool = False


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as it was recorded. `rating`: positive, negative or ''. Times in milliseconds, None: never shown."""

    id: int
    thread: str
    visitor: str
    origin: str
    answer: str
    asked_at: float
    question: str
    outcome: AnswerOutcome
    reason: str
    rule: str
    sources: tuple[Mapping[str, str], ...]
    model: str
    first_text_ms: int | None
    latency_ms: int
    tokens_read: int
    tokens_written: int
    micro_usd: int
    rating: str
    comment: str


@dataclass(frozen=True, slots=True)
class QuestionTotals:
    """How many questions there were, each in one row but the last three; the rows are never added up.

    `confirmed_helpful` and `not_helpful` count ratings of any answer. `micro_usd`: what all of them cost.
    """

    asked: int = 0
    answered_with_source: int = 0
    answered_without_source: int = 0
    abandoned: int = 0
    escalated: int = 0
    unanswered: int = 0
    conversation: int = 0
    confirmed_helpful: int = 0
    not_helpful: int = 0
    micro_usd: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)


def questions(state: State, wanted: QuestionFilter, *, before: int | None, limit: int) -> list[AskedQuestion]:
    """Return the newest questions, or those before the one of that id, newest first."""
    where, values = _where(wanted)
    if before is not None:
        where, values = f"{where} AND seq < :before", {**values, "before": before}
    rows = state.ask(
        f"SELECT {_COLUMNS} FROM chat_questions WHERE {where} ORDER BY seq DESC LIMIT :limit", **values, limit=limit
    )
    return [_question(row) for row in rows]


def totals(state: State, since: float, *, staff: bool = False) -> QuestionTotals:
    """Return what became of the questions since then. `reasons`: why how many were not answered."""
    rows = state.ask(
        f"""SELECT outcome, CASE WHEN sources = '[]' THEN 0 ELSE 1 END AS sourced, feedback,
             CASE WHEN outcome IN :unanswered THEN reason ELSE '' END AS why,
             COUNT(*) AS number, SUM(micro_usd) AS micro_usd
           FROM chat_questions WHERE asked_at >= :since AND {_asked_by(staff=staff)}
           GROUP BY outcome, sourced, feedback, why""",
        since=since,
        kind=STAFF,
        unanswered=sorted(UNANSWERED),
    )

    def number(outcomes: Collection[str], sourced: int | None = None) -> int:
        return sum(int(r.number) for r in rows if r.outcome in outcomes and sourced in (None, int(r.sourced)))

    reasons: dict[str, int] = {}
    for row in rows:
        if row.outcome in UNANSWERED:
            reasons[row.why or row.outcome] = reasons.get(row.why or row.outcome, 0) + int(row.number)
    return QuestionTotals(
        asked=sum(int(row.number) for row in rows),
        answered_with_source=number({AnswerOutcome.ANSWERED}, 1),
        answered_without_source=number({AnswerOutcome.ANSWERED}, 0),
        abandoned=number({AnswerOutcome.CANCELLED}),
        escalated=number({AnswerOutcome.HANDED_OFF}),
        unanswered=number(UNANSWERED),
        conversation=number(CONVERSATION),
        confirmed_helpful=sum(int(row.number) for row in rows if row.feedback == "positive"),
        not_helpful=sum(int(row.number) for row in rows if row.feedback == "negative"),
        micro_usd=sum(int(row.micro_usd or 0) for row in rows),
        reasons=dict(sorted(reasons.items(), key=lambda one: -one[1])),
    )


def _where(wanted: QuestionFilter) -> tuple[str, dict[str, Any]]:
    parts = ["asked_at >= :since", _asked_by(staff=wanted.staff)]
    values = dict[str, Any](since=wanted.since, kind=STAFF)
    if wanted.outcomes:
        parts.append("outcome IN :outcomes")
        values["outcomes"] = sorted(wanted.outcomes)
    if wanted.rating:
        parts.append("feedback = :rating")
        values["rating"] = wanted.rating
    return " AND ".join(parts), values


def _asked_by(*, staff: bool) -> str:
    return f"substr(visitor, 1, 2) {'=' if staff else '<>'} :kind"


def _question(row: Row[Any]) -> AskedQuestion:
    return AskedQuestion(
        id=int(row.seq),
        thread=row.thread,
        visitor=row.visitor,
        origin=row.origin,
        answer=row.answer,
        asked_at=float(row.asked_at),
        question=row.question,
        outcome=AnswerOutcome(row.outcome),
        reason=row.reason,
        rule=row.rule,
        sources=tuple(json.loads(row.sources)),
        model=row.model,
        first_text_ms=row.first_token_ms,
        latency_ms=int(row.latency_ms),
        tokens_read=int(row.tokens_read),
        tokens_written=int(row.tokens_written),
        micro_usd=int(row.micro_usd),
        rating=row.feedback,
        comment=row.comment,
    )
