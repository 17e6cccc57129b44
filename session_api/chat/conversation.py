"""ChatKit server: threads and messages by OpenAI's SDK, answers by `answering`."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from chatkit.actions import Action
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageItem,
    ClientEffectEvent,
    ErrorEvent,
    FeedbackKind,
    NonStreamingReq,
    StreamingReq,
    Thread,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    ThreadUpdatedEvent,
    UserMessageItem,
    WidgetItem,
)

from answering import openai_client, replies, verified
from answering.answers import Answering, AnswerStream, NothingSynced
from answering.events import AnswerOutcome, Done
from answering.language import language_of
from answering.localized_texts import PHRASES
from answering.question import Question
from answering.scope import CustomerIndex, StaffIndex
from session_api import model_errors
from session_api.access.tokens import Session
from session_api.chat.chatkit_events import MessageEvents, message_item, reply_id
from session_api.chat.chatkit_requests import HAND_OFF
from session_api.chat.settings import ChatSettings
from session_api.chat.store import VisitorStore, aware, new_id
from session_api.state import questions, spend
from session_api.state.questions import QuestionRecord
from sync.errors import Retryable
from sync.log_redaction import restrain

HISTORY = 12
MAX_REMEMBERED = 2000
MAX_TITLE_LENGTH = 60

log = structlog.get_logger()


class ThreadServer(ChatKitServer[Session]):
    """Answers each message of a thread from one index: the type of the index says for whom."""

    def __init__(
        self, answering: Answering, store: VisitorStore, settings: ChatSettings, index: CustomerIndex | StaffIndex
    ) -> None:
        super().__init__(store)
        restrain("chatkit")
        self._kept = store
        self._answering = answering
        self._state = answering.state
        self._settings = settings
        self._index = index
        self._run = answering.pool.run
        self._answering_now = 0

    @property
    def busy(self) -> bool:
        """Whether as many answers are being written as may be."""
        return self._answering_now >= self._settings.concurrent_answers

    def stream(self, request: StreamingReq, context: Session) -> AsyncGenerator[bytes, None]:
        """Answer a request that was read and authorized, event by event: `process` would read it once more."""
        return self._process_streaming(request, context)

    async def reply(self, request: NonStreamingReq, context: Session) -> bytes:
        """Answer a request that was read and authorized, in JSON."""
        return await self._process_non_streaming(request, context)

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Session
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Yield what the visitor sees. A failure of the model is a polite message, with its reason in the log."""
        if input_user_message is None:
            return
        if self.busy:
            raise CustomStreamError(model_errors.BUSY, allow_retry=True)
        asked = _Asked(self._record(thread, text_of(input_user_message), context))
        self._answering_now += 1
        try:
            async with contextlib.aclosing(self._answer(asked, context)) as events:
                async for event in events:
                    yield event
            # Last, where it could not be named when it was made: that is a commit, which no reader should wait for.
            thread.title = thread.title or _title(asked.record.question)
        except NothingSynced as error:
            raise CustomStreamError("Nothing can be searched yet. Please try again later.", allow_retry=True) from error
        except openai_client.FAILURES as error:
            refusal = model_errors.failure(error)
            asked.record = replace(asked.record, reason=refusal.code)
            log.warning("question_failed", code=refusal.code, fix=refusal.fix, thread=thread.id)
            raise CustomStreamError(refusal.message, allow_retry=True) from error
        except (asyncio.CancelledError, GeneratorExit):
            asked.record = replace(asked.record, outcome=AnswerOutcome.CANCELLED)
            raise
        finally:
            self._answering_now -= 1
            await asyncio.shield(self._keep(asked.final(), asked.reserved))

    async def _process_new_thread_item_respond(
        self, thread: ThreadMetadata, item: UserMessageItem, context: Session
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Name a new thread after its first message: both are one commit. A page hears of it behind the answer."""
        named = self._kept.name_new(thread.id, title := _title(text_of(item)))
        thread.title = title if named else thread.title
        async for event in super()._process_new_thread_item_respond(thread, item, context):
            named = named and not isinstance(event, ErrorEvent)
            yield event
        if named:
            yield ThreadUpdatedEvent(thread=self._to_thread_response(thread))

    async def add_feedback(self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: Session) -> None:
        await self._run(questions.rate, self._state, context.visitor, thread_id, item_ids, feedback)

    async def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: Session
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """`hand_off`: tell the visitor where a person helps, and remember that they wanted one, once a conversation.

        The effect, of every click, lets a page that shows OpenAI's element open its own contact.
        """
        del sender
        history = await self._run(self._history, thread.id, context)
        *before, asked = ["", *(text for role, text in history if role == "user")]
        record = replace(
            self._record(thread, asked, context), model="", outcome=AnswerOutcome.HANDED_OFF, reason=action.type
        )
        record = replace(record, answer=reply_id(record.answer))
        said = PHRASES[language_of(asked, context.language, before)]
        text = replies.way_to_a_person(said, self._settings.hand_off, self._answering.contact)
        item = message_item(thread.id, record.answer, text)
        if await self._keep_once(record):
            yield ThreadItemDoneEvent(item=item)
        yield ClientEffectEvent(name=HAND_OFF)

    async def _answer(self, asked: "_Asked", context: Session) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Yield an answer's events as ChatKit's, and note in `asked` what became of the question."""
        record = asked.record
        question, may_spend = await self._run(self._question, asked, context)
        message = MessageEvents(record.thread, record.answer, PHRASES[question.spoken])
        asked.stream = self._answering.answer(question, may_spend=may_spend)
        async with contextlib.aclosing(asked.stream.events()) as events:
            async for event in events:
                if isinstance(event, Done):
                    asked.done(event)
                translated = message.translate(event)
                asked.record = replace(asked.record, answer=message.id)
                for chatkit_event in translated:
                    yield chatkit_event

    def _question(self, asked: "_Asked", context: Session) -> tuple[Question, bool]:
        """Everything that answering reads, at once: each way to the database and back is time to the first word."""
        record, limit = asked.record, self._settings.daily_usd
        if limit is not None:
            asked.reserved = spend.reserve(self._state, self._settings.estimated_micro_usd, limit)
        may_spend = limit is None or asked.reserved is not None
        where = self._index.live(self._state)
        question = Question(record.question, self._history(record.thread, context), where, context.language)
        answer = verified.for_question(self._state, question.text, self._index.audiences, question.spoken)
        return replace(question, verified=answer), may_spend

    def _history(self, thread: str, context: Session) -> Sequence[tuple[str, str]]:
        """The last messages, oldest first, each at most so long."""
        page = self._kept.items(thread, None, HISTORY, "desc", context)
        spoken = [found for item in reversed(page.data) if (found := _spoken(item))]
        return [(role, text[:MAX_REMEMBERED]) for role, text in spoken[:-1]] + spoken[-1:]

    def _record(self, thread: ThreadMetadata, question: str, context: Session) -> QuestionRecord:
        return QuestionRecord(
            thread=thread.id,
            visitor=context.visitor,
            origin=context.origin,
            answer=new_id("message"),
            question=question,
            model=self._settings.model,
            asked_at=self._state.now(),
        )

    async def _keep(self, record: QuestionRecord, reserved: spend.Reservation | None = None) -> None:
        try:
            await self._run(questions.record, self._state, record, reserved)
        except Retryable as error:
            log.warning("question_not_recorded", thread=record.thread, error=str(error))

    async def _keep_once(self, record: QuestionRecord) -> bool:
        """Whether this is the first of its kind in the conversation, as far as the state tells."""
        try:
            return await self._run(questions.record_once, self._state, record)
        except Retryable as error:
            log.warning("question_not_recorded", thread=record.thread, error=str(error))
            return True

    def _to_thread_response(self, thread: ThreadMetadata | Thread) -> Thread:
        """The SDK stamps new threads with the server's local time."""
        response = super()._to_thread_response(thread)
        response.created_at = aware(response.created_at)
        return response


class _Asked:
    """A question that is being answered, and its record so far. `stream` None: answering has not begun."""

    def __init__(self, record: QuestionRecord) -> None:
        self.record = record
        self.stream: AnswerStream | None = None
        self.reserved: spend.Reservation | None = None

    def done(self, done: Done) -> None:
        self.record = replace(
            self.record,
            outcome=done.outcome,
            reason=done.reason,
            rule=done.rule or "",
            model=done.model,
            sources=tuple({"title": page.title, "url": page.link} for page in done.sources),
            latency_ms=_milliseconds(done.latency),
        )
        if done.outcome == AnswerOutcome.ABSTAINED:
            log.info("answer_withheld", thread=self.record.thread, answer=self.record.answer, reason=done.reason)

    def final(self) -> QuestionRecord:
        """Return the record with what was spent, also on an answer that was cut short."""
        if self.stream is None:
            return self.record
        cost, first = self.stream.cost, self.stream.first_text
        return replace(
            self.record,
            first_token_ms=None if first is None else _milliseconds(first),
            tokens_read=cost.input_tokens,
            tokens_written=cost.output_tokens,
            micro_usd=cost.micro_usd,
        )


def text_of(message: UserMessageItem) -> str:
    """Return what a visitor wrote, with what they quoted before it; a tag counts as its words."""
    written = "".join(part.text for part in message.content)
    return f"> {message.quoted_text}\n\n{written}" if message.quoted_text else written


def _milliseconds(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))


def _spoken(item: ThreadItem) -> tuple[str, str] | None:
    if isinstance(item, UserMessageItem):
        return "user", text_of(item)
    if isinstance(item, AssistantMessageItem):
        return "assistant", "\n\n".join(part.text for part in item.content)
    return None


def _title(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= MAX_TITLE_LENGTH else words[: MAX_TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
