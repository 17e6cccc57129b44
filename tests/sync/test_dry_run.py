"""plan: what a sync would do is said before it is done, and comes true."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sync.errors import Retryable
from sync.model import Change, Cursor, Page
from sync.operations.dry_run import Preview, preview
from sync.state.database import State
from tests.sync.grown import grown, visits
from tests.sync.world import INTERNAL, Installation, SourceWorld


class OnePage(SourceWorld):
    """Lists these documents on one page: as the first ones of the world are, or of another version."""

    def __init__(self, names: Sequence[str], shown: SourceWorld) -> None:
        super().__init__()
        self.names = names
        self.shown = shown
        self.version = ""

    def snapshot(self, after: Cursor | None) -> Page:
        del after
        originals = {name: self.shown.documents[name.partition("-")[0]] for name in self.names}
        changes = [Change(name, self.version or original.version) for name, original in originals.items()]
        return Page(tuple(changes), Cursor("1"), more=False)

    def changes(self, after: Cursor) -> Page:
        return Page((), after, more=False)


def test_a_first_sync_adds_everything_and_previewing_writes_nothing() -> None:
    installation = _installation()

    foreseen = foreseen_by(installation)

    assert (foreseen.add, foreseen.replace, foreseen.patch, foreseen.remove, foreseen.keep) == (5, 0, 0, 0, 0)
    assert foreseen.upload_bytes > 0
    assert installation.memory.uploaded == {}
    assert installation.state.ask("SELECT * FROM documents") == []


def test_each_document_is_counted_once_by_what_becomes_of_it() -> None:
    installation = _installation()
    installation.beat()
    installation.source.put("d1", "edited")
    installation.source.label("d2", "relabelled")
    installation.source.delete("d3")
    installation.source.show_to("d0", INTERNAL)
    installation.source.put("d7", "new")

    foreseen = foreseen_by(installation)

    assert (foreseen.add, foreseen.replace, foreseen.patch, foreseen.remove, foreseen.keep) == (1, 1, 1, 2, 1)


def test_what_vanished_silently_is_foreseen_when_a_full_listing_is_due() -> None:
    installation = _installation(tombstones=False)
    installation.beat()
    installation.source.delete("d3")
    installation.clock.forward(2 * 86_400)

    foreseen = foreseen_by(installation)

    assert (foreseen.remove, foreseen.keep) == (1, 4)


def test_what_waits_to_be_published_is_not_called_kept() -> None:
    installation = _installation()
    installation.beat()
    with installation.state.transaction() as tx:
        tx.run("UPDATE entries SET version = NULL WHERE document = 1")

    foreseen = foreseen_by(installation)

    assert (foreseen.replace, foreseen.keep) == (1, 4)


def test_a_converged_installation_has_nothing_to_do() -> None:
    installation = _installation()
    installation.beat()

    assert foreseen_by(installation) == Preview(keep=5)


class Repeating(SourceWorld):
    """A vendor that gives its first page again and again."""

    def snapshot(self, after: Cursor | None) -> Page:
        return super().snapshot(None)


def test_a_listing_that_stands_still_is_an_error_and_not_an_endless_preview() -> None:
    source = Repeating()
    source.put_all(5)

    with pytest.raises(Retryable, match="stands still"):
        foreseen_by(Installation("sqlite:///:memory:", source))


def foreseen_by(installation: Installation) -> Preview:
    return preview(installation.state, installation.engine.sources.values(), installation.indexes, batch_size=3)


def _installation(*, tombstones: bool = True) -> Installation:
    source = SourceWorld(tombstones=tombstones)
    source.put_all(5)
    return Installation("sqlite:///:memory:", source)


@pytest.mark.parametrize("change", ["nothing", "everything", "everything gone"])
def test_a_plan_reads_the_state_by_the_hundred(tmp_path: Path, change: str) -> None:
    known = grown(State.open(f"sqlite:///{tmp_path}/state.db"), 1000)
    numbers = range(1000)
    names = [f"d{number % 10}" + (f"-{number // 10}" if number >= 10 else "") for number in numbers]
    vendor = OnePage({"nothing": names, "everything": names, "everything gone": []}[change], known.source)
    vendor.version = "other" if change == "everything" else ""
    known.engine.sources["s"] = replace(known.engine.sources["s"], connector=vendor)
    with known.state.transaction() as tx:
        tx.run("UPDATE sources SET snapshot_done = 0")

    with visits(known.state) as counted:
        foreseen = preview(known.state, known.engine.sources.values(), list(known.engine.indexes.values()))
    known.state.close()

    assert foreseen.add == 0
    assert foreseen.keep == (1000 if change == "nothing" else 0)
    assert foreseen.remove == (1000 if change == "everything gone" else 0)
    assert foreseen.replace == (1000 if change == "everything" else 0)
    assert counted.statements <= 1000 / 100 + 8
