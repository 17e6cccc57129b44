"""The Celery application and its tasks. Tasks carry ids, and each is one line: the bodies are a worker's methods."""

import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from opentelemetry import propagate

from sync.log_redaction import restrain
from sync.pipeline.turn import TURN_BUDGET
from workers.broker import QUEUE, VISIBILITY_TIMEOUT, Broker

log = structlog.get_logger()

TASK_LIMIT = 600
"""Seconds. HTTP timeout 60 s < turn budget 8 min < this < visibility timeout 60 min."""

ASKED_AT = "asked_at"

Send = Callable[..., bool]
"""Sends a task with its ids; False where no broker takes it, and then the schedule sends it again."""


class TaskBodies(Protocol):
    """What a worker does for each task. Each may come twice, late, or for nothing, and may be killed."""

    def sync(self, source: str, after: int | None = None) -> None: ...
    def publish(self, source: str) -> None: ...
    def audit(self, source: str) -> None: ...
    def reindex(self) -> None: ...
    def housekeep(self) -> None: ...
    def watch(self) -> None: ...
    def history(self) -> None: ...


def create(broker: Broker) -> Celery:
    """Return an application that can send; with `register_tasks`, it can work too."""
    assert TURN_BUDGET.total_seconds() < TASK_LIMIT < VISIBILITY_TIMEOUT  # noqa: S101 - an order that must hold
    restrain("celery", "kombu", "amqp")
    app = Celery("answerwell", broker=broker.celery_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_transport_options=dict(broker.options),
        broker_use_ssl=dict(broker.tls) if broker.tls else None,
        result_backend=None,
        task_acks_late=True,
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_reject_on_worker_lost=True,
        task_serializer="json",
        task_time_limit=TASK_LIMIT,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # a turn needs no broker, and may come twice
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
    )
    return app


def register_tasks(app: Celery, bodies: TaskBodies) -> None:
    """Register every task by the name that is in queues, also in those that an earlier version has filled."""

    @app.task(name="sync")  # type: ignore[untyped-decorator]  # Celery has no types
    def sync(source: str, after: int | None = None) -> None:
        bodies.sync(source, after)

    @app.task(name="publish")  # type: ignore[untyped-decorator]  # Celery has no types
    def publish(source: str) -> None:
        bodies.publish(source)

    @app.task(name="audit")  # type: ignore[untyped-decorator]  # Celery has no types
    def audit(source: str) -> None:
        bodies.audit(source)

    @app.task(name="reindex")  # type: ignore[untyped-decorator]  # Celery has no types
    def reindex() -> None:
        bodies.reindex()

    @app.task(name="housekeep")  # type: ignore[untyped-decorator]  # Celery has no types
    def housekeep() -> None:
        bodies.housekeep()

    @app.task(name="watch")  # type: ignore[untyped-decorator]  # Celery has no types
    def watch() -> None:
        bodies.watch()

    @app.task(name="history")  # type: ignore[untyped-decorator]  # Celery has no types
    def history() -> None:
        bodies.history()


def sender(app: Celery) -> Send:
    """Return a function that sends a task at once or not at all."""

    def send(task: str, *ids: Any) -> bool:
        headers: dict[str, Any] = {ASKED_AT: time.time()}
        propagate.inject(headers)
        try:
            app.send_task(task, args=ids, headers=headers, retry=False)
        except (OperationalError, OSError) as error:
            log.warning("broker_unreachable", task=task, error=type(error).__name__)
            return False
        return True

    return send
