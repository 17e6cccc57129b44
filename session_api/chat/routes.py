"""`POST /chatkit`: one address for the whole ChatKit protocol."""

from typing import TYPE_CHECKING

from chatkit.store import NotFoundError
from chatkit.types import ItemsFeedbackReq, is_streaming_req
from fastapi import APIRouter, Request
from fastapi.responses import Response

from answering import question_log
from session_api.access.request_guard import RequestGuard, body
from session_api.chat import chatkit_requests, feedback_comment
from session_api.chat.event_stream import EventStream
from session_api.chat.store import VisitorStore
from session_api.errors import REFUSED, ApiError
from session_api.lazy import Lazy

if TYPE_CHECKING:
    from session_api.chat.conversation import (
        Conversation,  # loads the Agents SDK, which nobody needs until somebody asks
    )

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


def router(door: RequestGuard, conversation: "Lazy[Conversation]", store: VisitorStore) -> APIRouter:
    """Return the endpoint. Answers that a model makes are event streams, everything else is JSON."""
    chat = APIRouter(tags=["chat"])

    @chat.post("/chatkit", openapi_extra=_PROTOCOL, responses=REFUSED, response_class=Response)
    async def chatkit(request: Request) -> Response:
        """Take one request of the ChatKit protocol, with `Authorization: Bearer <client_secret>`."""
        session = await door.session(request)
        asked = chatkit_requests.read(await body(request), door.settings)
        await door.admit(request, session.origin, session.visitor if is_streaming_req(asked) else None)
        try:
            await chatkit_requests.authorize(asked, store, session)
            server = await conversation.ready()
            if is_streaming_req(asked):
                return EventStream(server.stream(asked, session), broken=BROKEN)
            told = await server.reply(asked, session)
            if isinstance(asked, ItemsFeedbackReq) and (remark := feedback_comment.of(asked, door.settings)):
                said = asked.params
                await door.threads.run(
                    question_log.remark, door.state, session.visitor, said.thread_id, said.item_ids, remark
                )
        except NotFoundError:
            raise ApiError(404, "not_found", "This visitor has no such thread or message.",
                          "Start a new thread; old ones are deleted after a while.") from None  # fmt: skip
        return Response(told, media_type="application/json", headers={"cache-control": "no-store"})

    return chat
