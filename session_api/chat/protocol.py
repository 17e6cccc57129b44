"""ChatKit protocol: one request of it, once it is known whose it is. Loads OpenAI's libraries."""

from dataclasses import dataclass
from datetime import timedelta

from chatkit.store import NotFoundError
from chatkit.types import ItemsFeedbackReq, is_streaming_req
from fastapi import Request
from fastapi.responses import Response

from session_api.access.request_guard import RequestGuard
from session_api.access.tokens import Session
from session_api.chat import chatkit_requests, feedback_comment
from session_api.chat.conversation import ThreadServer
from session_api.chat.event_stream import EventStream
from session_api.chat.settings import ChatSettings
from session_api.chat.store import VisitorStore
from session_api.errors import ApiError
from session_api.model_errors import BUSY
from session_api.state import questions

SOON = timedelta(seconds=5)  # an answer takes about as long
BROKEN = b'data: {"type":"error","code":"stream.error","allow_retry":true}\n\n'


@dataclass(frozen=True)
class ChatProtocol:
    """What answers the requests of the protocol."""

    guard: RequestGuard
    settings: ChatSettings
    conversation: ThreadServer
    store: VisitorStore

    async def answer(self, request: Request, session: Session) -> Response:
        """Answer a request of the session. Raises ApiError."""
        asked = chatkit_requests.parse(await request.body())
        await self.guard.check_rate(request, session.origin, session.visitor if is_streaming_req(asked) else None)
        chatkit_requests.clean(asked, self.settings)
        try:
            await chatkit_requests.authorize(asked, self.store, session)
            if is_streaming_req(asked):
                if self.conversation.busy:
                    raise ApiError(
                        429, "busy", BUSY, "The operator can raise concurrent_answers under [chat].", after=SOON
                    )
                return EventStream(self.conversation.stream(asked, session), broken=BROKEN)
            reply = await self.conversation.reply(asked, session)
            if isinstance(asked, ItemsFeedbackReq):
                await self._keep_comment(asked, session)
        except NotFoundError:
            raise ApiError(404, "not_found", "This visitor has no such thread or message.",
                          "Start a new thread; old ones are deleted after a while.") from None  # fmt: skip
        return Response(reply, media_type="application/json", headers={"cache-control": "no-store"})

    async def _keep_comment(self, request: ItemsFeedbackReq, session: Session) -> None:
        comment = feedback_comment.of(request, self.settings)
        if comment:
            guard, rated = self.guard, request.params
            await guard.pool.run(
                questions.comment, guard.state, session.visitor, rated.thread_id, rated.item_ids, comment
            )
