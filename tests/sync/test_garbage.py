"""collect: what nobody names leaves the index, its record last, and only while the source is ours."""

import pytest

from sync.engine import Outcome
from sync.errors import Retryable
from sync.state.database import State
from tests.sync.world import Installation, installed


@pytest.mark.parametrize("effect", ["detach", "delete"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_before_or_after_each_removal_leaves_the_record_until_it_is_done(
    effect: str, number: int, *, after: bool
) -> None:
    installation = installed()
    installation.source.put("d01", "edited")
    installation.source.delete("d02")

    installation.crash_at(effect, number=number, after=after)
    assert garbage(installation)
    installation.turn()

    assert garbage(installation) == []
    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_removal_that_fails_is_tried_again() -> None:
    installation = installed()
    installation.source.delete("d02")
    installation.index.asked = refuse_deletes

    assert isinstance(installation.turn().failure, Retryable)
    assert garbage(installation)

    installation.index.asked = lambda _: None
    installation.turn()
    assert installation.leftovers() == []


def test_a_document_edited_back_and_forth_ends_as_it_is_and_leaves_nothing_over() -> None:
    installation = installed()
    for body in ("there", "back", "there", "body 1"):
        installation.source.put("d01", body)
        installation.turn()

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_nothing_is_removed_by_a_worker_that_lost_the_source() -> None:
    """Both delete calls follow a check, so the second one is not made once another worker has taken over."""
    installation = installed()
    installation.source.delete("d02")
    lose_the_lease_at(installation, "detach")

    result = installation.turn()

    assert result.outcome is Outcome.LOST
    assert "delete" not in installation.index.calls
    installation.index.asked = lambda _: None
    installation.clock.forward(61)
    installation.turn()
    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_file_in_two_stores_is_deleted_only_when_it_has_left_both() -> None:
    installation = installed()
    installation.source.delete("d02")

    installation.turn()

    assert installation.index.calls == ["detach", "delete", "detach", "delete"]
    assert len(installation.memory.uploaded) == 4


def garbage(installation: Installation) -> list[str]:
    return [row.file for row in installation.state.ask("SELECT file FROM garbage")]


def refuse_deletes(effect: str) -> None:
    if effect == "delete":
        raise Retryable("not now")


def lose_the_lease_at(installation: Installation, wanted: str) -> None:
    taken: list[object] = []

    def asked(effect: str) -> None:
        if effect == wanted and not taken:
            installation.clock.forward(61)
            taken.append(State.acquire(installation.state, "s"))

    installation.index.asked = asked
