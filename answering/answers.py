"""Answering: from a question to an answer that its sources support, or to an honest abstention."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import openai

from answering import claims, replies
from answering.blocking import BlockingPool
from answering.draft import Draft
from answering.events import AnswerEvent, AnswerOutcome, Citation, CitedPage, Cost, Done, Progress, Text, Withdrawn
from answering.gate import SURE, Gate, WithheldStatement
from answering.instructions import instructions
from answering.judge import Judge, Judged
from answering.localized_texts import PHRASES
from answering.metering import Meter
from answering.model import (
    CallBegan,
    FileCitation,
    GenerationFailed,
    GenerationRefused,
    Model,
    ModelEvent,
    ModelRequest,
    SearchDone,
    TextDelta,
    Thought,
    Usage,
)
from answering.moderation import Moderation
from answering.openai_client import ModelFailed
from answering.question import Question
from answering.retrieved import Retrieved
from answering.rules import Rule
from answering.second_look import SecondLook
from answering.sentences import Statement, cut
from answering.settings import AnsweringSettings
from answering.shown import Shown
from sync.state.database import State

MAX_CHARACTERS_A_TOKEN = 8  # a model that writes more than this of `longest_answer` is not writing an answer
MAX_ATTRIBUTED = 3  # pages that an answer without citations of its own is attributed to
MAX_CLARIFYING_LENGTH = 300
EXPOSED_GROUNDING = 0.5  # where `grounding` checks nothing, and the model read what may not be shown


class NothingSynced(Exception):
    """The index of the question holds nothing yet: a sync must fill it first."""


@dataclass(frozen=True)
class Answering:
    """Everything that answering needs.

    `moderation` None: any question is answered. `second_look` None: words alone decide. `contact`: how the page leads
    to a person, where `[chat] hand_off` says nothing. `link_hosts`: where a passage's links may
    lead.
    """

    state: State
    settings: AnsweringSettings
    model: Model
    pool: BlockingPool
    moderation: Moderation | None = None
    second_look: SecondLook | None = None
    contact: str = ""
    link_hosts: Sequence[str] = ()
    timer: Callable[[], float] = time.perf_counter

    def answer(self, question: Question, *, may_spend: bool = True) -> "AnswerStream":
        """Return the answer, which comes about while its events are read.

        `may_spend` False: the budget is used up, and only what costs nothing is answered.
        """
        return AnswerStream(self, question, may_spend)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a question is not answered, in words and as a rule."""

    reason: str
    rule: Rule


@dataclass
class AnswerStream:
    """One answer. `cost` and `first_text` tell at any time what it has taken.

    `retrieved`, `judged`, `shown` and `withheld` say afterwards why the answer is what it is.
    """

    answering: Answering
    question: Question
    may_spend: bool
    first_text: timedelta | None = None
    _read: int = 0  # so much of the draft was judged, or shown as it came
    _taken: int = 0  # characters that the model has written, marks and links included
    _announced: int = 0  # so many of its citations were yielded
    _cut_short: bool = False
    _refused: str = ""
    _started: float = 0.0

    def __post_init__(self) -> None:
        self._settings = self.answering.settings
        self._language = self.question.spoken
        self._phrases = PHRASES[self._language]
        answering = self.answering
        self.retrieved = Retrieved(
            answering.state, answering.pool, self.question, self._settings.min_score, answering.link_hosts
        )
        self._draft = Draft(self.retrieved.allows)
        self._shown = Shown()
        self._gate = Gate(self._settings.grounding or EXPOSED_GROUNDING)
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
        stopped: Unanswered | None = None
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
        if self.question.verified is not None:
            return replies.verified(said, self.question.verified)
        contact = self._contact
        if not self.may_spend:
            return Done(f"{said.spent}\n\n{contact}", AnswerOutcome.REFUSED, "daily_usd is spent", rule=Rule.BUDGET)
        if self.answering.moderation is not None and await self.answering.moderation.flags(text):
            return Done(f"{said.flagged} {contact}", AnswerOutcome.REFUSED, "flagged", rule=Rule.MODERATION)
        return None

    def _request(self) -> ModelRequest:
        question, scope = self.question, self.question.scope
        if scope is None:
            raise NothingSynced("the index holds nothing yet; run `answerwell sync`")
        told = instructions(self._settings.instructions)
        return ModelRequest(question.text, question.history, scope.store, scope.filters, told, self.retrieved.readable)

    async def _take(self, event: ModelEvent) -> Unanswered | None:
        """Take in what the model did; return why it must not go on, or None."""
        match event:
            case SearchDone():
                await self.retrieved.keep(event)
            case TextDelta():
                # A workflow may speak before it searches; what nothing supports ends at the verdict.
                if self.retrieved.evidence is not None and not self.retrieved.evidence and not self._shown.text:
                    return _NOTHING_FOUND
                self._draft.write(self._fitting(event), self.retrieved.pages)
            case FileCitation():
                self._draft.cite(event)
            case Thought() | CallBegan() | Usage():
                self._meter.take(event, len(self._draft.text))
                self._cut_short = self._cut_short or (isinstance(event, Usage) and event.cut)
            case GenerationRefused():
                self._refused = event.reason
            case GenerationFailed():
                raise ModelFailed("the call failed in its middle", event.code)
        return None

    @property
    def withheld(self) -> Sequence[WithheldStatement]:
        """The statements that nobody was shown."""
        return self._gate.withheld

    @property
    def shown(self) -> frozenset[str]:
        """The statements that a reader saw, as the model wrote them."""
        return self._shown.statements

    @property
    def _unchecked(self) -> bool:
        """Whether text is shown as it comes; not while a document gives orders, or the model read what is hidden."""
        if self.retrieved.exposed:
            return False
        if not self._settings.grounding:
            return True
        return self._settings.stream == "token" and not (
            self.retrieved.evidence and self.retrieved.evidence.instructions
        )

    @property
    def _overlong(self) -> bool:
        return self._taken > self._longest

    @property
    def _longest(self) -> int:
        return self._settings.longest_answer * MAX_CHARACTERS_A_TOKEN

    def _fitting(self, delta: TextDelta) -> TextDelta:
        """Return what may still be read of the next piece: judging a megabyte would hold up everybody."""
        room = max(0, self._longest - self._taken)
        self._taken += len(delta.text)
        return delta if len(delta.text) <= room else replace(delta, text=delta.text[:room])

    async def _ready(self, *, final: bool) -> list[AnswerEvent]:
        """What may be shown by now, and the citations in it."""
        rest = self._draft.text[self._read :]
        if self._unchecked:
            parts = [rest] if rest else []
        elif self.retrieved.evidence is None and not final:
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
        return self.retrieved.evidence is not None and not self._unchecked

    async def _passed(self, statement: Statement) -> list[Statement]:
        """Return what may be shown now that this statement has come."""
        if self.retrieved.evidence is None or self._unchecked:
            return [statement]
        support = await self._judge.support(statement.text, self.retrieved.evidence, self.retrieved.passages)
        return self._gate.take(statement, support)

    def _show(self, statements: Sequence[Statement]) -> list[AnswerEvent]:
        pieces = [piece for one in statements if (piece := self._shown.add(one))]
        if pieces and self.first_text is None:
            self.first_text = self._elapsed()
        return [Text("".join(pieces))] if pieces else []

    def _cite(self, *, final: bool) -> list[AnswerEvent]:
        self._draft.settle(self.retrieved.pages, final=final)
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
        if (unanswered := self._unanswered()) is not None:
            return [self._abstain(unanswered)]
        events = await self._ready(final=True)
        if self._gated and not self._gate.begun:
            if self._clarifies():
                return [*self._show([Statement(self._draft.text)]), self._done(AnswerOutcome.CLARIFIED)]
            first = self._gate.withheld[0] if self._gate.withheld else Unanswered("it claims nothing", Rule.NO_CLAIM)
            withdrawn: list[AnswerEvent] = [Withdrawn(first.reason)] if self._shown.text else []
            return [*withdrawn, self._abstain(Unanswered(first.reason, first.rule))]
        attributed = [] if self._citations() else self._attributed()
        if self._cut_short:
            events += self._show([Statement(f"\n\n{self._phrases.cut_short}", self._read)])
        cited = [*self._citations(), *attributed]
        return [*events, *attributed, self._done(AnswerOutcome.ANSWERED, self._refused, citations=cited)]

    def _unanswered(self) -> Unanswered | None:
        """Return why what came is no answer at all; None where it may be one."""
        if not self._draft.text.strip():
            return _CUT_BEFORE_A_WORD if self._cut_short else Unanswered("the model said nothing", Rule.NO_TEXT)
        searched = self.retrieved.evidence is not None or self._settings.workflow
        if searched or self._shown.text or self._draft_cites():
            return None
        return Unanswered("the model searched nothing and cites nothing", Rule.NO_SEARCH)

    def _draft_cites(self) -> bool:
        self._draft.settle(self.retrieved.pages, final=True)
        return bool(self._draft.cited)

    def _clarifies(self) -> bool:
        """Whether the model asks back, once, about what was found."""
        text = self._draft.text
        related = self.retrieved.evidence is not None and self.retrieved.evidence.mentions(text)
        once = not claims.asks(replies.last_answer(self.question)) and not self._gate.withheld
        return related and once and claims.asks(text) and len(text) <= MAX_CLARIFYING_LENGTH

    def _attributed(self) -> list[Citation]:
        """The pages that say most of an answer without citations of its own: some servers send none."""
        weights: dict[str, int] = {}
        for one in self.judged:
            if one.support.passage is not None and one.support.score >= min(SURE, self._settings.grounding):
                file = self.retrieved.passages[one.support.passage].file
                weights[file] = weights.get(file, 0) + one.support.weight
        best = sorted(weights, key=lambda file: -weights[file])[:MAX_ATTRIBUTED]
        pages = {
            (self.retrieved.pages[file].title, self.retrieved.pages[file].link): self.retrieved.pages[file]
            for file in best
        }
        return [self._citation(page, len(self._shown.text)) for page in pages.values()]

    def _abstain(self, unanswered: Unanswered) -> Done:
        text = replies.abstention(self._phrases, self._contact, self.retrieved.nearest())
        if self.first_text is None:
            self.first_text = self._elapsed()
        return replace(self._done(AnswerOutcome.ABSTAINED, unanswered.reason, text=text), rule=unanswered.rule)

    def _refuse(self) -> Done:
        text = f"{self._phrases.flagged} {self._contact}"
        return replace(self._done(AnswerOutcome.REFUSED, self._refused, text=text), rule=Rule.MODEL)

    @property
    def _contact(self) -> str:
        return replies.way_to_a_person(self._phrases, self._settings.hand_off, self.answering.contact)

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
        read += sum(len(passage.text) for passage in self.retrieved.passages)
        searched = self._settings.api == "responses" and bool(self.retrieved.queries or self.retrieved.passages)
        self._meter.close(read=read, written=len(self._draft.text), searched=searched)

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=self.answering.timer() - self._started)


def _complete(statement: str) -> bool:
    return statement.rstrip().endswith((".", "!", "?", "。", "؟"))


_NOTHING_FOUND = Unanswered("no passage scores enough", Rule.MIN_SCORE)
_CUT_BEFORE_A_WORD = Unanswered(
    "longest_answer was used up before a word was written; raise [chat] longest_answer", Rule.LENGTH
)
