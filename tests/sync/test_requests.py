"""requests: what an operator asks for is recorded, done, and told when it is done."""

from typing import Any

import pytest

from sync.errors import Held, Misconfigured
from sync.model import StoreId
from sync.operations import commands, requests
from sync.operations.due import Watch
from sync.state import queries
from sync.state.queries import RequestKind
from sync.status import runs, status
from tests.sync.world import Installation, SourceWorld, installed


def test_a_sync_that_was_asked_for_is_done_when_a_turn_has_heard_of_it_and_left_nothing_to_do() -> None:
    installation = installed()
    installation.source.put("d01", "edited")
    request = requests.ask_sync(installation.state, "s", "ada")

    before = attended(installation, request)
    installation.engine.turn("s")
    after = attended(installation, request)

    assert (before.who, before.done_at) == ("ada", None)
    assert after.done_at is not None
    assert after.error == ""
    assert installation.differences() == []


def test_a_sync_that_was_asked_for_while_a_turn_ran_waits_for_the_next_one() -> None:
    installation = installed()
    asked: list[int] = []

    def ask(call: str) -> None:
        if not asked:
            asked.append(requests.ask_sync(installation.state, "s", "ada"))

    installation.source.told = ask
    installation.engine.turn("s")
    joined = attended(installation, asked[0])
    installation.engine.turn("s")

    assert joined.done_at is None
    assert attended(installation, asked[0]).done_at is not None


def test_a_full_sync_lists_everything_again() -> None:
    installation = installed(tombstones=False)
    installation.source.delete("d01")
    request = requests.ask_sync(installation.state, "s", "ada", full=True)

    installation.engine.turn("s")

    assert attended(installation, request).done_at is not None
    assert installation.differences() == []


def test_a_sync_that_only_a_setting_helps_fails_with_the_setting() -> None:
    installation = installed()

    def refuse(_: str) -> None:
        raise Misconfigured("the token is refused; check api_token")

    installation.source.asked = refuse
    request = requests.ask_sync(installation.state, "s", "ada")
    installation.engine.turn("s")

    assert attended(installation, request).error == "the token is refused; check api_token"


def test_a_sync_goes_on_through_a_short_failure_and_ends_with_a_long_one() -> None:
    installation = installed()
    installation.source.fail(100)
    request = requests.ask_sync(installation.state, "s", "ada")

    installation.engine.turn("s")
    first = attended(installation, request)
    for _ in range(8):
        installation.engine.turn("s", ignore_backoff=True)
    last = attended(installation, request)

    assert first.done_at is None
    assert "having a moment" in last.error


def test_a_sync_that_is_asked_for_is_due_at_once_whatever_the_source_waits_for() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    installation.source.fail(10_000)
    for _ in range(12):
        installation.turn()
    installation.source.failing = 0
    watch = Watch(installation.state)
    before = watch.due(queries.source(installation.state, "s"), poll_at=float("inf"))

    request = requests.ask_sync(installation.state, "s", "ada")
    after = watch.due(queries.source(installation.state, "s"), poll_at=float("inf"))
    installation.engine.turn("s")

    assert (before, after) == (False, True)
    assert attended(installation, request).error == ""
    assert installation.differences() == []


def test_a_sync_that_ends_with_removals_held_says_so() -> None:
    installation = installed(tombstones=False)
    installation.source.documents.clear()
    request = requests.ask_sync(installation.state, "s", "ada", full=True)

    installation.engine.turn("s")

    assert "release s" in attended(installation, request).error


def test_a_release_that_does_not_name_all_that_is_held_releases_nothing() -> None:
    installation = installed(tombstones=False)
    names = sorted(installation.source.documents)
    installation.source.documents.clear()
    requests.ask_sync(installation.state, "s", "ada", full=True)
    installation.engine.turn("s")

    with pytest.raises(Held, match="look again"):
        requests.ask_release(installation.state, "s", "ada", names[1:])
    held = len(queries.held_removals(installation.state, "s"))
    request = requests.ask_release(installation.state, "s", "ada", [*names, "back meanwhile"])
    installation.engine.turn("s")

    assert held == len(names)
    assert attended(installation, request).done_at is not None
    assert queries.held_removals(installation.state, "s") == []
    assert installation.differences() == []


def test_a_release_is_one_request_that_wakes_once_and_is_followed_from_queued_to_done() -> None:
    installation = installed(tombstones=False)
    installation.source.documents.clear()
    requests.ask_sync(installation.state, "s", "ada", full=True)
    installation.engine.turn("s")
    wakes = queries.source(installation.state, "s").change_seq

    request = requests.ask_release(installation.state, "s", "ada")
    listed = [run for run in runs.recent(installation.state, sources=["s"])[0] if run["what"] == "release"]
    woken = queries.source(installation.state, "s").change_seq - wakes
    installation.engine.turn("s")
    requests.process_requests(installation.engine)

    assert [(run["id"], run["state"]) for run in listed] == [(runs.request_id(request), "queued")]
    assert woken == 1
    assert runs.find(installation.state, runs.request_id(request), sources=["s"])["state"] == "done"


def test_a_paused_source_refuses_a_sync_until_it_is_resumed() -> None:
    installation = installed()

    requests.pause(installation.state, "s", "ada")
    with pytest.raises(Held, match="paused by ada"):
        requests.ask_sync(installation.state, "s", "bob")
    paused = status.status(installation.state, installation.engine.inventory)["sources"][0]
    requests.resume(installation.state, "s", "bob")

    assert (paused["state"], paused["paused_by"]) == ("paused", "ada")
    assert status.status(installation.state, installation.engine.inventory)["sources"][0]["state"] == "ok"


def test_a_reindex_is_begun_filled_by_turns_and_switched_to() -> None:
    installation = installed()
    before = live(installation)
    request = requests.ask_of_index(installation.state, RequestKind.REINDEX, "public", "ada")

    begun = attended(installation, request)
    installation.engine.turn("s")
    done = attended(installation, request)

    assert (begun.started_at is None, begun.done_at) == (False, None)
    assert (done.done_at is None, done.error) == (False, "")
    assert live(installation) != before
    assert installation.differences() == []


def test_a_reindex_at_the_command_line_is_recorded_with_who_began_it() -> None:
    installation = installed()

    commands.rebuild(installation.engine, who="ada")
    with pytest.raises(Held, match="not being rebuilt"):
        commands.promote(installation.engine, "public", who="eve")

    listed = [(run["what"], run["target"], run["who"], run["state"]) for run in asked_for(installation)]
    assert listed == [
        ("reindex", "public", "ada", "done"),
        ("reindex", "internal", "ada", "done"),
        ("promote", "public", "eve", "failed"),
    ]


def test_a_reindex_whose_command_was_killed_is_ended_by_a_worker() -> None:
    installation = installed()
    before = live(installation)
    installation.engine.prepare()
    request = requests.begin_reindex(installation.engine, "public", "ada")

    installation.engine.turn("s")
    done = attended(installation, request)

    assert (done.done_at is None, done.error) == (False, "")
    assert live(installation) != before


def test_two_that_ask_for_a_reindex_which_is_under_way_share_it() -> None:
    installation = installed()
    first = requests.ask_of_index(installation.state, RequestKind.REINDEX, "public", "ada")
    second = requests.ask_of_index(installation.state, RequestKind.REINDEX, "public", "bob")

    requests.process_requests(installation.engine)
    installation.engine.turn("s")
    requests.process_requests(installation.engine)

    both = [record(installation, number) for number in (first, second)]
    assert [(found.done_at is None, found.error) for found in both] == [(False, "")] * 2


def test_a_switch_is_made_once_however_many_attend() -> None:
    installation = installed()
    requests.ask_of_index(installation.state, RequestKind.REINDEX, "public", "ada")
    requests.process_requests(installation.engine)
    installation.engine.turn("s")
    [seen_by_both] = queries.pending_requests(installation.state)

    requests.process_requests(installation.engine)
    requests.switch(installation.engine, seen_by_both.id)

    assert record(installation, seen_by_both.id).error == ""


def test_a_promotion_that_cannot_be_is_told_with_what_is_in_the_way() -> None:
    installation = installed()
    request = requests.ask_of_index(installation.state, RequestKind.PROMOTE, "public", "ada")

    assert "not being rebuilt" in attended(installation, request).error


def test_what_is_asked_of_a_source_that_left_the_configuration_ends() -> None:
    installation = installed()
    request = requests.ask_sync(installation.state, "s", "ada")
    del installation.engine.sources["s"]

    assert "not in the configuration" in attended(installation, request).error


def test_a_running_turn_tells_how_far_it_is() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(12)
    seen: list[Any] = []

    def look(_: str) -> None:
        installation.clock.forward(3)
        seen.append(status.status(installation.state, installation.engine.inventory)["sources"][0])

    source.asked = look
    installation.engine.turn("s", ignore_backoff=True)

    last = seen[-1]
    assert last["state"] == "syncing"
    assert last["progress"]["counts"]["observed"] > 0
    assert last["progress"]["remaining"] >= 0
    assert status.status(installation.state, installation.engine.inventory)["sources"][0]["progress"] is None


def attended(installation: Installation, request: int) -> Any:
    requests.process_requests(installation.engine)
    return record(installation, request)


def record(installation: Installation, request: int) -> Any:
    return installation.state.ask("SELECT * FROM requests WHERE id = :id", id=request)[0]


def asked_for(installation: Installation) -> list[dict[str, Any]]:
    """What was asked for, oldest first."""
    listed, _ = runs.recent(installation.state, sources=["s"])
    return sorted((run for run in listed if run["what"] != "turn"), key=lambda run: int(run["id"].removeprefix("r")))


def live(installation: Installation) -> str:
    [index] = [
        one
        for one in status.status(installation.state, installation.engine.inventory)["indexes"]
        if one["name"] == "public"
    ]
    return str(index["store"])


def test_a_reindex_replaces_a_store_that_was_deleted_and_the_source_is_well_again() -> None:
    installation = installed()
    del installation.memory.stores[StoreId(live(installation))]
    installation.source.put("d01", "edited")
    failed = installation.engine.turn("s")
    request = requests.ask_of_index(installation.state, RequestKind.REINDEX, "public", "ada")

    attended(installation, request)
    due = Watch(installation.state).due(queries.source(installation.state, "s"), poll_at=float("inf"))
    installation.engine.turn("s")
    done = attended(installation, request)
    well = installation.engine.turn("s")
    installation.engine.housekeep()
    installation.engine.turn("s")

    assert isinstance(failed.failure, Misconfigured)
    assert due
    assert (done.done_at is None, done.error, well.failure) == (False, "", None)
    assert installation.differences() == []
    assert len(installation.memory.uploaded) == len(installation.source.documents)
