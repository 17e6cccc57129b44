"""reindex: a new store beside the live one, switched to at once, and back; never a gap."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sync.config import KnowledgeIndex
from sync.errors import Held, Misconfigured, Retryable
from sync.model import Chunking, FileId, FileState, Rendered, StoredFile, StoreId
from sync.operations import commands
from sync.pipeline import generations
from sync.status.status import status
from tests.sync.world import INTERNAL, PUBLIC, Crash, Installation, SourceWorld, installed

KEPT = KnowledgeIndex("public", frozenset({PUBLIC}), keep_previous=timedelta(days=1))
SMALLER = Chunking(tokens=400, overlap=100)


def test_a_rebuild_uploads_nothing_and_switches() -> None:
    installation = installed()
    before = installation.active_store("public")

    commands.rebuild(installation.engine)

    assert installation.active_store("public") != before
    assert "upload" not in installation.index.calls
    assert installation.differences() == []
    assert installation.leftovers() == []


def test_searches_are_never_without_a_document_while_a_store_is_rebuilt() -> None:
    installation = installed()
    missing = watch_for_gaps(installation)

    commands.rebuild(installation.engine)

    assert missing == []


def test_a_rebuild_can_be_of_one_index() -> None:
    installation = installed()
    before = {name: installation.active_store(name) for name in ("public", "internal")}

    commands.rebuild(installation.engine, ["public"])

    assert installation.active_store("public") != before["public"]
    assert installation.active_store("internal") == before["internal"]
    with pytest.raises(Misconfigured, match="there are: public, internal"):
        commands.rebuild(installation.engine, ["publik"])


def test_a_store_is_not_switched_to_while_a_document_is_missing_from_it() -> None:
    installation = installed()
    before = installation.active_store("public")
    installation.rebuild()

    with pytest.raises(Held, match="5 documents are not in the new store yet"):
        commands.promote(installation.engine, "public")

    assert installation.active_store("public") == before


def test_nor_while_a_document_is_known_but_not_read_yet() -> None:
    installation = installed(carries=False)
    installation.rebuild()
    installation.engine.turn("s")
    installation.source.put("d01", "edited by somebody")
    installation.source.asked = not_now("fetch")
    installation.turn()

    with pytest.raises(Held, match="1 documents are not in the new store yet"):
        commands.promote(installation.engine, "public")


def test_nor_while_a_source_is_being_listed() -> None:
    installation = installed()
    installation.rebuild()
    installation.turn()
    installation.source.asked = not_now("snapshot")
    installation.turn_fully()

    with pytest.raises(Held, match="still being listed"):
        commands.promote(installation.engine, "public")


def test_nor_when_it_holds_much_less_than_the_live_one() -> None:
    installation = installed(20)
    before = installation.active_store("public")
    installation.memory.outcome = lambda name: (
        (FileState.FAILED, "unsupported_file: no") if name < f"{name[:12]}s:d02" else (FileState.COMPLETED, "")
    )
    with pytest.raises(Held, match="18 files, the live one 20"):
        commands.rebuild(installation.engine, ["public"])

    assert installation.active_store("public") == before
    assert len(installation.searchable("public")) == 20


def test_there_is_nothing_to_promote_without_a_rebuild() -> None:
    with pytest.raises(Held, match="answerwell reindex public"):
        commands.promote(installed().engine, "public")


def test_a_failing_source_does_not_end_a_rebuild_with_another_error() -> None:
    installation = installed()
    installation.source.asked = refused

    summaries = commands.rebuild(installation.engine)

    assert "refused" in summaries[0].error


def test_the_previous_store_is_kept_as_long_as_said_and_stays_up_to_date() -> None:
    installation = kept()
    before = installation.active_store("public")
    commands.rebuild(installation.engine)
    installation.source.put("d01", "edited by somebody")
    installation.source.delete("d02")
    installation.source.show_to("d03", INTERNAL)
    installation.turn()

    commands.rollback(installation.engine, "public")

    assert installation.active_store("public") == before
    assert installation.differences() == []


def test_one_can_roll_back_and_forth() -> None:
    installation = kept()
    first = installation.active_store("public")
    commands.rebuild(installation.engine)
    second = installation.active_store("public")

    commands.rollback(installation.engine, "public")
    commands.rollback(installation.engine, "public")

    assert installation.active_store("public") == second != first


def test_after_its_time_the_previous_store_is_dropped_and_its_files_stay() -> None:
    installation = kept()
    before = installation.active_store("public")
    commands.rebuild(installation.engine)
    installation.clock.forward(23 * 3600)
    installation.engine.housekeep()
    assert before in installation.memory.stores
    installation.clock.forward(2 * 3600)

    installation.engine.housekeep()

    assert before not in installation.memory.stores
    assert installation.differences() == []
    assert installation.leftovers() == []
    with pytest.raises(Held, match="keep_previous"):
        commands.rollback(installation.engine, "public")


@pytest.mark.parametrize("after", [False, True])
def test_a_store_is_dropped_before_its_record_is(*, after: bool) -> None:
    installation = kept()
    commands.rebuild(installation.engine)
    installation.clock.forward(25 * 3600)

    def crash() -> None:
        raise Crash

    if after:
        installation.index.done = lambda: crash() if installation.index.calls[-1] == "drop" else None
    else:
        installation.index.asked = lambda effect: crash() if effect == "drop" else None
    with pytest.raises(Crash):
        installation.engine.housekeep()
    installation.index.asked, installation.index.done = lambda _: None, lambda: None
    installation.restart()
    installation.engine.housekeep()

    assert installation.leftovers() == []
    assert installation.state.ask("SELECT * FROM generations WHERE state <> 'active'") == []


def test_another_chunking_asks_for_a_reindex_and_searches_go_on_until_then() -> None:
    installation = kept()
    installation.configure(replace(KEPT, chunking=SMALLER))

    installation.turn()

    assert status(installation.engine.state, installation.engine.inventory)["indexes"][0]["reindex_needed"]
    assert len(installation.searchable("public")) == 5
    commands.rebuild(installation.engine)
    assert not status(installation.engine.state, installation.engine.inventory)["indexes"][0]["reindex_needed"]
    assert "upload" not in installation.index.calls


def test_a_document_that_is_no_longer_for_an_index_leaves_it_when_the_index_says_so() -> None:
    installation = installed()
    installation.source.put("d50", "secret", audience=INTERNAL)
    installation.turn()
    only_public = KnowledgeIndex("internal", frozenset({PUBLIC}), keep_previous=timedelta(0))

    installation.configure(installation.indexes[0], only_public)
    installation.turn()

    assert sorted(installation.searchable("internal")) == [f"d{n:02}" for n in range(5)]


def test_an_index_that_is_added_is_filled_without_an_upload() -> None:
    installation = kept()

    installation.configure(KEPT, KnowledgeIndex("second", frozenset({PUBLIC})))
    installation.turn()

    assert len(installation.searchable("second")) == 5
    assert "upload" not in installation.index.calls


def test_a_bound_store_is_used_and_what_others_put_there_is_left_alone() -> None:
    installation, store, theirs = bound()
    installation.source.put("d01", "edited by somebody")
    installation.source.delete("d02")
    installation.turn()
    commands.audit(installation.engine, repair=True)
    commands.rebuild(installation.engine)
    commands.audit(installation.engine, repair=True)

    assert installation.active_store("public") == store
    assert theirs in installation.memory.stores[store].files
    assert theirs in installation.memory.uploaded
    assert ours(installation, store) == ["s:d00", "s:d01", "s:d03", "s:d04"]


def test_a_bound_store_is_rebuilt_in_place_without_a_gap() -> None:
    installation, store, _theirs = bound()
    installation.configure(replace(installation.indexes[0], chunking=SMALLER))
    gaps: list[str] = []

    def look() -> None:
        gaps.extend({f"s:d{n:02}" for n in range(5)} - set(ours(installation, store)))

    installation.index.done = look
    installation.index.calls.clear()
    commands.rebuild(installation.engine)

    assert gaps == []
    assert installation.index.calls.count("upload") == 5
    assert ours(installation, store) == [f"s:d{n:02}" for n in range(5)]
    assert len(installation.memory.uploaded) == 6
    assert "drop" not in installation.index.calls


@pytest.mark.parametrize("effect", ["upload", "attach", "detach", "delete"])
def test_a_bound_store_whose_rebuild_was_killed_ends_the_same(effect: str) -> None:
    installation, store, _theirs = bound()
    installation.configure(replace(installation.indexes[0], chunking=SMALLER))
    generations.begin(installation.state, installation.engine.index, installation.indexes[0])
    killed: list[str] = []

    def kill(call: str) -> None:
        if call == effect and not killed:
            killed.append(call)
            raise Crash

    installation.index.asked = kill
    for _ in range(6):
        try:
            installation.beat()
        except Crash:
            installation.restart()
        installation.clock.forward(10)

    assert killed
    assert ours(installation, store) == [f"s:d{n:02}" for n in range(5)]
    assert len(installation.memory.uploaded) == 6


def kept() -> Installation:
    """One public index that keeps its previous store for a day."""
    source = SourceWorld()
    for n in range(5):
        source.put(f"d{n:02}", f"body {n}")
    installation = Installation("sqlite:///:memory:", source, indexes=[KEPT])
    installation.turn()
    installation.index.calls.clear()
    return installation


def bound() -> tuple[Installation, StoreId, FileId]:
    """One index in a store that already holds a file of somebody else."""
    installation = Installation("sqlite:///:memory:", SourceWorld())
    for n in range(5):
        installation.source.put(f"d{n:02}", f"body {n}")
    store = installation.memory.create("theirs")
    theirs = installation.memory.upload(Rendered("handbook.pdf", b"their own text", {}, "", ""))
    installation.memory.stores[store].files[theirs] = StoredFile(theirs, FileState.COMPLETED, {})
    installation.configure(replace(KEPT, bound=store, keep_previous=timedelta(0)))
    installation.turn()
    return installation, store, theirs


def ours(installation: Installation, store: StoreId) -> list[str]:
    attributes = [stored.attributes for stored in installation.memory.stores[store].files.values()]
    return sorted(str(found["document"]) for found in attributes if found)


def watch_for_gaps(installation: Installation) -> list[str]:
    missing: list[str] = []
    everything = set(installation.searchable("public"))
    installation.index.done = lambda: missing.extend(everything - set(installation.searchable("public")))
    return missing


def not_now(wanted: str) -> Callable[[str], None]:
    def asked(call: str) -> None:
        if call.startswith(wanted):
            raise Retryable("not now")

    return asked


def refused(call: str) -> None:
    raise Misconfigured("refused; check api_token")
