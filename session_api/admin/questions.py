"""/api/admin/questions: what visitors asked, what became of it, and what it cost."""

from typing import Annotated, Any, Literal

from fastapi import Query

from answering.events import AnswerOutcome
from session_api.admin import question_report
from session_api.admin.dependencies import OperationsOf
from session_api.admin.router import admin_router
from session_api.admin.shapes import Questions
from session_api.errors import ApiError
from session_api.state.question_log import UNANSWERED, QuestionFilter
from sync.setting_types import duration
from sync.state.database import State

routes = admin_router()

Outcomes = Annotated[list[AnswerOutcome] | None, Query(description="Of these outcomes; repeat it for several.")]


@routes.get("/questions", response_model=Questions)
def questions(
    operations: OperationsOf,
    outcome: Outcomes = None,
    *,
    unanswered: Annotated[bool, Query(description="Those without an answer: abstained, failed or refused.")] = False,
    since: Annotated[str, Query(description='How far back: "24h", "30d".', examples=["7d"])] = "30d",
    rating: Literal["", "positive", "negative"] = "",
    staff: Annotated[bool, Query(description="Those of the staff, in place of customers'.")] = False,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """What was asked, newest first, page by page, with what became of everything asked since then."""
    outcomes = frozenset(outcome or ()) | (UNANSWERED if unanswered else frozenset())
    wanted = QuestionFilter(_start(operations.state, since), outcomes, rating, staff)
    return question_report.report(operations.state, wanted, before=before, limit=limit)


def _start(state: State, since: str) -> float:
    try:
        return state.now() - duration(since).total_seconds()
    except ValueError as error:
        raise ApiError(422, "invalid", f"since {error}", 'Write since=7d, "24h" or "30d".') from error
