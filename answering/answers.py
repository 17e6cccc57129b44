"""One question, from what the model does to what the visitor sees: cited, grounded, or honestly not answered."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from answering import citations, grounding
from answering.blocking import BlockingPool
from answering.citations import Page
from answering.events import Citation, Model, ModelEvent, Passage, Question, SearchDone, TextDelta, Usage
from answering.grounding import Evidence, Verdict
from answering.localized_texts import PHRASES, abstention
from answering.question_log import MICRO, Outcome, Record
from answering.settings import ChatSettings
from answering.stream_sanitizer import StreamSanitizer
from sync.state.database import State

SURE = 0.8  # without citations of its own, an answer is only attributed to a passage that says this much of it

log = structlog.get_logger()


@dataclass(frozen=True)
class Answering:
    """Everything that answering needs."""

    state: State
    settings: ChatSettings
    model: Model
    threads: BlockingPool
    timer: Callable[[], float] = time.perf_counter

    async def answer(self, turn: Question, language: str, record: Record) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Yield the answer as ChatKit's events; `record` says afterwards what became of the question.

        The text streams while the model writes it. What turns out to be unsupported ends at once, and the finished
        item, which is what counts and what is stored, says that nothing was found. Raises what the model raises.
        """
        answer = AnswerStream(self, turn, language, record)
        async with contextlib.aclosing(answer.events()) as events:
            async for event in events:
                yield event


@dataclass
class AnswerStream:
    """An answer that is coming about."""

    answering: Answering
    turn: Question
    language: str
    record: Record
    passages: list[Passage] = field(default_factory=list)
    text: str = ""  # clean, and maybe not shown yet
    checked: int = 0  # so much of it is complete sentences, which were looked at
    shown: int = 0
    cited: list[Citation] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)
    evidence: Evidence | None = None
    begun: bool = False
    stopped: str = ""  # why nothing more is said
    message: int = 0
    offset: int = 0

    def __post_init__(self) -> None:
        self.item = AssistantMessageItem(
            id=self.record.answer, thread_id=self.record.thread, content=[], created_at=datetime.now(UTC)
        )
        self.scrubber = StreamSanitizer(self._allows)
        self.started = self.answering.timer()

    @property
    def guarded(self) -> bool:
        """Whether a document tries to give orders: then nothing is shown before it was looked at."""
        return self.evidence is not None and bool(self.evidence.orders)

    async def events(self) -> AsyncGenerator[ThreadStreamEvent, None]:
        async with asyncio.timeout(self.answering.settings.answer_within.total_seconds()):
            async with contextlib.aclosing(self.answering.model.answer(self.turn)) as heard:
                async for one in heard:
                    for event in await self._hear(one):
                        yield event
                    if self.stopped:
                        break
        last = [] if self.stopped else self._last()
        for event in (*last, *self._end(self.stopped)):
            yield event
        self.record.latency_ms = self._elapsed()

    async def _hear(self, heard: ModelEvent) -> list[ThreadStreamEvent]:
        match heard:
            case SearchDone():
                await self._look_at(heard)
            case TextDelta():
                self.stopped = self._obstacle() or self._take(heard)
                return [] if self.stopped else [*self._show(), *self._annotate()]
            case Citation():
                self.cited.append(heard)
                return self._annotate()
            case Usage():
                self._account(heard)
        return []

    async def _look_at(self, searched: SearchDone) -> None:
        """Keep what was found, scores enough and may be shown."""
        found = [one for one in searched.passages or () if one.score >= self.answering.settings.min_score]
        known = await self.answering.threads.run(
            citations.pages, self.answering.state, found, search_unmanaged=self.answering.settings.search_unmanaged
        )
        self.pages |= known
        self.passages += [one for one in found if one.file in known]
        if searched.passages is not None:
            self.evidence = Evidence((one.text for one in self.passages), self.turn.question)

    def _obstacle(self) -> str:
        """Return why no answer may begin, or nothing."""
        # A workflow may speak before it searches; what nothing supports ends at the verdict.
        nothing = self.evidence is not None and not self.evidence
        return "no passage scores enough" if nothing and not self.begun else ""

    def _take(self, said: TextDelta) -> str:
        """Add the next piece to the text; return why it must not go on, or nothing."""
        if said.message != self.message and self.text:
            self.text += self.scrubber.close() + "\n\n"
            self.annotations += self._settle_citations(final=True)
            self.offset = len(self.text)
            self.scrubber = StreamSanitizer(self._allows)
        self.message = said.message
        piece = self.scrubber.feed(said.text)
        self.text += piece if self.text else piece.lstrip()
        return self._early_stop()

    def _early_stop(self) -> str:
        """Check each sentence as soon as it is complete: what is made up is not spun out."""
        *complete, rest = grounding.split(self.text[self.checked :])
        if not complete or self.evidence is None or not self.answering.settings.grounding:
            return ""
        self.checked = len(self.text) - len(rest)
        for sentence in complete:
            if self.evidence.obeyed(sentence):
                return grounding.OBEYED
            if strange := self.evidence.strange(sentence):
                return f"{strange[:80]} stands in no passage"
        return ""

    def _show(self, *, final: bool = False) -> list[ThreadStreamEvent]:
        """Show what may be shown by now."""
        ready = self.checked if self.guarded and not final else len(self.text)
        piece = self.text[self.shown : ready]
        if not piece:
            return []
        self.shown = ready
        delta = AssistantMessageContentPartTextDelta(content_index=0, delta=piece)
        return [*self._begin(), self._update(delta)]

    def _begin(self) -> list[ThreadStreamEvent]:
        if self.begun:
            return []
        self.begun = True
        self.record.first_token_ms = self._elapsed()
        added = AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text=""))
        return [ThreadItemAddedEvent(item=self.item.model_copy(deep=True)), self._update(added)]

    def _last(self) -> list[ThreadStreamEvent]:
        """Look at the whole answer; return its end, or nothing where it may not stand."""
        self.text = (self.text + self.scrubber.close()).rstrip()
        notes = self._annotate(final=True)
        self.stopped = self._verdict()
        return [] if self.stopped else [*self._show(final=True), *notes]

    def _annotate(self, *, final: bool = False) -> list[ThreadStreamEvent]:
        """Turn citations into links as soon as the text they belong to is out."""
        events: list[ThreadStreamEvent] = []
        if self.guarded and not final:
            return events
        for note in self._settle_citations(final=final):
            update = AssistantMessageContentPartAnnotationAdded(
                content_index=0, annotation_index=len(self.annotations), annotation=note
            )
            self.annotations.append(note)
            events.append(self._update(update))
        return events

    def _settle_citations(self, *, final: bool) -> list[Annotation]:
        ready = [one for one in self.cited if final or one.index <= self.scrubber.taken]
        self.cited = [one for one in self.cited if one not in ready]
        synced = PHRASES[self.language].synced
        notes = []
        for one in ready:
            page = self.pages.get(one.file)
            place = min(self.offset + self.scrubber.place(one.index), len(self.text))
            if page is not None and not self._has(page, place):
                notes.append(citations.annotation(page, place, synced))
        return notes

    def _has(self, page: Page, place: int) -> bool:
        """Models repeat citations at one place; a reader needs each page once there."""
        return any(
            note.index == place
            and note.source.title == page.title
            and getattr(note.source, "url", page.url) == page.url
            for note in self.annotations
        )

    def _verdict(self) -> str:
        """Return why the finished answer may not stand, or nothing."""
        settings = self.answering.settings
        if not self.text.strip():
            return "the model said nothing"
        if self.evidence is None:
            own = self.answering.settings.workflow  # an operator's workflow may greet, or ask back
            return "" if own or self.annotations else "the model searched nothing and cites nothing"
        if not self.annotations and not self._attribute():
            return "the model cites nothing that was found"
        if not settings.grounding:
            return ""
        languages = [str(one.attributes.get("language", "")) for one in self.passages]
        verdict: Verdict = self.evidence.judge(
            self.text, settings.grounding, translated=grounding.foreign(self.language, languages)
        )
        return "" if verdict.grounded else verdict.reason

    def _attribute(self) -> bool:
        """Cite the passages that an answer without citations repeats: some servers send none."""
        for one in self.passages:
            if len(grounding.stems(self.text)) >= 4 and Evidence([one.text], "").share(self.text) >= SURE:
                note = citations.annotation(self.pages[one.file], len(self.text), PHRASES[self.language].synced)
                self.annotations.append(note)
                return True
        return False

    def _end(self, reason: str) -> list[ThreadStreamEvent]:
        self.record.outcome = Outcome.ABSTAINED if reason else Outcome.ANSWERED
        self.record.reason = reason
        text = self.text
        if reason:
            self.annotations = []
            text = abstention(self.turn.question, self.language, self.answering.settings.hand_off)
            log.info("answer_withheld", thread=self.record.thread, answer=self.record.answer, reason=reason)
        self.record.sources = _sources(self.annotations)
        content = AssistantMessageContent(text=text, annotations=self.annotations)
        self.item.content = [content]
        shown: list[ThreadStreamEvent] = []
        if not self.begun:
            delta = AssistantMessageContentPartTextDelta(content_index=0, delta=text)
            shown = [*self._begin(), self._update(delta)]
        done = AssistantMessageContentPartDone(content_index=0, content=content)
        return [*shown, self._update(done), ThreadItemDoneEvent(item=self.item)]

    def _update(
        self,
        update: AssistantMessageContentPartAdded
        | AssistantMessageContentPartTextDelta
        | AssistantMessageContentPartAnnotationAdded
        | AssistantMessageContentPartDone,
    ) -> ThreadItemUpdatedEvent:
        return ThreadItemUpdatedEvent(item_id=self.item.id, update=update)

    def _account(self, spent: Usage) -> None:
        prices = self.answering.settings.prices
        cost = spent.read * prices.read + spent.written * prices.written + spent.searches * prices.searches * 1000
        self.record.tokens_read += spent.read
        self.record.tokens_written += spent.written
        self.record.micro_usd += round(cost / 1e6 * MICRO)

    def _allows(self, address: str) -> bool:
        """A link may lead to a page that was found, or where a passage's own text leads."""
        known = {grounding.plain_address(page.url) for page in self.pages.values() if page.url}
        return grounding.plain_address(address) in known or bool(self.evidence and self.evidence.says(address))

    def _elapsed(self) -> int:
        return round((self.answering.timer() - self.started) * 1000)


def _sources(annotations: Sequence[Annotation]) -> list[dict[str, str]]:
    found = {(note.source.title, getattr(note.source, "url", "")): None for note in annotations}
    return [{"title": title, "url": url} for title, url in found]
