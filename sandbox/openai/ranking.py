"""How passages are ordered: what a question asks of an index, and whose turn it is."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sandbox.openai import text as texts
from sandbox.openai.concepts import concept_forms, concepts_of
from sandbox.openai.text import Word

Said = frozenset[str | int]
"""What a text says: its terms, and the concepts they stand for."""

MAX_WORDS = 200  # the rarest words of a question as long as a letter: the common ones cost most and say least
MAX_PAIRS = 200
RELATED_WEIGHT = 0.8  # of another word for the same thing
FILLER_WEIGHT = 0.3  # "when" and "how" tell questions of one kind apart, and say little beside any other word
SATURATION, LENGTH = 1.2, 0.75  # of BM25, as FTS5 has them
PER_FILE = 2  # passages of one file before other files have their turn


@dataclass(frozen=True)
class Asked:
    """A question against one index: its words, and how many passages hold each of their forms.

    `words` are the telling ones, or all if none is telling; `fillers` those that say little.
    """

    words: Sequence[Word]
    fillers: Sequence[Word]
    counts: Mapping[str, int]
    pairs: Sequence[tuple[str, str]]
    passages: int

    def expression(self) -> str:
        """Write it for FTS5: its rarest indexed words, and pairs of them side by side."""
        known = [[form for form in word.forms if form in self.counts] for word in self.words]
        rarest = sorted(filter(None, known), key=lambda forms: max(self.counts[form] for form in forms))[:MAX_WORDS]
        pairs = [f'"{first} {second}"' for first, second in self.pairs[:MAX_PAIRS]]
        return " OR ".join([f'"{form}"' for forms in rarest for form in forms] + pairs)

    def coverage(self, *said: Said) -> float:
        """Return the share of the question that is said, rare words counting more; 0 for an empty question."""
        covered = sum(weight * _covers(said, word) for word, weight in self._weights)
        return covered / sum(weight for _, weight in self._weights) if self._weights else 0.0

    @cached_property
    def _weights(self) -> Sequence[tuple[Word, float]]:
        asked = [word for word in self.words if word.text not in texts.LIGHT] or self.words
        return [(word, self._rarity(indexed(word))) for word in asked]

    def named(self, text: str) -> float:
        """Return how much of what is asked for a text names: rare words count more."""
        said = [said_in(text)]
        return sum(weight * _covers(said, word) for word, weight in self._weights)

    def closer(self, candidates: Sequence["Candidate"]) -> list["Candidate"]:
        """Order candidates by their weight and what the fillers add: BM25, their mean length being the usual one."""
        usual = sum(len(one.terms) for one in candidates) / len(candidates)
        weights = {word: self._rarity(word.forms) * FILLER_WEIGHT for word in self.fillers}

        def weight(one: "Candidate") -> float:
            times = Counter(one.terms)
            damping = SATURATION * (1 - LENGTH + LENGTH * len(one.terms) / usual)
            held = ((sum(times[form] for form in word.forms), rare) for word, rare in weights.items())
            return one.weight + sum(rare * n * (SATURATION + 1) / (n + damping) for n, rare in held)

        return sorted(candidates, key=weight, reverse=True)

    def _rarity(self, forms: Iterable[str]) -> float:
        return rarity(max(self.counts.get(form, 0) for form in forms), self.passages)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that holds something of a question."""

    passage: int
    attached: int
    weight: float
    terms: tuple[str, ...]


def said(terms: Iterable[str]) -> Said:
    """Return what terms say."""
    return frozenset[str | int]().union(*(_said(term) for term in terms))


def said_in(text: str) -> Said:
    return said(texts.words_of(text))


def indexed(word: Word) -> list[str]:
    """Return every form under which a passage may speak of a word: its own, and those of other words for it."""
    return list(
        dict.fromkeys([*word.forms, *(form for concept in concepts_of(word.text) for form in concept_forms(concept))])
    )


@lru_cache(maxsize=200_000)
def _said(term: str) -> Said:
    return frozenset((*texts.forms(term), *concepts_of(term)))


def _covers(said: Sequence[Said], word: Word) -> float:
    if any(not one.isdisjoint(word.forms) for one in said):
        return 1.0
    concepts = concepts_of(word.text)
    return RELATED_WEIGHT if any(not one.isdisjoint(concepts) for one in said) else 0.0


def rarity(count: int, passages: int) -> float:
    return math.log(1 + (passages - count + 0.5) / (count + 0.5))


def in_turns(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Let no file have its third passage before every other file had its first."""
    seen: Counter[int] = Counter()
    turns: tuple[list[Candidate], list[Candidate]] = ([], [])
    for one in candidates:
        seen[one.attached] += 1
        turns[seen[one.attached] > PER_FILE].append(one)
    return turns[0] + turns[1]
