"""Questions that visitors asked, recorded as the chat records them: what is read back is tried on these."""

from typing import Any

from answering.events import AnswerOutcome
from session_api.state import questions
from session_api.state.questions import QuestionRecord
from sync.state.database import State

PAGE = {"title": "Refunds", "url": "https://help.acme.com/refunds"}
DAY = 86400.0


def ask(state: State, words: str, outcome: AnswerOutcome, *, ago: float = 0.0, **more: Any) -> QuestionRecord:
    """Record a question; `ago`: how many seconds before now it was asked."""
    asked = QuestionRecord(
        thread="thr_1",
        visitor="v_ada",
        origin="https://www.acme.com",
        answer=f"msg_{words}",
        question=words,
        model="m",
        asked_at=state.now() - ago,
        outcome=outcome,
        **more,
    )
    questions.record(state, asked)
    return asked


def a_week(state: State) -> None:
    """Record one question of each kind, oldest first, and ratings of two of them."""
    sourced: dict[str, Any] = {"sources": (PAGE,), "micro_usd": 2000, "latency_ms": 900, "first_token_ms": 300}
    helpful = ask(state, "Refund?", AnswerOutcome.ANSWERED, ago=9, **sourced)
    wrong = ask(state, "Refund at once?", AnswerOutcome.ANSWERED, ago=8, **sourced)
    ask(state, "By workflow?", AnswerOutcome.ANSWERED, ago=7)
    ask(state, "Do you ship to Mars?", AnswerOutcome.ABSTAINED, ago=6, reason="nothing_found", micro_usd=500)
    ask(state, "Broken", AnswerOutcome.ERROR, ago=5, reason="model_unavailable")
    ask(state, "Too dear", AnswerOutcome.REFUSED, ago=4, reason="daily_usd")
    ask(state, "Left", AnswerOutcome.CANCELLED, ago=3, **sourced)
    ask(state, "A person!", AnswerOutcome.HANDED_OFF, ago=2, reason="hand_off")
    ask(state, "Hello", AnswerOutcome.GREETED, ago=1)
    ask(state, "Long ago?", AnswerOutcome.ABSTAINED, ago=40 * DAY, reason="nothing_found")
    questions.rate(state, "v_ada", "thr_1", [helpful.answer], "positive")
    questions.rate(state, "v_ada", "thr_1", [wrong.answer], "negative")
    questions.comment(state, "v_ada", "thr_1", [wrong.answer], "=HYPERLINK(1)")
