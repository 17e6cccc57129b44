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
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    URLSource,
)

from answering.events import AnswerEvent, AnswerOutcome, Citation, Done, Progress, Text, Withdrawn

Update = (
    AssistantMessageContentPartAdded
    | AssistantMessageContentPartTextDelta
    | AssistantMessageContentPartAnnotationAdded
    | AssistantMessageContentPartDone
)


class MessageEvents:
    """The events of one message. It begins with the first text; a reply of our own is one finished message."""

    def __init__(self, thread: str, message: str) -> None:
        self._item = message_item(thread, message)
        self._begun = False
        self._annotations = 0

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
    """Return the citation as ChatKit shows it: a link to the page, or its title alone, with the day of its sync."""
    page = citation.page
    timestamp = page.synced_at.isoformat(timespec="seconds") if page.synced_at else None
    if page.link:
        link = URLSource(title=page.title, url=page.link, description=citation.as_of, timestamp=timestamp)
        return Annotation(source=link, index=citation.index)
    file = FileSource(title=page.title, filename=page.title, description=citation.as_of, timestamp=timestamp)
    return Annotation(source=file, index=citation.index)


def message_item(thread: str, message: str, text: str | None = None) -> AssistantMessageItem:
    """Return an assistant message of now; `text` None: it has no content yet."""
    content = [] if text is None else [AssistantMessageContent(text=text)]
    return AssistantMessageItem(id=message, thread_id=thread, content=content, created_at=datetime.now(UTC))
