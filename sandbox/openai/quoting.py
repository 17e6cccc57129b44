"""Answers without a model: the sentences that say most of what was asked, quoted with the file they stand in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.openai import text as texts
from sandbox.openai.ranking import Asked
from sandbox.openai.search import Found

SUPPORT = 0.5  # a passage that covers less of the question is about something else
MAX_FILES = 3
MAX_SENTENCES = 3
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")
LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d+[.)]|>)\s+")
ROW = re.compile(r"^\|.*\|$")
RULE = re.compile(r"^\s*\|[\s:|-]+\|\s*$")
CELL_END = re.compile(r"(?<!\\)\|")
BARE_ADDRESS = re.compile(r"^<?https?://\S+>?$")
NOTHING = {
    "en": "I found nothing about this in the knowledge base.",
    "de": "Dazu habe ich in der Wissensdatenbank nichts gefunden.",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """A file that the text before `index` was quoted from."""

    file: str
    filename: str
    index: int


@dataclass(frozen=True, slots=True)
class Quoted:
    """What is said, and where it was found: no citations where nothing was."""

    text: str
    citations: tuple[Citation, ...]


def compose(question: str, asked: Asked, found: Sequence[Found]) -> Quoted:
    """Quote the passages that support an answer, best first; say so where none does."""
    text, citations = "", []
    for passage in _supporting(found):
        quote = " ".join(_telling(passage.text, asked))
        if quote:
            text += ("\n\n" if text else "") + quote
            citations.append(Citation(passage.file, passage.filename, len(text)))
    if citations:
        return Quoted(text, tuple(citations))
    return Quoted(NOTHING[_language(question)], ())


def _supporting(found: Sequence[Found]) -> list[Found]:
    best: dict[str, Found] = {}
    for passage in found:
        if passage.score >= SUPPORT:
            best.setdefault(passage.file, passage)
    return list(best.values())[:MAX_FILES]


def _telling(passage: str, asked: Asked) -> list[str]:
    """Return the sentences that cover most of the question, in the order they stand in."""
    sentences = list(dict.fromkeys(_sentences(passage)))
    covered = {sentence: asked.coverage(_all_terms(sentence)) for sentence in sentences}
    ranked = sorted(sentences, key=lambda sentence: -covered[sentence])[:MAX_SENTENCES]
    kept = {sentence for sentence in ranked if covered[sentence] >= covered[ranked[0]] / 2}
    return [sentence for sentence in sentences if sentence in kept]


def _sentences(passage: str) -> list[str]:
    """Cut running text and list entries; headings, breadcrumbs, addresses and table heads say nothing by themselves."""
    found = []
    lines = passage.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        plain = LIST_MARK.sub("", line).strip()
        if ROW.match(plain):
            found += [_row(plain)] if not RULE.match(following) and not RULE.match(plain) else []
        elif plain and not texts.HEADING.match(line) and not _furniture(plain):
            found += SENTENCE_END.split(plain)
    return found


def _row(line: str) -> str:
    """A row of a table as it would be read aloud: what it is about, and what is said of it."""
    cells = [cell.replace("<br>", " ").replace("\\|", "|").strip() for cell in CELL_END.split(line.strip("| "))]
    about, *said = [cell for cell in cells if cell] or [""]
    return f"**{about.strip('*')}**: {' – '.join(said)}" if said else about


def _furniture(line: str) -> bool:
    breadcrumb = " › " in line and line[-1] not in ".!?:"
    return breadcrumb or bool(BARE_ADDRESS.match(line)) or not any(sign.isalnum() for sign in line)


def _all_terms(sentence: str) -> set[str]:
    words = texts.words_of(sentence)
    return {term for language in texts.STEMMERS for term in texts.terms_of(words, language)}


def _language(question: str) -> str:
    return texts.language_of(texts.words_of(question))
