"""A fake answered in the thread that asks: the transport seam of every connector, without a socket."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from starlette.types import ASGIApp, Message, Scope

from connectors.http.addresses import origin_of
from connectors.http.transport import HttpxTransport, Request, Response, TimedOut, Transport, oversized
from sandbox.wire import Wire, serve
from sync.errors import Retryable

IN_PROCESS = "http://localhost"


class InProcess:
    """Sends to a wire as `HttpxTransport` does over a socket; what is not at its address goes over the network.

    One request at a time, as the fake's own server has it. Where a fault hangs, the time is over at once.
    """

    def __init__(self, wire: Wire, timeout: float) -> None:
        self._wire = wire
        self._network: Transport = HttpxTransport(timeout)
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        if origin_of(request.url) != IN_PROCESS:
            return self._network(request)
        exchange = _Exchange(request.body or b"")
        where = request.url.partition("?")[0]
        with self._lock:
            self._run(self._wire(_scope(request), exchange.receive, exchange.send))
        if exchange.given_up:
            raise TimedOut(f"{where} did not answer in time")
        if not exchange.whole:
            raise Retryable(f"{where} could not be read (connection cut); check the address")
        body = self._wire.rewrite(exchange.body) if self._wire.rewrite else exchange.body
        if len(body) > request.most:
            raise oversized(where, request.most)
        return Response(exchange.status, exchange.headers, body)

    def _run(self, answering: Coroutine[Any, Any, None]) -> None:
        if any(fault.manner == "hang" for fault in self._wire.faults):
            asyncio.run(answering)
            return
        try:
            answering.send(None)
        except StopIteration:
            return
        raise RuntimeError("a fake answers at once: it must not wait for anything")


@contextmanager
def reachable(app: ASGIApp, *, socket: bool) -> Iterator[tuple[Wire, str]]:
    """A wire around the app, and its address: on loopback, or for `InProcess` alone."""
    wire = Wire(app)
    if not socket:
        yield wire, IN_PROCESS
        return
    with serve(wire) as url:
        yield wire, url


def transport(wire: Wire, url: str, timeout: float) -> Transport | None:
    """What a connector of a fake is given; None for its vendor's own, where the fake is served."""
    return InProcess(wire, timeout) if url.startswith(IN_PROCESS + "/") or url == IN_PROCESS else None


class _Exchange:
    """One request and what came back; `transport` is what a fake closes to cut the connection."""

    def __init__(self, body: bytes) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.whole = False
        self.transport = self
        self._sent = body
        self._received = False
        self._closed = False
        self.given_up = False

    def close(self) -> None:
        self._closed = True
        self.whole = False

    async def receive(self) -> Message:
        if self._received:  # who asks again waits for the client to go
            self.given_up = True
            return {"type": "http.disconnect"}
        self._received = True
        return {"type": "http.request", "body": self._sent, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in message["headers"]}
            return
        self.body += message.get("body", b"")
        self.whole = not message.get("more_body") and not self._closed


def _scope(request: Request) -> Scope:
    parts = urlsplit(request.url)
    headers = {"host": parts.netloc, "user-agent": "answerwell", **{k.lower(): v for k, v in request.headers.items()}}
    if request.body is not None:
        headers["content-length"] = str(len(request.body))
    query = urlencode(dict(request.params), doseq=True) or parts.query
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": (parts.hostname, parts.port or 80),
    }
