"""Solved conversations are kept, each once and masked, whatever ends a turn, and leave when they leave the desk."""

import dataclasses
from datetime import timedelta

import pytest

from helpdesk.history import HistoryOutcome
from helpdesk.model import Conversation
from helpdesk.state import history
from sandbox.sample_conversations import conversations
from sandbox.wire import Fault
from sync.state.database import State
from tests.connectors.test_zendesk_helpdesk import ZendeskDeskWorld
from tests.contract.helpdesk import plain
from tests.helpdesk.desks import SOURCE, Crash, Interrupted, InterruptedState, kept, opened, read
from tests.spread import SPREAD


def held(state: State) -> dict[str, Conversation]:
    found = [(str(one.id), one) for _, one in history.conversations(state)]
    assert len(found) == len(dict(found))
    return dict(found)


def told(state: State) -> dict[str, tuple[str, ...]]:
    return {number: tuple(message.text for message in one.messages) for number, one in held(state).items()}


def everything(state: State) -> str:
    tables = ("history_desks", "history_conversations", "history_customers", "history_erased")
    return "".join(str(tuple(row)) for table in tables for row in state.ask(f"SELECT * FROM {table}"))


def test_what_names_a_customer_or_an_account_is_not_in_the_state() -> None:
    world = ZendeskDeskWorld()
    world.sandbox.world.export_size = 1000
    world.load(list(conversations()))
    world.later()
    state = opened(world)

    assert read(state, kept(world)) is HistoryOutcome.COMPLETE

    stored = everything(state)
    assert len(held(state)) > 260
    for sample in conversations():
        for secret in (sample.mail, sample.customer, f"AC-{20400 + int(sample.key[1:])}"):
            assert secret not in stored
    for secret in ("DE89", "3704", "532013000", "901820", "1234567", "WEST 1234", "between ourselves", "be generous"):
        assert secret not in stored, secret


class Script:
    """A desk over three days: read, edited in every way, read, and listed completely."""

    def __init__(self, trip: Interrupted) -> None:
        self.world = ZendeskDeskWorld()
        self.ids = self.world.load([plain(number) for number in range(30)])
        self.world.later()
        self.state = opened(self.world)
        self.state.trip = trip
        self.trip = trip

    def turn(self) -> None:
        for _ in range(4):
            try:
                if read(self.state, kept(self.world, self.trip)) is HistoryOutcome.COMPLETE:
                    return
            except Crash:
                pass
            self.world.clock.now += 150  # a lease runs out
        raise AssertionError("no turn reached the end")

    def run(self) -> "Script":
        self.turn()
        ids = self.ids
        self.world.delete(ids["p0"])
        self.world.reopen(ids["p1"])
        self.world.say(ids["p2"], "It still works.", customer=True)
        self.world.sandbox.redact(self.world.sandbox.world.tickets[int(ids["p3"])].comments[0].id)
        self.ids |= self.world.load([plain(40, solved=1)])
        self.world.later()
        self.turn()
        del self.world.sandbox.world.tickets[int(ids["p4"])]  # no feed tells of it
        events = self.world.sandbox.world.events
        events[:] = [event for event in events if event.ticket_id != int(ids["p4"])]
        self.world.clock.now += timedelta(days=1).total_seconds()
        self.turn()
        return self


def test_killed_anywhere_nothing_is_lost_and_nothing_is_double() -> None:
    undisturbed = Script(Interrupted()).run()
    wanted = told(undisturbed.state)
    ids = undisturbed.ids
    assert wanted.keys() == set(ids.values()) - {ids["p0"], ids["p1"], ids["p4"]}
    assert undisturbed.trip.points > 40

    for at in range(1, undisturbed.trip.points + 1, SPREAD):
        script = Script(Interrupted(at)).run()
        assert told(script.state) == wanted, at


def test_what_was_deleted_or_reopened_at_the_desk_leaves_with_the_next_reading() -> None:
    world = ZendeskDeskWorld()
    ids = world.load([plain(number) for number in range(3)])
    world.later()
    state = opened(world)
    read(state, kept(world))
    world.delete(ids["p0"])
    world.reopen(ids["p1"])
    world.later()

    read(state, kept(world))

    assert held(state).keys() == {ids["p2"]}


def test_a_lease_that_was_lost_commits_nothing() -> None:
    world = ZendeskDeskWorld()
    world.load([plain(0)])
    world.later()
    state = opened(world)

    def stall() -> None:
        world.clock.now += 150
        assert state.acquire(SOURCE) is not None

    assert read(state, kept(world, Interrupted(3, stall))) is HistoryOutcome.UNFINISHED
    assert held(state) == {}


@pytest.mark.parametrize("fault", [Fault(manner="half", times=None), Fault(status=403, body="{}", times=None)])
def test_a_listing_that_fails_removes_nothing_and_says_why(fault: Fault) -> None:
    world = ZendeskDeskWorld()
    world.load([plain(number) for number in range(30)])
    world.later()
    state = opened(world)
    read(state, kept(world))
    world.clock.now += timedelta(days=1).total_seconds()
    fault = dataclasses.replace(fault, path="incremental/tickets", nth=2)
    world.wire.fail(fault)

    assert read(state, kept(world)) is HistoryOutcome.FAILED

    known = history.desk(state, SOURCE)
    assert len(held(state)) == 30
    assert known.listing
    assert known.error
    assert known.not_before > state.now()
    world.wire.heal()
    assert read(state, kept(world)) is HistoryOutcome.COMPLETE
    assert (len(held(state)), history.desk(state, SOURCE).error) == (30, "")


def test_what_is_older_than_retention_goes_even_where_the_desks_clock_is_ahead() -> None:
    world = ZendeskDeskWorld()
    world.shift(timedelta(days=300))
    world.load([plain(0), plain(1)])
    world.later()
    state = opened(world)
    read(state, kept(world, days=30))
    assert len(held(state)) == 2

    world.clock.now += timedelta(days=31).total_seconds()
    world.load([plain(2, solved=1)])
    world.later()
    read(state, kept(world, days=30))

    assert [one.subject for one in held(state).values()] == ["Filter light"]


@pytest.mark.parametrize("written", ["nora1@customer.test", "NORA1@Customer.test ", "  nora1@CUSTOMER.TEST"])
def test_who_is_erased_leaves_and_does_not_come_back(written: str) -> None:
    world = ZendeskDeskWorld()
    ids = world.load([plain(0), plain(1)])
    world.later()
    state = opened(world)
    read(state, kept(world))

    with state.transaction() as tx:
        assert history.erase(tx, written) == 1

    assert held(state).keys() == {ids["p0"]}
    world.clock.now += timedelta(days=1).total_seconds()
    read(state, kept(world))
    assert held(state).keys() == {ids["p0"]}
    assert "nora" not in everything(state).lower()


@pytest.mark.parametrize("odd", ["half \ud800 a letter", "nothing \x00 here", "\U0001f600 \u202e"])
def test_what_no_database_takes_holds_up_no_other_conversation(odd: str) -> None:
    world = ZendeskDeskWorld()
    ids = world.load([plain(0, subject=odd, tags=(odd,)), plain(1)])
    world.later()
    state = opened(world)

    assert read(state, kept(world)) is HistoryOutcome.COMPLETE

    found = held(state)
    assert found.keys() == set(ids.values())
    assert "\x00" not in found[ids["p0"]].subject


def test_two_desks_are_kept_apart() -> None:
    first, second = ZendeskDeskWorld(), ZendeskDeskWorld()
    first.load([plain(0)])
    second.load([plain(1), plain(2)])
    for world in (first, second):
        world.later()
    state: InterruptedState = opened(first)
    state.register({"business": "zendesk"})
    read(state, kept(first))
    read(state, dataclasses.replace(kept(second), source="business"))
    with state.transaction() as tx:
        history.drop(tx, SOURCE)

    assert [source for source, _ in history.conversations(state)] == ["business", "business"]
