"""`/webhooks/{source}`: a vendor says that something changed. It only wakes a sync; what changed, the sync asks."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from session_api.errors import ApiError
from sync.errors import Retryable
from sync.operations.due import signal_change as count_wake
from sync.pipeline import hints
from sync.state.database import State

log = structlog.get_logger()

MAX_BYTES = 1024 * 1024
PAUSE = 1.0  # seconds between two messages to the workers about one source: a burst is one sync


class Unverified(Exception):
    """The message does not prove that the vendor sent it, just now; says what to check."""


class Nudge(Protocol):
    """A message that the vendor did send."""

    @property
    def wake(self) -> bool:
        """Whether the source may have changed."""
        ...

    @property
    def answer(self) -> str:
        """What the vendor wants to hear, '' for nothing."""
        ...

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents that it speaks of, where the source's feed may not show that they changed."""
        ...


Verify = Callable[[str, Mapping[str, str], bytes], Nudge]
"""Judges a source's message by its headers, lower case, and raw body. Raises Unverified; KeyError: takes none."""
Wake = Callable[[str, str], None]


def nobody(source: str, headers: Mapping[str, str], body: bytes) -> Nudge:  # noqa: ARG001  the shape of a Verify
    """Verifies for an application without sources: it takes no messages."""
    raise KeyError(source)


def router(state: State, verify: Verify, wake: Wake, clock: Callable[[], float] = time.monotonic) -> APIRouter:
    """Return the address. A message counts once it is in the state: a broker that is down delays its sync only."""
    webhooks = APIRouter(tags=["webhooks"])
    told: dict[str, float] = {}

    def take(source: str, documents: tuple[str, ...]) -> None:
        with state.transaction() as tx:
            hints.note(tx, source, count_wake(tx, source), documents)
        if clock() - told.get(source, -PAUSE) < PAUSE:
            return  # the turn that the last message starts hears this one too, or the schedule finds it
        told[source] = clock()
        try:
            wake("sync", source)
        except Retryable as error:
            log.warning("wake_up_delayed", source=source, error=str(error))

    @webhooks.post(
        "/webhooks/{source}",
        response_class=PlainTextResponse,
        responses={401: {"description": "Not signed by the vendor, or not just now."}, 404: {}, 413: {}},
    )
    async def receive(source: str, request: Request) -> Response:
        body = await _read(request)
        if body is None:
            raise ApiError(413, "too_large", f"a message has at most {MAX_BYTES} bytes", "send less")
        try:
            nudge = verify(source, {name.lower(): value for name, value in request.headers.items()}, body)
        except KeyError:
            raise ApiError(
                404, "unknown_source", f"no source {source[:80]!r} takes messages", "check the address"
            ) from None
        except Unverified as error:
            log.warning("nudge_refused", source=source, reason=str(error))
            raise ApiError(401, "signature_invalid", "the message is refused", str(error)) from error
        if nudge.wake:
            await run_in_threadpool(take, source, nudge.documents)
        return PlainTextResponse(nudge.answer)

    return webhooks


async def _read(request: Request) -> bytes | None:
    """The body; None if it is larger than any message is."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)
