"""Text that a page holds and no reader sees. Words to a model in it are a problem, and are left out."""

import re
from typing import Final

from selectolax.lexbor import LexborNode

from answering.injection import instructions_in
from sync import invisible

ELEMENT: Final = "text that readers cannot see and that speaks to a model was left out; look at the page's source"
LETTERS: Final = "invisible characters that spell words for a model were left out; write the text anew"
MAX_SENTENCE = 300
MAX_LENGTH = 50_000  # characters of one page that are judged; of more, the rest is left out unread

_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_UNSEEN = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+(?:hidden|collapse)|opacity\s*+:\s*+0*+\.?0*+\s*+(?:;|!|$)"
    r"|font-size\s*+:\s*+0?\.?[01]?(?:px|pt|em|rem|%)?\s*+(?:;|!|$)|(?:max-)?(?:width|height)\s*+:\s*+[01]?(?:px|pt|em|%)?\s*+(?:;|!|$)"
    r"|(?:left|top|right|bottom|text-indent|margin-left|margin-top)\s*+:\s*+-\d{3,}|clip\s*+:\s*+rect\(\s*+[01]"
    r"|clip-path\s*+:\s*+(?:inset\(\s*+(?:50|100)%|circle\(\s*+0)|transform\s*+:\s*+scale\(\s*+0",
    re.IGNORECASE,
)


def problem_of(text: str) -> str:
    """Why text as it came from outside is to be looked at: its invisible characters are words; '' where they are none.

    Only characters that `invisible.removed` takes out are judged.
    """
    spelled = invisible.spelled(text)
    return LETTERS if spelled and speaks_to_a_model(spelled) else ""


def is_hidden(node: LexborNode) -> bool:
    """Whether the element's own markup keeps it, and what is in it, from being seen."""
    attributes = node.attributes
    return "hidden" in attributes or bool(_UNSEEN.search((attributes.get("style") or "")[:2000]))


def speaks_to_a_model(text: str) -> bool:
    """Whether a sentence of it is an instruction; one that is too long to judge is taken for one."""
    if len(text) > MAX_LENGTH:
        return True
    return any(
        instructions_in(part) for sentence in _SENTENCE.findall(text) for part in _parts(" ".join(sentence.split()))
    )


def _parts(sentence: str) -> list[str]:
    step = MAX_SENTENCE // 2  # each word stands in a part with the words around it
    return [sentence[at : at + MAX_SENTENCE] for at in range(0, max(1, len(sentence) - step), step)]
