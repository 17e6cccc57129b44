"""status: what a support lead reads is what is so."""

from contextlib import nullcontext

from sync.config import Source
from sync.engine import Concurrency, Engine
from sync.operations import commands
from sync.status import status as report
from tests.sync.world import INDEXES, Installation, SourceWorld


def test_a_source_that_left_the_configuration_is_shown_with_what_makes_its_documents_leave() -> None:
    installation = _two_sources()
    alone = _engine(installation, "kept")

    status = report.status(alone.state, alone.inventory)

    assert [(source["name"], source["state"]) for source in status["sources"]] == [("kept", "ok"), ("old", "removed")]
    assert "answerwell forget old" in status["sources"][1]["error"]
    assert [index["files"] for index in status["indexes"]] == [6, 6]


def test_a_reindex_lets_the_documents_of_a_source_that_left_the_configuration_go() -> None:
    installation = _two_sources()
    alone = _engine(installation, "kept")

    commands.rebuild(alone)

    status = report.status(alone.state, alone.inventory)
    assert [source["name"] for source in status["sources"]] == ["kept"]
    assert [index["files"] for index in status["indexes"]] == [3, 3]
    assert [index["building"] for index in status["indexes"]] == [None, None]
    assert len(installation.memory.uploaded) == 3


def test_a_new_source_says_that_it_never_ran() -> None:
    installation = Installation("sqlite:///:memory:", SourceWorld())

    [source] = report.status(installation.engine.state, installation.engine.inventory)["sources"]

    assert (source["state"], source["documents"], source["last_run"]) == ("new", 0, None)


def _two_sources() -> Installation:
    installation = Installation("sqlite:///:memory:", SourceWorld())
    both = _engine(installation, "kept", "old")
    for name in ("kept", "old"):
        assert both.turn(name, ignore_backoff=True).failure is None
    return installation


def _engine(installation: Installation, *names: str) -> Engine:
    def source(name: str) -> Source:
        world = SourceWorld()
        for number in range(3):
            world.put(f"{name}{number}", f"text {name} {number}")
        return Source(name, "made-up", world)

    return Engine(
        installation.state,
        installation.memory,
        [source(name) for name in names],
        INDEXES,
        concurrency=Concurrency(calls=1),
        keep_lease=lambda _state, _lease: nullcontext(),
        wait=installation.clock.forward,
    )
