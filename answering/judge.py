"""Judge: how far the passages carry each statement of an answer: by words, and where they doubt, by a second look."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from answering import grounding
from answering.gate import SURE
from answering.grounding import Evidence, Support
from answering.metering import Meter, tokens
from answering.model import Passage, Usage
from answering.rules import Rule
from answering.second_look import SecondLook

MAX_SECOND_LOOKS = 6  # statements of one answer that the check model is asked about
SECOND_LOOK = "the check model finds no support for it"


@dataclass(frozen=True, slots=True)
class Judged:
    """A statement of the model, and how far the passages carry it."""

    statement: str
    support: Support


@dataclass
class Judge:
    """One answer. `second_look` None: words alone decide. `language`: that of the question."""

    question: str
    language: str
    second_look: SecondLook | None
    meter: Meter
    judged: list[Judged] = field(default_factory=list)
    _looks: int = 0

    async def support(self, statement: str, evidence: Evidence, passages: Sequence[Passage]) -> Support:
        """Judge the next statement; each is kept in `judged`."""
        support = await self._support(statement, evidence, passages)
        self.judged.append(Judged(statement, support))
        return support

    async def _support(self, statement: str, evidence: Evidence, passages: Sequence[Passage]) -> Support:
        languages = [str(one.attributes.get("language", "")) for one in passages]
        translated = grounding.foreign(self.language, languages)
        support = evidence.values_only(statement) if translated else evidence.support(statement)
        doubted = translated or support.score < SURE
        if not support.weight or support.refused or not doubted or self.second_look is None:
            return support
        if self._looks >= MAX_SECOND_LOOKS:
            return support
        self._looks += 1
        usage = Usage(tokens(len(statement) + sum(len(one.text) for one in passages)))  # if nobody waits for its end
        try:
            told, usage = await self.second_look.supports(self.question, statement, passages)
        finally:
            self.meter.book(usage)
        if told is None:
            return support
        if told:
            return replace(support, score=1.0, reason="", rule=Rule.WORDS)
        return replace(support, score=0.0, reason=SECOND_LOOK, rule=Rule.CHECK_MODEL)
