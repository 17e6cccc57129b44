"""plan: what a sync would do is said before it is done, and comes true."""

import pytest

from sync.errors import Retryable
from sync.model import Cursor, Page
from sync.operations.dry_run import Preview, preview
from tests.sync.world import INTERNAL, Installation, SourceWorld


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
