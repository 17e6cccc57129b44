"""ASGI application: the one around its services; endpoints stand in modules of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from session_api import errors, health, webhooks
from session_api.access.lockout import Lockout
from session_api.access.request_limits import REFUSALS_A_MINUTE, RequestLimits
from session_api.admin import wiring as admin
from session_api.admin.dependencies import Operations
from session_api.chat.wiring import ChatServices, StaffServices
from session_api.operators import description
from session_api.operators.exposure import Exposure, ExposureGate
from session_api.webhooks import Inbox, Verify, Wake, take_none
from session_api.widget import routes as widget
from session_api.widget.appearance import Appearance
from sync.state.database import State

STAFF = "/staff"
"""Below this path staff are answered from internal documents."""


@dataclass(frozen=True)
class Services:
    """What the application is given: it makes nothing itself and knows no configuration file.

    `operations` None: no metrics and no admin API. `chat` None: no customer is answered here, so no widget either.
    `staff` None: nobody is answered from internal documents.
    `closing`: what is to be closed when the server stops, besides what the application opens itself.
    `trusted_proxies`: whose `X-Forwarded-For` is believed. `refusals`: how often an address may be refused in a minute.
    """

    state: State
    wake: Wake
    broker_answers: Callable[[], bool]
    verify: Verify = take_none
    operations: Operations | None = None
    chat: ChatServices | None = None
    staff: StaffServices | None = None
    appearance: Appearance = field(default_factory=Appearance)
    exposure: Exposure = field(default_factory=Exposure)
    closing: Sequence[Callable[[], Awaitable[None]]] = ()
    trusted_proxies: Sequence[str] = ()
    refusals: int = REFUSALS_A_MINUTE


def create_app(services: Services) -> FastAPI:
    """Return the application around its services."""
    app = FastAPI(title="Answerwell", version=version("answerwell"), docs_url=None, redoc_url=None, lifespan=_closing)
    app.state.closing = list(services.closing)
    app.state.preparing = []
    app.state.wake = services.wake
    errors.install(app)
    health.install(app, services.state, services.broker_answers)
    webhooks.install(app, Inbox(services.state, services.verify, services.wake))
    if services.operations is not None:
        admin.install(app, services.operations, services.trusted_proxies)
    lockout = Lockout(what="metrics")
    app.add_middleware(
        ExposureGate, exposure=services.exposure, lockout=lockout, trusted_proxies=services.trusted_proxies
    )
    # around what refuses, and within what marks answers for the pages that asked
    app.add_middleware(RequestLimits, refusals=services.refusals, trusted_proxies=services.trusted_proxies)
    if services.chat is not None:
        domain_key = services.appearance.domain_key is not None
        services.chat.install(app, services.state, domain_key=domain_key)
        look, hosted = services.appearance, services.chat.settings.hosted
        app.include_router(widget.router(look, hosted=hosted, demo=services.exposure.demo))
    if services.staff is not None:
        app.mount(STAFF, _staff_app(services, services.staff, app))
    description.install(app)
    _lead_on(app, services)
    return app


def _staff_app(services: Services, staff: StaffServices, around: FastAPI) -> FastAPI:
    """The staff's endpoints and widget: an application of its own, so that customers' routes never serve it."""
    app = FastAPI(title="Answerwell for staff", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.closing, app.state.preparing = around.state.closing, around.state.preparing
    errors.install(app)
    staff.install(app, services.state, STAFF)
    look: dict[str, Any] = {
        "title": staff.staff.title,
        "domain_key": None,
        "starters": [],
        "greeting": None,
        "intro": None,
    }
    app.include_router(widget.router(services.appearance.model_copy(update=look), demo=False))
    return app


def _lead_on(app: FastAPI, services: Services) -> None:
    """Add `/`: it leads to the first page that there is for people."""
    exposure = services.exposure
    shown = {
        "/demo": exposure.demo and services.chat is not None,
        "/docs": exposure.docs and exposure.internal_port is None,
    }
    target = next((path for path, allowed in shown.items() if allowed), None)
    if target is not None:
        app.add_route("/", lambda _: RedirectResponse(target), methods=["GET"], include_in_schema=False)


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    """Close what the application opened, last opened first, when the server stops."""
    yield
    async with AsyncExitStack() as stack:
        for close in app.state.closing:
            stack.push_async_callback(close)
