"""forget: a source that is configured no more leaves the indexes and the state; nothing of the others is touched."""

import pytest

from sync.config import Source
from sync.engine import Engine
from sync.errors import Misconfigured, Retryable
from sync.operations import commands
from sync.operations.converge import converge
from sync.state import queries
from sync.status.status import status
from tests.sync.world import Installation, SourceWorld, installed


def with_another() -> tuple[Installation, Engine]:
    """An installation whose source `s` is configured no more, and the engine of what is: `other`."""
    installation = installed(4)
    other = SourceWorld()
    other.put("kept", "what the other source says of something else")
    old = installation.engine
    engine = Engine(
        installation.state,
        old.index,
        [Source("other", "made-up", other)],
        old.indexes.values(),
        concurrency=old.concurrency,
        wait=old.wait,
    )
    converge(engine)
    installation.index.calls.clear()
    return installation, engine


def test_what_is_left_is_said_and_forget_takes_it_out_without_an_upload() -> None:
    installation, engine = with_another()
    [left] = [one for one in status(installation.state, engine.inventory)["sources"] if one["state"] == "removed"]
    assert (left["name"], left["documents"]) == ("s", 4)
    assert "answerwell forget s" in left["error"]

    assert commands.forget(engine, "s") == 4

    assert set(installation.searchable("public")) == {"other:kept"}
    assert not [call for call in installation.index.calls if call.startswith(("upload", "attach"))]
    assert [source.name for source in queries.sources(installation.state)] == ["other"]
    assert [one["name"] for one in status(installation.state, engine.inventory)["sources"]] == ["other"]
    assert installation.state.ask("SELECT * FROM garbage") == []


def test_one_that_was_cut_short_goes_on() -> None:
    installation, engine = with_another()

    def fail(call: str) -> None:
        if call.startswith("delete"):
            raise Retryable("down")

    installation.index.asked = fail
    with pytest.raises(Retryable):
        commands.forget(engine, "s")
    installation.index.asked = lambda _: None

    commands.forget(engine, "s")

    assert set(installation.searchable("public")) == {"other:kept"}
    assert [source.name for source in queries.sources(installation.state)] == ["other"]


@pytest.mark.parametrize(("name", "said"), [("other", "is configured"), ("wiki", "configured no more: s")])
def test_only_a_source_that_is_configured_no_more_is_forgotten(name: str, said: str) -> None:
    _, engine = with_another()
    with pytest.raises(Misconfigured, match=said):
        commands.forget(engine, name)
