"""/api/admin/verified: answers of people, used before any model; and whether they still stand."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from answering.state import verified
from answering.state.verified import Standing, VerifiedAnswer, VerifiedDraft, VerifiedSource
from session_api.admin.dependencies import OperationsOf, Operator
from session_api.admin.router import admin_router
from session_api.errors import ApiError
from sync.errors import Gone, Misconfigured
from sync.model import Audience
from sync.rendering import moment
from sync.setting_types import duration
from sync.state.database import State

routes = admin_router()

Lasting = Annotated[timedelta, BeforeValidator(duration), Field(gt=timedelta(0), le=timedelta(days=36_500))]
Line = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


class WriteVerified(BaseModel):
    """`documents`: addresses or source:id. `expires_in` null: it does not expire. `owner` "": who sends it."""

    model_config = ConfigDict(extra="forbid")

    question: Line
    answer: Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"\S")]
    phrasings: Annotated[list[Line], Field(max_length=50)] = []
    documents: Annotated[list[Line], Field(max_length=20)] = []
    owner: Annotated[str, Field(max_length=200)] = ""
    language: Annotated[str, Field(max_length=10)] = ""
    audience: Audience = Audience.PUBLIC
    expires_in: Lasting | None = None


class ConfirmVerified(BaseModel):
    """`expires_in` null: for as long as it was made for."""

    model_config = ConfigDict(extra="forbid")

    expires_in: Lasting | None = None


class Verified(BaseModel):
    """`standing`: active, expiring (its owner should confirm it), expired or changed; the last two are not used."""

    id: int
    question: str
    phrasings: list[str]
    answer: str
    language: str
    audience: Audience
    owner: str
    made_at: str
    confirmed_at: str
    expires_at: str | None
    standing: Standing
    sources: list[VerifiedSource]


class VerifiedList(BaseModel):
    """In the order in which they were made."""

    verified: list[Verified]


@routes.get("/verified", response_model=VerifiedList)
def everything(operations: OperationsOf) -> dict[str, Any]:
    """All of them, with the documents that they rest on and what became of those."""
    return {"verified": [_shown(one) for one in verified.everything(operations.state)]}


@routes.get("/verified/{answer}", response_model=Verified)
def one(answer: int, operations: OperationsOf) -> dict[str, Any]:
    """One verified answer, as it is kept now."""
    return _found(operations.state, answer)


@routes.post("/verified", status_code=201, response_model=Verified)
def add(written: WriteVerified, who: Operator, operations: OperationsOf) -> dict[str, Any]:
    """Keep an answer; it is used from the next question on."""
    try:
        return _found(operations.state, verified.add(operations.state, _draft(written, who)))
    except Misconfigured as error:
        raise _refused(error) from error


@routes.put("/verified/{answer}", response_model=Verified)
def change(answer: int, written: WriteVerified, who: Operator, operations: OperationsOf) -> dict[str, Any]:
    """Put another answer in its place, confirmed now."""
    try:
        verified.change(operations.state, answer, _draft(written, who))
    except Misconfigured as error:
        raise _refused(error) from error
    except Gone as error:
        raise _missing(error) from error
    return _found(operations.state, answer)


@routes.post("/verified/{answer}/confirm", response_model=Verified)
def confirm(answer: int, asked: ConfirmVerified, operations: OperationsOf) -> dict[str, Any]:
    """Say that it is right as its documents are now."""
    try:
        verified.confirm(operations.state, answer, asked.expires_in)
    except Misconfigured as error:
        raise _refused(error) from error
    except Gone as error:
        raise _missing(error) from error
    return _found(operations.state, answer)


@routes.delete("/verified/{answer}", status_code=204)
def remove(answer: int, operations: OperationsOf) -> None:
    """Forget it; its question is answered from the documents again."""
    try:
        verified.remove(operations.state, answer)
    except Gone as error:
        raise _missing(error) from error


def _draft(written: WriteVerified, who: str) -> VerifiedDraft:
    return VerifiedDraft(
        written.question.strip(),
        written.answer.strip(),
        written.owner or who,
        written.phrasings,
        written.documents,
        written.language,
        written.audience,
        written.expires_in,
    )


def _found(state: State, answer: int) -> dict[str, Any]:
    try:
        return _shown(verified.find(state, answer))
    except Gone as error:
        raise _missing(error) from error


def _shown(answer: VerifiedAnswer) -> dict[str, Any]:
    fields = ("id", "question", "phrasings", "answer", "language", "audience", "owner", "standing", "sources")
    return {
        **{name: getattr(answer, name) for name in fields},
        "made_at": moment(answer.made_at).isoformat(),
        "confirmed_at": moment(answer.confirmed_at).isoformat(),
        "expires_at": None if answer.expires_at is None else moment(answer.expires_at).isoformat(),
    }


def _refused(error: Misconfigured) -> ApiError:
    return ApiError(422, "invalid_request", str(error), "GET /api/admin/documents lists them.")


def _missing(error: Gone) -> ApiError:
    return ApiError(404, "not_found", str(error), "GET /api/admin/verified lists them.")
