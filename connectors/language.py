"""The language of a text, for sources that do not say."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MIN_LETTERS = 20  # letters; below, any guess is a coin toss
MIN_PROBABILITY = 0.5
MAX_CHARACTERS = 16_000  # characters that are looked at
PIECES, PIECE = 3, 400  # of them read, from the beginning, the middle and the end: more does not make it surer

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_ADDRESS = re.compile(r"\]\([^()\s]*\)|https?://\S+")
_LETTER = re.compile(r"[^\W\d_]")


def language_of(markdown: str) -> str:
    """Return the ISO 639-1 code of the language that most of the text is in; '' where nothing is sure."""
    prose = _sample(_ADDRESS.sub(" ", _CODE.sub(" ", markdown[:MAX_CHARACTERS])))
    if len(_LETTER.findall(prose)) < MIN_LETTERS:
        return ""
    code, probability = _identifier().classify(prose)
    return str(code) if probability >= MIN_PROBABILITY and len(code) == 2 else ""


def _sample(prose: str) -> str:
    """Pieces from all over a long text, and a short one as it is."""
    if len(prose) <= PIECES * PIECE:
        return prose
    step = (len(prose) - PIECE) // (PIECES - 1)
    return " ".join(prose[start : start + PIECE] for start in range(0, step * PIECES, step))


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    """Loaded by the first text that needs it: it takes a second and some memory, and numpy takes more."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
