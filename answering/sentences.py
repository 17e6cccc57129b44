"""Sentences: a text that arrives in pieces, cut where one statement ends and the next begins.

Real models write lists, headings, steps and code. A numeral before a list item belongs to the item and ends nothing; a
fenced block of code is one statement, and so is each line.
"""

import re
from dataclasses import dataclass

MAX_STATEMENT_LENGTH = 2000  # a model that writes no full stop is read in parts of this length

MAX_NUMERAL_LENGTH = 5  # "(12) ", the longest that _NUMERAL_AHEAD looks for
MAX_ABBREVIATION_LENGTH = 16  # twice the longest, so that none begins where the text was cut

_NUMERAL = r"(?:\d{1,3}(?:\.\d{1,2}){0,3}|[a-zA-Z]|[ivxIVX]{1,4})"
_STEP = r"(?:step|schritt|étape|etape|paso|passo|option|tipp?|punkt|point|الخطوة)"
_ENUMERATOR = re.compile(
    rf"""^\s*(?:[>*+•–—·▪◦-]\s+)*             # quotation marks and bullets
    (?:\#{{1,6}}\s*)?(?:\*\*|__|\*)?\s*       # heading, bold
    (?:
        {_STEP}\s*+\#?\s*+{_NUMERAL}\s*+(?:[.):–—-]|(?=[*_]|$))
      | \(?{_NUMERAL}[.)](?=[\s*_]|$)
      | [0-9]\ufe0f?\u20e3
      | [\u2460-\u24ff\u2776-\u2793]
    )?\s*(?:\*\*|__|\*)?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|approx|incl|excl|no|nr|vs|dr|mr|mrs|ms|st|inc|ltd|fig|ca|bzw|usw|evtl|ggf|tel|str|vgl|abs|art"
    r"|z\.\s?b|d\.\s?h|u\.\s?a|p\.\s?ex|p\.\s?ej|sr|sra|mme|av|jan|feb|mar|apr|jun|jul|aug|sept?|oct|okt|nov|dec|dez)"
    r"|\b(?-i:[A-Z]))\.$",
    re.IGNORECASE,
)
_END = re.compile(r"(?P<stop>[.!?…؟](?:[\"'”’»)\]*_`]|\[\d+\]|【[^】【]*+】)*+)(?:\s+|$)|(?P<wide>[。！？]+\s*)|\n+")
_NUMERAL_AHEAD = re.compile(r"(?<=[:;])[ \t]+(?=\(?\d{1,2}[.)]\s)")
_FENCE = re.compile(r"\A[ \t]*+(```|~~~)")
_DAY = re.compile(r"(?<!\d)[0-3]?\d\.$")
_MONTHS = ("jan", "jän", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, list item, heading or block of code, with the white space behind it, and its place in the text."""

    text: str
    start: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def cut(text: str, *, final: bool = False) -> tuple[list[str], str]:
    """Cut a text into complete statements, each with the white space behind it, and the rest that may still grow.

    Joined again they are the text. With `final`, the rest is complete, too.
    """
    complete: list[str] = []
    rest = text
    while rest and (end := _end_of_first(rest, final=final)):
        complete.append(rest[:end])
        rest = rest[end:]
    if final and rest:
        return [*complete, rest], ""
    return complete, rest


def statements(text: str) -> list[str]:
    """Return the statements of a complete text, without the white space between them."""
    return [part.strip() for part in cut(text, final=True)[0] if part.strip()]


def without_enumerator(statement: str) -> str:
    """Return a statement without bullet, heading mark and numeral: `**1.**`, `### 1.`, `Step 1:`, `①`, `1️⃣`."""
    return _ENUMERATOR.sub("", statement, count=1)


def _end_of_first(text: str, *, final: bool) -> int:
    """Where the first statement ends; 0 while that cannot be known."""
    if fence := _FENCE.match(text):
        closing = re.compile(rf"^[ \t]*{fence[1]}[ \t]*\n|^[ \t]*{fence[1]}[ \t]*\Z", re.MULTILINE)
        end = closing.search(text, fence.end())
        return end.end() if end and (final or end[0].endswith("\n")) else 0
    for end in _END.finditer(text):
        ahead = _NUMERAL_AHEAD.search(text, 0, end.end() + MAX_NUMERAL_LENGTH)  # not all of a long text for each part
        if ahead and ahead.end() < end.start():
            return ahead.end()
        if end["stop"] is None or _stops(text, end, final=final):
            return end.end()
    if ahead := _NUMERAL_AHEAD.search(text):
        return ahead.end()
    return MAX_STATEMENT_LENGTH if len(text) > MAX_STATEMENT_LENGTH else 0


def _stops(text: str, end: re.Match[str], *, final: bool) -> bool:
    """Whether what looks like the end of a sentence is one: not in `e.g.`, `1. Open`, `3. März` or `7.` before `50`."""
    following = text[end.end() : end.end() + 3]
    if not following and not final and end.end() == end.end("stop"):
        return False
    if not end["stop"].startswith("."):
        return True
    before = text[: end.start() + 1]
    if _ABBREVIATION.search(before[-MAX_ABBREVIATION_LENGTH:]) or not without_enumerator(before).strip(" \t\n*_"):
        return False
    if _DAY.search(before[-MAX_ABBREVIATION_LENGTH:]):
        return final if len(following) < 3 else following.casefold() not in _MONTHS
    return not following[:1].islower()
