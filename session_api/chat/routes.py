"""ChatKit endpoint: `POST /chatkit`, one address for the whole protocol."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from chatkit.store import NotFoundError
from chatkit.types import ItemsFeedbackReq, is_streaming_req
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from session_api.access.request_guard import RequestGuard
from session_api.access.tokens import Session
from session_api.chat import chatkit_requests, feedback_comment
from session_api.chat.event_stream import EventStream
from session_api.chat.settings import ChatSettings
from session_api.chat.store import VisitorStore
from session_api.errors import REFUSED, ApiError
from session_api.lazy import Lazy
from session_api.model_errors import BUSY
from session_api.state import questions

if TYPE_CHECKING:
    from session_api.chat.conversation import (
        Conversation,  # loads the Agents SDK, which is not needed before the first question
    )

SOON = timedelta(seconds=5)  # an answer takes about as long
BROKEN = b'data: {"type":"error","code":"stream.error","allow_retry":true}\n\n'
_PROTOCOL = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "params"],
                    "properties": {
                        "type": {"type": "string", "examples": ["threads.create", "threads.list"]},
                        "params": {"type": "object"},
                        "metadata": {"type": "object"},
                    },
                }
            }
        },
    }
}


@dataclass(frozen=True)
class ChatService:
    """What the endpoint answers with."""

    guard: RequestGuard
    settings: ChatSettings
    conversation: "Lazy[Conversation]"
    store: VisitorStore


async def _service(request: Request) -> ChatService:
    service: ChatService = request.app.state.chat
    return service


router = APIRouter(tags=["chat"])


@router.post("/chatkit", openapi_extra=_PROTOCOL, responses=REFUSED, response_class=Response)
async def chatkit(request: Request, service: Annotated[ChatService, Depends(_service)]) -> Response:
    """Take one request of the ChatKit protocol, with `Authorization: Bearer <client_secret>`."""
    guard = service.guard
    session = replace(await guard.session(request), language=request.headers.get("accept-language", "")[:200])
    asked = chatkit_requests.parse(await request.body())
    await guard.check_rate(request, session.origin, session.visitor if is_streaming_req(asked) else None)
    chatkit_requests.clean(asked, service.settings)
    try:
        await chatkit_requests.authorize(asked, service.store, session)
        server = await service.conversation.ready()
        if is_streaming_req(asked):
            if server.busy:
                raise ApiError(429, "busy", BUSY, "The operator can raise concurrent_answers under [chat].", after=SOON)
            return EventStream(server.stream(asked, session), broken=BROKEN)
        reply = await server.reply(asked, session)
        if isinstance(asked, ItemsFeedbackReq):
            await _keep_comment(service, asked, session)
    except NotFoundError:
        raise ApiError(404, "not_found", "This visitor has no such thread or message.",
                      "Start a new thread; old ones are deleted after a while.") from None  # fmt: skip
    return Response(reply, media_type="application/json", headers={"cache-control": "no-store"})


async def _keep_comment(service: ChatService, request: ItemsFeedbackReq, session: Session) -> None:
    comment = feedback_comment.of(request, service.settings)
    if comment:
        guard, rated = service.guard, request.params
        await guard.pool.run(questions.comment, guard.state, session.visitor, rated.thread_id, rated.item_ids, comment)
