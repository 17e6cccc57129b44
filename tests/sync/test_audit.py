"""audit: what is not as recorded is found and mended, and nobody else's files are touched."""

import pytest

from sync.errors import Held, Retryable
from sync.model import FileId, FileState, Rendered, StoredFile, StoreId
from sync.operations import commands
from sync.pipeline.audit import Findings
from sync.rendering import filename_prefix, managed_by
from tests.sync.world import Installation, SourceWorld, installed


def test_after_a_sync_there_is_nothing_to_find() -> None:
    assert audited(installed()).ok


@pytest.mark.parametrize("repaired_by", ["audit", "next turn"])
def test_an_upload_that_nobody_recorded_is_found(repaired_by: str) -> None:
    installation = installed()
    orphan(installation)

    assert audited(installation) == Findings(orphans=1)
    mend(installation)

    assert installation.leftovers() == []


def test_a_file_of_ours_that_nobody_recorded_is_found_in_the_store() -> None:
    installation = installed()
    store = live(installation)
    file = orphan(installation)
    attributes = {"managed_by": managed_by(installation.state.installation), "source": "s", "document": "s:d99"}
    installation.memory.stores[store].files[file] = StoredFile(file, FileState.COMPLETED, attributes)

    assert audited(installation).orphans >= 1
    mend(installation)

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_file_that_is_not_in_its_store_is_put_back_without_an_upload() -> None:
    installation = installed()
    installation.memory.detach(live(installation), installation.file_of("d01"))

    assert audited(installation) == Findings(missing=1)
    mend(installation)

    assert installation.differences() == []
    assert "upload" not in installation.index.calls


def test_a_file_whose_upload_is_gone_is_uploaded_again() -> None:
    installation = installed()
    installation.memory.delete(installation.file_of("d01"))

    assert audited(installation) == Findings(missing=2)
    mend(installation)

    assert installation.differences() == []
    assert installation.leftovers() == []


@pytest.mark.parametrize("name", ["labels", "audience", "title", "content_hash"])
def test_attributes_that_are_not_as_recorded_are_written_again(name: str) -> None:
    installation = installed()
    store, file = live(installation), installation.file_of("d01")
    wrong = dict(installation.memory.stores[store].files[file].attributes) | {name: "something else"}
    installation.memory.patch(store, file, wrong)

    assert audited(installation) == Findings(differing=1)
    mend(installation)

    assert installation.differences() == []
    assert audited(installation).ok


def test_a_late_patch_by_a_worker_that_lost_the_source_is_undone() -> None:
    installation = installed()
    store, file = live(installation), installation.file_of("d01")
    before = installation.memory.stores[store].files[file].attributes
    installation.source.label("d01", "newer")
    installation.turn()

    installation.memory.patch(store, file, before)

    assert audited(installation) == Findings(differing=1)
    mend(installation)
    assert installation.differences() == []


@pytest.mark.parametrize("state", [FileState.IN_PROGRESS, FileState.FAILED])
def test_a_file_that_is_not_searchable_any_more_is_replaced(state: FileState) -> None:
    installation = installed()
    store, file = live(installation), installation.file_of("d01")
    attributes = installation.memory.stores[store].files[file].attributes
    installation.memory.stores[store].files[file] = StoredFile(file, state, attributes)

    assert audited(installation) == Findings(stuck=1)
    mend(installation)

    assert audited(installation).ok
    assert len(installation.searchable("public")) == 5


def test_without_repair_nothing_is_written_anywhere() -> None:
    installation = installed()
    orphan(installation)
    installation.memory.detach(live(installation), installation.file_of("d01"))
    before = everything(installation)

    audited(installation)

    assert everything(installation) == before
    assert installation.index.calls == []


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"managed_by": "answerwell:another", "source": "s"},
        {"managed_by": "another program", "source": "s"},
        {"source": "s"},
    ],
    ids=["no attributes", "another installation", "another program", "nobody"],
)
def test_files_of_others_are_never_touched(attributes: dict[str, str]) -> None:
    installation = installed()
    store = live(installation)
    file = installation.memory.upload(Rendered("aw-another-s:d01-0.md", b"theirs", {}, "", ""))
    installation.memory.stores[store].files[file] = StoredFile(file, FileState.COMPLETED, attributes)

    assert audited(installation).ok
    mend(installation)

    assert file in installation.memory.stores[store].files
    assert file in installation.memory.uploaded


def test_files_of_another_source_are_left_to_that_source() -> None:
    installation = installed()
    store = live(installation)
    prefix = filename_prefix(installation.state.installation, "s2")
    file = installation.memory.upload(Rendered(f"{prefix}d01-0.md", b"theirs", {}, "", ""))
    attributes = {"managed_by": managed_by(installation.state.installation), "source": "s2"}
    installation.memory.stores[store].files[file] = StoredFile(file, FileState.COMPLETED, attributes)

    assert audited(installation).ok
    mend(installation)

    assert file in installation.memory.stores[store].files


def test_what_waits_to_be_collected_or_to_be_attached_is_no_finding() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    installation.crash_at("attach", after=True)
    assert audited(installation).ok

    installation.turn()
    installation.source.put("d01", "edited again")
    installation.crash_at("detach")

    assert audited(installation).ok


def test_it_waits_for_its_turn_while_a_sync_runs() -> None:
    installation = installed()
    assert installation.state.acquire("s") is not None

    with pytest.raises(Held, match="audit again"):
        commands.audit(installation.engine)


def test_an_orphan_of_a_killed_run_is_found_by_the_next_turn() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    installation.crash_at("upload", after=True)
    assert len(installation.memory.uploaded) == 6

    installation.turn()

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_an_upload_whose_answer_was_lost_is_found_by_the_same_turn() -> None:
    installation = installed()
    installation.source.put("d01", "edited by somebody")
    lost: list[str] = []

    def lose_the_answer() -> None:
        if installation.index.calls[-1] == "upload" and not lost:
            lost.append("upload")
            raise Retryable("the answer did not arrive")

    installation.index.done = lose_the_answer
    installation.turn()
    installation.clock.forward(60)
    installation.turn()

    assert installation.differences() == []
    assert installation.leftovers() == []


def test_a_turn_after_a_quiet_one_lists_no_uploads() -> None:
    installation = installed()
    listed: list[str] = []
    listing = installation.memory.uploads
    installation.index.uploads = lambda: (listed.append("uploads"), listing())[1]  # type: ignore[func-returns-value]  # noted

    installation.turn()
    assert listed == []

    installation.source.put("d01", "edited by somebody")
    installation.crash_at("upload", after=True)
    installation.turn()
    installation.turn()
    assert listed == ["uploads"]


def test_a_first_sync_killed_anywhere_in_its_uploads_leaves_nothing_over() -> None:
    for number in range(1, 6):
        installation = Installation("sqlite:///:memory:", source := SourceWorld())
        source.put_all(5)
        installation.crash_at("upload", number=number, after=True)

        installation.turn()

        assert installation.differences() == []
        assert installation.leftovers() == []


def audited(installation: Installation) -> Findings:
    return commands.audit(installation.engine)


def mend(installation: Installation) -> None:
    commands.audit(installation.engine, repair=True)


def live(installation: Installation) -> StoreId:
    store = installation.active_store("public")
    assert store is not None
    return store


def orphan(installation: Installation) -> FileId:
    prefix = filename_prefix(installation.state.installation, "s")
    return installation.memory.upload(Rendered(f"{prefix}d99-0123456789ab.md", b"nobody's", {}, "", ""))


def everything(installation: Installation) -> list[object]:
    tables = ("documents", "entries", "files", "garbage", "generations")
    rows = [tuple(row) for table in tables for row in installation.state.ask(f"SELECT * FROM {table}")]
    return [rows, dict(installation.memory.uploaded), {s: dict(m.files) for s, m in installation.memory.stores.items()}]
