"""Answering: from a question to an answer that its sources support, or to an honest abstention."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from answering import citations, grounding
from answering.blocking import BlockingPool
from answering.draft import Draft
from answering.events import AnswerEvent, AnswerOutcome, CitedPage, Cost, Done, Progress, Text, Withdrawn
from answering.grounding import Evidence
from answering.instructions import instructions
from answering.localized_texts import PHRASES, abstention, greets, language_of
from answering.model import FileCitation, Model, ModelEvent, ModelRequest, Passage, SearchDone, TextDelta, Usage
from answering.moderation import Moderation
from answering.scope import SearchScope
from answering.settings import AnsweringSettings
from sync.state.database import State

MIN_ATTRIBUTED = 0.8  # an answer without citations is attributed to a passage that holds this share of its words


class NothingSynced(Exception):
    """The index of the question holds nothing yet: a sync must fill it first."""


@dataclass(frozen=True)
class Question:
    """What is asked. `history`: roles and texts, ends with the question. `scope` None: nothing was synced yet."""

    text: str
    history: Sequence[tuple[str, str]]
    scope: SearchScope | None


@dataclass(frozen=True)
class Answering:
    """Everything that answering needs. `moderation` None: any question is answered."""

    state: State
    settings: AnsweringSettings
    model: Model
    pool: BlockingPool
    moderation: Moderation | None = None
    timer: Callable[[], float] = time.perf_counter

    def answer(self, question: Question, *, may_spend: bool = True) -> "AnswerStream":
        """Return the answer, which comes about while its events are read.

        `may_spend` False: the budget is used up, and only what costs nothing is answered.
        """
        return AnswerStream(self, question, may_spend)


@dataclass
class AnswerStream:
    """One answer. `cost` and `first_text` are current at any time: also when it is cancelled or fails."""

    answering: Answering
    question: Question
    may_spend: bool
    cost: Cost = field(default_factory=Cost)
    first_text: timedelta | None = None
    passages: list[Passage] = field(default_factory=list)
    pages: dict[str, CitedPage] = field(default_factory=dict)
    evidence: Evidence | None = None
    _checked: int = 0  # so much of the draft is complete sentences, which were looked at
    _shown: int = 0
    _announced: int = 0  # so many of its citations were yielded
    _started: float = 0.0

    def __post_init__(self) -> None:
        self._settings = self.answering.settings
        self._language = language_of(self.question.text)
        self._phrases = PHRASES[self._language]
        self._draft = Draft(self._allows, self._phrases.synced)

    async def events(self) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the answer as it comes about; Done is the last.

        Text comes while the model writes it, Withdrawn where what was shown turns out to be unsupported. Raises
        NothingSynced, and what the model or the moderation raises: `openai_client.FAILURES`.
        """
        if (reply := await self._reply()) is not None:
            yield reply
            return
        yield Progress("search", self._phrases.searching)
        request = self._request()
        self._started = self.answering.timer()
        stopped = ""
        async with asyncio.timeout(self._settings.answer_within.total_seconds()):
            async with contextlib.aclosing(self.answering.model.answer(request)) as model_events:
                async for model_event in model_events:
                    stopped = await self._take(model_event)
                    if stopped:
                        break
                    for event in self._ready():
                        yield event
        for event in self._withhold(stopped) if stopped else self._finish():
            yield event

    async def _reply(self) -> Done | None:
        """Return what is said without asking the model; None where the model is to be asked."""
        said, text = self._phrases, self.question.text
        if greets(text):
            return Done(said.greeting, AnswerOutcome.GREETED)
        contact = self._settings.hand_off or said.hand_off
        if not self.may_spend:
            return Done(f"{said.spent}\n\n{contact}", AnswerOutcome.REFUSED, "daily_usd is spent")
        if self.answering.moderation is not None and await self.answering.moderation.flags(text):
            return Done(f"{said.flagged} {contact}", AnswerOutcome.REFUSED, "flagged")
        return None

    def _request(self) -> ModelRequest:
        question, scope = self.question, self.question.scope
        if scope is None:
            raise NothingSynced("the index holds nothing yet; run `answerwell sync`")
        rules = instructions(self._settings.instructions)
        return ModelRequest(question.text, question.history, scope.store, scope.filters, rules)

    async def _take(self, event: ModelEvent) -> str:
        """Take in what the model did; return why it must not go on, or nothing."""
        match event:
            case SearchDone():
                await self._keep_passages(event)
            case TextDelta():
                # A workflow may speak before it searches; what nothing supports ends at the verdict.
                if self.evidence is not None and not self.evidence and self.first_text is None:
                    return "no passage scores enough"
                self._draft.write(event, self.pages)
                return self._early_stop()
            case FileCitation():
                self._draft.cite(event)
            case Usage():
                self._account(event)
        return ""

    async def _keep_passages(self, searched: SearchDone) -> None:
        """Keep what was found, scores enough and may be shown."""
        found = [one for one in searched.passages or () if one.score >= self._settings.min_score]
        unmanaged = self.question.scope is not None and self.question.scope.search_unmanaged
        known = await self.answering.pool.run(citations.pages, self.answering.state, found, search_unmanaged=unmanaged)
        self.pages |= known
        self.passages += [one for one in found if one.file in known]
        if searched.passages is not None:
            self.evidence = Evidence((one.text for one in self.passages), self.question.text)

    def _early_stop(self) -> str:
        """Check each sentence as soon as it is complete: what is made up is not spun out."""
        *complete, rest = grounding.split(self._draft.text[self._checked :])
        if not complete or self.evidence is None or not self._settings.grounding:
            return ""
        self._checked = len(self._draft.text) - len(rest)
        for sentence in complete:
            if self.evidence.follows_injection(sentence):
                return grounding.FOLLOWS_INJECTION
            if token := self.evidence.unsupported_token(sentence):
                return f"{token[:80]} stands in no passage"
        return ""

    @property
    def _buffered(self) -> bool:
        """Whether a found document holds instructions to a model: then nothing is shown before it was checked."""
        return self.evidence is not None and bool(self.evidence.injections)

    def _ready(self) -> list[AnswerEvent]:
        """What may be shown by now, and the citations in it."""
        shown = self._show(self._checked if self._buffered else len(self._draft.text))
        return shown if self._buffered else [*shown, *self._cite(final=False)]

    def _show(self, until: int) -> list[AnswerEvent]:
        piece = self._draft.text[self._shown : until]
        self._shown = max(self._shown, until)
        return [self._text(piece)] if piece else []

    def _text(self, text: str) -> Text:
        if self.first_text is None:
            self.first_text = self._elapsed()
        return Text(text)

    def _cite(self, *, final: bool) -> list[AnswerEvent]:
        self._draft.settle(self.pages, final=final)
        announced, self._announced = self._announced, len(self._draft.citations)
        return list(self._draft.citations[announced:])

    def _finish(self) -> list[AnswerEvent]:
        """Look at the whole answer, and end it or withhold it."""
        self._draft.close()
        cited = self._cite(final=True)
        if reason := self._verdict():
            return self._withhold(reason)
        return [*self._show(len(self._draft.text)), *cited, self._done(self._draft.text, AnswerOutcome.ANSWERED)]

    def _verdict(self) -> str:
        """Return why the finished answer may not stand, or nothing."""
        text = self._draft.text
        if not text.strip():
            return "the model said nothing"
        if self.evidence is None:
            own = self._settings.workflow  # an operator's workflow may greet, or ask back
            return "" if own or self._draft.citations else "the model searched nothing and cites nothing"
        if not self._draft.citations and not self._attribute():
            return "the model cites nothing that was found"
        if not self._settings.grounding:
            return ""
        languages = [str(one.attributes.get("language", "")) for one in self.passages]
        translated = grounding.foreign(self._language, languages)
        verdict = self.evidence.judge(text, self._settings.grounding, translated=translated)
        return "" if verdict.grounded else verdict.reason

    def _attribute(self) -> bool:
        """Cite the passage that an answer without citations repeats: some servers send none."""
        text = self._draft.text
        for one in self.passages:
            if len(grounding.stems(text)) >= 4 and Evidence([one.text], "").share(text) >= MIN_ATTRIBUTED:
                self._draft.add(self.pages[one.file], len(text))
                return True
        return False

    def _withhold(self, reason: str) -> list[AnswerEvent]:
        text = abstention(self.question.text, self._language, self._settings.hand_off)
        self._draft.citations.clear()
        withdrawn: list[AnswerEvent] = [] if self.first_text is None else [Withdrawn(reason)]
        self.first_text = self.first_text or self._elapsed()
        return [*withdrawn, self._done(text, AnswerOutcome.ABSTAINED, reason)]

    def _done(self, text: str, outcome: AnswerOutcome, reason: str = "") -> Done:
        return Done(
            text,
            outcome,
            reason,
            citations=tuple(self._draft.citations),
            model=self._settings.model,
            cost=self.cost,
            first_text=self.first_text,
            latency=self._elapsed(),
        )

    def _account(self, usage: Usage) -> None:
        self.cost = replace(
            self.cost,
            input_tokens=self.cost.input_tokens + usage.input_tokens,
            output_tokens=self.cost.output_tokens + usage.output_tokens,
            micro_usd=self.cost.micro_usd + self._settings.micro_usd(usage),
        )

    def _allows(self, address: str) -> bool:
        """A link may lead to a page that was found, or where a passage's own text leads."""
        known = {grounding.plain_address(page.url) for page in self.pages.values() if page.url}
        return grounding.plain_address(address) in known or bool(self.evidence and self.evidence.mentions(address))

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=self.answering.timer() - self._started)
