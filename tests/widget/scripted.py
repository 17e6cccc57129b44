"""A server that speaks the ChatKit protocol through OpenAI's own library and says exactly what a test tells it to.

The widget meets here what no well-behaved answer shows: streams that stop or break, and answers of any size.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    Attachment,
    ClientEffectEvent,
    FeedbackKind,
    Page,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    URLSource,
    UserMessageItem,
)
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response, StreamingResponse

from session_api.widget import routes as widget
from session_api.widget.appearance import Appearance

Visitor = str
RUDELY, POLITELY = "break rudely", "break politely"
"""What a Break looks like on its way to the wire, which it never reaches."""


@dataclass
class Gate:
    """A place in an answer where the server waits until the test says so."""

    opened: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        self.opened.set()

    async def passed(self) -> None:
        """Wait in steps: who hangs up cancels an answer, but no thread."""
        while not await asyncio.to_thread(self.opened.wait, 0.2):
            pass


@dataclass(frozen=True)
class Pause:
    """A time that the model takes."""

    seconds: float


@dataclass(frozen=True)
class Break:
    """The connection ends here, in the middle of whatever is being said; `politely`: as if everything were said."""

    politely: bool = False


@dataclass(frozen=True)
class Done:
    """The text is declared complete, without its annotations, as the library does it; the message is not yet."""


@dataclass(frozen=True)
class Cite:
    """A source, cited where the answer stands."""

    title: str
    url: str
    timestamp: str | None = "2026-11-20T08:00:00+00:00"


Part = str | Gate | Pause | Done | Break | Cite | Any
"""What an answer consists of: text, sources, waits, and any event of the protocol as it is."""


class Memory(Store[Visitor]):
    """Threads in memory, each of one visitor."""

    def __init__(self) -> None:
        self.threads: dict[str, tuple[Visitor, ThreadMetadata]] = {}
        self.items: dict[str, list[ThreadItem]] = {}

    async def load_thread(self, thread_id: str, context: Visitor) -> ThreadMetadata:
        owner, thread = self.threads.get(thread_id, ("", None))
        if thread is None or owner != context:
            raise NotFoundError(thread_id)
        return thread

    async def save_thread(self, thread: ThreadMetadata, context: Visitor) -> None:
        kept = ThreadMetadata(**thread.model_dump(exclude={"items"}))
        self.threads[thread.id] = (context, kept)
        self.items.setdefault(thread.id, [])

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Visitor
    ) -> Page[ThreadItem]:
        await self.load_thread(thread_id, context)
        return _page(self.items[thread_id] if order == "asc" else self.items[thread_id][::-1], after, limit)

    async def load_threads(self, limit: int, after: str | None, order: str, context: Visitor) -> Page[ThreadMetadata]:
        own = [thread for owner, thread in self.threads.values() if owner == context]
        return _page(own if order == "asc" else own[::-1], after, limit)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Visitor) -> None:
        self.items[thread_id].append(item)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Visitor) -> None:
        kept = self.items[thread_id]
        places = [at for at, known in enumerate(kept) if known.id == item.id]
        if places:
            kept[places[0]] = item
        else:
            kept.append(item)

    async def load_item(self, thread_id: str, item_id: str, context: Visitor) -> ThreadItem:
        return next(item for item in self.items[thread_id] if item.id == item_id)

    async def delete_thread(self, thread_id: str, context: Visitor) -> None:
        del self.threads[thread_id], self.items[thread_id]

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Visitor) -> None:
        self.items[thread_id] = [item for item in self.items[thread_id] if item.id != item_id]

    async def save_attachment(self, attachment: Attachment, context: Visitor) -> None:
        raise NotFoundError(attachment.id)

    async def load_attachment(self, attachment_id: str, context: Visitor) -> Attachment:
        raise NotFoundError(attachment_id)

    async def delete_attachment(self, attachment_id: str, context: Visitor) -> None:
        raise NotFoundError(attachment_id)


class Scripted(ChatKitServer[Visitor]):
    """Answers with the next of `answers`; the last one stays. Records what it was asked and told.

    `lingering`: where it waits once everything is said, before the stream ends.
    """

    def __init__(self, answers: Sequence[Sequence[Part]] = (("All right.",),)) -> None:
        super().__init__(Memory())
        self.answers = list(answers)
        self.asked: list[str] = []
        self.rated: list[tuple[list[str], str]] = []
        self.lingering: Gate | None = None

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Visitor
    ) -> AsyncIterator[ThreadStreamEvent]:
        assert input_user_message is not None
        self.asked.append("".join(part.text for part in input_user_message.content))
        if thread.title is None:
            thread.title = self.asked[-1][:60]
        parts = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        item = f"msg_{time.monotonic_ns()}"
        said, cited = "", list[Annotation]()
        yield _added(item, thread.id)
        for part in parts:
            match part:
                case str():
                    said += part
                    yield _update(item, AssistantMessageContentPartTextDelta(content_index=0, delta=part))
                case Cite():
                    source = URLSource(title=part.title, url=part.url, timestamp=part.timestamp)
                    cited.append(Annotation(source=source, index=len(said)))
                    yield _annotated(item, cited)
                case Gate():
                    await part.passed()
                case Done():
                    yield _complete(item, said)
                case Pause():
                    await asyncio.sleep(part.seconds)
                case Break():
                    yield ClientEffectEvent(name=POLITELY if part.politely else RUDELY)
                case _:
                    yield part
        yield _complete(item, said)
        yield ThreadItemDoneEvent(item=_message(item, thread.id, said, cited))
        if self.lingering is not None:
            await self.lingering.passed()

    async def add_feedback(self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: Visitor) -> None:
        self.rated.append((item_ids, feedback))


class Stage:
    """The whole server: sessions without secrets, `/chatkit`, and the widget as it is served in earnest."""

    def __init__(self, chat: Scripted, look: Appearance = Appearance(), *, hosted: bool = False) -> None:  # noqa: B008
        self.chat = chat
        self.hosted = hosted
        self.sessions: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.claims: list[dict[str, Any]] = []
        self.unclaimed = 0  # conversations of before their sign-in that customers are asked about
        self.expired: set[str] = set()
        self.origins: set[str] | None = None
        self.scheme = ""  # what the server believes to be asked by; "": what it is
        self.app = FastAPI()
        self.app.include_router(widget.router(look, hosted=hosted))
        self.app.post("/api/chatkit/session")(self.session)
        self.app.post("/api/chatkit/claim")(self.claim)
        self.app.post("/chatkit")(self.chatkit)
        self.app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"],
                                expose_headers=["retry-after"])  # fmt: skip

    async def session(self, request: Request) -> JSONResponse:
        asked = await request.json()
        self.sessions.append(asked)
        visitor = asked.get("visitor_token") or f"visitor-{len(self.sessions)}"
        secret = f"{asked.get('identity_token') or visitor}/{len(self.sessions)}"
        granted = {"client_secret": secret, "expires_at": int(time.time()) + 600, "visitor_token": visitor}
        if self.unclaimed and asked.get("identity_token"):
            granted["unclaimed"] = self.unclaimed
        if self.hosted:
            return JSONResponse({**granted, "mode": "hosted", "api_url": None})
        base = request.base_url.replace(scheme=self.scheme) if self.scheme else request.base_url
        return JSONResponse({**granted, "mode": "self_hosted", "api_url": f"{base}chatkit"})

    async def claim(self, request: Request) -> JSONResponse:
        self.claims.append(await request.json())
        claimed, self.unclaimed = self.unclaimed if self.claims[-1]["mine"] else 0, 0
        return JSONResponse({"claimed": claimed, "visitor_token": "visitor-claimed"})

    async def chatkit(self, request: Request) -> Response:
        secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        if secret in self.expired or not secret:
            return _refused(401, "token_expired", "The session has ended.")
        body = await request.body()
        self.requests.append(await request.json())
        visitor = secret.rpartition("/")[0]
        try:
            if thread := self.requests[-1]["params"].get("thread_id"):
                await self.chat.store.load_thread(thread, visitor)
            result = await self.chat.process(body, visitor)
        except NotFoundError:
            return _refused(404, "not_found", "There is no such thread.")
        if isinstance(result, StreamingResult):
            return StreamingResponse(_until_break(result), media_type="text/event-stream")
        return Response(result.json, media_type="application/json")

    def expire_all(self) -> None:
        """Refuse every token that was given so far."""
        for number, asked in enumerate(self.sessions, start=1):
            visitor = asked.get("identity_token") or asked.get("visitor_token") or f"visitor-{number}"
            self.expired.add(f"{visitor}/{number}")


async def _until_break(frames: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    async for frame in frames:
        if POLITELY.encode() in frame:
            return
        if RUDELY.encode() in frame:
            raise ConnectionResetError  # the server then closes the connection without the end of the body
        yield frame


def _page(kept: Sequence[Any], after: str | None, limit: int) -> Page[Any]:
    start = next((at + 1 for at, one in enumerate(kept) if one.id == after), 0)
    shown = list(kept[start : start + limit])
    more = len(kept) > start + limit
    return Page(data=shown, has_more=more, after=shown[-1].id if more else None)


def _added(item: str, thread: str) -> ThreadItemAddedEvent:
    return ThreadItemAddedEvent(item=_message(item, thread, None, []))


def _message(item: str, thread: str, said: str | None, cited: list[Annotation]) -> AssistantMessageItem:
    content = [] if said is None else [AssistantMessageContent(text=said, annotations=cited)]
    return AssistantMessageItem(id=item, thread_id=thread, created_at=datetime.now().astimezone(), content=content)


def _complete(item: str, said: str) -> ThreadItemUpdatedEvent:
    return _update(item, AssistantMessageContentPartDone(content_index=0, content=AssistantMessageContent(text=said)))


def _annotated(item: str, cited: list[Annotation]) -> ThreadItemUpdatedEvent:
    added = AssistantMessageContentPartAnnotationAdded(
        content_index=0, annotation_index=len(cited) - 1, annotation=cited[-1]
    )
    return _update(item, added)


def _update(
    item: str,
    update: AssistantMessageContentPartAdded
    | AssistantMessageContentPartTextDelta
    | AssistantMessageContentPartDone
    | AssistantMessageContentPartAnnotationAdded,
) -> ThreadItemUpdatedEvent:
    return ThreadItemUpdatedEvent(item_id=item, update=update)


def _refused(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "fix": "Ask for a new session."}}, status)
