"""ChatKit endpoint: `POST /chatkit`, one address for the whole protocol."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from session_api.access.request_guard import RequestGuard
from session_api.errors import REFUSED
from session_api.lazy import Lazy

if TYPE_CHECKING:
    from session_api.chat.protocol import ChatProtocol  # loads OpenAI's libraries, which are not needed to start

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
    protocol: "Lazy[ChatProtocol]"


async def _service(request: Request) -> ChatService:
    service: ChatService = request.app.state.chat
    return service


router = APIRouter(tags=["chat"])


@router.post("/chatkit", openapi_extra=_PROTOCOL, responses=REFUSED, response_class=Response)
async def chatkit(request: Request, service: Annotated[ChatService, Depends(_service)]) -> Response:
    """Take one request of the ChatKit protocol, with `Authorization: Bearer <client_secret>`."""
    session = await service.guard.session(request)
    protocol = await service.protocol.ready()
    return await protocol.answer(request, replace(session, language=request.headers.get("accept-language", "")[:200]))
