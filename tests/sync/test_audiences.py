"""Who may read a document can change without a word from the source's feed: a listing of its own finds it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta

from sync.config import Source
from sync.engine import Concurrency, Engine, Outcome
from sync.model import Audience
from tests.contract.memory_index import MemoryIndex
from tests.sync.world import INDEXES, Clock, SourceWorld, TrippedState

HOUR = timedelta(hours=1)


@contextmanager
def watched(world: SourceWorld, clock: Clock) -> Iterator[Engine]:
    """An engine that has converged on the source and looks at its audiences every hour."""
    with closing(TrippedState.open("sqlite:///:memory:", clock)) as state:
        source = Source("s", "made-up", world, timedelta(days=7), audiences=world.audiences, audience_every=HOUR)
        keep = lambda _state, _lease: nullcontext()  # noqa: E731
        engine = Engine(
            state, MemoryIndex(state.installation), [source], INDEXES, concurrency=Concurrency(calls=1), keep_lease=keep
        )
        assert engine.turn("s").outcome is Outcome.DONE
        yield engine


def public(engine: Engine) -> set[str]:
    """The documents in the public store."""
    rows = engine.state.ask(
        """SELECT d.external_id FROM entries e JOIN documents d ON d.id = e.document
           JOIN generations g ON g.id = e.generation
           WHERE g.index_name = 'public' AND g.state = 'active' AND e.file IS NOT NULL"""
    )
    return {row.external_id for row in rows}


def close_silently(world: SourceWorld, name: str) -> None:
    """Make a document internal without an entry in the feed."""
    old = world.documents[name]
    world.documents[name] = replace(old, audience=Audience.INTERNAL, version=f"{old.version}, closed")


def test_a_restriction_that_the_feed_does_not_tell_is_found_within_the_hour() -> None:
    world, clock = SourceWorld(), Clock()
    world.put_all(5)
    with watched(world, clock) as engine:
        close_silently(world, "d3")
        engine.turn("s")
        assert "d3" in public(engine), "nobody has looked yet"

        clock.forward(3601)
        engine.turn("s")

        assert public(engine) == {"d0", "d1", "d2", "d4"}
        assert world.fetched == ["d3"]


def test_the_listing_is_read_no_more_often_than_asked_for() -> None:
    world, clock = SourceWorld(), Clock()
    world.put_all(5)
    told: list[str] = []
    world.told = told.append
    with watched(world, clock) as engine:
        assert "audiences" not in told, "the snapshot has looked at it all"
        clock.forward(3601)
        for _ in range(3):
            engine.turn("s")

    assert told.count("audiences") == 3, "three pages, once"


def test_a_listing_that_fails_goes_on_where_it_stopped_and_demotes_nothing() -> None:
    world, clock = SourceWorld(), Clock()
    world.put_all(5)
    with watched(world, clock) as engine:
        close_silently(world, "d4")
        clock.forward(3601)
        pages: list[str] = []

        def fail_on_the_second(call: str) -> None:
            if call == "audiences":
                pages.append(call)
                if len(pages) == 2:
                    world.fail(1)

        world.asked = fail_on_the_second
        assert engine.turn("s").outcome is Outcome.FAILED
        assert public(engine) == {"d0", "d1", "d2", "d3", "d4"}

        clock.forward(10)
        assert engine.turn("s").outcome is Outcome.DONE

        assert "d4" not in public(engine)
        assert len(pages) == 4, "the first page was not read again"


def test_absence_from_the_listing_says_nothing() -> None:
    world, clock = SourceWorld(tombstones=False), Clock()
    world.put_all(3)
    with watched(world, clock) as engine:
        world.delete("d1")
        clock.forward(3601)

        engine.turn("s")

        assert public(engine) == {"d0", "d1", "d2"}
        assert world.fetched == []
