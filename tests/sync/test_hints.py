"""A document that a vendor's message named is asked for, whatever the feed shows; a push channel is kept open."""

from dataclasses import replace

import pytest

from sync.config import Source
from sync.engine import Concurrency, Engine, Outcome
from sync.errors import Misconfigured
from sync.pipeline.hints import MAX_FAILURES
from sync.state.hints import note
from sync.state.sources import signal_change
from tests.sync.world import INDEXES, Crash, Installation, SourceWorld, installed


def nudge(installation: Installation, *documents: str) -> None:
    with installation.state.transaction() as tx:
        note(tx, "s", signal_change(tx, "s"), documents)


def left(installation: Installation) -> list[str]:
    return [row.external_id for row in installation.state.ask("SELECT external_id FROM nudged ORDER BY external_id")]


def edit_silently(source: SourceWorld, name: str, body: str) -> None:
    """Change a document without an entry in the feed."""
    old = source.documents[name]
    source.documents[name] = replace(old, body=body, version=f"{old.version}, edited")


def test_an_edit_that_the_feed_does_not_show_is_found() -> None:
    installation = installed()
    edit_silently(installation.source, "d01", "edited without a word to anybody")
    installation.turn()
    assert b"edited without" not in installation.searchable("public")["d01"][0][0], "nothing told of it"

    nudge(installation, "d01")
    installation.turn()

    assert b"edited without" in installation.searchable("public")["d01"][0][0]
    assert left(installation) == []


def test_a_named_document_that_is_new_is_added_and_one_that_never_was_is_ignored() -> None:
    installation = installed()
    installation.source.put("d50", "written a moment ago")
    installation.source.log.clear()
    nudge(installation, "d50", "nobody")

    installation.turn()

    assert "d50" in installation.searchable("public")
    assert installation.believed_gone() == []
    assert left(installation) == []


def test_a_named_document_that_is_gone_leaves_once_that_is_confirmed() -> None:
    installation = installed()
    del installation.source.documents["d01"]
    nudge(installation, "d01")

    installation.turn()

    assert "d01" not in installation.searchable("public")
    assert installation.source.fetched == ["d01", "d01"], "asked once for the message, once to confirm"
    assert installation.differences() == []


def test_a_passing_failure_leaves_the_document_for_the_next_turn_and_stops_no_other() -> None:
    installation = installed()
    for name in ("d01", "d02"):
        edit_silently(installation.source, name, "edited without a word to anybody")
    nudge(installation, "d01", "d02")
    calls: list[str] = []

    def fail_once(call: str) -> None:
        if call == "fetch d01" and not calls:
            calls.append(call)
            installation.source.fail(1)

    installation.source.asked = fail_once
    assert installation.turn().outcome is Outcome.DONE
    assert left(installation) == ["d01"]
    assert b"edited without" in installation.searchable("public")["d02"][0][0]

    installation.turn()

    assert b"edited without" in installation.searchable("public")["d01"][0][0]
    assert left(installation) == []


def test_a_document_that_goes_on_failing_is_left_to_the_next_listing() -> None:
    installation = installed()
    nudge(installation, "d01")
    installation.source.asked = lambda call: installation.source.fail(1) if call == "fetch d01" else None

    for _ in range(MAX_FAILURES):
        assert left(installation) == ["d01"]
        assert installation.turn().outcome is Outcome.DONE

    assert left(installation) == []


def test_a_message_that_comes_while_the_document_is_read_is_not_lost() -> None:
    installation = installed()
    nudge(installation, "d01")
    installation.source.told = lambda call: nudge(installation, "d01") if call == "fetch d01" else None

    installation.turn()

    assert left(installation) == ["d01"]


def test_a_turn_that_is_killed_before_it_commits_asks_again() -> None:
    installation = installed()
    edit_silently(installation.source, "d01", "edited without a word to anybody")
    nudge(installation, "d01")

    def die(call: str) -> None:
        if call == "fetch d01":
            raise Crash

    installation.source.told = die
    with pytest.raises(Crash):
        installation.turn()
    installation.source.told = lambda _: None
    installation.restart()

    installation.turn()

    assert b"edited without" in installation.searchable("public")["d01"][0][0]
    assert left(installation) == []


def pushing(installation: Installation, held: list[str], *, broken: bool = False) -> Engine:
    """An engine whose source is called by its vendor through a channel; `held`: the notes it was given."""

    def keep(note: str) -> str:
        held.append(note)
        if broken:
            raise Misconfigured("the address is not verified")
        return note or "channel 1"

    source = Source("s", "made-up", installation.source, push=keep)
    return Engine(
        installation.state, installation.memory, [source], INDEXES, concurrency=Concurrency(calls=1, batch_size=3)
    )


def test_the_note_of_a_push_channel_is_kept_between_turns() -> None:
    installation, held = installed(), list[str]()
    engine = pushing(installation, held)

    for _ in range(3):
        engine.turn("s")

    assert held == ["", "channel 1", "channel 1"]


def test_a_push_channel_that_cannot_be_opened_stops_no_sync() -> None:
    installation, held = installed(), list[str]()
    installation.source.put("d50", "written a moment ago")

    result = pushing(installation, held, broken=True).turn("s")

    assert (result.outcome, held) == (Outcome.DONE, [""])
