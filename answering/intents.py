"""Intents: what a visitor wants who asks nothing that help pages could answer.

A greeting, thanks, a goodbye, who is speaking, a person instead, something about the conversation itself, an insult, or
a complaint without a subject. Judged by words in five languages, typing errors forgiven. Whatever has a subject of its
own is a question: it is better to search in vain than to leave one unanswered.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

MAX_WORDS = 25  # who writes more has something to say


class Intent(StrEnum):
    """What somebody wants. QUESTION: everything that is to be searched for."""

    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    IDENTITY = "identity"  # who or what are you
    CAPABILITIES = "capabilities"  # what can you do
    PERSON = "person"  # a person, please
    REPEAT = "repeat"  # say the last answer again
    SHORTER = "shorter"  # the last answer in fewer words
    CLOSING = "closing"  # ok, got it
    INSULT = "insult"
    VAGUE = "vague"  # it does not work
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Understood:
    """An intent, and the language of the words that told it; '' where they tell none."""

    intent: Intent
    language: str = ""


@dataclass(frozen=True)
class Lexicon:
    """The phrases of `intents.toml`, compiled."""

    wishes: tuple[tuple[str, re.Pattern[str]], ...]  # of a person, by language
    phrases: dict[str, tuple[tuple[Intent, re.Pattern[str]], ...]]  # by language, in the order they are looked for
    near: dict[str, frozenset[str]]  # words that matter, by what is left of them without one letter

    @property
    def words(self) -> frozenset[str]:
        return self.near[""]


def understand(message: str) -> Understood:
    """Return what a message wants. Linear in its length; of a long one nothing but QUESTION can come out."""
    words = _words(message)
    if not words:
        return Understood(Intent.GREETING if _WAVES.search(message) else Intent.VAGUE)
    if len(words) > MAX_WORDS:
        return Understood(Intent.QUESTION)
    lexicon = _lexicon()
    text = " ".join(_corrected(word, lexicon) for word in words)
    alone = _alone(text, lexicon)
    if alone.intent is Intent.IDENTITY:  # "am I talking to a person?" wishes for none
        return alone
    wished = next((language for language, pattern in lexicon.wishes if pattern.search(text)), None)
    return alone if wished is None else Understood(Intent.PERSON, wished)


def _alone(text: str, lexicon: Lexicon) -> Understood:
    """Find the language in which the message is small talk from end to end; a mixture of languages is the last try."""
    for languages in [*([language] for language in LANGUAGES), LANGUAGES]:
        found = _all_said(text, languages, lexicon)
        if found:
            intent = min((intent for intent, _ in found), key=_PRECEDENCE.index)
            return Understood(intent, next((language for _, language in found if language != ANY), ""))
    return Understood(Intent.QUESTION)


def _all_said(text: str, languages: Iterable[str], lexicon: Lexicon) -> list[tuple[Intent, str]]:
    """Return the intents of a message that says nothing else, or nothing."""
    phrases = [
        (intent, language, pattern) for language in [*languages, ANY] for intent, pattern in lexicon.phrases[language]
    ]
    found: list[tuple[Intent, str]] = []
    rest = text
    for intent, language, pattern in sorted(phrases, key=lambda one: _LOOKED_FOR.index(one[0])):
        rest, count = pattern.subn(" ", rest)
        if count:
            found.append((intent, language))
    return found if all(word in _FILLERS for word in rest.split()) else []


def _words(message: str) -> list[str]:
    """Return the words of a message, folded: no case, no accents, no drawn-out letters, one form of Arabic letters."""
    return re.findall(r"[^\W_]+", _folded(message[:2000]).replace("'", ""))


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss").replace("’", "'"))
    plain = "".join(one for one in decomposed if not unicodedata.combining(one))
    return _DRAWN_OUT.sub(r"\1", plain.translate(_ARABIC))


def _corrected(word: str, lexicon: Lexicon) -> str:
    """Return the word that was meant, if it is a slip of a finger away from one that matters here."""
    if word in lexicon.words or not MIN_CORRECTED <= len(word) <= MAX_CORRECTED:
        return word
    meant = sorted({known for left in _deletions(word) for known in lexicon.near.get(left, ())})
    best = sorted(meant, key=lambda known: (-_common_start(word, known), len(known)))
    return best[0] if best else word


def _deletions(word: str) -> set[str]:
    """Return the word, and it without each of its letters: two words that share one differ by a slip of a finger."""
    return {word} | {word[:index] + word[index + 1 :] for index in range(len(word))}


def _common_start(word: str, other: str) -> int:
    return next(
        (index for index, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other))
    )


@cache
def _lexicon() -> Lexicon:
    told = tomllib.loads(Path(__file__).with_name("intents.toml").read_text(encoding="utf-8"))
    wishes = tuple(
        (language, re.compile(_plain_letters(one))) for language in told for one in told[language].pop("person", [])
    )
    phrases = {
        language: tuple((Intent(name), _whole(alternatives)) for name, alternatives in intents.items())
        for language, intents in told.items()
    }
    patterns = [*(pattern for _, pattern in wishes), *(pattern for known in phrases.values() for _, pattern in known)]
    words = frozenset(word for one in patterns for word in _LETTERS.findall(_ESCAPES.sub(" ", one.pattern)))
    near: dict[str, set[str]] = {}
    for word in words:
        for left in _deletions(word):
            near.setdefault(left, set()).add(word)
    return Lexicon(wishes, phrases, {"": words} | {left: frozenset(of) for left, of in near.items()})


def _whole(alternatives: list[str]) -> re.Pattern[str]:
    longest_first = sorted(alternatives, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{_plain_letters('|'.join(longest_first))})(?!\w)")


def _plain_letters(pattern: str) -> str:
    return pattern.translate(_ARABIC)


LANGUAGES = ("en", "de", "fr", "es", "ar")
ANY = "any"
MIN_CORRECTED, MAX_CORRECTED = 4, 16

_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_WAVES = re.compile("[\U0001f44b\U0001f64b]")
_ESCAPES = re.compile(r"\\[a-zA-Z]")
_LETTERS = re.compile(r"[^\W\d_]{4,}")
_ARABIC = str.maketrans("أإآىة", "ااايه")

# What is taken out first: what contains words of the others comes before them.
_LOOKED_FOR = [
    Intent.THANKS, Intent.GOODBYE, Intent.IDENTITY, Intent.CAPABILITIES, Intent.SHORTER, Intent.REPEAT, Intent.INSULT,
    Intent.VAGUE, Intent.GREETING, Intent.CLOSING,
]  # fmt: skip
# Who says several things wants the first of these.
_PRECEDENCE = [
    Intent.INSULT, Intent.IDENTITY, Intent.CAPABILITIES, Intent.SHORTER, Intent.REPEAT, Intent.VAGUE, Intent.GOODBYE,
    Intent.THANKS, Intent.GREETING, Intent.CLOSING,
]  # fmt: skip

_FILLER_WORDS = """
please pls so and then well now oh ah um hmm yes no yeah yep nope there all everyone team guys sir madam just really
very much again today too for your the a an but it me i you im that this dear bot haha lol bitte ja nein und dann
also mal doch nun jetzt noch auch sehr so ich du sie dir ihnen mir leute zusammen svp sil vous plait te tu et alors
oui non donc bien tres encore por favor y pues si no muy bien من فضلك لو سمحت و نعم لا
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
