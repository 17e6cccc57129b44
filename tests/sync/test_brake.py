"""The brake: when too much of a source is believed gone, its removals wait for a person, and nothing else does."""

import pytest

from sync.operations import commands, requests
from sync.operations.converge import converge
from sync.state import queries
from sync.state.queries import Believed
from tests.sync.world import INTERNAL, Installation, installed


@pytest.mark.parametrize(
    ("gone", "total", "held"),
    [
        (20, 100, False),
        (21, 100, True),
        (20, 20, True),
        (21, 30, True),
        (100, 1000, False),
        (101, 1000, True),
        (200, 2000, False),
        (201, 2000, True),
        (2, 3, False),
        (3, 3, True),
        (2, 2, False),
        (1, 1, False),
        (0, 0, False),
        (0, 5, False),
    ],
)
def test_more_than_twenty_or_a_tenth_or_all_of_three_is_held(gone: int, total: int, *, held: bool) -> None:
    assert Believed(gone=gone, unreleased=gone, total=total).held is held


def test_what_was_released_is_not_held() -> None:
    assert not Believed(gone=50, unreleased=0, total=100).held
    assert Believed(gone=50, unreleased=21, total=100).held


def test_under_the_brake_removals_just_happen() -> None:
    installation = installed(30)
    vanish(installation, range(20))

    installation.turn()

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_over_it_they_wait_and_stay_searchable_and_nobody_is_asked() -> None:
    installation = held_installation()

    held = [removal.external_id for removal in queries.held_removals(installation.state, "s")]
    assert len(installation.searchable("public")) == 30
    assert installation.source.fetched == []
    assert held == [f"d{n:02}" for n in range(21)]


def test_an_empty_listing_of_three_removes_nothing() -> None:
    installation = installed(3, tombstones=False)
    vanish(installation, range(3))

    installation.turn_fully()

    assert len(installation.searchable("public")) == 3


def test_edits_and_new_documents_go_on() -> None:
    installation = held_installation()
    installation.source.put("d25", "edited")
    installation.source.put("d90", "new")

    installation.turn()

    assert b"edited" in installation.searchable("public")["d25"][0][0]
    assert "d90" in installation.searchable("public")


def test_what_became_internal_leaves_the_public_index_all_the_same() -> None:
    installation = held_installation()
    installation.source.show_to("d25", INTERNAL)

    installation.turn()

    assert "d25" not in installation.searchable("public")
    assert "d25" in installation.searchable("internal")


def test_what_comes_back_is_not_believed_gone_any_more() -> None:
    installation = held_installation(60)
    vanish(installation, range(21, 30))
    installation.source.put("d00", "restored")

    installation.turn()

    assert "d00" not in installation.believed_gone()
    assert b"restored" in installation.searchable("public")["d00"][0][0]
    assert queries.believed(installation.state, "s").gone == 29


def test_a_release_lets_exactly_those_go_that_were_shown() -> None:
    installation = held_installation(60)
    shown = [removal.document for removal in queries.held_removals(installation.state, "s")]
    vanish(installation, range(21, 50))
    installation.turn()

    requests.release(installation.state, "s", shown, who="me")
    installation.turn()

    assert installation.believed_gone() == [f"d{n:02}" for n in range(21, 50)]
    assert sorted(installation.searchable("public")) == [f"d{n:02}" for n in range(21, 60)]


def test_a_released_document_still_needs_the_source_to_confirm() -> None:
    installation = held_installation(tombstones=False)
    shown = [removal.document for removal in queries.held_removals(installation.state, "s")]
    restore(installation, range(5))

    requests.release(installation.state, "s", shown, who="me")
    installation.turn()

    assert sorted(installation.searchable("public")) == sorted(installation.source.documents)
    assert len(installation.source.documents) == 14


def test_a_release_is_for_this_time_only() -> None:
    installation = held_installation(60, tombstones=False)
    shown = [removal.document for removal in queries.held_removals(installation.state, "s")]
    requests.release(installation.state, "s", shown, who="me")
    restore(installation, range(60))
    installation.turn_fully()
    vanish(installation, range(21))

    installation.turn_fully()

    assert len(installation.searchable("public")) == 60


def test_a_release_names_documents_of_that_source_that_are_believed_gone_and_no_others() -> None:
    installation = held_installation()
    every = [row.id for row in installation.state.ask("SELECT id FROM documents")]

    assert requests.release(installation.state, "s", [*every, 999_999], who="me").removals == 21


def test_a_later_complete_listing_lifts_the_brake_by_itself() -> None:
    installation = held_installation(tombstones=False)
    restore(installation, range(21))

    installation.turn_fully()

    assert queries.held_removals(installation.state, "s") == []
    assert installation.differences() == []


def test_held_documents_come_along_into_a_new_store() -> None:
    installation = held_installation()
    before = installation.active_store("public")

    commands.rebuild(installation.engine)

    assert installation.active_store("public") != before
    assert len(installation.searchable("public")) == 30


def test_a_sync_says_that_it_holds_removals_and_ends() -> None:
    installation = held_installation()

    [summary] = converge(installation.engine)

    assert (summary.held, summary.error, summary.converged) == (21, "", False)


def held_installation(number: int = 30, *, tombstones: bool = True) -> Installation:
    installation = installed(number, tombstones=tombstones)
    vanish(installation, range(21))
    installation.turn_fully()
    return installation


def vanish(installation: Installation, numbers: range) -> None:
    for n in numbers:
        installation.source.delete(f"d{n:02}")


def restore(installation: Installation, numbers: range) -> None:
    for n in numbers:
        if f"d{n:02}" not in installation.source.documents:
            installation.source.put(f"d{n:02}", f"body {n}")
