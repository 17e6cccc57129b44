"""A store that is lost, or cannot be used, is noticed by the next turn, told everywhere, and healed by a reindex."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sync.engine import Outcome
from sync.errors import Misconfigured
from sync.model import FileState, StoreId
from sync.operations import commands
from sync.operations.converge import converge
from sync.pipeline import generations
from sync.status import gauges
from sync.status.status import status
from tests.sync.world import Installation, installed

Loss = Callable[[Installation, StoreId], None]
LOSSES: dict[str, Loss] = {
    "deleted": lambda here, store: here.memory.drop(store),
    "expired": lambda here, store: here.memory.expired.add(store),
}


def lose(installation: Installation, loss: str, index: str = "public") -> StoreId:
    store = installation.active_store(index)
    assert store is not None
    LOSSES[loss](installation, store)
    return store


def told(installation: Installation) -> list[str]:
    return [index["error"] for index in status(installation.state, installation.engine.inventory)["indexes"]]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("edited", [False, True], ids=["nothing changed", "something changed"])
def test_a_lost_store_is_told_and_a_reindex_heals_it(loss: str, *, edited: bool) -> None:
    installation = installed()
    store = lose(installation, loss)
    if edited:
        installation.source.put("d01", "edited by somebody")
        installation.source.delete("d02")

    [summary] = converge(installation.engine)

    error, other = told(installation)
    assert (f"vector store {store}" in error, "`answerwell reindex public`" in error, other) == (True, True, "")
    assert summary.error == f"index 'public': {error}"
    assert [one.store_lost for one in gauges.of_indexes(installation.state, installation.indexes)] == [1, 0]
    with pytest.raises(Misconfigured, match="answerwell reindex public"):
        commands.audit(installation.engine, repair=True)

    [rebuilt] = commands.rebuild(installation.engine, ["public"])

    assert rebuilt.error == ""
    assert told(installation) == ["", ""]
    assert installation.turn().outcome is Outcome.DONE
    assert commands.audit(installation.engine).ok
    assert installation.differences() == []
    installation.engine.housekeep()
    assert installation.differences() + installation.leftovers() == []


@pytest.mark.parametrize("loss", LOSSES)
def test_what_goes_on_beside_a_lost_store_goes_on(loss: str) -> None:
    installation = installed()
    lose(installation, loss)
    installation.source.put("d01", "edited by somebody")
    installation.source.delete("d02")

    for _ in range(3):
        installation.turn()
        installation.clock.forward(4000)

    internal = installation.searchable("internal")
    assert b"edited" in internal["d01"][0][0]
    assert "d02" not in internal


def test_a_store_that_can_be_used_again_is_told_of_no_more() -> None:
    installation = installed()
    store = lose(installation, "expired")
    installation.source.put("d01", "edited by somebody")
    installation.turn()
    installation.memory.expired.discard(store)

    for _ in range(2):
        installation.turn()
        installation.clock.forward(61)

    assert told(installation) == ["", ""]
    assert installation.differences() == []


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_store_is_not_kept_for_a_rollback(loss: str) -> None:
    installation = installed()
    installation.configure(*(replace(one, keep_previous=timedelta(days=1)) for one in installation.indexes))
    lose(installation, loss)
    installation.source.put("d01", "edited by somebody")
    installation.turn()
    commands.rebuild(installation.engine, ["public"])

    installation.engine.housekeep()
    installation.engine.housekeep()

    assert installation.differences() == []
    assert [one for one in installation.leftovers() if "store" not in one] == []
    assert len(installation.memory.uploaded) == len(installation.source.documents)


def test_nobody_goes_back_to_a_store_that_is_lost() -> None:
    installation = installed()
    lose(installation, "expired")
    installation.turn()
    commands.rebuild(installation.engine, ["public"])

    with pytest.raises(Exception, match="no previous store"):
        generations.rollback(installation.state, "public")


@pytest.mark.parametrize("state", [FileState.IN_PROGRESS, FileState.FAILED])
def test_an_old_file_stays_until_the_new_one_says_itself_that_it_is_searchable(state: FileState) -> None:
    """Some servers count files as completed that nobody finds yet."""
    installation = installed()
    before = installation.file_of("d01")
    installation.memory.counts_ahead = True
    installation.memory.outcome = lambda _: (state, "unsupported_file: no" if state is FileState.FAILED else "")
    installation.source.put("d01", "edited by somebody")

    installation.turn()

    store = installation.active_store("public")
    assert store is not None
    assert before in installation.memory.stores[store].files
    installation.memory.counts_ahead = False
    installation.memory.outcome = lambda _: (FileState.COMPLETED, "")
    installation.source.put("d01", "edited again")
    for _ in range(3):
        installation.turn()
        installation.clock.forward(4000)
    assert installation.differences() == []
