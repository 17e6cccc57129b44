"""Whether markup is cheap to read, judged in one pass before any parser sees it."""

import re
from collections import Counter

MAX_LENGTH = 200_000  # characters that are read in this process; more are read apart
MAX_DEPTH = 100
MAX_TAG = 1000  # characters of one tag, without its quoted values: each attribute is compared with all others
MAX_REOPENED = 200_000  # times that a parser opens a <b> again that was closed in the wrong place

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,30})((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)(?:>|\Z|[\"'])")
_QUOTED = re.compile(r"\"[^\"]*+\"|'[^']*+'")
# fmt: off
_CLOSED_BY_PARSER = frozenset((
    "p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "option", "optgroup", "colgroup", "rt", "rp",
))
_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
))
_FORMATTING = frozenset((
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
))
# fmt: on
_MERGED = frozenset(("html", "body"))  # a second one gives its attributes to the first


def is_cheap(html: str) -> bool:
    """Whether a parser and a converter take time and memory in proportion to its length, as of any real page."""
    if len(html) > MAX_LENGTH:
        return False
    opened: Counter[str] = Counter()
    depth = formatting = reopened = merged = 0
    for closing, named, rest in _TAG.findall(html):
        name = named.lower()
        if name in _VOID:
            continue
        if len(rest) > MAX_TAG and len(_QUOTED.sub("", rest)) > MAX_TAG:
            return False
        step = -1 if closing else 1
        if not closing or opened[name]:
            opened[name] += step
            depth += step * (name not in _CLOSED_BY_PARSER)
            formatting += step * (name in _FORMATTING)
        reopened += formatting
        merged += name in _MERGED
        if depth > MAX_DEPTH or reopened > MAX_REOPENED or merged > 20:
            return False
    return True
