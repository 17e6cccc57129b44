"""A worker's tasks and the schedule, on a fake clock: every source gets its turn, and none too many."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.errors import Misconfigured
from sync.model import FileState
from sync.operations import requests
from sync.state import queries
from sync.state.queries import RequestKind
from sync.state.request_log import MAX_REQUESTS_KEPT
from sync.state.sources import signal_change
from tests.sync.grown import visits
from tests.sync.world import Installation, SourceWorld, installed
from workers.cadence import Cron, Every
from workers.schedule import Schedule, SourceSchedule
from workers.tasks import Worker

HOURLY = {"s": SourceSchedule(Every(timedelta(hours=1)))}


class Place:
    """A schedule and a worker with a queue between them; `broken`: the broker takes nothing."""

    def __init__(
        self, installation: Installation, schedules: dict[str, SourceSchedule] | None = None, slots: int = 2
    ) -> None:
        self.installation = installation
        self.queue: list[tuple[str, tuple[Any, ...]]] = []
        self.broken = False
        self.worker = Worker(installation.engine, self.send, slots)
        self.schedule = self.another_schedule(schedules)

    def another_schedule(self, schedules: dict[str, SourceSchedule] | None = None) -> Schedule:
        clock = self.installation.clock
        return Schedule(self.installation.state, schedules or HOURLY, self.send, lambda: clock().timestamp())

    def send(self, task: str, *ids: Any) -> bool:
        if not self.broken:
            self.queue.append((task, ids))
        return not self.broken

    def work(self) -> None:
        """Do everything that is queued, and what that queues."""
        while self.queue:
            task, ids = self.queue.pop(0)
            getattr(self.worker, task)(*ids)

    def live(self, seconds: float, step: float = 1.0) -> None:
        until = self.installation.state.now() + seconds
        while self.installation.state.now() < until:
            self.installation.clock.forward(step)
            self.schedule.tick()
            self.work()

    @property
    def turns(self) -> int:
        return len(self.installation.state.ask("SELECT id FROM runs"))

    def sent(self, task: str) -> int:
        return sum(name == task for name, _ in self.queue)


def test_a_new_source_is_synced_at_once_and_then_once_a_period() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(5)
    place = Place(installation)

    place.live(30)
    first = place.turns
    place.live(3 * 3600, step=20)

    assert installation.differences() == []
    assert first == 1
    assert place.turns - first in {3, 4}


def test_while_no_worker_takes_it_a_turn_is_queued_once_a_minute_and_done_once() -> None:
    place = Place(installed())
    place.live(60)
    with place.installation.state.transaction() as tx:
        signal_change(tx, "s")
    before = place.turns

    for _ in range(300):
        place.installation.clock.forward(1)
        place.schedule.tick()
    queued = place.sent("sync")
    place.work()

    assert queued == 5
    assert place.turns == before + 1


def test_two_schedules_do_no_more_than_one() -> None:
    place = Place(installed())
    other = place.another_schedule()
    place.live(60)
    before = place.turns

    for _ in range(360):
        place.installation.clock.forward(10)
        place.schedule.tick()
        other.tick()
        place.work()

    assert place.turns - before == 1


def test_a_message_that_got_lost_with_the_broker_is_sent_again() -> None:
    place = Place(installed())
    place.live(60)
    place.installation.source.put("d01", "edited")
    with place.installation.state.transaction() as tx:
        signal_change(tx, "s")

    place.schedule.tick()
    place.queue.clear()
    place.live(70)

    assert place.installation.differences() == []


def test_what_is_due_while_the_broker_is_down_is_done_once_it_is_back() -> None:
    place = Place(installed())
    place.installation.source.put("d01", "edited")
    place.broken = True
    place.live(7200, step=30)

    place.broken = False
    place.live(10)

    assert place.installation.differences() == []


def test_a_source_that_failed_is_tried_again_by_itself_and_holds_no_worker_meanwhile() -> None:
    place = Place(installed())
    place.live(60)
    place.installation.source.put("d01", "edited")
    place.installation.source.fail(3)
    with place.installation.state.transaction() as tx:
        signal_change(tx, "s")

    place.schedule.tick()
    place.work()
    running, failing = place.worker.running, queries.source(place.installation.state, "s").failures
    place.live(60)

    assert (running, failing) == (0, 1)
    assert place.installation.differences() == []


def test_a_source_that_only_a_setting_helps_is_asked_in_its_rhythm_and_no_more() -> None:
    place = Place(installed())
    place.live(60)

    def refuse(_: str) -> None:
        raise Misconfigured("the token is refused")

    place.installation.source.asked = refuse
    before = place.turns
    place.live(3 * 3600, step=10)

    assert place.turns - before in {3, 4}


def test_a_document_that_waits_is_looked_at_when_its_wait_is_over() -> None:
    place = Place(installed())
    place.live(60)
    place.installation.source.put("d01", "edited")
    place.installation.memory.outcome = lambda _: (FileState.IN_PROGRESS, "")
    with place.installation.state.transaction() as tx:
        signal_change(tx, "s")
    place.live(2)
    for store in place.installation.memory.stores.values():
        store.files = {file: replace(stored, state=FileState.COMPLETED) for file, stored in store.files.items()}

    place.live(120)

    assert place.installation.differences() == []


def test_a_cron_expression_lists_everything_at_its_time_and_once() -> None:
    installation = installed(tombstones=False)
    place = Place(installation, {"s": SourceSchedule(Every(timedelta(hours=1)), snapshots=Cron("0 3 * * *"))})
    epoch = queries.source(installation.state, "s").epoch
    installation.source.delete("d01")

    place.live(26 * 3600, step=30)

    assert installation.differences() == []
    assert queries.source(installation.state, "s").epoch - epoch in {1, 2}


def test_a_request_is_attended_to_until_it_is_done_and_not_longer() -> None:
    place = Place(installed())
    place.live(60)
    request = requests.ask_of_index(place.installation.state, RequestKind.REINDEX, "public", "ada")

    place.live(30)
    place.schedule.tick()

    [row] = place.installation.state.ask("SELECT * FROM requests WHERE id = :id", id=request)
    assert (row.done_at is None, row.error) == (False, "")
    assert place.sent("reindex") == 0


def test_stores_are_audited_daily_and_what_was_taken_from_them_is_put_back() -> None:
    place = Place(installed())
    place.live(60)
    for store in place.installation.memory.stores.values():
        store.files.clear()

    place.live(26 * 3600, step=60)

    assert place.installation.differences() == []


@pytest.mark.parametrize("task", ["sync", "publish", "audit"])
def test_a_source_that_this_worker_does_not_know_is_left_to_one_that_does(task: str) -> None:
    place = Place(installed())

    getattr(place.worker, task)("of a newer configuration")

    assert place.worker.running == 0


def test_a_worker_that_is_asked_to_end_begins_nothing() -> None:
    place = Place(installed())
    with place.installation.state.transaction() as tx:
        signal_change(tx, "s")
    before = place.turns
    place.installation.engine.stop.ask()

    place.worker.sync("s")

    assert place.turns == before


def test_a_large_source_gives_its_slot_back_often_where_sources_outnumber_slots() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(200)
    source.asked = lambda _: installation.clock.forward(5)
    crowded, roomy = Place(installation, slots=0), Place(installation, slots=2)
    began = installation.state.now()

    crowded.worker.sync("s", 0)
    short = installation.state.now() - began
    roomy.worker.sync("s", 1)

    assert short < 90
    assert installation.state.now() - began - short > 200


def test_publishing_asks_the_source_nothing() -> None:
    place = Place(installed())
    asked: list[str] = []
    place.installation.source.asked = asked.append

    place.worker.publish("s")

    assert asked == []


def test_news_that_comes_while_a_turn_runs_is_synced_by_one_turn_after_it_without_the_schedule() -> None:
    place = Place(installed())
    place.live(60)
    source = place.installation.source
    before = place.turns

    def more_news(_: str) -> None:
        source.told = lambda _: None
        source.put("d01", "edited while the changes were read")
        for _news in range(20):
            with place.installation.state.transaction() as tx:
                signal_change(tx, "s")
            place.worker.sync("s")  # another worker hears of it, and finds the source taken

    source.told = more_news
    with place.installation.state.transaction() as tx:
        signal_change(tx, "s")
    place.worker.sync("s")
    place.work()

    assert place.installation.differences() == []
    assert place.turns - before == 2


def test_news_that_comes_while_something_else_has_the_source_is_synced_at_once_after_it() -> None:
    place = Place(installed())
    place.live(60)
    state = place.installation.state
    with state.transaction() as tx:
        signal_change(tx, "s")
    before = place.turns
    place.schedule.tick()
    audit = state.acquire("s")  # between the message and the worker that takes it
    assert audit is not None
    place.work()

    state.release(audit)
    place.live(2)

    assert place.turns == before + 1


@pytest.mark.parametrize("number", [1, 50])
def test_a_tick_asks_two_statements_for_however_many_sources(number: int) -> None:
    installation = installed()
    names = ["s", *(f"s{n}" for n in range(1, number))]
    place = Place(installation, {name: SourceSchedule(Every(timedelta(hours=1))) for name in names})
    with installation.state.transaction() as tx:
        for name in names[1:]:
            tx.run(
                """INSERT INTO sources (name, kind, changes_cursor, synced_at, heard_at, audited_at, stores_audited_at)
                   SELECT :name, kind, changes_cursor, synced_at, heard_at, audited_at, :now FROM sources
                   WHERE name = 's'""",
                name=name,
                now=installation.state.now(),
            )
        tx.run("UPDATE sources SET stores_audited_at = :now", now=installation.state.now())
    place.live(3)

    with visits(installation.state) as counted:
        place.schedule.tick()

    assert place.queue == []
    assert counted.statements == 2


def test_requests_are_kept_for_a_while_and_open_ones_for_ever() -> None:
    installation = installed()
    state = installation.state
    first = requests.ask_of_index(state, RequestKind.REINDEX, "public", "ada")
    with state.transaction() as tx:
        tx.run(
            f"""INSERT INTO requests (what, target, who, asked_at, done_at)
                WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MAX_REQUESTS_KEPT + 50})
                SELECT 'pause', 's', 'ada', 0, 1 FROM n"""
        )

    last = requests.pause(state, "s", "ada")

    kept = [row.id for row in state.ask("SELECT id FROM requests ORDER BY id")]
    assert kept == [first, *range(last - MAX_REQUESTS_KEPT + 1, last + 1)]
