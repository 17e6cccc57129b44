"""converge: turns until nothing is due, beside others, and never for ever."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from sync.config import Source
from sync.engine import Concurrency, Engine, Outcome
from sync.errors import Misconfigured, Retryable
from sync.model import FileState
from sync.operations.commands import rebuild
from sync.operations.converge import Summary, converge
from sync.state import queries
from sync.state.lease import Lease
from sync.status.status import status
from tests.sync.world import Installation, SourceWorld, installed


def test_a_first_sync_ends_with_everything_searchable_and_says_what_it_did() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(5)

    [summary] = converge(installation.engine)

    assert installation.differences() == []
    assert summary.converged
    assert (summary.source, summary.documents, summary.problems, summary.held) == ("s", 5, 0, 0)
    assert (summary.counts["observed"], summary.counts["uploaded"], summary.counts["attached"]) == (5, 5, 10)


def test_a_sync_of_nothing_new_takes_one_turn_and_no_time() -> None:
    installation = installed()

    [summary] = converge(installation.engine)

    assert (summary.counts, summary.seconds) == ({}, 0.0)
    assert len(installation.state.ask("SELECT * FROM runs")) == 2


def test_a_full_sync_lists_everything_again() -> None:
    installation = installed(tombstones=False)
    installation.source.delete("d01")

    converge(installation.engine, ["s"], full=True)

    assert installation.differences() == []


def test_a_name_nobody_configured_is_said_with_those_that_are() -> None:
    with pytest.raises(Misconfigured, match="there are: s"):
        converge(installed().engine, ["t"])


def test_rejected_documents_are_reported_and_do_not_keep_it_from_ending() -> None:
    installation = installed()
    installation.source.put("d50", "poison, which no index takes")
    installation.memory.outcome = lambda name: (FileState.FAILED, "unsupported_file: no")

    [summary] = converge(installation.engine)

    assert summary.converged
    assert summary.problems == 1


def test_a_passing_failure_is_waited_out() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    installation.source.fail(3)

    [summary] = converge(installation.engine)

    assert summary.converged
    assert summary.seconds > 0
    assert installation.differences() == []


def test_it_joins_a_turn_that_runs_elsewhere_and_goes_on_when_that_is_done() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    lease = taken(installation)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        installation.clock.forward(seconds)
        if len(waits) == 3:
            installation.state.release(lease)

    [summary] = converge(waiting_with(installation, wait))

    assert summary.converged
    assert len(waits) >= 3
    assert installation.differences() == []


def test_a_worker_that_makes_progress_elsewhere_is_waited_for_as_long_as_it_does() -> None:
    installation = installed()
    lease = taken(installation)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        installation.clock.forward(50)
        if len(waits) < 10:
            with installation.state.commit(lease) as tx:
                tx.run("UPDATE sources SET snapshot_cursor = :c", c=str(len(waits)))
        else:
            with installation.state.commit(lease) as tx:
                tx.run("UPDATE sources SET snapshot_cursor = NULL")
            installation.state.release(lease)

    [summary] = converge(waiting_with(installation, wait))

    assert summary.converged
    assert summary.seconds > 400


def test_it_gives_up_after_two_minutes_without_progress() -> None:
    installation = installed()
    lease = taken(installation)

    def wait(seconds: float) -> None:
        installation.clock.forward(seconds)
        installation.state.renew(lease)

    [summary] = converge(waiting_with(installation, wait))

    assert not summary.converged
    assert "another worker holds the source" in summary.error
    assert 120 <= summary.seconds < 130


def test_a_source_that_never_answers_is_given_up_with_what_it_said() -> None:
    installation = installed()
    installation.source.fail(10_000)

    [summary] = converge(installation.engine)

    assert not summary.converged
    assert "having a moment" in summary.error
    assert summary.seconds < 300


def test_a_document_that_never_gets_through_is_given_up_with_its_reason() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    installation.index.asked = never("upload", Retryable("the index is having a moment"))

    [summary] = converge(installation.engine)

    assert not summary.converged
    assert "still to do" in summary.error
    assert "the index is having a moment" in summary.error


def test_a_refusal_ends_it_at_once() -> None:
    installation = installed()
    installation.source.asked = never("changes", Misconfigured("made-up: refused; check client_secret"))
    engine = waiting_with(installation, lambda _: pytest.fail("nothing to wait for"))

    [summary] = converge(engine)

    assert summary.error == "made-up: refused; check client_secret"
    assert not summary.converged


def test_a_refused_source_is_failing_until_it_works_again() -> None:
    installation = installed()
    installation.source.asked = never("changes", Misconfigured("made-up: refused; check client_secret"))
    converge(installation.engine)
    assert shown(installation.engine)["state"] == "failing"
    installation.source.asked = lambda _: None

    converge(installation.engine)

    assert (shown(installation.engine)["state"], shown(installation.engine)["error"]) == ("ok", "")


def test_a_failing_source_still_publishes_what_we_hold() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    installation.index.asked = never("upload", Retryable("not now"))
    installation.turn()
    installation.index.asked = lambda _: None
    installation.source.asked = never("changes", Misconfigured("refused"))
    installation.clock.forward(60)

    installation.turn()

    assert b"edited" in installation.searchable("public")["d01"][0][0]


def test_a_source_that_waits_after_a_failure_is_left_alone_by_the_schedule() -> None:
    installation = installed()
    installation.source.fail(1)
    assert installation.engine.turn("s").outcome is Outcome.FAILED
    asked: list[str] = []
    installation.source.asked = asked.append

    installation.engine.turn("s")
    assert asked == []
    installation.clock.forward(5)
    installation.engine.turn("s")
    assert asked == ["changes"]


def failed_for_long(installation: Installation) -> None:
    """The source failed ten times, so that it waits an hour; and it is well again."""
    installation.source.put("d01", "edited by somebody")
    installation.source.fail(10_000)
    for _ in range(12):
        installation.turn()
    installation.source.failing = 0
    assert float(queries.source(installation.state, "s").not_before) - installation.state.now() > 1000


def test_who_asks_for_a_sync_is_answered_at_once_however_long_the_source_was_to_wait() -> None:
    installation = installed()
    failed_for_long(installation)

    [summary] = converge(installation.engine)

    assert summary.converged
    assert summary.seconds < 5
    assert b"edited" in installation.searchable("public")["d01"][0][0]


def test_that_holds_where_another_worker_is_just_at_it_too() -> None:
    installation = installed()
    failed_for_long(installation)
    lease = taken(installation)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        installation.clock.forward(seconds)
        if len(waits) == 3:
            installation.state.release(lease)

    [summary] = converge(waiting_with(installation, wait))

    assert summary.converged
    assert summary.seconds < 5


@pytest.mark.parametrize("call", ["upload", "attach", "fetch"])
def test_documents_and_files_that_wait_after_a_failure_are_tried_at_once_too(call: str) -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    failing = never(call, Retryable("not now"))
    where = installation.source if call == "fetch" else installation.index
    where.asked = failing
    for _ in range(9):
        installation.turn()
        installation.clock.forward(100)
    where.asked = lambda _: None

    [summary] = converge(installation.engine)

    assert summary.converged
    assert summary.seconds < 5


def test_one_failing_source_does_not_keep_the_others_from_converging() -> None:
    installation, other = two_sources()
    installation.source.put("d01", "edited by somebody")
    other.put("x1", "edited by somebody")
    installation.source.asked = never("changes", Misconfigured("refused"))

    summaries = {summary.source: summary for summary in converge(installation.engine)}

    assert summaries["s"].error
    assert summaries["t"].converged
    assert b"edited" in texts(installation)["t:x1"]


def test_a_source_taken_out_of_the_configuration_is_never_asked_and_blocks_nothing() -> None:
    installation, other = two_sources()
    rebuild(installation.engine)
    installation.clock.forward(2 * 86_400)
    asked: list[str] = []
    installation.source.asked = asked.append
    engine = engine_of(installation, [Source("t", "made-up", other)])

    converge(engine)
    engine.housekeep()

    assert asked == []
    assert len(installation.memory.stores) == len(installation.indexes)
    assert installation.state.ask("SELECT * FROM generations WHERE state <> 'active'") == []
    assert len(texts(installation)) == 10


def test_two_sources_share_the_stores_and_keep_their_documents_apart() -> None:
    installation, other = two_sources()
    for n in range(5):
        other.delete(f"x{n}")
        other.put(f"d0{n}", "the same name in another source")

    converge(installation.engine)

    assert len(texts(installation)) == 10
    assert texts(installation)["s:d01"] != texts(installation)["t:d01"]


def test_a_summary_with_something_held_or_wrong_is_not_converged() -> None:
    assert Summary("s").converged
    assert not Summary("s", held=1).converged
    assert not Summary("s", error="wrong").converged


def taken(installation: Installation) -> Lease:
    lease = installation.state.acquire("s")
    assert lease is not None
    return lease


def never(wanted: str, error: Exception) -> Callable[[str], None]:
    def asked(call: str) -> None:
        if call == wanted:
            raise error

    return asked


def engine_of(installation: Installation, sources: list[Source], wait: Callable[[float], None] | None = None) -> Engine:
    return Engine(
        installation.state,
        installation.index,  # type: ignore[arg-type]  # its search and listings are the inner index's bound methods
        sources,
        installation.indexes,
        concurrency=Concurrency(calls=1, batch_size=3),
        keep_lease=lambda _state, _lease: nullcontext(),
        wait=wait or installation.clock.forward,
    )


def waiting_with(installation: Installation, wait: Callable[[float], None]) -> Engine:
    return engine_of(installation, list(installation.engine.sources.values()), wait)


def two_sources() -> tuple[Installation, SourceWorld]:
    installation, other = installed(), SourceWorld()
    for n in range(5):
        other.put(f"x{n}", f"other body {n}")
    sources = [*installation.engine.sources.values(), Source("t", "made-up", other)]
    installation.engine = engine_of(installation, sources)
    converge(installation.engine)
    return installation, other


def texts(installation: Installation) -> dict[str, bytes]:
    store = installation.active_store("public")
    assert store is not None
    files = installation.memory.stores[store].files.items()
    return {str(stored.attributes["document"]): installation.memory.uploaded[file][1] for file, stored in files}


def shown(engine: Engine) -> dict[str, object]:
    [source] = status(engine.state, engine.inventory)["sources"]
    return dict(source)
