"""How much of what a reader sees arrives in Markdown.

A document is three files of one stem in a vendor's folder: the source in the vendor's format, `.md` as it must come
out, and `.txt` with the words that a reader sees, written down without our converter.
"""

import re
from collections import Counter
from pathlib import Path

_TARGET = re.compile(r"\]\([^()\s]*\)")
_WORD = re.compile(r"\w+")


def recall(expected: str, markdown: str) -> float:
    """The share of the expected words that the Markdown holds, each as often as it is expected."""
    wanted = Counter(_WORD.findall(expected))
    found = Counter(_WORD.findall(_TARGET.sub("]", markdown)))
    held = sum(min(times, found[word]) for word, times in wanted.items())
    return held / wanted.total() if wanted else 1.0


def documents(folder: Path, ending: str) -> list[Path]:
    """The sources of a vendor's documents, in order."""
    return sorted(folder.glob(f"*.{ending}"))
