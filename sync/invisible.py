"""Characters that no reader sees: they are removed, but for those that a script or an emoji is written with."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_BREAKS: Final = (
    ("\r\n", "\n"),
    *((end, "\n") for end in "\r\v\f\x85"),
    *((space, " ") for space in "\u2028\u2029\u00a0"),
)
# fmt: off
_JOINING = "\u0600-\u109f\u1780-\u18af\u1b00-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc"  # Arabic, Indic and others
_EMOJI = "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_IDEOGRAPHS = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KEPT = "|".join((
    rf"(?<=[{_JOINING}])[\u200c\u200d](?![\u200c\u200d])",
    rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])",
    rf"(?<=[{_EMOJI}])[\ufe0e\ufe0f]",
    r"(?<=[0-9#*])\ufe0f(?=\u20e3)",
    r"(?<=[\u2200-\u22ff])\ufe00",
    rf"(?<=[{_IDEOGRAPHS}])[\ufe00-\ufe02\U000e0100-\U000e01ef]",
    r"(?<=[\u1820-\u18aa])[\u180b-\u180d]",
    # the flags of England, Scotland and Wales
    "(?<=\U0001f3f4)\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|"
    "\U000e0077\U000e006c\U000e0073)\U000e007f",
))
_DROPPED = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# fmt: on
_RUN = re.compile(f"[{_DROPPED}\u200c\u200d]+")
_ONE = re.compile(f"({_KEPT})|[{_DROPPED}]")
MAX_KEPT = 16  # characters of one run: the flag of England has seven
MAX_UNSEEN = 8  # times as long as it may be: so much of a line is looked at
MAX_JOINED = 64  # characters that one reader's character is made of
_JOINER: Final = "\u200d"
_EXTENDING: Final = frozenset({"Mn", "Me", "Mc"})
_MODIFIES = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u1160-\u11ff]")
_FLAG_LETTERS: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_SPELLS = re.compile("[\U000e0020-\U000e007e]{4,}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")


def removed(text: str) -> str:
    """Return text without what no reader sees: controls, zero-width and tag characters, marks of direction.

    Joiners stay in the scripts and emoji that need them. A line that ends in another way than by a newline ends by
    one; U+2028 and U+2029, which readers of lines disagree about, are spaces.
    """
    for found, meant in _BREAKS:
        text = text.replace(found, meant)
    return _RUN.sub(_kept, text)


def line(text: str, most: int) -> str:
    """Return text as one line without what no reader sees, of at most `most` characters; a cut one ends in …"""
    shown = " ".join(removed(text[: most * MAX_UNSEEN]).split())
    return shown if len(shown) <= most else f"{cut(shown, most - 1).rstrip()}…"


def cut(text: str, most: int) -> str:
    """Return the start of text, at most `most` characters, without half of what a reader takes for one."""
    end = most
    while len(text) > most and end > max(0, most - MAX_JOINED) and _joins(text, end):
        end -= 1
    return text[: end if end > max(0, most - MAX_JOINED) else most]


def _joins(text: str, place: int) -> bool:
    """Whether what stands before the place and what stands behind it are one character to a reader."""
    before, behind = text[place - 1], text[place]
    if _JOINER in (before, behind) or unicodedata.category(behind) in _EXTENDING or _MODIFIES.match(behind):
        return True
    flags = len(text[:place]) - len(text[:place].rstrip(_FLAG_LETTERS))
    return behind in _FLAG_LETTERS and flags % 2 == 1


def spelled(text: str) -> str:
    """Return what is written in tag characters or variation selectors: words for a model, which no reader sees."""
    return " ".join(_decoded(found[0]) for found in _SPELLS.finditer(text))


def _kept(run: re.Match[str]) -> str:
    start, end = run.span()
    if end - start > MAX_KEPT:
        return ""
    return _needed(run.string[max(0, start - 1) : start], run[0], run.string[end : end + 1])


@lru_cache(maxsize=4096)
def _needed(before: str, run: str, after: str) -> str:
    """What of a run a script or an emoji needs, judged by the characters around it."""
    kept = _ONE.sub(lambda found: found[1] or "", f"{before}{run}{after}")
    return kept[len(before) : len(kept) - len(after)]


def _decoded(run: str) -> str:
    points = [ord(letter) for letter in run]
    if points[0] in range(0xE0020, 0xE007F):
        return "".join(chr(point - 0xE0000) for point in points)
    told = bytes(point - 0xFE00 if point < 0xE0100 else point - 0xE0100 + 16 for point in points)
    return told.decode("utf-8", "ignore")
