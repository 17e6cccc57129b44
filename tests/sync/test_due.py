"""wake: news of a source is never lost, and never acted on twice."""

from datetime import timedelta

import pytest

from sync.errors import Misconfigured
from sync.operations.due import Watch
from sync.pipeline.turn import TURN_BUDGET
from sync.state import queries
from sync.state.sources import signal_change
from tests.sync.world import Installation, SourceWorld, installed

FAR = float("inf")


def test_a_burst_of_news_is_heard_by_one_turn() -> None:
    installation = installed()
    watch = Watch(installation.state)
    before = len(installation.state.ask("SELECT * FROM runs"))

    for _ in range(1000):
        told(installation)
    turns = 0
    while due(installation, watch, FAR):
        installation.engine.turn("s")
        turns += 1

    assert turns == 1
    assert len(installation.state.ask("SELECT * FROM runs")) == before + 1


def test_news_that_comes_while_a_turn_runs_is_left_for_the_next() -> None:
    installation = installed()
    watch = Watch(installation.state)
    told(installation)

    with installation.engine.leased(installation.engine.sources["s"]) as turn:
        assert turn is not None
        told(installation)
        during = due(installation, watch, FAR)
    installation.source.told = lambda _: told(installation)
    installation.engine.turn("s")
    installation.source.told = lambda _: None
    after = due(installation, watch, FAR)

    assert (during, after) == (False, True)


def test_news_is_not_heard_by_a_turn_that_was_stopped_before_it_asked() -> None:
    installation = installed()
    told(installation)
    installation.engine.stop.ask()

    installation.engine.turn("s")

    assert due(installation, Watch(installation.state), FAR)


def test_a_source_that_was_at_rest_is_not_due_until_it_should_be_asked_again() -> None:
    installation = installed()
    watch = Watch(installation.state)
    now = installation.state.now()

    assert not due(installation, watch, now + 1)
    installation.clock.forward(1)
    assert due(installation, watch, now + 1)


def test_a_source_that_failed_is_due_when_its_wait_is_over_and_not_before() -> None:
    installation = installed()
    installation.source.fail(100)
    installation.engine.turn("s")
    watch = Watch(installation.state)
    told(installation)

    early = due(installation, watch, FAR)
    installation.clock.forward(4000)

    assert not early
    assert due(installation, watch, FAR)


def test_a_source_that_only_a_setting_helps_is_not_asked_again_and_again() -> None:
    installation = installed()
    told(installation)

    def refuse(_: str) -> None:
        raise Misconfigured("the token is refused")

    installation.source.asked = refuse

    installation.engine.turn("s")

    watch = Watch(installation.state)
    assert not due(installation, watch, FAR)
    assert due(installation, watch, 0)


def test_a_paused_source_has_no_turn_coming() -> None:
    installation = installed()
    told(installation)
    with installation.state.transaction() as tx:
        tx.run("UPDATE sources SET paused_by = 'ada'")

    assert not due(installation, Watch(installation.state), 0)


def test_a_turn_that_ran_out_of_time_is_followed_by_another_at_once() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(30)
    source.asked = lambda _: installation.clock.forward(TURN_BUDGET.total_seconds() / 2)

    installation.engine.turn("s", ignore_backoff=True)

    assert due(installation, Watch(installation.state), FAR)


def test_a_clock_that_was_moved_back_does_not_silence_a_source() -> None:
    installation = installed()

    installation.clock.forward(-timedelta(days=3).total_seconds())

    assert due(installation, Watch(installation.state), installation.state.now() + 900)


def test_a_lease_from_before_the_clock_was_moved_back_is_no_lease() -> None:
    installation = installed()
    assert installation.state.acquire("s") is not None

    installation.clock.forward(-timedelta(days=3).total_seconds())

    assert installation.state.acquire("s") is not None


@pytest.mark.parametrize("name", ["s", "nobody"])
def test_news_of_a_source_that_nobody_configured_has_no_number(name: str) -> None:
    installation = installed()
    installation.engine.register()

    with installation.state.transaction() as tx:
        number = signal_change(tx, name)

    assert (number > 0) == (name == "s")


def told(installation: Installation) -> None:
    with installation.state.transaction() as tx:
        signal_change(tx, "s")


def due(installation: Installation, watch: Watch, poll_at: float) -> bool:
    return watch.due(queries.source(installation.state, "s"), poll_at=poll_at)
