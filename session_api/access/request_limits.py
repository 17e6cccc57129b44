"""Request limits: how much a call may send, how long it may take for that, and how often an address may be refused.

They stand before everything that reads a body. What a server limits itself, such as headers and idle connections, is
set where it is started.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from session_api.access.rate_limit import LimitedCounter, LocalWindow, address_of
from session_api.access.unlisted_proxy import UnlistedProxy
from session_api.errors import ApiError

MAX_BODY_BYTES = 64 * 1024
READ_WITHIN = timedelta(seconds=20)
REFUSALS_A_MINUTE = 120
REFUSED = frozenset((400, 401, 403, 404, 405, 408, 413, 415, 422))


@dataclass(frozen=True, slots=True)
class RouteClass:
    """Addresses that are limited alike, by how they begin."""

    prefix: str
    max_body: int


ROUTE_CLASSES = (
    RouteClass("/webhooks/", 1024 * 1024),
    RouteClass("/api/admin/", 1024 * 1024),  # a release names the documents that it is about
    RouteClass("/", MAX_BODY_BYTES),
)


class RequestLimits:
    """Middleware. Answers 413 to a body that is too large, 408 to one that does not come, and 429 with Retry-After to
    an address that was refused `refusals` times within a minute: its calls are not looked at any more.

    Each process counts alone, and by class of route: who guesses at one address does not keep messages from another.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        refusals: int = REFUSALS_A_MINUTE,
        trusted_proxies: Sequence[str] = (),
        read_within: timedelta = READ_WITHIN,
    ) -> None:
        self._app = app
        self._most = refusals
        self._trusted = trusted_proxies
        self._read_within = read_within
        self._refusals = LocalWindow()
        self._unlisted = UnlistedProxy(trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._unlisted.look_at(scope)
        route = next(one for one in ROUTE_CLASSES if scope["path"].startswith(one.prefix) or one.prefix == "/")
        counter = LimitedCounter(f"{route.prefix} {address_of(scope, self._trusted)}", self._most)
        refused = self._refused_too_often(counter) or _announced_too_large(scope, route)
        if refused is not None:
            if refused.status in REFUSED:
                self._refusals.take([counter])
            await refused.response()(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in REFUSED:
                self._refusals.take([counter])
            await send(message)

        await self._app(scope, _BoundedBody(receive, route.max_body, self._read_within).receive, counted)

    def _refused_too_often(self, counter: LimitedCounter) -> ApiError | None:
        wait, _ = self._refusals.wait([counter])
        if not wait:
            return None
        return ApiError(
            429, "too_many_requests", "Too many calls from this address were refused in a minute.",
            "Correct what is refused; the operator can raise address in rates under [widget].",
            after=timedelta(seconds=wait),
        )  # fmt: skip


class _BoundedBody:
    """The body of one call. Raises HTTPException: 413 where more comes than may, 408 where it does not come in time."""

    def __init__(self, receive: Receive, most: int, within: timedelta) -> None:
        self._receive = receive
        self._most = most
        self._within = within.total_seconds()
        self._deadline: float | None = None
        self._received = 0
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:  # from here on it is the end of the connection that is waited for
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._within
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"the body did not come within {self._within:g} s", _CLOSE) from None
        self._received += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._received > self._most:
            raise HTTPException(413, f"the body is longer than {_shown(self._most)}", _CLOSE)
        return message


_CLOSE = {"connection": "close"}  # what is left of the body is not read


def _announced_too_large(scope: Scope, route: RouteClass) -> ApiError | None:
    announced = Headers(scope=scope).get("content-length", "")
    if not announced.isdecimal() or (len(announced) < 12 and int(announced) <= route.max_body):
        return None
    error = ApiError(413, "body_too_large", f"The request is longer than {_shown(route.max_body)}.", "Send less.")
    error.headers |= _CLOSE
    return error


def _shown(size: int) -> str:
    return f"{size // 1024} KB" if size < 1024 * 1024 else f"{size // (1024 * 1024)} MB"
