"""Raised and lowered text: 10 to the sixth is not 106."""

import re
from typing import Final

RAISED: Final = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED: Final = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")

MARKS: Final = {"tm": "™", "sm": "℠"}

_ENDING = re.compile(r"(?:st|nd|rd|th|er|ers?|re|e|[eè]me|os?|as?|r[ao]|do|[ºª™℠®©*†‡])", re.IGNORECASE)
"""What is raised for its looks only: 1st, 2º, a mark."""
_WORD = re.compile(r"\w+")


def raised(text: str) -> str:
    """Return text that stood above the line so that it does not run into what stands before it."""
    return _shifted(text, RAISED, "^")


def lowered(text: str) -> str:
    """Return text that stood below the line so that it does not run into what stands before it."""
    return _shifted(text, LOWERED, "_")


def _shifted(text: str, table: dict[int, int], mark: str) -> str:
    core = text.strip()
    if core.casefold() in MARKS:
        return text.replace(core, MARKS[core.casefold()])
    if not core or _ENDING.fullmatch(core):
        return text
    start, end = text[: text.index(core)], text[text.index(core) + len(core) :]
    if all(ord(letter) in table for letter in core):
        return f"{start}{core.translate(table)}{end}"
    return f"{start}{mark}{core}{end}" if _WORD.fullmatch(core) else f"{start}{mark}({core}){end}"
