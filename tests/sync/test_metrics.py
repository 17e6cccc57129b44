"""Metrics: counted once, whoever counts and however often it is written."""

import pytest

from sync.errors import Retryable
from sync.metrics import Counters
from sync.state import queries
from sync.state.counters import flush
from sync.state.database import State


def test_what_two_processes_count_is_added_up() -> None:
    state = State.open("sqlite://")

    for tally in (Counters(), Counters()):
        tally.count("calls", 2, vendor="zendesk", status="200")
        flush(state, tally)
        flush(state, tally)

    assert [(one.name, one.labels, one.value) for one in queries.counters(state)] == [
        ("calls", {"vendor": "zendesk", "status": "200"}, 4.0)
    ]


def test_a_duration_counts_in_every_bucket_that_holds_it() -> None:
    state, tally = State.open("sqlite://"), Counters()

    tally.record_duration("turn_seconds", 20.0, source="s")
    flush(state, tally)

    numbers = {(one.name, one.labels.get("le")): one.value for one in queries.counters(state)}
    assert numbers["turn_seconds_sum", None] == 20.0
    assert numbers["turn_seconds_count", None] == 1.0
    assert {le for name, le in numbers if name == "turn_seconds_bucket"} == {"60.0", "300.0"}


def test_what_could_not_be_written_is_written_the_next_time() -> None:
    state, tally = State.open("sqlite://"), Counters()
    tally.count("calls")
    with state.transaction() as tx:
        tx.run("ALTER TABLE tallies RENAME TO away")

    with pytest.raises(Retryable):
        flush(state, tally)
    with state.transaction() as tx:
        tx.run("ALTER TABLE away RENAME TO tallies")
    flush(state, tally)

    assert [one.value for one in queries.counters(state)] == [1.0]
