"""Conversation: a follow-up as the question it stands for, so that a search can find what it is about.

"How much is delivery to Austria?" - "and to Switzerland?" asks "How much is delivery to Switzerland?".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.openai import text as texts

MAX_WORDS = 9  # whoever writes more says what it is about
MAX_REPLY = 6  # words of an answer to our own question
MAX_TELLING = 3
CONNECTIVE = re.compile(
    r"^\W*(?:(?:and|or|but|so|also|then|what about|how about|und|oder|aber|auch|dann|was ist mit|wie ist es mit|"
    r"wie sieht es (?:aus )?mit|ok|okay)\b[\s,]*)+",
    re.IGNORECASE,
)
POINTING = frozenset(
    "it its that this these those they them one ones there then instead es das dies dieses davon dafür damit dabei dort"  # noqa: SIM905
    " sie ihn ihm diese dieser stattdessen".split()
)
PREPOSITIONS = "to|for|in|from|with|within|on|at|nach|in die|in der|in den|ins|für|mit|aus|bei|von|auf"
PLACE = re.compile(
    rf"\b({PREPOSITIONS})\s+((?:the |der |die |das |den |dem |a |an |ein |eine |einen )?[\w-]+)", re.IGNORECASE
)
ALIKE = [
    frozenset(words.split())
    for words in (
        "red orange yellow green blue white black purple amber rot gelb grün blau weiß schwarz lila",
        "germany austria switzerland france italy spain poland deutschland österreich schweiz frankreich italien",
        "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag",
        "daily weekly monthly yearly täglich wöchentlich monatlich jährlich",
        "express standard iphone android",
    )
]


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked: as it was said, and as it reads with what was asked before. `alone`: it may mean itself alone."""

    said: str
    rewritten: str
    alone: bool


def asking(turns: Sequence[tuple[str, str]]) -> Asking:
    """Read the last question of a conversation of (role, text); the last turn is the user's."""
    before, answered = "", ""
    current = Asking("", "", alone=True)
    for role, text in turns:
        if role == "user":
            current = _asking(text.strip(), before, answered)
            before, answered = current.rewritten, ""
        elif role == "assistant":
            answered = text.strip()
    return current


def _asking(text: str, before: str, answered: str) -> Asking:
    words = texts.words_of(text)
    if not before or len(words) > MAX_WORDS:
        return Asking(text, text, alone=True)
    if answered.endswith("?") and len(words) <= MAX_REPLY:
        return Asking(text, f"{before} {text}", alone=False)
    telling = [word for word in words if word not in texts.ANY_STOPWORD and word not in texts.LIGHT]
    rest = CONNECTIVE.sub("", text)
    points = not POINTING.isdisjoint(words)
    if rest != text or not telling or (points and len(telling) == 1):
        return Asking(text, _joined(before, rest), alone=False)
    if points and len(telling) <= MAX_TELLING:
        return Asking(text, _joined(before, rest), alone=True)
    return Asking(text, text, alone=True)


def _joined(before: str, rest: str) -> str:
    """Return the question before with what the follow-up puts in the place of something; else both."""
    place = PLACE.fullmatch(rest.strip(" ?!.,"))
    if place:
        same = [one for one in PLACE.finditer(before) if one[1].casefold() == place[1].casefold()]
        if same:
            return f"{before[: same[-1].start()]}{place[0]}{before[same[-1].end() :]}"
    for word in texts.words_of(rest):
        family = next((words for words in ALIKE if word in words), frozenset[str]())
        for other in family - {word}:
            replaced, count = re.subn(rf"\b{other}\b", word, before, flags=re.IGNORECASE)
            if count and len(texts.words_of(rest)) <= MAX_TELLING:
                return replaced
    return f"{before} {rest}"
