"""Spelling: the name that was meant, for "did you mean …?"."""

import difflib
from collections.abc import Iterable


def near(word: str, names: Iterable[str]) -> str:
    """Return the name that is most like the word, whatever its case; "" where none is like it."""
    known = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(word.strip().casefold(), known, n=1)
    return known[found[0]] if found else ""
