"""What a model does while it answers, whichever API it is asked through."""

from collections.abc import AsyncGenerator, Mapping, Sequence
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
    """The model has looked into the store; passages None: the server does not say what it found."""

    queries: tuple[str, ...]
    passages: tuple[Passage, ...] | None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of text. `message` numbers the messages of one answer."""

    text: str
    message: int = 0


@dataclass(frozen=True, slots=True)
class Citation:
    """The text before `index` rests on this file. The index counts characters of its message, as the model sent it."""

    file: str
    filename: str
    index: int
    message: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call took. `cut`: the answer reached its longest length."""

    read: int = 0
    written: int = 0
    searches: int = 0
    cut: bool = False


ModelEvent = SearchDone | TextDelta | Citation | Usage


@dataclass(frozen=True, slots=True)
class Question:
    """One question with all that came before, and where to look for the answer. `history` ends with the question."""

    question: str
    history: Sequence[tuple[str, str]]
    store: str
    filters: Mapping[str, str]
    instructions: str
    who: str


class Model(Protocol):
    """Something that answers. Raises `upstream.FAILURES`; closing the iterator ends the call."""

    def answer(self, turn: Question) -> AsyncGenerator[ModelEvent, None]: ...
