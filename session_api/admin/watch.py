"""/api/admin/watch: questions that are asked after each change, and what each asking found."""

from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from answering.state import watch as watched
from answering.state.watch import WatchDraft, WatchQuestion, WatchResult, WatchSource, WatchStanding
from session_api.admin.dependencies import OperationsOf, Operator, WakeOf
from session_api.admin.router import admin_router
from session_api.errors import ApiError
from sync.errors import Gone, Misconfigured, Retryable
from sync.rendering import moment
from sync.state.database import State

routes = admin_router()


class WriteWatch(BaseModel):
    """`outcome` "": what it is at first. `documents`: addresses or source:id, of which one must be cited."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
    index: str = "public"
    language: Annotated[str, Field(max_length=10)] = ""
    outcome: Literal["", "answered", "abstained"] = ""
    documents: Annotated[list[str], Field(max_length=20)] = []


class WatchAnswer(BaseModel):
    """One asking. `flip` "": it is as it should be; else how it differs."""

    at: str
    generation: int
    outcome: str
    rule: str
    answer: str
    sources: list[WatchSource]
    flip: str


class WatchShown(BaseModel):
    """`standing`: waiting, ok, flipped, failing. `outcome` and `sources`: what is right; "" until it is first asked."""

    id: int
    question: str
    index: str
    language: str
    outcome: str
    sources: list[WatchSource]
    who: str
    made_at: str
    standing: WatchStanding
    last: WatchAnswer | None


class WatchHistory(WatchShown):
    """The same with what asking found, newest first."""

    results: list[WatchAnswer]


class WatchList(BaseModel):
    """In the order in which they were made."""

    watch: list[WatchShown]


@routes.get("/watch", response_model=WatchList)
def everything(operations: OperationsOf) -> dict[str, Any]:
    """All of them, and how each stands."""
    return {"watch": [_shown(one) for one in watched.everything(operations.state)]}


@routes.get("/watch/{watch}", response_model=WatchHistory)
def one(watch: int, operations: OperationsOf) -> dict[str, Any]:
    """One of them with its last answers."""
    found = _found(operations.state, watch)
    return {**found, "results": [_answer(one) for one in watched.results(operations.state, watch)]}


@routes.post("/watch", status_code=201, response_model=WatchShown)
def add(written: WriteWatch, who: Operator, operations: OperationsOf, wake: WakeOf) -> dict[str, Any]:
    """Watch a question; a worker asks it at once."""
    operations.inventory.index(written.index)
    draft = WatchDraft(
        written.question.strip(), written.index, who, written.language, written.outcome, written.documents
    )
    try:
        number = watched.add(operations.state, draft)
    except Misconfigured as error:
        raise ApiError(422, "invalid_request", str(error), "GET /api/admin/documents lists them.") from error
    with suppress(Retryable):  # the schedule finds it
        wake("watch", "")
    return _found(operations.state, number)


@routes.post("/watch/{watch}/accept", response_model=WatchShown)
def accept(watch: int, operations: OperationsOf) -> dict[str, Any]:
    """Say that the last answer is right from now on."""
    try:
        watched.accept(operations.state, watch)
    except Misconfigured as error:
        raise ApiError(409, "not_now", str(error), "GET /api/admin/watch shows how it stands.") from error
    except Gone as error:
        raise _missing(error) from error
    return _found(operations.state, watch)


@routes.delete("/watch/{watch}", status_code=204)
def remove(watch: int, operations: OperationsOf) -> None:
    """Watch it no longer."""
    try:
        watched.remove(operations.state, watch)
    except Gone as error:
        raise _missing(error) from error


def _found(state: State, watch: int) -> dict[str, Any]:
    try:
        return _shown(watched.find(state, watch))
    except Gone as error:
        raise _missing(error) from error


def _shown(one: WatchQuestion) -> dict[str, Any]:
    fields = ("id", "question", "index", "language", "outcome", "sources", "who", "standing")
    return {
        **{name: getattr(one, name) for name in fields},
        "made_at": moment(one.made_at).isoformat(),
        "last": None if one.last is None else _answer(one.last),
    }


def _answer(result: WatchResult) -> dict[str, Any]:
    fields = ("generation", "outcome", "rule", "answer", "sources", "flip")
    return {"at": moment(result.at).isoformat(), **{name: getattr(result, name) for name in fields}}


def _missing(error: Gone) -> ApiError:
    return ApiError(404, "not_found", str(error), "GET /api/admin/watch lists them.")
