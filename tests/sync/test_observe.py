"""observe: nothing the source shows is missed, and nothing is deleted on hearsay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sync.engine import Outcome
from sync.errors import CursorExpired, Misconfigured, Retryable
from sync.model import Change, Cursor, Page
from sync.state import queries
from tests.sync.world import INTERNAL, PUBLIC, Crash, Installation, SourceWorld, Trip, installed


def test_an_edit_between_head_and_the_first_page_is_not_missed() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(5)
    pages = []

    def edit_behind_the_first_page(call: str) -> None:
        pages.append(call)
        if pages.count("snapshot") == 1 and call == "snapshot":
            source.put("d0", "edited once it was read")

    source.told = edit_behind_the_first_page
    installation.turn()
    installation.turn()

    assert installation.differences() == []


def test_head_is_asked_for_before_any_page() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    asked: list[str] = []
    source.asked = asked.append

    installation.turn()

    assert asked == ["head", "snapshot"]


def test_a_page_and_its_cursor_become_true_together() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(6)
    source.asked = lambda call: source.fail(1) if len(known(installation)) == 4 else None

    result = installation.turn()

    assert result.outcome is Outcome.FAILED
    assert known(installation) == ["d0", "d1", "d2", "d3"]
    assert column(installation, "snapshot_cursor") == "d3"
    source.asked = lambda _: None
    installation.turn()
    assert installation.differences() == []


def test_a_tombstone_only_marks_and_a_source_that_still_has_it_keeps_it() -> None:
    installation = installed()
    installation.source.log.append((installation.source.number + 1, "ghost of d01"))
    listing = installation.source.changes
    installation.source.changes = lambda after: tombstone("d01", listing(after))  # type: ignore[method-assign]  # a feed that is wrong

    installation.turn()

    assert installation.source.fetched == ["d01"]
    assert installation.differences() == []
    assert "detach" not in installation.index.calls


def test_a_tombstone_that_cannot_be_confirmed_removes_nothing() -> None:
    installation = installed()
    installation.source.delete("d01")
    installation.source.asked = refuse("fetch d01")

    installation.turn()

    assert installation.believed_gone() == ["d01"]
    assert "d01" in installation.searchable("public")


def test_a_tombstone_for_what_we_never_had_is_nothing() -> None:
    installation = installed()
    installation.source.put("d77", "came and went")
    installation.source.delete("d77")

    installation.turn()

    assert installation.source.fetched == []
    assert len(known(installation)) == 5


def test_absence_from_a_complete_listing_only_marks() -> None:
    installation = installed(tombstones=False)
    installation.source.delete("d01")
    installation.source.asked = refuse("fetch d01")

    installation.turn_fully()

    assert installation.believed_gone() == ["d01"]
    assert "d01" in installation.searchable("public")


def test_what_vanished_silently_goes_once_the_source_confirms_it() -> None:
    installation = installed(tombstones=False)
    installation.source.delete("d01")

    installation.turn_fully()

    assert installation.differences() == []
    assert known(installation) == ["d00", "d02", "d03", "d04"]


def test_a_truncated_listing_deletes_nothing() -> None:
    installation = installed(30)
    installation.source.truncate = True

    installation.turn_fully()

    assert installation.differences() == []
    assert "detach" not in installation.index.calls


def test_a_truncated_listing_that_stays_under_the_brake_deletes_nothing_either() -> None:
    installation = installed(4)
    installation.source.truncate = True

    installation.turn_fully()

    assert sorted(installation.source.fetched) == ["d02", "d03"]
    assert installation.differences() == []
    assert "detach" not in installation.index.calls


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_failed_listing_marks_nothing(page: int) -> None:
    installation = installed(6, tombstones=False)
    installation.source.delete("d05")
    seen: list[str] = []

    def fail_at_the_page(call: str) -> None:
        seen.append(call)
        if call == "snapshot" and seen.count("snapshot") == page:
            raise Retryable("cut off")

    installation.source.asked = fail_at_the_page
    result = installation.turn_fully()

    assert isinstance(result.failure, Retryable)
    assert installation.believed_gone() == []
    assert "d05" in installation.searchable("public")


def test_a_listing_cut_short_goes_on_where_it_was() -> None:
    installation = installed(6)
    cursors: list[Cursor | None] = []
    listing = installation.source.snapshot

    def noted(after: Cursor | None) -> Page:
        cursors.append(after)
        if len(cursors) == 2:
            raise Retryable("cut off")
        return listing(after)

    installation.source.snapshot = noted  # type: ignore[method-assign]  # a vendor that fails once

    installation.turn_fully()
    installation.turn()

    assert cursors == [None, "d01", "d01", "d03"]


def test_an_expired_changes_cursor_starts_a_snapshot_with_a_new_head() -> None:
    installation = installed(tombstones=False)
    installation.source.delete("d01")
    installation.source.put("d02", "edited")
    installation.source.oldest = installation.source.number

    installation.turn()

    assert installation.differences() == []
    assert column(installation, "changes_cursor") == str(installation.source.number)


def test_what_changes_while_an_expired_cursor_is_made_good_is_not_missed() -> None:
    installation = installed()
    source = installation.source
    source.put("d02", "edited")
    source.oldest = source.number

    def edit_behind_the_first_page(call: str) -> None:
        if call == "snapshot" and source.documents["d00"].body == "body 0":
            source.put("d00", "edited once it was read")

    source.told = edit_behind_the_first_page
    installation.turn()
    installation.turn()

    assert installation.differences() == []


def test_an_expired_snapshot_cursor_starts_the_snapshot_anew_and_keeps_the_changes_cursor() -> None:
    installation = installed(6)
    before = column(installation, "changes_cursor")
    asked: list[str] = []

    def expire_the_second_page(call: str) -> None:
        asked.append(call)
        if asked.count("snapshot") == 2:
            raise CursorExpired("too old")

    installation.source.asked = expire_the_second_page
    installation.turn_fully()

    assert "head" not in asked
    assert asked.count("snapshot") == 5
    assert column(installation, "changes_cursor") == before
    assert installation.differences() == []


@pytest.mark.parametrize("listing", ["changes", "snapshot"])
def test_a_cursor_that_stands_still_is_a_failure_and_not_an_endless_loop(listing: str) -> None:
    installation = installed()
    still = Page((), Cursor(column(installation, "changes_cursor") if listing == "changes" else ""), more=True)
    setattr(installation.source, listing, lambda after: still)

    result = installation.turn_fully()

    assert isinstance(result.failure, Retryable)
    assert "stands still" in str(result.failure)


def test_a_document_twice_on_a_page_is_taken_as_it_was_last_shown() -> None:
    installation = installed()
    source = installation.source
    old = source.documents["d01"]
    source.put("d01", "edited")
    new = source.documents["d01"]
    page = Page(
        (Change("d01", old.version, old), Change("d01", new.version, new), Change("d02", None), source._change("d02")),
        Cursor(str(source.number)),
        more=False,
    )
    source.changes = lambda after: page  # type: ignore[method-assign]  # a feed that repeats itself

    installation.turn()

    assert installation.differences() == []
    assert installation.believed_gone() == []
    assert source.fetched == []


def test_what_the_feed_repeats_costs_nothing() -> None:
    installation = installed()
    installation.source.log += [(installation.source.number + n, f"d{n:02}") for n in range(1, 5)]

    result = installation.turn()

    assert result.counts == {"observed": 4}
    assert installation.index.calls == []


def test_what_the_listing_carried_is_not_fetched() -> None:
    installation = installed()
    installation.source.put("d01", "edited")

    installation.turn()

    assert installation.source.fetched == []


def test_a_public_document_missing_from_a_public_listing_is_asked_for_before_it_is_demoted() -> None:
    installation = installed()
    installation.source.unseen = {"d01"}

    installation.turn_fully()

    assert installation.source.fetched == ["d01"]
    assert installation.differences() == []
    assert installation.index.calls == []


def test_it_is_demoted_once_the_source_says_so_itself() -> None:
    installation = installed()
    installation.source.show_to("d01", INTERNAL)
    installation.source.unseen = {"d01"}

    installation.turn()

    assert installation.source.fetched == ["d01"]
    assert installation.differences() == []


def test_it_stays_public_while_the_source_does_not_answer() -> None:
    installation = installed()
    installation.source.unseen = {"d01"}
    installation.source.asked = refuse("fetch d01")

    installation.turn_fully()

    assert "d01" in installation.searchable("public")


def test_an_explicit_demotion_needs_no_confirmation() -> None:
    installation = installed()
    installation.source.show_to("d01", INTERNAL)

    installation.turn()

    assert installation.source.fetched == []
    assert "d01" not in installation.searchable("public")
    assert "d01" in installation.searchable("internal")


def test_a_document_never_seen_as_public_starts_internal_without_being_asked_for() -> None:
    installation = installed()
    installation.source.put("d50", "new")
    installation.source.unseen = {"d50"}

    installation.turn()

    assert installation.source.fetched == []
    assert "d50" not in installation.searchable("public")
    assert "d50" in installation.searchable("internal")


def test_a_promotion_to_public_is_followed() -> None:
    installation = installed()
    installation.source.show_to("d01", INTERNAL)
    installation.turn()
    installation.source.show_to("d01", PUBLIC)

    installation.turn()

    assert installation.differences() == []


def test_everything_is_listed_again_when_its_time_has_come_and_not_before() -> None:
    installation = installed(tombstones=False)
    installation.source.delete("d01")
    installation.clock.forward(timedelta(hours=23).total_seconds())
    installation.turn()
    assert known(installation) == ["d00", "d01", "d02", "d03", "d04"]
    installation.clock.forward(timedelta(hours=2).total_seconds())

    installation.turn()

    assert known(installation) == ["d00", "d02", "d03", "d04"]


def test_what_was_deleted_and_made_again_is_back() -> None:
    installation = installed()
    installation.source.delete("d01")
    installation.turn()
    installation.source.put("d01", "born again")

    installation.turn()

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_refused_source_is_not_asked_for_more_and_says_what_to_change() -> None:
    installation = installed()
    installation.source.asked = misconfigured

    result = installation.turn()

    assert isinstance(result.failure, Misconfigured)
    assert "client_secret" in column(installation, "error")


def test_text_that_no_database_can_hold_does_not_stop_the_others() -> None:
    installation = installed()
    installation.source.put("d60", "fine")
    broken = replace(installation.source.documents["d60"], title="half \ud83d and \0", labels=("\ud83d\0",))
    installation.source.documents["d60"] = broken

    result = installation.turn()

    assert result.outcome is Outcome.DONE
    assert "d60" in installation.searchable("public")


def tombstone(name: str, page: Page) -> Page:
    return replace(page, changes=(Change(name, None),))


def refuse(wanted: str) -> Callable[[str], None]:
    def asked(call: str) -> None:
        if call == wanted:
            raise Retryable("the source is having a moment")

    return asked


def misconfigured(call: str) -> None:
    raise Misconfigured("made-up: refused; check client_secret")


def known(installation: Installation) -> list[str]:
    return [row.external_id for row in installation.state.ask("SELECT external_id FROM documents ORDER BY external_id")]


def column(installation: Installation, name: str) -> str:
    return str(installation.state.ask(f"SELECT {name} AS value FROM sources")[0].value)


@pytest.mark.parametrize("carries", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_a_worker_killed_anywhere_misses_nothing_and_needs_no_full_listing(*, first: bool, carries: bool) -> None:
    before = Installation("sqlite:///:memory:", SourceWorld()) if first else installed(3)
    before.source.carries = carries
    for n in range(3):
        before.source.put(f"d{n:02}", f"new body {n}")
    held = before.snapshot()
    points = moments(before)

    for at in points:
        installation = Installation.restored(held, Trip(held.calls + at))
        with pytest.raises(Crash):
            installation.turn()
        installation.restart()
        for _ in range(3):
            installation.turn()

        assert installation.differences() == [], f"killed at point {at}"
        assert installation.leftovers() == [], f"killed at point {at}"
    assert before.trip.calls - held.calls > 40


def moments(installation: Installation) -> list[int]:
    """Run a turn; return the points of it at which a kill leaves behind what it did not at the point before."""
    found: dict[tuple[object, ...], int] = {}
    begun = installation.trip.calls
    installation.trip.watch = lambda: found.setdefault(installation.moment, installation.trip.calls - begun + 1)
    installation.turn()
    installation.trip.watch = lambda: None
    return list(found.values())


def test_a_mistake_in_a_listing_is_recorded_and_what_left_is_withdrawn_all_the_same() -> None:
    installation = installed()
    installation.source.show_to("d01", INTERNAL)
    installation.turn()
    with installation.state.transaction() as tx:  # what an earlier page of the listing committed
        tx.run("UPDATE documents SET audience = 'internal' WHERE external_id = 'd02'")

    def break_down(call: str) -> None:
        if call.startswith(("changes", "snapshot")):
            raise KeyError("body")

    installation.source.asked = break_down
    result = installation.turn()

    assert result.outcome is Outcome.FAILED
    assert "KeyError" in queries.source(installation.state, "s").error
    assert "d02" not in installation.searchable("public")
