"""The index that other tests use keeps the promises of a real one."""

import pytest

from sync.model import Attributes, FileId, FileState, Rendered, StoredFile, StoreId
from tests.contract.index import INSTALLATION, IndexContract
from tests.contract.memory_index import MemoryIndex


class MemoryTruth:
    def __init__(self, index: MemoryIndex) -> None:
        self._index = index

    def stores(self) -> dict[str, dict[str, Attributes]]:
        return {
            store: {file: stored.attributes for file, stored in known.files.items()}
            for store, known in self._index.stores.items()
        }

    def uploads(self) -> dict[str, str]:
        return {file: filename for file, (filename, _) in self._index.uploaded.items()}

    def foreign(self, filename: str, store: StoreId | None = None) -> FileId:
        file = self._index.upload(Rendered(filename, b"their own text", {}, "", ""))
        if store:
            self._index.stores[store].files[file] = StoredFile(file, FileState.COMPLETED, {})
        return file

    def refuse(self, filename: str) -> None:
        self._decide(filename, FileState.FAILED, "unsupported_file: not for us")

    def stick(self, filename: str) -> None:
        self._decide(filename, FileState.IN_PROGRESS, "")

    def stumble(self, filename: str) -> None:
        self._decide(filename, FileState.FAILED, "server_error: try again")

    def _decide(self, filename: str, state: FileState, reason: str) -> None:
        usual = (FileState.COMPLETED, "")
        self._index.outcome = lambda attached: (state, reason) if attached == filename else usual


class TestMemoryIndex(IndexContract):
    @pytest.fixture
    def index(self) -> MemoryIndex:
        return MemoryIndex(INSTALLATION)

    @pytest.fixture
    def truth(self, index: MemoryIndex) -> MemoryTruth:
        return MemoryTruth(index)
