"""How passages are ordered: what a question asks of an index, and whose turn it is."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_WORDS = 200  # the rarest words of a question as long as a letter: the common ones cost most and say least
MAX_PAIRS = 200
FILLER_WEIGHT = 0.3  # "when" and "how" tell questions of one kind apart, and say little beside any other word
SATURATION, LENGTH = 1.2, 0.75  # of BM25, as FTS5 has them
PER_FILE = 2  # passages of one file before other files have their turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A question against one index: its words in the forms they may have there, and how many passages hold each.

    `groups` are its telling words, or all if none is telling; `fillers` those that say little.
    """

    groups: Sequence[tuple[str, ...]]
    fillers: Sequence[tuple[str, ...]]
    counts: Mapping[str, int]
    pairs: Sequence[tuple[str, str]]
    passages: int

    def expression(self) -> str:
        """Write it for FTS5: its rarest indexed words, and pairs of them side by side."""
        known = [[form for form in group if form in self.counts] for group in self.groups]
        rarest = sorted(filter(None, known), key=lambda forms: max(self.counts[form] for form in forms))[:MAX_WORDS]
        pairs = [f'"{first} {second}"' for first, second in self.pairs[:MAX_PAIRS]]
        return " OR ".join([f'"{form}"' for forms in rarest for form in forms] + pairs)

    def coverage(self, terms: set[str]) -> float:
        """Return the share of the question that the terms cover, rare words counting more; 0 for an empty question."""
        weights = {group: self._rarity(group) for group in self.groups}
        covered = sum(weight for group, weight in weights.items() if not terms.isdisjoint(group))
        return covered / sum(weights.values()) if weights else 0.0

    def closer(self, candidates: Sequence["Candidate"]) -> list["Candidate"]:
        """Order candidates by their weight and what the fillers add: BM25, their mean length being the usual one."""
        usual = sum(len(one.terms) for one in candidates) / len(candidates)
        weights = {group: self._rarity(group) * FILLER_WEIGHT for group in self.fillers}

        def weight(one: "Candidate") -> float:
            times = Counter(one.terms)
            damping = SATURATION * (1 - LENGTH + LENGTH * len(one.terms) / usual)
            held = ((sum(times[form] for form in group), rare) for group, rare in weights.items())
            return one.weight + sum(rare * n * (SATURATION + 1) / (n + damping) for n, rare in held)

        return sorted(candidates, key=weight, reverse=True)

    def _rarity(self, group: tuple[str, ...]) -> float:
        return rarity(max(self.counts.get(form, 0) for form in group), self.passages)


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
