"""What the local OpenAI-compatible server makes of a file's text: passages of a size, and the terms to find them by."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from threading import Lock

import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

WIDE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts written without spaces: each character is a token and a term
TOKEN = re.compile(rf"[{WIDE}]|[^\W{WIDE}]{{1,16}}|[^\w\s]")
TERM = re.compile(rf"[{WIDE}]|[^\W_{WIDE}]+")
HEADING = re.compile(r" {0,3}#{1,6} ")
TITLE = re.compile(r"^ {0,3}# +(.+?)[ #]*$", re.MULTILINE)
ADDRESS = re.compile(r"^<?https?://\S+>?[ \t]*$", re.MULTILINE)
STEMMERS = {"en": snowballstemmer.stemmer("english"), "de": snowballstemmer.stemmer("german")}
STEMMING = Lock()  # a stemmer keeps the word it is at: two threads in one get wrong stems, or an IndexError
ENGLISH = """
a about after all also am an and any are as at be because been before being but by can could did do does doing for
from had has have having he her here hers him his how often i if in into is it its just me more most my no nor not of
off on once only or other our out over own same she should so some such t than that the their them then there these they
this those through to too under until up us was we were what when where which while who whom why will with would you
your yours s don doesn didn isn aren won re ve ll d m
"""
GERMAN = """
aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf aus bei beim
bin bis bist da damit dann das dass dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses
dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure für gegen habe haben hat hatte
hier hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jedem jeden jeder jedes kann kein keine
keinen können könnte man mein meine meinem meinen meiner mich mir mit muss nach nicht noch nun nur ob oder oft ohne sehr
sein seine seinem seinen seiner sich sie sind so solche soll sollte sondern über um und uns unser unsere unter vom
von vor war waren warum was weil weiter welche welchem welchen welcher welches wenn wer werde werden wie wieder will
wir wird wo wurde wurden zu zum zur zwar zwischen
"""
STOPWORDS = {"en": frozenset(ENGLISH.split()), "de": frozenset(GERMAN.split())}
ANY_STOPWORD = STOPWORDS["en"] | STOPWORDS["de"]
# Words that any question may have: found, they show nothing, and missing, they leave nothing unanswered.
ANY_QUESTION = """
want wants wanted need needs like get gets got getting make makes made give gives let lets tell help please hi hello
thanks really actually still already right way something anything someone somebody problem question work works working
use using try happens happen know find see do does yes no new one two possible able instead
möchte möchten brauche brauchen hätte würde gern gerne bitte hallo gibt geht gehen machen mache macht tun habt bekomme
bekommen kriege kriegen sagen heißt passiert wissen finden ihr euch eure schon
"""
LIGHT = frozenset(ANY_QUESTION.split())


@dataclass(frozen=True, slots=True)
class Chunking:
    """How a file is cut, in tokens; the defaults are those of `{"type": "auto"}`."""

    tokens: int = 800
    overlap: int = 400


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question, and the forms it may be indexed under."""

    text: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text that is not cut: a line, or a piece of a very long one."""

    start: int
    end: int
    tokens: int
    heading: bool


def count_tokens(text: str) -> int:
    """Approximate what a model's tokenizer would count: words, long ones in pieces, and signs."""
    return sum(1 for _ in TOKEN.finditer(text))


def passages(text: str, chunking: Chunking) -> list[str]:
    """Cut a text into passages of at most `chunking.tokens`, at a heading where one comes late enough.

    A cut at a heading starts anew; any other cut repeats up to `chunking.overlap` tokens. Blank texts give none.
    """
    units = list(_units(text, chunking.tokens))
    found, start = [], 0
    while start < len(units):
        end = _fill(units, start, chunking.tokens)
        if end < len(units):
            end = _heading_between(units, start, end) or end
        passage = text[units[start].start : units[end - 1].end].strip()
        if passage:
            found.append(passage)
        start = end if end == len(units) or units[end].heading else _back(units, start, end, chunking.overlap)
    return found


def title_of(text: str) -> str:
    """Return the first top heading, or nothing."""
    match = TITLE.search(text[:5000])
    return match.group(1) if match else ""


def body_of(passage: str, title: str) -> str:
    """Return what is indexed as the passage's own: not the title, which has its place, nor bare addresses."""
    head = TITLE.match(passage)
    own = passage[head.end() :] if head and head.group(1) == title else passage
    return ADDRESS.sub("", own)


def words_of(text: str) -> list[str]:
    return TERM.findall(unicodedata.normalize("NFKC", text).casefold())


def language_of(words: list[str], hint: str = "") -> str:
    """Return `en`, `de`, or the hint's language; without a hint, whichever has more of its stopwords in the text."""
    primary = hint.casefold().replace("_", "-").split("-")[0]
    if primary:
        return primary
    sample = words[:400]
    german = sum(word in STOPWORDS["de"] for word in sample)
    return "de" if german > sum(word in STOPWORDS["en"] for word in sample) else "en"


def terms_of(words: list[str], language: str) -> list[str]:
    """Return the words as they are indexed: stemmed in their language, untouched in one we cannot stem."""
    return [stem(word, language) for word in words] if language in STEMMERS else words


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    with STEMMING:
        return str(STEMMERS[language].stemWord(word))


def asked_terms(question: str) -> list[Word]:
    """Return the distinct words of a question that say something; all of them where none does."""
    words = dict.fromkeys(words_of(question))
    telling = [word for word in words if word not in ANY_STOPWORD]
    return list({forms(word): Word(word, forms(word)) for word in telling or words}.values())


def asked_fillers(question: str) -> list[Word]:
    """Return the question's words that say little by themselves: "when", "how", "wie"."""
    return [Word(word, forms(word)) for word in dict.fromkeys(words_of(question)) if word in ANY_STOPWORD]


def asked_pairs(question: str) -> list[tuple[str, str]]:
    """Return the telling words that follow each other in a question, as they would be indexed side by side."""
    words = words_of(question)
    pairs = [
        (stem(first, language), stem(second, language))
        for first, second in pairwise(words)
        if not {first, second} & ANY_STOPWORD
        for language in STEMMERS
    ]
    return list(dict.fromkeys(pairs))


def forms(word: str) -> tuple[str, ...]:
    """Return a word as it may be indexed: stemmed in either language, and as it is."""
    return tuple(dict.fromkeys((stem(word, "en"), stem(word, "de"), word)))


def _units(text: str, most: int) -> Iterator[Unit]:
    position = 0
    for line in text.splitlines(keepends=True):
        tokens = [match.end() for match in TOKEN.finditer(line)]
        begin = 0
        for cut in range(most, len(tokens), most):
            yield Unit(position + begin, position + tokens[cut - 1], most, heading=False)
            begin = tokens[cut - 1]
        rest = len(tokens) - (len(tokens) - 1) // most * most if tokens else 0
        yield Unit(position + begin, position + len(line), rest, heading=bool(HEADING.match(line)))
        position += len(line)


def _fill(units: list[Unit], start: int, most: int) -> int:
    total, end = 0, start
    while end < len(units) and total + units[end].tokens <= most:
        total += units[end].tokens
        end += 1
    return max(end, start + 1)


def _heading_between(units: list[Unit], start: int, end: int) -> int | None:
    """Return the last heading in the second half of the window, so that passages do not become slivers."""
    whole, total = sum(unit.tokens for unit in units[start:end]), 0
    for at in range(end, start, -1):
        if at < len(units) and units[at].heading:
            return at
        total += units[at - 1].tokens
        if total * 2 > whole:
            return None
    return None


def _back(units: list[Unit], start: int, end: int, overlap: int) -> int:
    total, at = 0, end
    while at - 1 > start and total + units[at - 1].tokens <= overlap:
        at -= 1
        total += units[at].tokens
    return at
