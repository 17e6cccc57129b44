"""/api/admin/indexes/{name}/evaluation: saved questions put to an index, and what was measured before promotions."""

import json
from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from session_api.admin.dependencies import OperationsOf
from session_api.admin.router import admin_router
from session_api.errors import ApiError
from sync.errors import Misconfigured
from sync.rendering import moment
from sync.state import queries

KEPT = 50

routes = admin_router()


class Evaluate(BaseModel):
    """`questions` None: the file that the index names. `ask` also has each answered; that costs what it costs."""

    model_config = ConfigDict(extra="forbid")

    questions: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=500)] | None = None
    compare: int | None = None
    ask: bool = False


class KeptEvaluation(BaseModel):
    """How a rebuilt store compared with the live one: recall `before` and `after`; gained, lost and moved questions."""

    id: int
    generation: int
    at: str
    report: dict[str, Any]


class KeptEvaluations(BaseModel):
    """Newest first."""

    evaluations: list[KeptEvaluation]


@routes.post("/indexes/{name}/evaluation")
def evaluate(
    name: str,
    operations: OperationsOf,
    asked: Annotated[Evaluate, Body()] = Evaluate(),  # noqa: B008  FastAPI copies it
) -> dict[str, Any]:
    """Measure search, and answers if asked to, on questions; the same report as `answerwell evaluate --json`."""
    operations.inventory.index(name)
    if operations.evaluate is None:
        raise ApiError(409, "not_now", "This process evaluates nothing.", "Use `answerwell evaluate`.")
    try:
        return operations.evaluate(name, asked.questions, asked.compare, asked.ask)
    except Misconfigured as error:
        raise ApiError(422, "invalid_questions", str(error), "docs/answers.md describes them.") from error


@routes.get("/indexes/{name}/evaluations", response_model=KeptEvaluations)
def evaluations(name: str, operations: OperationsOf) -> dict[str, Any]:
    """What was measured of stores that were rebuilt."""
    operations.inventory.index(name)
    kept = queries.evaluations(operations.state, name, KEPT)
    return {
        "evaluations": [
            {
                "id": one.id,
                "generation": one.generation,
                "at": moment(one.at).isoformat(),
                "report": json.loads(one.report),
            }
            for one in kept
        ]
    }
