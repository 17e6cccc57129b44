"""Answers without a model: the pieces that answer best, joined to a short answer, with the file they stand in.

It is a stand-in for a model: it picks and joins what help pages say, and writes hardly a word of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.openai.answer_types import answer_type
from sandbox.openai.reading import Kind, Piece
from sandbox.openai.relevance import Judged, Question, read
from sandbox.openai.search import Found

SUPPORT = 0.5  # a passage that scores less is about something else
NEAR = 1.2  # pieces whose weights differ by less answer together
OWN_LANGUAGE = 1.5  # by how much a page in another language must answer better than one in the question's
MAX_PAGES = 2
MAX_WORDS = 60  # of a paragraph that is quoted whole
MAX_MORE = 2  # pieces from elsewhere on the page
MAX_ROWS = 3  # rows that are told; of more, one is asked for
MAX_ITEMS = 8
FIGURE_WEIGHT = 1.0
STEP_WEIGHT = 0.7
FIGURES = re.compile(
    r"\b(?:how (?:long|many|much|often|far|high|loud|fast|old|heavy|big|large|quick\w*)|when|until|till"
    r"|what (?:time|size|speed|height)|costs?|price|kostet|kosten|preis|wann|bis wann"
    r"|wie (?:lange|viele?|oft|weit|hoch|laut|schnell|schwer|groß|teuer))\b",
    re.IGNORECASE,
)
HOW_TO = re.compile(
    r"\b(?:how (?:do|can|to|should)|what now|what (?:can|should|do) i|steps?"
    r"|(?:will|does|do|is|are)(?: not|n['’]t)|cannot|can['’]t|(?:geht|funktioniert|verbindet|startet) (?:sich )?nicht"
    r"|wie (?:kann|muss|soll|geht|mache?|\w+e ich)|was (?:tun|nun|jetzt|kann ich|soll ich|muss ich))\b",
    re.IGNORECASE,
)
NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|once|twice|daily|free|hour|ein(?:en|em|er)?|zwei|drei|vier"
    r"|fünf|sechs|sieben|acht|neun|zehn|zwölf|täglich|kostenlos|stunde|sofort|next day)\b",
    re.IGNORECASE,
)
NOTHING = {
    "en": "I found nothing about this in the knowledge base.",
    "de": "Dazu habe ich in der Wissensdatenbank nichts gefunden.",
}
IN_ENGLISH = {"de": "Antwort (EN):", "en": ""}  # claims nothing, so that the gate lets it stand before what it leads to
IN_GERMAN = {"en": "Answer (DE):", "de": ""}
WHICH = {"en": ("Which one do you mean: {}?", "or"), "de": ("Was davon meinen Sie: {}?", "oder")}


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


def compose(question: Question, found: Sequence[Found]) -> Quoted:
    """Answer from the passages that support an answer, best first; say so where none does."""
    pages = [_judged(question, one) for one in _supporting(found)]
    if not pages:
        return Quoted(NOTHING[_own(question.language)], ())
    together = _together(question, pages)
    if asked_back := _which(question, together[0][1] if together else ()):
        return Quoted(asked_back, ())
    text, citations = "", []
    for passage, judged in together:
        chosen = _chosen(question, judged)
        if text and all(one.text in text for one in chosen):
            continue
        quote = _told(question, passage.language, chosen)
        text += ("\n\n" if text else "") + quote
        citations.append(Citation(passage.file, passage.filename, len(text)))
    return Quoted(text, tuple(citations))


def _supporting(found: Sequence[Found]) -> list[Found]:
    best: dict[str, Found] = {}
    for passage in found:
        if passage.score >= SUPPORT:
            best.setdefault(passage.file, passage)
    return list(best.values())


def _judged(question: Question, passage: Found) -> tuple[Found, list[Judged]]:
    """Return a passage and its pieces, weighed by what kind of answer is asked for, too."""
    judged = passage.pieces or read(question, passage.title, passage.text, passage.language, None).pieces
    steps = HOW_TO.search(question.text)
    return passage, [
        Judged(
            one.piece,
            one.weight
            + FIGURE_WEIGHT * _has_value(question, one.piece.text)
            + STEP_WEIGHT * bool(steps and one.piece.kind is Kind.STEP),
        )
        for one in judged
    ]


def _has_value(question: Question, text: str) -> bool:
    """Whether a piece has what is asked for: a price, a weight, a time; or a number, where any will do."""
    if wanted := answer_type(question.text):
        return wanted.stands_in(text)
    return bool(FIGURES.search(question.text) and NUMBER.search(text))


def _together(question: Question, pages: Sequence[tuple[Found, list[Judged]]]) -> list[tuple[Found, list[Judged]]]:
    """Return the first page that can be quoted, and a second that says about as much: no translation of it."""
    quotable = [(passage, judged) for passage, judged in pages if judged]
    if not quotable:
        return []
    first = _first(question, quotable)
    least = _best(first[1]) - NEAR / 2
    others = [one for one in quotable if one is not first and one[0].language == first[0].language]
    return [first, *(one for one in others if _best(one[1]) >= least)][:MAX_PAGES]


def _first(question: Question, pages: Sequence[tuple[Found, list[Judged]]]) -> tuple[Found, list[Judged]]:
    """Return the page that answers best, or one in the question's language that is as good as it."""
    own = [one for one in pages if one[0].language in ("", question.language)]
    if not own:
        return pages[0]
    better = pages[0][0].weight - own[0][0].weight
    return own[0] if better < OWN_LANGUAGE else pages[0]


def _best(judged: Sequence[Judged]) -> float:
    return max(one.weight for one in judged)


def _chosen(question: Question, judged: Sequence[Judged]) -> list[Piece]:
    """Return what is quoted of a page, in its order."""
    focus = max(range(len(judged)), key=lambda at: judged[at].weight)
    best = judged[focus]
    group = [at for at, one in enumerate(judged) if one.piece.group == best.piece.group]
    least = best.weight - NEAR if question.vector is not None else best.weight / 2
    near = [at for at in group if judged[at].weight >= least]
    match best.piece.kind:
        case Kind.ROW:
            chosen = set(_rows(question, judged, near)[:MAX_ROWS])
        case Kind.STEP:
            steps = HOW_TO.search(question.text) or len(near) > 2
            chosen = set(group[:MAX_ITEMS]) if steps else {focus}
        case Kind.POINT:
            chosen = set(near)
        case _:
            words = sum(len(judged[at].piece.text.split()) for at in group)
            chosen = set(group if words <= MAX_WORDS and question.vector is not None else near)
    chosen |= _announced(judged, chosen)
    return [judged[at].piece for at in sorted(chosen | _more(judged, chosen, least))]


def _rows(question: Question, judged: Sequence[Judged], near: Sequence[int]) -> list[int]:
    """Return the rows that the question names, best first; all that answer where it names none, or each as much."""
    named = {at: question.asked.named(judged[at].piece.key) for at in near}
    most = max(named.values())
    return sorted((at for at in near if named[at] == most), key=lambda at: -judged[at].weight)


def _announced(judged: Sequence[Judged], chosen: set[int]) -> set[int]:
    """What belongs to the chosen: the sentence that announces a list, and the list that a sentence announces."""
    found: set[int] = set()
    for at in chosen:
        if judged[at].piece.text.endswith(":") and at + 1 < len(judged):
            group = judged[at + 1].piece.group
            found |= {n for n, one in enumerate(judged) if one.piece.group == group and n > at}
        if at and judged[at].piece.kind is not Kind.SENTENCE and judged[at - 1].piece.text.endswith(":"):
            found.add(at - 1)
    return set(sorted(found)[:MAX_ITEMS])


def _more(judged: Sequence[Judged], chosen: set[int], least: float) -> set[int]:
    """What else on the page answers as well: sentences and points; steps and rows belong to those beside them."""
    alone = (Kind.SENTENCE, Kind.POINT)
    others = [
        at for at, one in enumerate(judged) if at not in chosen and one.weight >= least and one.piece.kind in alone
    ]
    return set(sorted(others, key=lambda at: -judged[at].weight)[:MAX_MORE])


def _told(question: Question, language: str, chosen: Sequence[Piece]) -> str:
    """Write pieces down: sentences in a row, items and several rows as a list."""
    several = {kind for kind in Kind if sum(one.kind is kind for one in chosen) > 1}
    lines: list[str] = []
    steps, previous = 0, None
    for one in chosen:
        if one.kind is Kind.STEP and Kind.STEP in several:
            steps += 1
            lines.append(f"{steps}. {one.text}")
        elif one.kind in (Kind.POINT, Kind.ROW) and one.kind in several:
            lines.append(f"- {one.text}")
        elif previous is Kind.SENTENCE and one.kind is Kind.SENTENCE:
            lines[-1] += f" {one.text}"
        else:
            lines.append(one.text)
        previous = one.kind
    lead = (IN_ENGLISH if language == "en" else IN_GERMAN)[_own(question.language)]
    foreign = bool(lead) and language in ("en", "de") and language != question.language
    return "\n".join([f"{lead}\n", *lines] if foreign else lines)


def _which(question: Question, judged: Sequence[Judged]) -> str:
    """Ask back where the answer is a row of a table, and nothing says which; else nothing."""
    if not judged:
        return ""
    best = max(judged, key=lambda one: one.weight)
    rows = [one for one in judged if one.piece.kind is Kind.ROW and one.piece.group == best.piece.group]
    near = [one for one in rows if one.weight >= best.weight - NEAR]
    named = {question.asked.named(one.piece.key) for one in rows}
    if best.piece.kind is not Kind.ROW or len(near) <= MAX_ROWS or len(named) > 1:
        return ""
    sentence, joint = WHICH[_own(question.language)]
    *keys, last = [one.piece.key for one in near]
    return sentence.format(f"{', '.join(keys)} {joint} {last}")


def _own(language: str) -> str:
    return language if language in NOTHING else "en"
