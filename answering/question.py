"""Question: what is asked, with everything that answering it needs to know of the asker."""

from collections.abc import Sequence
from dataclasses import dataclass

from answering.scope import SearchScope
from answering.state.verified import VerifiedAnswer


@dataclass(frozen=True)
class Question:
    """What is asked. `history`: roles and texts, ends with the question. `scope` None: nothing was synced yet.

    `language` is preferred where the question itself does not tell: the widget's or the browser's. `verified`: a
    person's answer to it, if there is one.
    """

    text: str
    history: Sequence[tuple[str, str]]
    scope: SearchScope | None
    language: str = ""
    verified: VerifiedAnswer | None = None
