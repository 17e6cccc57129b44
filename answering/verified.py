"""Verified answers, matched: whether a question is one that a person has answered.

Only a question of the same words is: the same things, numbers, denials and question words, in whatever order and form.
Whoever asks otherwise is answered from the documents, as ever.
"""

import re
from collections.abc import Collection, Sequence

from answering.grounding import tokens
from answering.state import verified
from answering.state.verified import Standing, VerifiedAnswer
from sync.model import Audience
from sync.state.database import State

LEAST_LIKENESS = 0.8  # of the words of both questions, those that they share

_WORD = re.compile(r"\w+")
_QUESTION_WORDS = """
who whom whose when where why how which wer wem wen wann wo warum wieso wie welche welcher welches qui quand où pourquoi
comment combien quién cuándo dónde cómo cuánto cuántos cuál متى أين كيف لماذا من
"""
_NEGATIONS = """
not no never without cannot cant dont doesnt nicht kein keine keinen nie ohne pas jamais sans nunca sin لا بدون
"""
_ASKING = frozenset(_QUESTION_WORDS.split())
_DENYING = frozenset(_NEGATIONS.split())
_POLITE = frozenset(
    tokens("please hello thanks could tell know like want need bitte hallo danke merci bonjour hola gracias")
)


def for_question(state: State, question: str, audiences: Collection[Audience], language: str) -> VerifiedAnswer | None:
    """Return the verified answer to the question, if one is to be used now. `language`: see Question.spoken."""
    known = verified.askable(state, audiences)
    if not known:
        return None
    for answer, asked, phrasings, spoken in known:
        if (not spoken or spoken == language) and any(matches(question, one) for one in (asked, *phrasings)):
            found = verified.find(state, answer)
            if found.standing in {Standing.ACTIVE, Standing.EXPIRING}:
                return found
    return None


def matches(question: str, other: str) -> bool:
    """Whether two questions ask for the same."""
    if _plain(question) == _plain(other):
        return True
    words, others = _words(question), _words(other)
    if words & _DENYING != others & _DENYING or words & _ASKING != others & _ASKING:
        return False
    said, told = _content(question), _content(other)
    if not said or not told or {w for w in said if w.isdigit()} != {w for w in told if w.isdigit()}:
        return False
    return len(said & told) / len(said | told) >= LEAST_LIKENESS


def _plain(text: str) -> Sequence[str]:
    return _WORD.findall(text.casefold())


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold().replace("'", "").replace("’", "")))


def _content(text: str) -> frozenset[str]:
    return frozenset(tokens(text)) - _POLITE
