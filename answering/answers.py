"""Answering: from a question to an answer that its sources support, or to an honest abstention."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import openai

from answering import citations, claims, grounding, replies
from answering.blocking import BlockingPool
from answering.draft import Draft
from answering.events import AnswerEvent, AnswerOutcome, Citation, CitedPage, Cost, Done, Progress, Text, Withdrawn
from answering.gate import SURE, Gate
from answering.grounding import Evidence
from answering.instructions import instructions
from answering.judge import Judge, Judged
from answering.localized_texts import PHRASES, language_of
from answering.metering import Meter
from answering.model import (
    CallBegan,
    FileCitation,
    GenerationFailed,
    GenerationRefused,
    Model,
    ModelEvent,
    ModelRequest,
    Passage,
    SearchDone,
    TextDelta,
    Thought,
    Usage,
)
from answering.moderation import Moderation
from answering.openai_client import ModelFailed
from answering.question import Question
from answering.second_look import SecondLook
from answering.sentences import Statement, cut
from answering.settings import AnsweringSettings
from answering.shown import Shown
from sync.state.database import State

MAX_CHARACTERS_A_TOKEN = 8  # a model that writes more than this of `longest_answer` is not writing an answer
MAX_ATTRIBUTED = 3  # pages that an answer without citations of its own is attributed to
MAX_CLARIFYING_LENGTH = 300


class NothingSynced(Exception):
    """The index of the question holds nothing yet: a sync must fill it first."""


@dataclass(frozen=True)
class Answering:
    """Everything that answering needs.

    `moderation` None: any question is answered. `second_look` None: words alone decide. `contact`: how the page leads
    to a person, where `[chat] hand_off` says nothing.
    """

    state: State
    settings: AnsweringSettings
    model: Model
    pool: BlockingPool
    moderation: Moderation | None = None
    second_look: SecondLook | None = None
    contact: str = ""
    timer: Callable[[], float] = time.perf_counter

    def answer(self, question: Question, *, may_spend: bool = True) -> "AnswerStream":
        """Return the answer, which comes about while its events are read.

        `may_spend` False: the budget is used up, and only what costs nothing is answered.
        """
        return AnswerStream(self, question, may_spend)


@dataclass
class AnswerStream:
    """One answer. `cost` and `first_text` tell at any time what it has taken.

    `queries`, `passages` and `judged` say afterwards why the answer is what it is.
    """

    answering: Answering
    question: Question
    may_spend: bool
    first_text: timedelta | None = None
    queries: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    pages: dict[str, CitedPage] = field(default_factory=dict)
    evidence: Evidence | None = None
    _read: int = 0  # so much of the draft was judged, or shown as it came
    _announced: int = 0  # so many of its citations were yielded
    _cut_short: bool = False
    _refused: str = ""
    _started: float = 0.0

    def __post_init__(self) -> None:
        self._settings = self.answering.settings
        self._language = language_of(self.question.text, self.question.language)
        self._phrases = PHRASES[self._language]
        self._draft = Draft(self._allows)
        self._shown = Shown()
        self._gate = Gate(self._settings.grounding)
        self._meter = Meter(self._settings)
        self._judge = Judge(self.question.text, self._language, self.answering.second_look, self._meter)

    @property
    def judged(self) -> list[Judged]:
        return self._judge.judged

    @property
    def cost(self) -> Cost:
        """What it has taken so far: also when it is cancelled or fails."""
        return self._meter.cost

    async def events(self) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the answer as it comes about; Done is the last.

        Text comes statement by statement, once the passages support it, and is never taken back. With `stream =
        "token"` it comes as the model writes it; Withdrawn then says that a document had ordered what was shown.
        Raises NothingSynced, and what the model or the moderation raises: `openai_client.FAILURES`.
        """
        if (reply := await self._reply()) is not None:
            yield reply
            return
        yield Progress("search", self._phrases.searching)
        request = self._request()
        self._started = self.answering.timer()
        stopped = ""
        try:
            async with asyncio.timeout(self._settings.answer_within.total_seconds()):
                async with contextlib.aclosing(self.answering.model.answer(request)) as model_events:
                    async for model_event in model_events:
                        stopped = await self._take(model_event)
                        if stopped:
                            break
                        for event in await self._ready(final=False):
                            yield event
                        if self._overlong:
                            self._cut_short = True
                            break
                last = [self._abstain(stopped)] if stopped else await self._finish()
        except openai.APIStatusError:
            self._meter.settled = True  # a call that is refused at its beginning costs nothing
            raise
        finally:
            self._book_unreported(request)
        for event in last:
            yield event if not isinstance(event, Done) else replace(event, cost=self.cost)

    async def _reply(self) -> Done | None:
        """Return what is said without asking the model; None where the model is to be asked."""
        said, text = self._phrases, self.question.text
        if (
            reply := replies.without_search(self.question, self._settings.hand_off, self.answering.contact)
        ) is not None:
            return reply
        contact = self._contact
        if not self.may_spend:
            return Done(f"{said.spent}\n\n{contact}", AnswerOutcome.REFUSED, "daily_usd is spent")
        if self.answering.moderation is not None and await self.answering.moderation.flags(text):
            return Done(f"{said.flagged} {contact}", AnswerOutcome.REFUSED, "flagged")
        return None

    def _request(self) -> ModelRequest:
        question, scope = self.question, self.question.scope
        if scope is None:
            raise NothingSynced("the index holds nothing yet; run `answerwell sync`")
        told = instructions(self._settings.instructions)
        return ModelRequest(question.text, question.history, scope.store, scope.filters, told)

    async def _take(self, event: ModelEvent) -> str:
        """Take in what the model did; return why it must not go on, or nothing."""
        match event:
            case SearchDone():
                await self._keep_passages(event)
            case TextDelta():
                # A workflow may speak before it searches; what nothing supports ends at the verdict.
                if self.evidence is not None and not self.evidence and not self._shown.text:
                    return "no passage scores enough"
                self._draft.write(event, self.pages)
            case FileCitation():
                self._draft.cite(event)
            case Thought() | CallBegan() | Usage():
                self._meter.take(event, len(self._draft.text))
                self._cut_short = self._cut_short or (isinstance(event, Usage) and event.cut)
            case GenerationRefused():
                self._refused = event.reason
            case GenerationFailed():
                raise ModelFailed("the call failed in its middle", event.code)
        return ""

    async def _keep_passages(self, searched: SearchDone) -> None:
        """Keep what was found, scores enough and may be shown."""
        self.queries += searched.queries
        found = [one for one in searched.passages or () if one.score >= self._settings.min_score]
        unmanaged = self.question.scope is not None and self.question.scope.search_unmanaged
        known = await self.answering.pool.run(citations.pages, self.answering.state, found, search_unmanaged=unmanaged)
        self.pages |= known
        self.passages += [one for one in found if one.file in known]
        if searched.passages is not None:
            self.evidence = Evidence((one.text for one in self.passages), self.question.text)

    @property
    def _unchecked(self) -> bool:
        """Whether text is shown as it comes; not while a document gives orders to the model."""
        if not self._settings.grounding:
            return True
        return self._settings.stream == "token" and not (self.evidence and self.evidence.instructions)

    @property
    def _overlong(self) -> bool:
        return len(self._draft.text) > self._settings.longest_answer * MAX_CHARACTERS_A_TOKEN

    async def _ready(self, *, final: bool) -> list[AnswerEvent]:
        """What may be shown by now, and the citations in it."""
        rest = self._draft.text[self._read :]
        if self._unchecked:
            parts = [rest] if rest else []
        elif self.evidence is None and not final:
            return []  # what may have been found is not known yet
        else:
            broken = self._cut_short or bool(self._refused)
            parts, unfinished = cut(rest, final=final and not broken)
            if final and broken and _complete(unfinished):
                parts.append(unfinished)
        events: list[AnswerEvent] = []
        for part in parts:
            statement = Statement(part, self._read)
            self._read = statement.end
            events += self._show(await self._passed(statement))
        if final and self._gated:
            events += self._show(self._gate.close())
        return [*events, *self._cite(final=final)]

    @property
    def _gated(self) -> bool:
        return self.evidence is not None and not self._unchecked

    async def _passed(self, statement: Statement) -> list[Statement]:
        """Return what may be shown now that this statement has come."""
        if self.evidence is None or self._unchecked:
            return [statement]
        support = await self._judge.support(statement.text, self.evidence, self.passages)
        return self._gate.take(statement, support)

    def _show(self, statements: Sequence[Statement]) -> list[AnswerEvent]:
        pieces = [piece for one in statements if (piece := self._shown.add(one))]
        if pieces and self.first_text is None:
            self.first_text = self._elapsed()
        return [Text("".join(pieces))] if pieces else []

    def _cite(self, *, final: bool) -> list[AnswerEvent]:
        self._draft.settle(self.pages, final=final)
        placed = self._citations()
        announced, self._announced = self._announced, len(placed)
        return list(placed[announced:])

    def _citations(self) -> list[Citation]:
        """The cited pages whose statement is shown, in the order in which they came."""
        found = [(one.page, self._shown.place(one.index)) for one in self._draft.cited]
        return [self._citation(page, place) for page, place in found if place is not None]

    def _citation(self, page: CitedPage, place: int) -> Citation:
        day = page.synced_at.date().isoformat() if page.synced_at else None
        return Citation(page, place, self._phrases.synced.format(day=day) if day else None)

    async def _finish(self) -> list[AnswerEvent]:
        """Show the rest of what is supported, and end the answer, or abstain where nothing is."""
        self._draft.close()
        if self._refused and not self._shown.text:
            return [self._refuse()]
        if reason := self._unanswered():
            return [self._abstain(reason)]
        events = await self._ready(final=True)
        if self._gated and not self._gate.begun:
            if self._clarifies():
                return [*self._show([Statement(self._draft.text)]), self._done(AnswerOutcome.CLARIFIED)]
            reason = self._gate.withheld[0].reason if self._gate.withheld else "it claims nothing"
            withdrawn: list[AnswerEvent] = [Withdrawn(reason)] if self._shown.text else []
            return [*withdrawn, self._abstain(reason)]
        attributed = [] if self._citations() else self._attributed()
        if self._cut_short:
            events += self._show([Statement(f"\n\n{self._phrases.cut_short}", self._read)])
        cited = [*self._citations(), *attributed]
        return [*events, *attributed, self._done(AnswerOutcome.ANSWERED, self._refused, citations=cited)]

    def _unanswered(self) -> str:
        """Return why what came is no answer at all, or nothing."""
        if not self._draft.text.strip():
            if self._cut_short:
                return "longest_answer was used up before a word was written; raise [chat] longest_answer"
            return "the model said nothing"
        if self.evidence is None and not self._settings.workflow and not self._draft_cites():
            return "" if self._shown.text else "the model searched nothing and cites nothing"
        return ""

    def _draft_cites(self) -> bool:
        self._draft.settle(self.pages, final=True)
        return bool(self._draft.cited)

    def _clarifies(self) -> bool:
        """Whether the model asks back, once, about what was found."""
        text = self._draft.text
        related = self.evidence is not None and self.evidence.mentions(text)
        once = not claims.asks(replies.last_answer(self.question)) and not self._gate.withheld
        return related and once and claims.asks(text) and len(text) <= MAX_CLARIFYING_LENGTH

    def _attributed(self) -> list[Citation]:
        """The pages that say most of an answer without citations of its own: some servers send none."""
        weights: dict[str, int] = {}
        for one in self.judged:
            if one.support.passage is not None and one.support.score >= min(SURE, self._settings.grounding):
                file = self.passages[one.support.passage].file
                weights[file] = weights.get(file, 0) + one.support.weight
        best = sorted(weights, key=lambda file: -weights[file])[:MAX_ATTRIBUTED]
        pages = {(self.pages[file].title, self.pages[file].link): self.pages[file] for file in best}
        return [self._citation(page, len(self._shown.text)) for page in pages.values()]

    def _abstain(self, reason: str) -> Done:
        nearest = list({(page.title, page.link): page for page in self._nearest()}.values())
        text = replies.abstention(self._phrases, self._contact, nearest)
        if self.first_text is None:
            self.first_text = self._elapsed()
        return self._done(AnswerOutcome.ABSTAINED, reason, text=text)

    def _refuse(self) -> Done:
        text = f"{self._phrases.flagged} {self._contact}"
        return self._done(AnswerOutcome.REFUSED, self._refused, text=text)

    @property
    def _contact(self) -> str:
        return replies.way_to_a_person(self._phrases, self._settings.hand_off, self.answering.contact)

    def _nearest(self) -> list[CitedPage]:
        best = sorted(self.passages, key=lambda passage: -passage.score)
        return [self.pages[passage.file] for passage in best]

    def _done(
        self, outcome: AnswerOutcome, reason: str = "", *, text: str | None = None, citations: Sequence[Citation] = ()
    ) -> Done:
        return Done(
            self._shown.text if text is None else text,
            outcome,
            reason,
            citations=tuple(citations),
            model=self._settings.model,
            cost=self.cost,
            first_text=self.first_text,
            latency=self._elapsed(),
        )

    def _book_unreported(self, request: ModelRequest) -> None:
        read = len(request.instructions) + sum(len(text) for _, text in request.history)
        read += sum(len(passage.text) for passage in self.passages)
        searched = self._settings.api == "responses" and bool(self.queries or self.passages)
        self._meter.close(read=read, written=len(self._draft.text), searched=searched)

    def _allows(self, address: str) -> bool:
        """A link may lead to a page that was found, or where a passage's own text leads."""
        known = {grounding.plain_address(page.url) for page in self.pages.values() if page.url}
        return grounding.plain_address(address) in known or bool(self.evidence and self.evidence.says(address))

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=self.answering.timer() - self._started)


def _complete(statement: str) -> bool:
    return statement.rstrip().endswith((".", "!", "?", "。", "؟"))
