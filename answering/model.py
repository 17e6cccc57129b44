"""Language model: what one is asked, and what it does while it answers, whichever API it is asked through."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that a search found, as the store gave it."""

    file: str
    filename: str
    score: float
    text: str
    attributes: Mapping[str, str | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchDone:
    """The model has searched the store; passages None: the server does not say what it found."""

    queries: tuple[str, ...]
    passages: tuple[Passage, ...] | None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of text. `message` numbers the messages of one answer."""

    text: str
    message: int = 0


@dataclass(frozen=True, slots=True)
class FileCitation:
    """The text before `index` rests on this file. The index counts characters of its message, as the model sent it."""

    file: str
    filename: str
    index: int
    message: int = 0


@dataclass(frozen=True, slots=True)
class Thought:
    """Text that is paid for and not part of the answer: reasoning, a comment on the work, a repetition."""

    characters: int


@dataclass(frozen=True, slots=True)
class CallBegan:
    """Another call has begun; what it takes is not known before its Usage."""


@dataclass(frozen=True, slots=True)
class GenerationRefused:
    """The model, or a filter before or behind it, will not answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class GenerationFailed:
    """The call failed after it had begun. `code` is the API's word for it, or one of ours."""

    code: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call took. `cut`: the answer reached its longest length. `told` False: the server named no tokens."""

    input_tokens: int = 0
    output_tokens: int = 0
    searches: int = 0
    cut: bool = False
    told: bool = True


ModelEvent = SearchDone | TextDelta | FileCitation | Thought | CallBegan | GenerationRefused | GenerationFailed | Usage


Readable = Callable[[Sequence[Passage]], Awaitable[Sequence[Passage]]]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question as a model gets it. `history` ends with the question; `filters` are of the search in the store.

    `readable` leaves out what was removed or is not for the reader: what a model is told by us passes it first.
    """

    question: str
    history: Sequence[tuple[str, str]]
    store: str
    filters: Mapping[str, str]
    instructions: str
    readable: Readable


class Model(Protocol):
    """Something that answers. Raises `openai_client.FAILURES`; closing the iterator ends the call."""

    def answer(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]: ...
