"""What the admin API takes and answers."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

RunState = Literal["queued", "running", "done", "failed"]


class Sync(BaseModel):
    """`full`: list everything again, not only what changed."""

    model_config = ConfigDict(extra="forbid")

    full: bool = False


class Release(BaseModel):
    """`documents`: the external ids that you looked at; more being held by now is then a 409."""

    model_config = ConfigDict(extra="forbid")

    documents: list[str] | None = None


class Run(BaseModel):
    """What was asked for ("r…"), or a turn on a source ("t…")."""

    id: str
    what: str
    target: str = Field(description="A source's name, or an index'.")
    who: str = Field(description="Who asked; empty for a turn.")
    state: RunState
    asked_at: str
    started_at: str | None
    finished_at: str | None
    error: str = Field(description="Why it failed, or what it waits for.")
    counts: dict[str, int] = Field(description="Documents by stage.")
    progress: dict[str, Any] | None = Field(description="Of the turn or rebuild that goes on.")


class Runs(BaseModel):
    """Newest first. `next`: ask with it as `before` for older ones."""

    runs: list[Run]
    next: float | None


class Problem(BaseModel):
    """A document that somebody should look at."""

    source: str
    document: str
    title: str
    url: str
    error: str


class Problems(BaseModel):
    """Of one source, or of all."""

    problems: list[Problem]


class Document(BaseModel):
    """A document as it is known."""

    id: int
    source: str
    document: str
    title: str
    url: str
    audience: str
    language: str
    updated_at: str | None
    state: Literal["searchable", "waiting", "believed_gone", "problem"]
    error: str


class Documents(BaseModel):
    """`next`: ask with it as `after` for the following ones."""

    documents: list[Document]
    next: int | None


class Waiting(BaseModel):
    """Wake-ups that no worker has taken. `tasks` None: the broker does not answer."""

    tasks: int | None
    seconds: float


class Status(BaseModel):
    """Sources and indexes as `answerwell status --json` shows them, and what is asked for and not done."""

    sources: list[dict[str, Any]]
    indexes: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    alike: list[list[dict[str, Any]]]
    answers: dict[str, Any] = Field(description="Verified and watched: how many stand how, and `look_at`.")
    requests: list[Run]
    queue: Waiting


class QuestionSource(BaseModel):
    """A page that an answer cited; `url` is empty for one that has none to open."""

    title: str
    url: str


class Question(BaseModel):
    """What a visitor asked, and what became of it."""

    id: int
    thread: str
    visitor: str = Field(description="What `erase` takes.")
    origin: str
    answer: str = Field(description="The id of its message.")
    asked_at: str
    question: str
    outcome: str
    reason: str = Field(description="Why it was not answered.")
    rule: str = Field(description="The same as a word: min_score, number, check_model, …")
    sources: list[QuestionSource]
    model: str = Field(description="Empty where none was asked.")
    first_text_ms: int | None = Field(description="Until the first word was shown; null where none was.")
    latency_ms: int
    tokens_read: int
    tokens_written: int
    cost_usd: float
    rating: Literal["", "positive", "negative"]
    comment: str


class QuestionTotals(BaseModel):
    """Of everything asked since then. Each question stands in one number, ratings in one more; add none of them up."""

    asked: int
    answered_with_source: int
    answered_without_source: int
    abandoned: int = Field(description="The visitor went before the answer was whole.")
    escalated: int = Field(description="Handed to a person.")
    unanswered: int = Field(description="Abstained, failed or refused.")
    conversation: int = Field(description="Small talk, and questions asked back.")
    confirmed_helpful: int
    not_helpful: int
    cost_usd: float
    reasons: dict[str, int] = Field(description="Why how many were not answered.")


class Questions(BaseModel):
    """Newest first. `next`: ask with it as `before` for older ones."""

    questions: list[Question]
    totals: QuestionTotals
    next: int | None
