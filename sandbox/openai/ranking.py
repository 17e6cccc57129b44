"""How passages are ordered: what a question asks of an index, and whose turn it is."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_WORDS = 24  # the rarest words of a long question: the common ones cost most and say least
MOST_PAIRS = 12
PER_FILE = 2  # passages of one file before other files have their turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A question against one index: its words in the forms they may have there, and how many passages hold each."""

    groups: Sequence[tuple[str, ...]]
    counts: Mapping[str, int]
    pairs: Sequence[tuple[str, str]]
    passages: int

    def expression(self) -> str:
        """Write it for FTS5: its rarest indexed words, and pairs of them side by side."""
        known = [[form for form in group if form in self.counts] for group in self.groups]
        rarest = sorted(filter(None, known), key=lambda forms: max(self.counts[form] for form in forms))[:MOST_WORDS]
        pairs = [f'"{first} {second}"' for first, second in self.pairs[:MOST_PAIRS]]
        return " OR ".join([f'"{form}"' for forms in rarest for form in forms] + pairs)

    def coverage(self, terms: set[str]) -> float:
        """Return the share of the question that the terms cover, rare words counting more; 0 for an empty question."""
        weights = {
            group: rarity(max(self.counts.get(form, 0) for form in group), self.passages) for group in self.groups
        }
        covered = sum(weight for group, weight in weights.items() if not terms.isdisjoint(group))
        return covered / sum(weights.values()) if weights else 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that holds something of a question."""

    passage: int
    attached: int
    weight: float
    terms: tuple[str, ...]


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
