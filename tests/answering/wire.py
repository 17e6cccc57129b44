"""A model's server that sends exactly the bytes it is told to, and an answer that is made from them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Scope, Send

from answering import openai_client
from answering.agent import AgentModel
from answering.answers import Answering, AnswerStream
from answering.blocking import BlockingPool
from answering.completions import CompletionsModel
from answering.events import AnswerEvent, Done, Text
from answering.question import Question
from answering.scope import SearchScope
from answering.settings import AnsweringSettings
from sync.state.database import State
from tests import loopback
from tests.awaiting import awaited

ASKED = "Who pays for the parcel?"
FACTS = "You may send anything back within 60 days of delivery. We pay for the parcel."
ANSWER = "We pay for the parcel."
PRICED = AnsweringSettings(model="scripted", price_input=1, price_output=4, check_model="")
EVENTS = "text/event-stream"


@dataclass(frozen=True)
class Reply:
    """What is sent for one call: its body, piece by piece."""

    pieces: Sequence[bytes]
    status: int = 200
    kind: str = EVENTS


@dataclass
class Upstream:
    """An ASGI application: answers the next call of a path with the next of its replies."""

    replies: dict[str, list[Reply]]
    bodies: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        reply = self.replies[str(scope["path"]).rpartition("/")[2]].pop(0)
        self.bodies.append(json.loads(body))
        headers = [(b"content-type", reply.kind.encode())]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        for piece in reply.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@dataclass(frozen=True)
class Answered:
    """What a reader got, and what the answer took."""

    events: Sequence[AnswerEvent]
    stream: AnswerStream
    upstream: Upstream
    error: BaseException | None

    @property
    def done(self) -> Done:
        assert self.error is None, self.error
        last = self.events[-1]
        assert isinstance(last, Done)
        return last

    @property
    def shown(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Text))


def sse(*events: dict[str, Any]) -> Reply:
    return Reply([f"event: {one.get('type', 'message')}\ndata: {json.dumps(one)}\n\n".encode() for one in events])


def chunks(*rows: dict[str, Any]) -> Reply:
    return Reply([*(f"data: {json.dumps(one)}\n\n".encode() for one in rows), b"data: [DONE]\n\n"])


def whole(row: dict[str, Any], status: int = 200) -> Reply:
    return Reply([json.dumps(row).encode()], status, "application/json")


@contextmanager
def _state() -> Iterator[State]:
    with closing(State.open("sqlite://")) as opened:
        yield opened


def passage() -> dict[str, Any]:
    attributes = {"title": "Returns", "url": "https://acme.com/returns"}
    return {"file_id": "file-0", "filename": "0.md", "score": 1.0, "text": FACTS, "attributes": attributes}


def answered(
    replies: Sequence[Reply], settings: AnsweringSettings = PRICED, found: Sequence[dict[str, Any]] | None = None
) -> Answered:
    """Ask a model whose server replies like that, of a store of files that nobody's installation uploaded."""
    with _state() as state:
        results = [_found(one) for one in found or [passage()]]
        page = whole({"object": "vector_store.search_results.page", "data": results, "has_more": False})
        paths = {"responses": list(replies), "completions": list(replies), "search": [page]}
        upstream = Upstream(paths)
        with loopback.serve(upstream) as url:
            return awaited(_answer(state, settings, url, upstream))


async def _answer(state: State, settings: AnsweringSettings, url: str, upstream: Upstream) -> Answered:
    client = openai_client.connect("key", base_url=f"{url}/v1", organization=None, project=None, timeout=30)
    client = client.with_options(max_retries=0)
    model = CompletionsModel(client, settings) if settings.api == "chat_completions" else AgentModel(client, settings)
    asked = Question(ASKED, [("user", ASKED)], SearchScope("vs_1", {}, search_unmanaged=True))
    stream = Answering(state, settings, model, BlockingPool(1)).answer(asked)
    events: list[AnswerEvent] = []
    error: BaseException | None = None
    try:
        async for event in stream.events():
            events.append(event)  # noqa: PERF401 - those before a failure count, too
    except openai_client.FAILURES as failure:
        error = failure
    finally:
        await client.close()
    return Answered(events, stream, upstream, error)


def _found(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "content": [{"type": "text", "text": one["text"]}]}
