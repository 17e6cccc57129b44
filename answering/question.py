"""Question: what is asked, with everything that answering it needs to know of the asker."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from answering.language import language_of
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

    @cached_property
    def spoken(self) -> str:
        """The language that it is answered in."""
        return language_of(self.text, self.language, [text for role, text in self.history[:-1] if role == "user"])
