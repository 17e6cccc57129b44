"""The Celery application: what its settings promise."""

from typing import Any

from sync.pipeline.turn import TURN_BUDGET
from workers.app import TASK_LIMIT, create, register_tasks
from workers.broker import broker

HTTP_TIMEOUT = 60


class Written:
    """Task bodies that note what they are asked for."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def sync(self, source: str, after: int | None = None) -> None:
        self.done.append(("sync", source, after))

    def publish(self, source: str) -> None:
        self.done.append(("publish", source))

    def audit(self, source: str) -> None:
        self.done.append(("audit", source))

    def reindex(self) -> None:
        self.done.append(("reindex",))

    def housekeep(self) -> None:
        self.done.append(("housekeep",))

    def watch(self) -> None:
        self.done.append(("watch",))

    def history(self) -> None:
        self.done.append(("history",))


def test_each_limit_is_shorter_than_the_one_around_it() -> None:
    settings = create(broker("redis://host/0")).conf

    visible_again = settings.broker_transport_options["visibility_timeout"]
    assert HTTP_TIMEOUT < TURN_BUDGET.total_seconds() < TASK_LIMIT < visible_again
    assert settings.task_time_limit == TASK_LIMIT


def test_a_task_is_only_gone_once_it_is_done_and_nothing_else_is_kept_of_it() -> None:
    settings = create(broker("redis://host/0")).conf

    assert settings.task_acks_late
    assert settings.task_reject_on_worker_lost
    assert settings.worker_prefetch_multiplier == 1
    assert settings.result_backend is None
    assert settings.task_ignore_result


def test_nothing_but_json_is_sent_or_read() -> None:
    settings = create(broker("redis://host/0")).conf

    assert settings.task_serializer == "json"
    assert settings.accept_content == ["json"]


def test_a_broker_that_does_not_answer_is_not_waited_for_for_ever() -> None:
    options = create(broker("redis://host/0")).conf.broker_transport_options

    assert 0 < options["socket_timeout"] <= 60


def test_each_task_calls_its_body_by_the_name_in_the_queue_and_nothing_is_tried_again_by_celery() -> None:
    app, bodies = create(broker("redis://host/0")), Written()
    register_tasks(app, bodies)

    app.tasks["sync"]("s", 7)
    app.tasks["publish"]("s")
    app.tasks["audit"]("s")
    app.tasks["reindex"]()
    app.tasks["housekeep"]()
    app.tasks["watch"]()

    others = [(name,) for name in ("reindex", "housekeep", "watch")]
    assert bodies.done == [("sync", "s", 7), ("publish", "s"), ("audit", "s"), *others]
    assert all(not getattr(app.tasks[name], "autoretry_for", ()) for name in ("sync", "publish", "audit"))
