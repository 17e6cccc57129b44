"""The one ASGI application: health and signed nudges here, everything else in routers of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI

from session_api import errors, health, webhooks
from session_api.admin.wiring import Operations
from session_api.chat.wiring import ChatServices
from session_api.widget import routes as widget
from session_api.widget.appearance import Appearance
from sync.state.database import State

Wake = Callable[[str, str], None]
"""Tells the workers that there is something to do: a task's name and a source's. Raises Retryable where none hears."""


@dataclass(frozen=True)
class Services:
    """What the application is given: it makes nothing itself and knows no configuration file.

    `operations` None: no metrics and no admin API. `chat` None: no customer is answered here, so no widget either.
    """

    state: State
    wake: Wake
    broker_answers: Callable[[], bool]
    verify: webhooks.Verify = webhooks.nobody
    operations: Operations | None = None
    chat: ChatServices | None = None
    look: Appearance = field(default_factory=Appearance)


def create_app(services: Services) -> FastAPI:
    """Return the application around its services."""
    app = FastAPI(title="Answerwell", docs_url="/docs", redoc_url=None, lifespan=_closing)
    app.state.closing = []
    errors.install(app)
    app.include_router(health.router(services.state, services.broker_answers))
    app.include_router(webhooks.router(services.state, services.verify, services.wake))
    if services.operations is not None:
        services.operations.install(app, services.wake)
    if services.chat is not None:
        services.chat.install(app, services.state)
        app.include_router(widget.router(services.look, hosted=services.chat.settings.hosted is not None))
    return app


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    """Close what the application opened, last opened first, when the server stops."""
    yield
    async with AsyncExitStack() as stack:
        for close in app.state.closing:
            stack.push_async_callback(close)
