"""How publish spends its time: outside calls go together, and so do commits that wait for nothing outside."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from sync.engine import Engine, Outcome, Width
from sync.model import Attributes, FileId, FileState, StoredFile, StoreId
from sync.specs import KnowledgeIndex, Source
from tests.contract.memory_index import MemoryIndex
from tests.sync.world import INDEXES, SourceWorld, TrippedState

TOGETHER = 4
DOCUMENTS = 40


class MeetingIndex(MemoryIndex):
    """Answers patches and looks at a file's status only once several are under way."""

    meeting: threading.Barrier | None = None

    def patch(self, store: StoreId, file: FileId, attributes: Attributes) -> None:
        self._meet()
        super().patch(store, file, attributes)

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        self._meet()
        return super().status(store, file)

    def _meet(self) -> None:
        if self.meeting is not None:
            self.meeting.wait(timeout=10)


@pytest.fixture
def state(tmp_path: Path) -> TrippedState:
    return TrippedState.open(f"sqlite:///{tmp_path / 'state.db'}")


@pytest.fixture
def source() -> SourceWorld:
    world = SourceWorld()
    world.put_all(DOCUMENTS)
    return world


def test_documents_that_another_index_has_already_are_committed_together(
    state: TrippedState, source: SourceWorld
) -> None:
    index = MemoryIndex(state.installation)
    _engine(state, index, source, indexes=INDEXES[:1]).turn("s")
    engine = _engine(state, index, source)
    engine.prepare()
    before = state.commits

    result = engine.turn("s")

    assert result.counts["attached"] == DOCUMENTS
    assert state.commits - before < DOCUMENTS / 2


def test_documents_that_look_the_same_in_a_new_version_are_committed_together(
    state: TrippedState, source: SourceWorld
) -> None:
    engine = _engine(state, MemoryIndex(state.installation), source)
    engine.turn("s")
    for name in list(source.documents):
        source.label(name, "l")  # a new version, and nothing else
    before, pages = state.commits, DOCUMENTS / 2

    engine.turn("s")

    assert state.commits - before < pages + DOCUMENTS / 2


def test_attributes_are_patched_together(state: TrippedState, source: SourceWorld) -> None:
    index = MeetingIndex(state.installation)
    engine = _engine(state, index, source)
    engine.turn("s")
    for name in list(source.documents):
        source.label(name, "relabelled")
    index.meeting = threading.Barrier(TOGETHER)

    result = engine.turn("s")

    assert (result.outcome, result.counts["patched"]) == (Outcome.DONE, 2 * DOCUMENTS)


def test_files_on_their_way_when_somebody_stopped_are_looked_at_together(
    state: TrippedState, source: SourceWorld
) -> None:
    index = MeetingIndex(state.installation)
    index.outcome = lambda _: (FileState.IN_PROGRESS, "")
    engine = _engine(state, index, source, indexes=INDEXES[1:])
    engine.turn("s")
    [store] = index.stores.values()
    store.files = {
        file: StoredFile(file, FileState.COMPLETED, stored.attributes) for file, stored in store.files.items()
    }
    with state.transaction() as tx:
        tx.run("UPDATE entries SET not_before = 0")
    index.meeting = threading.Barrier(TOGETHER)

    engine.turn("s")

    rows = state.ask("SELECT count(*) AS settled FROM entries WHERE version IS NOT NULL AND file IS NOT NULL")
    assert rows[0].settled == DOCUMENTS


def _engine(
    state: TrippedState, index: MemoryIndex, source: SourceWorld, indexes: Sequence[KnowledgeIndex] = INDEXES
) -> Engine:
    return Engine(state, index, [Source("s", "made-up", source)], indexes, width=Width(calls=TOGETHER, batch=100))
