"""The API's process: its services from the configuration, and the server around them."""

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from answering.blocking import BlockingPool
from cli import chat, revoking, supervise, tracing, wiring
from cli.config import Config
from cli.http_protocol import BoundedHttp, tell_rarely
from cli.listener import Address, inherited
from cli.reload import Reload
from connectors import CONNECTORS
from connectors.webhook import WebhookEvent
from session_api.access import unlisted_proxy
from session_api.access.rate_limit import both_stacks
from session_api.admin.dependencies import Evaluate, Operations
from session_api.app import Services, create_app
from session_api.lazy import Lazy, Once
from session_api.operators.exposure import Exposure
from session_api.webhooks import Verify
from sync.errors import Retryable
from sync.log_redaction import restrain
from sync.setting_types import revealed
from sync.state.database import State, utc_now
from workers.app import Send as SendTask
from workers.app import create, sender
from workers.broker import Broker, answers
from workers.queue_depth import QueueDepth, queue_depth

if TYPE_CHECKING:
    from answering.asking import Asking
    from answering.services import AnsweringServices

log = structlog.get_logger()

GRACEFUL = 4
ADMIN_THREADS = 2
KEEP_ALIVE = 75
"""Seconds. Longer than a balancer keeps an idle connection (nginx, AWS: 60), or it sends a call into a closed one."""


def serve(path: Path) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration anew, without a pause."""
    tracing.set_up("api")
    config = wiring.read(path)
    unlisted_proxy.tell_at_start(config.server)
    broker = wiring.needed_broker(config)
    address = Address(config.server.host, config.server.port)
    sockets = [inherited() or address.listen()]
    if config.server.internal_port is not None:
        sockets.append(Address(config.server.host, config.server.internal_port).listen())
    with wiring.opened(config) as state:
        current = Current(application(config, state, broker))

        reload = Reload(path, config, lambda fresh: current.replace(application(fresh, state, broker)))
        server = uvicorn.Server(serving(current, config))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # the server's own come before; these keep the exit code 0
        signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=reload, daemon=True).start())
        threading.Thread(target=_tell_when_ready, args=(server, address, current), daemon=True).start()
        server.run(sockets=sockets)


def serving(app: ASGIApp, config: Config) -> uvicorn.Config:
    """How the application is served."""
    restrain("uvicorn", "asyncio", "sse_starlette")
    tell_rarely("uvicorn.error")
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACEFUL,
        forwarded_allow_ips=both_stacks(config.server.trusted_proxies),
        http=BoundedHttp,
        ws="none",
        limit_concurrency=config.server.connections,
        lifespan="on",
    )


class Current:
    """The application of the configuration as it was last read. The server starts and stops the first one."""

    def __init__(self, app: FastAPI) -> None:
        self._first = self._last = app

    def replace(self, app: FastAPI) -> None:
        """Serve this one from now on; answers that the others began go on, and all are closed at the end."""
        self._first.state.closing.extend(app.state.closing)
        self._last = app

    def prepare(self) -> None:
        """Begin to load what the first visitor needs. Returns at once."""
        for prepare in self._last.state.preparing:
            prepare()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._last(scope, receive, send)


def waker(send: SendTask) -> Callable[[str, str], None]:
    """A function that sends a task with its source, or with none. Raises Retryable where no broker takes it."""

    def wake(task: str, source: str) -> None:
        if not send(task, *([source] if source else [])):
            raise Retryable("the broker does not answer; the schedule finds what is due")

    return wake


def verifier(config: Config) -> Verify:
    """What judges a message to a configured source; a source whose kind has no webhook takes none."""
    sources = {source.common.name: source for source in config.sources}

    def verify(source: str, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        kind = CONNECTORS[sources[source].common.kind]
        if not kind.has_webhook:
            raise KeyError(source)
        return kind.verify(sources[source].settings, headers, body, utc_now())

    return verify


def application(config: Config, state: State, broker: Broker | None = None) -> FastAPI:
    """Return the application over an open state; without a broker nobody is woken, and only the schedule syncs."""
    inventory = wiring.inventory(config)
    state.register(inventory.sources)  # what is asked of a source, or told about it, before its first turn
    client = broker.client() if broker else None
    answering, pool = Once(lambda: chat.answering_services(config)), BlockingPool(ADMIN_THREADS)
    if config.chat is not None and config.chat.workflow is not None:
        answering()  # a workflow that does not load is refused at once

    async def close() -> None:
        if answering.made is not None:
            await answering.made.client.close()

    return create_app(
        Services(
            state,
            wake=waker(sender(create(broker))) if broker else _nobody_listens,
            broker_answers=lambda: client is None or answers(client),
            verify=verifier(config),
            operations=Operations(
                state,
                inventory,
                tokens=config.admin.tokens,
                queue=lambda: queue_depth(client) if client else QueueDepth(0),
                evaluate=_evaluator(config, state),
                revoke=lambda who, by: revoking.revoke(config, state, who, by),
                asking=Lazy(lambda: _asking(config, state, pool, answering)),
            ),
            chat=chat.chat_services(config, answering),
            staff=chat.staff_services(config, answering),
            closing=(pool.close, close),
            appearance=config.widget,
            trusted_proxies=config.server.trusted_proxies,
            refusals=config.widget.rates.address,
            exposure=exposure(config),
        )
    )


def exposure(config: Config) -> Exposure:
    """How far the service reaches; what nobody decided is closed where others than this machine reach it."""
    server, demo = config.server, config.widget.demo
    return Exposure(
        public=server.public,
        internal_port=server.internal_port,
        metrics_tokens=revealed(server.metrics_token),
        docs=not server.public if server.docs is None else server.docs,
        demo=not server.public if demo is None else demo,
    )


def _evaluator(config: Config, state: State) -> Evaluate:
    def evaluate(
        index: str, questions: Sequence[Mapping[str, Any]] | None, compare: int | None, ask: bool
    ) -> dict[str, Any]:
        from cli import evaluating  # the engine and what it needs: when somebody evaluates

        return asdict(evaluating.evaluate(config, state, evaluating.EvaluationRequest(index, questions, compare, ask)))

    return evaluate


def _asking(config: Config, state: State, pool: BlockingPool, answering: "Callable[[], AnsweringServices]") -> "Asking":
    from cli import asking

    return asking.asking(config, state, pool, answering())


def _nobody_listens(task: str, source: str) -> None:
    del task, source


def _tell_when_ready(server: uvicorn.Server, address: Address, current: Current) -> None:
    """Say that we are ready, and only then load what answers: the first question finds it there."""
    tick = threading.Event()
    while not server.started:
        tick.wait(0.02)
    if supervise.supervised():
        supervise.tell_ready()
    else:
        log.info("ready", process="api", address=str(address))
    current.prepare()
