"""Grounding: whether what a model wrote is what its passages say.

Words are compared, no second model is asked: an answer must say mostly what the passages say, and every number,
address and link in it must stand there. Sentences of a document that address the model are no support for anything.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from answering.injection import is_instruction

STRICT = 0.5
FOLLOWS_INJECTION = "repeats what a document tells the model to do"
STEM = 6  # words of one stem share their beginning: return, returns, returned

_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*")
_ORDINAL = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w|(?:https?://|www\.)[^\s<>()\[\]\"']+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer may be given; `reason` says what is missing."""

    grounded: bool
    share: float
    reason: str = ""


class Evidence:
    """What the passages say, without the instructions to a model that stand in them."""

    def __init__(self, passages: Iterable[str], question: str) -> None:
        kept: list[str] = []
        self.injections: list[str] = []
        for passage in passages:
            for sentence in sentences(passage):
                (self.injections if is_instruction(sentence) else kept).append(sentence)
        self.text = "\n".join(kept)
        self._words = stems(self.text)
        self._ordered = stems("\n".join(self.injections))
        self._asked = stems(question)
        self._numbers = numbers(self.text) | numbers(question)
        self._addresses = addresses(self.text)

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def share(self, text: str) -> float:
        """Return how much of a text's words the passages say; 1 for a text without words of its own."""
        own = stems(text) - self._asked
        return len(own & self._words) / len(own) if own else 1.0

    def unsupported_token(self, text: str) -> str:
        """Return a number or address of the text that stands nowhere in the passages, or nothing."""
        unknown = addresses(text) - self._addresses
        if not unknown:
            unknown = numbers(_ORDINAL.sub("", text)) - self._numbers
        return min(unknown, default="")

    def mentions(self, address: str) -> bool:
        """Whether the passages hold that link or address."""
        return plain_address(address) in self._addresses

    def follows_injection(self, text: str) -> bool:
        """Whether a text carries out or repeats an instruction to the model that stands in a passage.

        Where there is one, each sentence must be what the passages say: a model that obeys says something else.
        """
        if self.injections and any(self.share(sentence) < STRICT for sentence in sentences(text)):
            return True
        own = stems(_ADDRESS.sub(" ", text)) - self._words - self._asked
        ordered = own & self._ordered
        return len(ordered) >= 2 or bool(own and ordered == own) or (is_instruction(text) and bool(self.injections))

    def judge(self, answer: str, least: float, *, translated: bool) -> Verdict:
        """Say whether the passages support the answer. `translated`: it is in another language than they are."""
        if self.follows_injection(answer):
            return Verdict(grounded=False, share=0.0, reason=FOLLOWS_INJECTION)
        if token := self.unsupported_token(answer):
            return Verdict(grounded=False, share=0.0, reason=f"{token[:80]} stands in no passage")
        share = self.share(answer)
        if share < least and not translated:
            return Verdict(grounded=False, share=share, reason=f"the passages say {share:.0%} of it")
        return Verdict(grounded=True, share=share)


def sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE.split(text) if part.strip()]


def stems(text: str) -> frozenset[str]:
    """Return the beginnings of the words that say something; of scripts without spaces, pairs of characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    wide = _WIDE.findall(folded)
    words = {word[:STEM] for word in _WORD.findall(folded) if not _WIDE.search(word)}
    return frozenset(words | {a + b for a, b in pairwise(wide)})


def numbers(text: str) -> frozenset[str]:
    """Return the numbers of a text as digits alone, small ones also from words."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    written = {_SPELLED[word] for word in re.findall(r"[^\W\d_]+", plain) if word in _SPELLED}
    return frozenset({re.sub(r"[.,]", "", number).lstrip("0") or "0" for number in _NUMBER.findall(plain)} | written)


def addresses(text: str) -> frozenset[str]:
    return frozenset(plain_address(found) for found in _ADDRESS.findall(text))


def split(text: str) -> list[str]:
    """Cut a text behind each complete sentence; the last part is the one that is still being written."""
    return _SENTENCE.split(text)


def foreign(language: str, languages: Iterable[str]) -> bool:
    """Whether an answer is in another language than every passage that could support it."""
    known = {code[:2].casefold() for code in languages if code}
    return bool(known) and language not in known


def plain_address(found: str) -> str:
    """Return an address as it is compared: without scheme and what follows it in a sentence."""
    return found.casefold().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/.,;:!?)*_")


_SPELLED = {
    word: str(number)
    for number, words in {
        1: "one ein eine einen einem einer un une uno una",
        2: "two zwei deux dos twice",
        3: "three drei trois tres",
        4: "four vier quatre cuatro",
        5: "five fünf cinq cinco",
        6: "six sechs six seis",
        7: "seven sieben sept siete",
        8: "eight acht huit ocho",
        9: "nine neun neuf nueve",
        10: "ten zehn dix diez",
        11: "eleven elf onze once",
        12: "twelve zwölf douze doce dozen",
        14: "fourteen vierzehn quatorze catorce",
        15: "fifteen fünfzehn quinze quince",
        20: "twenty zwanzig vingt veinte",
        24: "vierundzwanzig veinticuatro",
        30: "thirty dreißig dreissig trente treinta",
        40: "forty vierzig quarante cuarenta",
        50: "fifty fünfzig cinquante cincuenta",
        60: "sixty sechzig soixante sesenta",
        90: "ninety neunzig noventa",
        100: "hundred hundert cent cien",
        1000: "thousand tausend mille mil",
    }.items()
    for word in words.split()
}
