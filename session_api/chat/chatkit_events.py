"""ChatKit events: an answer's events as those of one assistant message of the ChatKit protocol."""

from datetime import UTC, datetime

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    FileSource,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    URLSource,
    WidgetItem,
)

from answering.events import AnswerEvent, AnswerOutcome, Citation, Done, Progress, Text, Withdrawn
from answering.localized_texts import Phrases
from session_api.chat.chatkit_requests import HAND_OFF

REPLY = "msg_reply_"
"""How the id of a message begins that answers nothing, so that the widget asks for no rating of it."""
LEFT_TO_A_PERSON = frozenset({AnswerOutcome.ABSTAINED, AnswerOutcome.REFUSED})
Update = (
    AssistantMessageContentPartAdded
    | AssistantMessageContentPartTextDelta
    | AssistantMessageContentPartAnnotationAdded
    | AssistantMessageContentPartDone
)


class MessageEvents:
    """The events of one message, in a language. It begins with the first text; a reply of our own is one message."""

    def __init__(self, thread: str, message: str, said: Phrases) -> None:
        self._item = message_item(thread, message)
        self._phrases = said
        self._begun = False
        self._annotations = 0

    @property
    def id(self) -> str:
        """The message's id. Until it is done, it may still become another."""
        return self._item.id

    def translate(self, event: AnswerEvent) -> list[ThreadStreamEvent]:
        """Return the events for ChatKit. It has none for Withdrawn: the finished message replaces what was shown."""
        match event:
            case Progress():
                return [ProgressUpdateEvent(icon="search", text=event.text)]
            case Text():
                delta = AssistantMessageContentPartTextDelta(content_index=0, delta=event.text)
                return [*self._begin(), self._update(delta)]
            case Citation():
                return [self._update(self._annotation(event))]
            case Withdrawn():
                return []
            case Done():
                return self._finish(event)

    def _begin(self) -> list[ThreadStreamEvent]:
        if self._begun:
            return []
        self._begun = True
        added = AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text=""))
        return [ThreadItemAddedEvent(item=self._item.model_copy(deep=True)), self._update(added)]

    def _annotation(self, citation: Citation) -> AssistantMessageContentPartAnnotationAdded:
        number, self._annotations = self._annotations, self._annotations + 1
        return AssistantMessageContentPartAnnotationAdded(
            content_index=0, annotation_index=number, annotation=annotation(citation)
        )

    def _finish(self, done: Done) -> list[ThreadStreamEvent]:
        return [*self._made_a_reply(done), *self._said(done), *self._offered(done)]

    def _made_a_reply(self, done: Done) -> list[ThreadStreamEvent]:
        """Name a message that answers nothing by such an id, in place of what was shown of it."""
        if done.outcome == AnswerOutcome.ANSWERED:
            return []
        removed = [ThreadItemRemovedEvent(item_id=self._item.id)] if self._begun else []
        self._item.id, self._begun = reply_id(self._item.id), False
        return [*removed]

    def _offered(self, done: Done) -> list[ThreadStreamEvent]:
        if not done.offers_person and done.outcome not in LEFT_TO_A_PERSON:
            return []
        label = self._phrases.talk if done.offers_person else self._phrases.send_talk
        return [ThreadItemDoneEvent(item=person_button(self._item.thread_id, f"{self._item.id}_person", label))]

    def _said(self, done: Done) -> list[ThreadStreamEvent]:
        content = AssistantMessageContent(text=done.text, annotations=[annotation(one) for one in done.citations])
        self._item.content = [content]
        finished = ThreadItemDoneEvent(item=self._item)
        if not self._begun and done.outcome != AnswerOutcome.ABSTAINED:
            return [finished]
        delta = AssistantMessageContentPartTextDelta(content_index=0, delta=done.text)
        streamed = [] if self._begun else [*self._begin(), self._update(delta)]
        return [*streamed, self._update(AssistantMessageContentPartDone(content_index=0, content=content)), finished]

    def _update(self, update: Update) -> ThreadItemUpdatedEvent:
        return ThreadItemUpdatedEvent(item_id=self._item.id, update=update)


def annotation(citation: Citation) -> Annotation:
    """Return the citation as ChatKit shows it: a link to the page, or its title alone.

    Its date is the page's own, of the last edit; its description names the day of the last sync.
    """
    page = citation.page
    timestamp = page.updated_at.isoformat(timespec="seconds") if page.updated_at else None
    if page.link:
        link = URLSource(title=page.title, url=page.link, description=citation.as_of, timestamp=timestamp)
        return Annotation(source=link, index=citation.index)
    file = FileSource(title=page.title, filename=page.title, description=citation.as_of, timestamp=timestamp)
    return Annotation(source=file, index=citation.index)


def message_item(thread: str, message: str, text: str | None = None) -> AssistantMessageItem:
    """Return an assistant message of now; `text` None: it has no content yet."""
    content = [] if text is None else [AssistantMessageContent(text=text)]
    return AssistantMessageItem(id=message, thread_id=thread, content=content, created_at=datetime.now(UTC))


def reply_id(message: str) -> str:
    """Return the id of a message that answers nothing."""
    return message.replace("msg_", REPLY, 1)


def person_button(thread: str, item: str, label: str) -> WidgetItem:
    """Return a button that leads to a person: OpenAI's element sends its action, our widget opens the contact."""
    action = {"type": HAND_OFF, "payload": {}}
    card = {"type": "Card", "size": "sm", "children": [{"type": "Button", "label": label, "onClickAction": action}]}
    told = {"id": item, "thread_id": thread, "created_at": datetime.now(UTC), "widget": card}
    return WidgetItem.model_validate(told)
