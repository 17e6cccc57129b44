"""`/webhooks/{source}`: a vendor says that something changed. It only wakes a sync; what changed, the sync asks."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Protocol

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from session_api.errors import ApiError
from sync.errors import Retryable, SyncError
from sync.state import hints
from sync.state.database import State
from sync.state.sources import signal_change

log = structlog.get_logger()

TELL_REFUSALS_EVERY = 60.0
PAUSE = 1.0  # seconds between two messages to the workers about one source: a burst is one sync

Wake = Callable[[str, str], None]
"""Tells the workers that there is something to do: a task's name and a source's. Raises Retryable without a broker."""


class AcceptedWebhook(Protocol):
    """A message that the vendor did send, as the source's connector tells of it."""

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


Verify = Callable[[str, Mapping[str, str], bytes], AcceptedWebhook]
"""Judges a source's message by its headers, lower case, and raw body.

Raises a SyncError, saying what to check, for one that the vendor does not prove to have sent just now, and KeyError
where the source takes none.
"""


def take_none(source: str, headers: Mapping[str, str], body: bytes) -> AcceptedWebhook:  # noqa: ARG001  the shape of a Verify
    """Verify for an application without sources: it takes no messages."""
    raise KeyError(source)


class Inbox:
    """Signed messages: judged, and counted in the state before the workers are told.

    A message counts once it is in the state: a broker that is down only delays its sync.
    """

    def __init__(self, state: State, verify: Verify, wake: Wake, clock: Callable[[], float] = time.monotonic) -> None:
        self.verify = verify
        self._state = state
        self._wake = wake
        self._clock = clock
        self._lock = threading.Lock()
        self._told_at: dict[str, float] = {}
        self._refusals: dict[str, tuple[float, int]] = {}

    def take(self, source: str, documents: tuple[str, ...]) -> None:
        """Note that the source may have changed, and wake a sync unless one was woken a moment ago."""
        with self._state.transaction() as tx:
            hints.note(tx, source, signal_change(tx, source), documents)
        if not self._is_first_of_burst(source):
            return  # the turn that the last message starts reads this change too, or the schedule finds it
        try:
            self._wake("sync", source)
        except Retryable as error:
            log.warning("wake_up_delayed", source=source, error=str(error))

    def refuse(self, source: str, reason: str) -> None:
        """Log that a message was refused, at most once a minute for each source, with how many were since then."""
        with self._lock:
            now = self._clock()
            since, count = self._refusals.get(source, (float("-inf"), 0))
            told = now - since >= TELL_REFUSALS_EVERY
            self._refusals[source] = (now, 0) if told else (since, count + 1)
        if told:
            log.warning("webhook_refused", source=source, reason=reason, more_since_last=count)

    def _is_first_of_burst(self, source: str) -> bool:
        with self._lock:
            now = self._clock()
            if now - self._told_at.get(source, float("-inf")) < PAUSE:
                return False
            self._told_at[source] = now
            return True


def _inbox(request: Request) -> Inbox:
    inbox: Inbox = request.app.state.inbox
    return inbox


routes = APIRouter(tags=["webhooks"])


def install(app: FastAPI, inbox: Inbox) -> None:
    """Add the endpoint to the application."""
    app.state.inbox = inbox
    app.include_router(routes)


@routes.post(
    "/webhooks/{source}",
    response_class=PlainTextResponse,
    responses={401: {"description": "Not signed by the vendor, or not just now."}, 404: {}, 413: {}},
)
async def receive(source: str, request: Request, inbox: Annotated[Inbox, Depends(_inbox)]) -> Response:
    """A vendor\'s signed message that something in a source changed; it only brings the next sync forward."""
    body = await request.body()
    try:
        event = inbox.verify(source, {name.lower(): value for name, value in request.headers.items()}, body)
    except KeyError:
        raise ApiError(
            404, "unknown_source", f"no source {source[:80]!r} takes messages", "check the address"
        ) from None
    except SyncError as refused:
        inbox.refuse(source, str(refused))
        raise ApiError(401, "signature_invalid", "the message is refused", str(refused)) from refused
    if event.wake:
        await run_in_threadpool(inbox.take, source, event.documents)
    return PlainTextResponse(event.answer)
