"""The ChatKit server: threads and messages by OpenAI's SDK, answers by ours."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from chatkit.actions import Action
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    FeedbackKind,
    NonStreamingReq,
    ProgressUpdateEvent,
    StreamingReq,
    Thread,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
)

from answering import openai_client, question_log
from answering.answers import Answering
from answering.events import Question
from answering.instructions import instructions
from answering.localized_texts import PHRASES, Phrases, greets, language_of
from answering.moderation import Moderation
from answering.question_log import Outcome, Record
from session_api import model_errors
from session_api.access.tokens import Session
from session_api.chat.store import VisitorStore, aware, new_id
from sync.errors import Retryable
from sync.model import Audience
from sync.rendering import managed_by
from sync.state import queries

HISTORY = 12
MAX_REMEMBERED = 2000
MAX_TITLE_LENGTH = 60

log = structlog.get_logger()


class Conversation(ChatKitServer[Session]):
    """Answers each message of a thread from the index of the visitor's session. `moderation` None: any question."""

    def __init__(self, answering: Answering, store: VisitorStore, moderation: Moderation | None) -> None:
        super().__init__(store)
        self._moderation = moderation
        self._kept = store
        self._answering = answering
        self._state = answering.state
        self._settings = answering.settings
        self._aside = answering.threads.run

    def stream(self, request: StreamingReq, context: Session) -> AsyncGenerator[bytes, None]:
        """Answer a request that was read and authorized, event by event: `process` would read it once more."""
        return self._process_streaming(request, context)

    async def reply(self, request: NonStreamingReq, context: Session) -> bytes:
        """Answer a request that was read and authorized, in JSON."""
        return await self._process_non_streaming(request, context)

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Session
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Yield what the visitor sees. A failure of the model is told politely, with its reason in the log."""
        if input_user_message is None:
            return
        question = text_of(input_user_message)
        language = language_of(question)
        record = Record(
            thread=thread.id,
            visitor=context.visitor,
            origin=context.origin,
            answer=new_id("message"),
            question=question,
            model=self._settings.model,
            asked_at=self._state.now(),
        )
        try:
            async with contextlib.aclosing(self._answer(thread, record, language, context)) as events:
                async for event in events:
                    yield event
            thread.title = thread.title or _title(question)  # last: naming it is a commit, and nobody waits for it
        except openai_client.FAILURES as error:
            refusal = model_errors.failure(error)
            record.reason = refusal.code
            log.warning("question_failed", code=refusal.code, fix=refusal.fix, thread=thread.id)
            raise CustomStreamError(refusal.message, allow_retry=True) from error
        except (asyncio.CancelledError, GeneratorExit):
            record.outcome = Outcome.CANCELLED
            raise
        finally:
            await asyncio.shield(self._keep(record))

    async def add_feedback(self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: Session) -> None:
        await self._aside(question_log.feedback, self._state, context.visitor, thread_id, item_ids, feedback)

    async def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: Session
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """`hand_off`: tell the visitor where a person helps, and remember that they wanted one."""
        del sender
        history = await self._aside(self._history, thread.id, context)
        asked = next((text for role, text in reversed(history) if role == "user"), "")
        said = PHRASES[language_of(asked)]
        text = self._settings.hand_off or said.hand_off
        item = _message(thread.id, new_id("message"), text)
        record = Record(
            thread=thread.id,
            visitor=context.visitor,
            origin=context.origin,
            answer=item.id,
            question=asked,
            model="",
            asked_at=self._state.now(),
            outcome=Outcome.HANDED_OFF,
            reason=action.type,
        )
        await self._keep(record)
        yield ThreadItemDoneEvent(item=item)

    async def _answer(
        self, thread: ThreadMetadata, record: Record, language: str, context: Session
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        said = PHRASES[language]
        if greets(record.question):
            yield self._reply(record, Outcome.GREETED, said.greeting)
            return
        ready = await self._aside(self._prepare, thread.id, context)
        if ready.spent:
            yield self._reply(record, Outcome.REFUSED, f"{said.spent}\n\n{self._hand_off(said)}", "daily_usd is spent")
            return
        if self._moderation is not None and await self._moderation.flags(record.question):
            yield self._reply(record, Outcome.REFUSED, f"{said.flagged} {self._hand_off(said)}", "flagged")
            return
        yield ProgressUpdateEvent(icon="search", text=said.searching)
        turn = self._turn(ready, record.question, context)
        async with contextlib.aclosing(self._answering.answer(turn, language, record)) as events:
            async for event in events:
                yield event

    def _prepare(self, thread: str, context: Session) -> "_Ready":
        """Everything that answering reads, at once: each way to the database and back is time to the first word."""
        limit = self._settings.daily_usd
        live = queries.active(self._state, context.index)
        return _Ready(
            spent=limit is not None and question_log.spent_today(self._state) >= limit,
            store=live.store if live else None,
            history=self._history(thread, context),
        )

    def _turn(self, ready: "_Ready", question: str, context: Session) -> Question:
        """Put the question together with what was said before and with the store that is live now."""
        if ready.store is None:
            raise CustomStreamError("Nothing can be searched yet. Please try again later.", allow_retry=True)
        filters = {"audience": Audience.PUBLIC.value}
        if not self._settings.search_unmanaged:
            filters |= {"managed_by": managed_by(self._state.installation)}
        return Question(
            question=question,
            history=ready.history,
            store=ready.store,
            filters={} if self._settings.search_unmanaged else filters,
            instructions=instructions(self._settings.instructions),
            who=context.visitor,
        )

    def _history(self, thread: str, context: Session) -> Sequence[tuple[str, str]]:
        """The last messages, oldest first, each at most so long."""
        page = self._kept.items(thread, None, HISTORY, "desc", context)
        spoken = [found for item in reversed(page.data) if (found := _spoken(item))]
        return [(role, text[:MAX_REMEMBERED]) for role, text in spoken[:-1]] + spoken[-1:]

    def _reply(self, record: Record, outcome: Outcome, text: str, reason: str = "") -> ThreadItemDoneEvent:
        record.outcome, record.reason, record.model = outcome, reason, ""
        return ThreadItemDoneEvent(item=_message(record.thread, record.answer, text))

    def _hand_off(self, said: Phrases) -> str:
        return self._settings.hand_off or said.hand_off

    async def _keep(self, record: Record) -> None:
        try:
            await self._aside(question_log.write, self._state, record)
        except Retryable as error:
            log.warning("question_not_recorded", thread=record.thread, error=str(error))

    def _to_thread_response(self, thread: ThreadMetadata | Thread) -> Thread:
        """The SDK stamps new threads with the server's local time."""
        told = super()._to_thread_response(thread)
        told.created_at = aware(told.created_at)
        return told


@dataclass(frozen=True)
class _Ready:
    """What is known before the model is asked. `store` None: nothing was synced yet."""

    spent: bool
    store: str | None
    history: Sequence[tuple[str, str]]


def text_of(message: UserMessageItem) -> str:
    """Return what a visitor wrote, with what they quoted before it; a tag counts as its words."""
    written = "".join(part.text for part in message.content)
    return f"> {message.quoted_text}\n\n{written}" if message.quoted_text else written


def _spoken(item: ThreadItem) -> tuple[str, str] | None:
    if isinstance(item, UserMessageItem):
        return "user", text_of(item)
    if isinstance(item, AssistantMessageItem):
        return "assistant", "\n\n".join(part.text for part in item.content)
    return None


def _message(thread: str, item: str, text: str) -> AssistantMessageItem:
    content = AssistantMessageContent(text=text)
    return AssistantMessageItem(id=item, thread_id=thread, content=[content], created_at=datetime.now(UTC))


def _title(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= MAX_TITLE_LENGTH else words[: MAX_TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
