"""What every fake shares: serving on loopback, counting calls, and failing on demand.

wire = Wire(zendesk_app)
with serve(wire) as url:
    wire.fail(Fault(path=r"/articles", nth=2, status=429, headers={"retry-after": "1"}))
    ...
    assert wire.count(path=r"/articles") == 4
"""

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.server import ServerLoop

Manner = Literal["answer", "cut", "half", "lose", "hang"]


@dataclass(frozen=True)
class Call:
    """One request that reached the fake, and what it got; status 0 where the connection was cut."""

    method: str
    path: str
    query: str
    authorization: str
    status: int


@dataclass
class Fault:
    """What a matching request meets instead of the fake's own answer.

    `nth` counts matching requests from 1; the fault then lasts for `times` of them (None: for ever).
    answer: `status`, `headers`, `body` instead of the work. cut: the connection closes without a byte.
    half: the real answer stops in the middle. lose: the work is done, its answer never arrives.
    hang: nothing happens for `seconds`, or until the client goes; then the connection closes.
    """

    path: str = ""
    method: str = ""
    nth: int = 1
    times: int | None = 1
    manner: Manner = "answer"
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"error":"InternalServerError"}'
    seconds: float = 60.0
    seen: int = 0

    def strikes(self, method: str, target: str) -> bool:
        """Count the request if it matches, and say whether this one fails."""
        if (self.method and method != self.method) or not re.search(self.path, target):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)


class Wire:
    """An ASGI app around a fake: records calls, applies faults, answers `/_sandbox/calls` and `/_sandbox/faults`.

    `rewrite`: what is made of each answer's body where the fake is asked in process, None for nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.rewrite: Callable[[bytes], bytes] | None = None
        self._lock = threading.Lock()

    def fail(self, fault: Fault) -> Fault:
        self.faults.append(fault)
        return fault

    def heal(self) -> None:
        self.faults.clear()

    def forget(self) -> None:
        """Start counting calls anew."""
        with self._lock:
            self.calls.clear()

    def count(self, path: str = "", method: str = "") -> int:
        """How many calls had a path (with its query) that matches the pattern."""
        return sum(
            1
            for call in list(self.calls)
            if re.search(path, f"{call.path}?{call.query}") and (not method or call.method == method)
        )

    def tally(self) -> Counter[str]:
        """Calls by method and path, ids masked: what a budget is read from."""
        return Counter(
            f"{call.method} {re.sub(r'(?<=/)(?:[0-9]+|(?:vs|vsfb)_[^/]+|file-[^/]+)', '#', call.path)}"
            for call in list(self.calls)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"].startswith("/_sandbox/"):
            await self._control(scope, receive, send)
            return
        query = scope["query_string"].decode()
        target = f"{scope['path']}?{query}"
        with self._lock:
            fault = next((f for f in list(self.faults) if f.strikes(scope["method"], target)), None)
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if not any(name.lower() == b"date" for name, _ in message["headers"]):
                    message["headers"] = [*message["headers"], (b"date", formatdate(usegmt=True).encode())]
            await send(message)

        try:
            if fault is None:
                await self.app(scope, receive, watched)
            else:
                await _suffer(fault, self.app, scope, receive, watched, send)
        finally:
            headers = dict(scope["headers"])
            authorization = headers.get(b"authorization", b"").decode("latin-1")
            with self._lock:
                self.calls.append(Call(scope["method"], scope["path"], query, authorization, status))

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/_sandbox/calls":
            if scope["method"] == "DELETE":
                self.forget()
            await _answer(send, 200, {}, json.dumps({"total": len(self.calls), "calls": dict(self.tally())}))
        elif scope["path"] == "/_sandbox/faults" and scope["method"] == "POST":
            self.fail(Fault(**json.loads(await _read(receive))))
            await _answer(send, 200, {}, "{}")
        elif scope["path"] == "/_sandbox/faults" and scope["method"] == "DELETE":
            self.heal()
            await _answer(send, 200, {}, "{}")
        else:
            await _answer(send, 404, {}, '{"error":"no such control"}')


serve = ServerLoop().serve
"""Serves a fake on loopback, all of them on one loop; see `ServerLoop.serve`."""


async def _suffer(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, watched: Send, send: Send) -> None:
    if fault.manner == "answer":
        await _read(receive)
        await _answer(watched, fault.status, fault.headers, fault.body)
        return
    if fault.manner == "hang":
        with suppress(TimeoutError):
            async with asyncio.timeout(fault.seconds):
                await _left(receive)
    elif fault.manner in ("half", "lose"):
        start, body = await _collect(app, scope, receive)
        if fault.manner == "half":
            await watched(start)
            await watched({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    _hang_up(send)


async def _collect(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    body = b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")
    start = messages[0]
    if not any(name == b"content-length" for name, _ in start["headers"]):
        start["headers"] = [*start["headers"], (b"content-length", str(len(body)).encode())]
    return start, body


def _hang_up(send: Any) -> None:
    """Close the client's connection as a crash would: ASGI has no word for it, uvicorn's cycle has its transport."""
    send.__self__.transport.close()


async def _left(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _answer(send: Send, status: int, headers: dict[str, str], body: str) -> None:
    raw = {"content-type": "application/json", "content-length": str(len(body.encode())), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(k.lower().encode(), v.encode()) for k, v in raw.items()],
        }
    )
    await send({"type": "http.response.body", "body": body.encode()})
