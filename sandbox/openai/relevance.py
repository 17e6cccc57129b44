"""Relevance: how likely a passage answers a question, and which of its pieces does.

With vectors, meaning and words are weighed together; the weights were fitted on questions about the sample company, of
which half had no answer, and say the same of any text. Without vectors it is the share of the question that is said.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sandbox.openai import text as texts
from sandbox.openai.answer_types import answer_type
from sandbox.openai.encoder import Vector
from sandbox.openai.ranking import Asked, Said, indexed, said_in
from sandbox.openai.reading import Piece, pieces

CLOSENESS, SAID_BY_PIECE, SAID_BY_PASSAGE = 64.0, 2.0, 3.0
MUST_BE_SAID = 2.0  # what is said counts once more where it is asked whether anything answers at all
FOREIGN, FROM_ENGLISH = (
    2.5,
    0.7,
)  # texts in two languages are further apart than what they mean; English is in the middle
EVEN = 57.8  # what as many answer as do not
UNKNOWN_NAME = 1.5  # taken from every passage where the question names what the whole store never does: "in Oslo"
OTHER_NUMBER = 4.0  # taken from a passage about firmware 3.4 where 4.2 is asked about
NO_VALUE = 4.0  # taken from a passage without any price where a price is asked for
ON_THE_WHOLE = 0.6  # by how much a passage that is near as a whole goes before one with a single near sentence
SAID_ALONE = 4.0  # by a piece, where only words are compared

NUMBERED = re.compile(r"\b([^\W\d_]{3,}) (\d+(?:\.\d+)*)\b(?! ?[%€°²]| (?:to|bis|or|oder|days?|months?|years?))")

NAME = re.compile(r"(?<=[a-z,] )[A-Z][^\W_]{2,}")


@dataclass(frozen=True)
class Question:
    """What is asked of one index: its words, its language, and its vector where there is an encoder."""

    text: str
    language: str
    asked: Asked
    vector: Vector | None = None

    @cached_property
    def names_unknown(self) -> bool:
        """Whether it has a name that no passage has; only English tells names by their capitals."""
        names = {name.casefold() for name in NAME.findall(self.text)} if self.language == "en" else set()
        named = [word for word in self.asked.words if word.text in names]
        return any(not any(self.asked.counts.get(form) for form in indexed(word)) for word in named)


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece, and how well it answers in comparison with others of the same search."""

    piece: Piece
    weight: float


@dataclass(frozen=True)
class Reading:
    """A passage as a question makes one read it.

    `score`: how likely it answers, from 0 to 1; `weight`: the same, in comparison with others of the same search.
    `share`: how much of it can be compared by its meaning.
    """

    score: float
    weight: float
    pieces: Sequence[Judged]
    share: float = 1.0


def language_of(text: str) -> str:
    return texts.language_of(texts.words_of(text))


def read(question: Question, title: str, text: str, language: str, vectors: Vector | None) -> Reading:
    """Judge a passage and its pieces.

    `language`: of the passage, empty where it is unknown. `vectors`: of its first pieces; None where there are none.
    """
    found, said_by_each, said_by_all = parsed(title, text)
    whole = question.asked.coverage(said_by_all)
    if question.vector is None or vectors is None:
        even = 0.0 if question.vector is None else EVEN - SAID_ALONE / 2  # beside passages that have their vectors
        covered = [question.asked.coverage(said) for said in said_by_each]
        alone = [Judged(one, even + SAID_ALONE * share) for one, share in zip(found, covered, strict=True)]
        return Reading(whole, even + SAID_ALONE * whole, alone)
    close = [float(near) for near in vectors @ question.vector]  # of the first pieces alone
    said_by_title = _said_in(title)
    covered = [question.asked.coverage(said, said_by_title) for said in said_by_each[: len(close)]]
    weights = [CLOSENESS * near + SAID_BY_PIECE * share for near, share in zip(close, covered, strict=True)]
    apart = FROM_ENGLISH if question.language == "en" else FOREIGN
    foreign = apart if language not in ("", question.language) else 0.0
    other = OTHER_NUMBER if _names_another(question.text, f"{title}\n{text}") else 0.0
    unknown = UNKNOWN_NAME if question.names_unknown else 0.0
    wanted = answer_type(question.text)
    lacking = NO_VALUE if wanted and not wanted.stands_in("\n".join(one.text for one in found)) else 0.0
    weight = max(weights, default=0.0) + SAID_BY_PASSAGE * whole + foreign - other - unknown - lacking
    score = 1 / (1 + math.exp(EVEN - weight - MUST_BE_SAID * whole))
    if close:
        weight -= ON_THE_WHOLE * CLOSENESS * (max(close) - sum(close) / len(close))
    share = len(close) / len(found) if found else 1.0
    return Reading(score, weight, [Judged(*one) for one in zip(found, weights, strict=False)], share)


@lru_cache(maxsize=20_000)
def _said_in(title: str) -> Said:
    return said_in(title)


def _names_another(question: str, text: str) -> bool:
    """Whether a question names something by a number ("firmware 4.2"), and a text has others of the name only."""
    asked, told = _numbered(question), _numbered(text)
    return any(name in told and number not in told[name] for name, numbers in asked.items() for number in numbers)


@lru_cache(maxsize=20_000)
def _numbered(text: str) -> dict[str, set[str]]:
    """Return the numbers that stand behind each name."""
    found: dict[str, set[str]] = {}
    for name, number in NUMBERED.findall(text):
        found.setdefault(name.casefold(), set()).add(number)
    return found


@lru_cache(maxsize=20_000)
def parsed(title: str, text: str) -> tuple[Sequence[Piece], Sequence[Said], Said]:
    """Return the pieces of a passage, what each says, and what all of it says."""
    found = pieces(text)
    about = ["" if one.about == title else one.about for one in found]
    each = [said_in(f"{above} {one.key} {one.text}") for above, one in zip(about, found, strict=True)]
    return found, each, said_in(f"{title} {text}")
