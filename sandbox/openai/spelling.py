"""Spelling: words that a slip of a finger parts: a letter too many, too few, a wrong vowel, two in the wrong order."""

from functools import lru_cache

from sandbox.openai import text as texts
from sandbox.openai.concepts import concept_words

MIN_LENGTH = 5  # of both: of a shorter word, too many others are near
VOWELS = frozenset("aeiouyäöü")


def may_be_misspelt(word: str) -> bool:
    return len(word) >= MIN_LENGTH and word.isalpha() and word not in texts.LIGHT


def is_a_slip(word: str, other: str) -> bool:
    """Whether one slip makes one word of the other; not whether they are the same."""
    if word == other or abs(len(word) - len(other)) > 1 or min(len(word), len(other)) < MIN_LENGTH:
        return False
    start = next((at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    a, b = word[start:], other[start:]
    if len(a) != len(b):
        longer, shorter = (a, b) if len(a) > len(b) else (b, a)
        return longer[1:] == shorter
    return (a[1:] == b[1:] and {a[0], b[0]} <= VOWELS) or (a[2:] == b[2:] and a[:2] == b[1::-1])


@lru_cache(maxsize=10_000)
def alike(word: str) -> tuple[str, ...]:
    """Return the words of the thesaurus that a slip makes the word of."""
    return tuple(known for known in concept_words() if known[0] == word[0] and is_a_slip(word, known))
