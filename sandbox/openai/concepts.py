"""Concepts: what English and German words for one thing have in common, as a customer and a page say it."""

from collections.abc import Collection
from functools import cache
from pathlib import Path

from sandbox.openai import text as texts

MIN_COMPOUND = 5  # letters of a word that may stand inside a longer one: "filter" in "Filterwechsel"


@cache
def concepts_of(word: str) -> frozenset[int]:
    """Return the concepts of a word in any form; of a compound, those of what it is made of."""
    by_form = _by_form()
    found = {concept for form in texts.forms(word) for concept in by_form.get(form, ())}
    if found or len(word) < 2 * MIN_COMPOUND - 1:
        return frozenset(found)
    parts = (form for form in by_form if len(form) >= MIN_COMPOUND and (word.startswith(form) or word.endswith(form)))
    return frozenset(concept for form in parts for concept in by_form[form])


@cache
def concept_forms(concept: int) -> tuple[str, ...]:
    """Return the forms of every word for a concept."""
    return _by_concept()[concept]


@cache
def concept_words() -> Collection[str]:
    """Return every word that stands for a concept, as it is written."""
    return frozenset(word for line in _lines() for word in texts.words_of(line))


@cache
def _by_form() -> dict[str, tuple[int, ...]]:
    table: dict[str, tuple[int, ...]] = {}
    for number, line in enumerate(_lines()):
        for word in line.split():
            for form in texts.forms("".join(texts.words_of(word))):
                table[form] = (*table.get(form, ()), number)
    return table


@cache
def _by_concept() -> dict[int, tuple[str, ...]]:
    table: dict[int, list[str]] = {}
    for form, concepts in _by_form().items():
        for concept in concepts:
            table.setdefault(concept, []).append(form)
    return {concept: tuple(forms) for concept, forms in table.items()}


def _lines() -> list[str]:
    lines = Path(__file__).with_name("thesaurus.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
