"""Text fingerprint: whether a text says anything, and which others have the same words."""

import hashlib
import re

MIN_LETTERS = 12
MIN_LENGTH = 40

_WORD = re.compile(r"\w+")
_TARGET = re.compile(r"\]\([^()\s]*\)")  # where a link or picture leads to is nothing that a reader reads


def fingerprint(body: str) -> str:
    """Return a value that is equal for texts of the same words in the same order; '' for fewer than forty letters."""
    words = " ".join(_WORD.findall(body)).casefold()
    return hashlib.sha256(words.encode("utf-8", errors="replace")).hexdigest()[:32] if len(words) >= MIN_LENGTH else ""


def thin_content_problem(body: str) -> str:
    """Return what is wrong with a text that says almost nothing; '' for one that says something, or nothing at all."""
    letters = sum(len(word) for word in _WORD.findall(_TARGET.sub("]", body)))
    if not body.strip() or letters >= MIN_LETTERS:
        return ""
    return f"almost empty: {letters} letters; write more, or unpublish it"
