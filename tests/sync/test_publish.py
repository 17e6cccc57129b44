"""publish: every document in every index it is for, once, and searchable at every moment."""

import sys
import threading
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from types import FrameType

import pytest

from sync.config import Source
from sync.engine import Concurrency, Engine, Outcome, Result
from sync.errors import Misconfigured, Retryable
from sync.model import Cursor, FileId, FileState, Page, Rendered
from sync.operations.commands import rebuild
from sync.pipeline.audit import audit
from sync.state import queries
from sync.state.database import State
from sync.status.status import problems
from tests.contract.memory_index import MemoryIndex
from tests.contract.state import until
from tests.sync.grown import visits
from tests.sync.world import INDEXES, INTERNAL, Installation, SourceWorld, installed


def test_a_document_in_two_indexes_is_uploaded_once() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(5)

    result = installation.turn()

    assert installation.index.calls.count("upload") == 5
    assert result.counts["attached"] == 10
    assert installation.differences() == []


def test_files_are_attached_in_batches() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(6)

    installation.turn()

    assert installation.index.calls.count("attach") == 4, "six documents, two stores, three a batch"


def test_nothing_changed_has_no_effect() -> None:
    installation = installed()

    installation.turn_fully()

    assert installation.index.calls == []


def test_a_version_that_shows_nothing_new_has_no_effect_but_is_remembered() -> None:
    installation = installed()
    installation.source.put("d01", "body 1 of a made-up source")

    installation.turn()

    assert installation.index.calls == []
    assert queries.waiting(installation.state, "s") == (0, None)


def test_a_changed_label_is_patched_and_nothing_is_uploaded() -> None:
    installation = installed()
    installation.source.label("d01", "new label")

    installation.turn()

    assert installation.index.calls == ["patch", "patch"]
    assert installation.differences() == []


def test_new_text_is_searchable_before_the_old_is_let_go() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    both: list[int] = []
    installation.index.asked = lambda effect: (
        both.append(len(installation.searchable("public")["d01"])) if effect == "detach" else None
    )

    installation.turn()

    assert both[0] == 2
    assert installation.differences() == []
    assert installation.leftovers() == []


def test_what_became_internal_has_left_the_public_store_before_anything_is_uploaded() -> None:
    installation = installed()
    installation.source.show_to("d03", INTERNAL)
    installation.source.put("d01", "edited by somebody")
    seen: list[bool] = []
    installation.index.asked = lambda effect: (
        seen.append("d03" in installation.searchable("public")) if effect in {"upload", "attach"} else None
    )

    installation.turn()

    assert seen
    assert not any(seen)


def test_an_internal_document_is_never_in_the_public_store() -> None:
    installation = installed()
    installation.source.put("d50", "secret", audience=INTERNAL)
    leaked: list[bool] = []
    installation.index.done = lambda: leaked.append("d50" in installation.searchable("public"))

    installation.turn()

    assert leaked
    assert not any(leaked)
    assert "d50" in installation.searchable("internal")


def test_refused_content_is_a_problem_until_the_document_changes() -> None:
    installation = installed()
    refuse(installation, "d01")
    installation.source.put("d01", "poison, which no index takes")
    installation.turn()

    assert {problem["document"] for problem in problems(installation.engine.state)} == {"d01"}
    assert b"body 1" in installation.searchable("public")["d01"][0][0], "what was searchable stays so"
    assert queries.waiting(installation.state, "s") == (0, None)

    installation.index.calls.clear()
    installation.turn_fully()
    assert installation.index.calls == []

    installation.memory.outcome = lambda _: (FileState.COMPLETED, "")
    installation.source.put("d01", "healthy once more")
    installation.turn()
    assert problems(installation.engine.state) == []
    assert installation.differences() == []
    assert installation.leftovers() == []


@pytest.mark.parametrize("body", ["", "   \n\t\n"])
def test_a_document_without_text_leaves_search_and_is_a_problem(body: str) -> None:
    installation = installed()
    installation.source.put("d01", body)

    installation.turn()

    assert "d01" not in installation.searchable("public")
    assert "empty" in problems(installation.engine.state)[0]["error"]
    assert len(installation.memory.uploaded) == 4
    installation.source.put("d01", "written at last")
    installation.turn()
    assert installation.differences() == []


def test_a_document_that_cannot_be_uploaded_now_waits_and_the_others_do_not() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    installation.source.put("d02", "edited by somebody")
    fail(installation, "upload", times=1)

    assert installation.turn().outcome is Outcome.DONE

    assert b"body 1" in installation.searchable("public")["d01"][0][0]
    assert b"edited" in installation.searchable("public")["d02"][0][0]
    number, soonest = queries.waiting(installation.state, "s")
    assert number == 1
    assert soonest is not None
    assert 1 <= soonest.total_seconds() <= 2


def test_the_wait_grows_and_ends_with_success() -> None:
    installation = installed()
    installation.source.put("d50", "for one store only", audience=INTERNAL)
    tries: list[float] = []

    def note(effect: str) -> None:
        if effect == "upload":
            tries.append(installation.state.now())
            if len(tries) < 5:
                raise Retryable("not now")

    installation.index.asked = note
    for _ in range(60):
        installation.turn()
        installation.clock.forward(1)

    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert len(waits) == 4
    assert all(earlier < later for earlier, later in pairwise(waits))
    assert installation.differences() == []


def test_five_failures_in_a_row_are_the_indexs() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(9)
    fail(installation, "upload", times=99)

    result = installation.turn()

    assert isinstance(result.failure, Retryable)
    assert installation.index.calls.count("upload") <= 6


def test_an_exhausted_quota_stops_at_once_and_what_was_on_its_way_is_remembered(tmp_path: Path) -> None:
    installation, result = uploading_at_once(tmp_path, refused=":d0-", lost="none")

    assert isinstance(result.failure, Misconfigured)
    installation.turn()
    assert installation.index.calls.count("upload") == 1, "only the one that was refused"
    assert installation.differences() == []
    assert installation.leftovers() == []
    installation.state.close()


def test_an_answer_lost_beside_a_refusal_leaves_no_orphan_behind(tmp_path: Path) -> None:
    installation, result = uploading_at_once(tmp_path, refused=":d0-", lost=":d2-")

    assert isinstance(result.failure, Misconfigured)
    assert len(installation.memory.uploaded) == 3
    installation.clock.forward(60)
    installation.turn()
    assert installation.differences() == []
    assert installation.leftovers() == []
    installation.state.close()


def test_an_upload_that_was_recorded_is_never_made_twice() -> None:
    installation = edited()
    installation.crash_at("attach")
    assert installation.index.calls == ["upload", "attach"]

    installation.turn()

    assert installation.index.calls.count("upload") == 1
    assert installation.differences() == []
    assert installation.leftovers() == []


def test_an_attached_file_is_taken_as_it_is_found() -> None:
    installation = edited()
    installation.crash_at("attach", after=True)
    installation.index.calls.clear()

    installation.turn()

    assert "upload" not in installation.index.calls
    assert installation.index.calls.count("attach") == 1, "in the other store"
    assert installation.differences() == []


def test_a_file_whose_document_was_relabelled_meanwhile_gets_its_new_labels() -> None:
    installation = edited()
    installation.crash_at("attach", after=True)
    installation.source.label("d01", "later")

    installation.turn()

    assert installation.differences() == []
    assert installation.index.calls.count("upload") == 1


def test_a_file_on_its_way_whose_document_was_edited_meanwhile_is_not_used() -> None:
    installation = edited()
    installation.crash_at("attach", after=True)
    installation.source.put("d01", "edited again")

    installation.turn()

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_file_still_in_progress_is_waited_for() -> None:
    installation = edited()
    installation.memory.outcome = lambda _: (FileState.IN_PROGRESS, "")
    installation.turn()
    assert b"body 1" in installation.searchable("public")["d01"][0][0], "the old one is still what is found"

    finish(installation)
    installation.clock.forward(10)
    installation.turn()

    assert installation.index.calls.count("upload") == 1
    assert installation.differences() == []


def test_a_file_that_never_gets_finished_is_let_go_and_uploaded_again() -> None:
    installation = edited()
    installation.memory.outcome = lambda _: (FileState.IN_PROGRESS, "")
    for _ in range(16):
        installation.turn()
        installation.clock.forward(4000)

    assert 2 <= installation.index.calls.count("upload") <= 4
    installation.memory.outcome = lambda _: (FileState.COMPLETED, "")
    for _ in range(14):
        installation.turn()
        installation.clock.forward(4000)
    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_file_that_failed_in_passing_is_uploaded_again() -> None:
    installation = edited()
    installation.memory.outcome = lambda _: (FileState.FAILED, "server_error: try again")
    installation.turn()
    assert problems(installation.engine.state) == []
    installation.memory.outcome = lambda _: (FileState.COMPLETED, "")

    for _ in range(4):
        installation.clock.forward(60)
        installation.turn()

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_pending_file_that_failed_for_good_is_a_problem() -> None:
    installation = edited()
    refuse(installation, "d01")
    installation.crash_at("attach", after=True)

    installation.turn()

    assert {problem["document"] for problem in problems(installation.engine.state)} == {"d01"}
    assert installation.index.calls.count("upload") <= 2


def test_a_pending_file_whose_upload_is_lost_is_uploaded_again() -> None:
    installation = edited()
    installation.crash_at("attach")
    for file in [file for file, (_, content) in installation.memory.uploaded.items() if b"edited" in content]:
        installation.memory.delete(file)

    for _ in range(4):
        installation.turn()
        installation.clock.forward(60)

    assert installation.differences() == []


def test_a_patch_of_what_is_not_there_puts_it_back() -> None:
    installation = installed()
    store = installation.active_store("public")
    assert store is not None
    installation.memory.detach(store, installation.file_of("d01"))
    installation.source.label("d01", "new label")

    for _ in range(3):
        installation.turn()
        installation.clock.forward(60)

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_store_somebody_deleted_is_said_with_its_fix_and_the_other_index_goes_on() -> None:
    installation = installed()
    store = installation.active_store("public")
    assert store is not None
    installation.memory.drop(store)
    installation.source.put("d01", "edited by somebody")

    installation.turn()
    result = installation.turn()

    assert isinstance(result.failure, Misconfigured)
    assert "answerwell reindex public" in str(result.failure)
    assert b"edited" in installation.searchable("internal")["d01"][0][0]


def test_a_turn_that_has_used_up_its_time_stops_and_the_next_goes_on() -> None:
    installation = Installation("sqlite:///:memory:", source := SourceWorld())
    source.put_all(9)
    installation.index.asked = lambda effect: installation.clock.forward(240) if effect == "upload" else None

    installation.turn()
    assert 1 <= installation.index.calls.count("upload") < 9
    for _ in range(9):
        installation.turn()

    assert installation.index.calls.count("upload") == 9
    assert installation.differences() == []


def test_a_source_that_must_not_be_stored_leaves_no_body_behind() -> None:
    installation = installed(store_content=False)

    assert installation.state.ask("SELECT * FROM contents") == []
    assert len(installation.searchable("public")) == 5


def test_it_is_relabelled_and_reindexed_without_its_bodies() -> None:
    installation = installed(store_content=False, carries=False)
    rebuild(installation.engine)

    assert "upload" not in installation.index.calls
    assert installation.source.fetched == []
    assert installation.differences() == []


def test_it_is_read_again_when_its_bytes_are_needed() -> None:
    installation = installed(store_content=False)
    lost = installation.file_of("d01")
    installation.memory.delete(lost)
    with installation.engine.leased(installation.engine.sources["s"]) as turn:
        assert turn is not None
        audit(turn, repair=True)

    for _ in range(6):
        installation.turn()
        installation.clock.forward(60)

    assert "d01" in installation.source.fetched
    assert installation.differences() == []
    assert installation.state.ask("SELECT * FROM contents") == []


def uploading_at_once(folder: Path, *, refused: str, lost: str) -> tuple[Installation, Result]:
    """A first turn whose other three uploads end only after one was refused; maybe an answer gets lost as well."""
    installation = Installation(f"sqlite:///{folder}/state.db", source := SourceWorld())
    source.put_all(4)
    all_under_way, turning = threading.Barrier(4, timeout=30), threading.get_ident()

    def upload(shown: Rendered) -> FileId:
        all_under_way.wait()
        if refused in shown.filename:
            raise Misconfigured("quota; see billing")
        until(lambda: runs(turning, "record_uploads"))
        file = installation.memory.upload(shown)
        if lost in shown.filename:
            raise Retryable("the answer did not arrive")
        return file

    setattr(installation.index, "upload", upload)  # noqa: B010 - until deleted below
    engine = Engine(
        installation.state,
        installation.index,  # type: ignore[arg-type]  # its search and listings are the inner index's bound methods
        [Source("s", "made-up", source)],
        installation.indexes,
        concurrency=Concurrency(calls=4, batch_size=3),
        keep_lease=lambda _state, _lease: nullcontext(),
    )
    result = engine.turn("s")
    delattr(installation.index, "upload")
    return installation, result


def runs(thread: int, function: str) -> bool:
    """Whether the thread is inside the function just now."""
    frame: FrameType | None = sys._current_frames()[thread]
    while frame is not None and frame.f_code.co_name != function:
        frame = frame.f_back
    return frame is not None


def edited() -> Installation:
    """One document of five is waiting to be replaced."""
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    return installation


def refuse(installation: Installation, name: str) -> None:
    installation.memory.outcome = lambda filename: (
        (FileState.FAILED, "unsupported_file: not for us") if f":{name}-" in filename else (FileState.COMPLETED, "")
    )


def finish(installation: Installation) -> None:
    """What was in progress is searchable now, and so is what comes."""
    installation.memory.outcome = lambda _: (FileState.COMPLETED, "")
    for store in installation.memory.stores:
        waiting = {f: s.attributes for f, s in installation.memory.stores[store].files.items()}
        installation.memory.attach(store, waiting, next(iter(installation.indexes)).chunking)


def fail(installation: Installation, wanted: str, *, times: int) -> None:
    failures: list[str] = []

    def asked(effect: str) -> None:
        if effect == wanted and len(failures) < times:
            failures.append(effect)
            raise Retryable("not now")

    installation.index.asked = asked


class WholePage(SourceWorld):
    """Lists everything on one page."""

    def snapshot(self, after: Cursor | None) -> Page:
        del after
        return Page(tuple(self._change(name) for name in self.documents), Cursor("end"), more=False)


def test_a_first_sync_takes_less_than_a_statement_for_a_document_in_two_stores(tmp_path: Path) -> None:
    source = WholePage()
    source.put_all(400)
    state = State.open(f"sqlite:///{tmp_path}/state.db")
    engine = Engine(state, MemoryIndex(state.installation), [Source("s", "made-up", source)], INDEXES)
    engine.prepare()

    with visits(state) as counted:
        result = engine.turn("s")
    state.close()

    assert result.counts["attached"] == 800
    assert counted.statements <= 400
