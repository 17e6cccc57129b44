"""An index in dictionaries, for tests of what uses an index."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sync.errors import Misconfigured, Missing, Rejected
from sync.model import Attributes, Chunking, FileId, FileState, Filter, Hit, Rendered, StoredFile, StoreId, Upload


@dataclass
class MemoryStore:
    """A store and what became of the files that were attached to it."""

    name: str
    files: dict[FileId, StoredFile] = field(default_factory=dict)


class MemoryIndex:
    """Implements `sync.model.Index`. `outcome` decides what becomes of a file that is attached, by its filename."""

    def __init__(self, installation: str) -> None:
        self.stores: dict[StoreId, MemoryStore] = {}
        self.uploaded: dict[FileId, tuple[str, bytes]] = {}
        self.outcome: Callable[[str], tuple[FileState, str]] = lambda _: (FileState.COMPLETED, "")
        self.expired: set[StoreId] = set()
        self.counts_ahead = False  # whether attach says that files are searchable which are not yet
        self._installation = installation
        self._made = 0
        self._lock = threading.RLock()

    def copy(self) -> "MemoryIndex":
        """Another index that holds the same, and numbers what comes next as this one would."""
        made = MemoryIndex(self._installation)
        made.stores = {store: MemoryStore(held.name, dict(held.files)) for store, held in self.stores.items()}
        made.uploaded = dict(self.uploaded)
        made.outcome, made._made = self.outcome, self._made
        return made

    def create(self, name: str) -> StoreId:
        with self._lock:
            for store, known in self.stores.items():
                if known.name == name:
                    return store
            made = StoreId(f"vs_{self._next()}")
            self.stores[made] = MemoryStore(name)
            return made

    def store_problem(self, store: StoreId) -> str:
        with self._lock:
            return "has expired" if store in self.expired else "" if store in self.stores else "is not there"

    def drop(self, store: StoreId) -> None:
        with self._lock:
            self.stores.pop(store, None)

    def upload(self, rendered: Rendered) -> FileId:
        if not rendered.content.decode().strip("\ufeff \t\r\n"):
            raise Rejected(f"{rendered.filename} is empty")
        with self._lock:
            file = FileId(f"file-{self._next()}")
            self.uploaded[file] = (rendered.filename, rendered.content)
            return file

    def attach(
        self, store: StoreId, files: Mapping[FileId, Attributes], chunking: Chunking
    ) -> dict[FileId, str | None]:
        del chunking
        settled: dict[FileId, str | None] = {}
        with self._lock:
            held = self._held(store) if files else {}
            for file, attributes in files.items():
                if file not in self.uploaded:
                    continue
                state, reason = self.outcome(self.uploaded[file][0])
                passing = reason.startswith("server_error")
                held[file] = StoredFile(file, state, dict(attributes), reason, passing)
                if state is FileState.COMPLETED or self.counts_ahead:
                    settled[file] = None
                elif state is FileState.FAILED and not passing:
                    settled[file] = reason
        return settled

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        with self._lock:
            known = self.stores.get(store)
            return (known.files if known else {}).get(file, StoredFile(file, FileState.ABSENT, {}))

    def patch(self, store: StoreId, file: FileId, attributes: Attributes) -> None:
        with self._lock:
            held = self._held(store)
            if file not in held:
                raise Missing(f"{store} does not hold {file}")
            old = held[file]
            held[file] = StoredFile(file, old.state, dict(attributes), old.reason, old.passing)

    def detach(self, store: StoreId, file: FileId) -> None:
        with self._lock:
            if store in self.stores:
                self.stores[store].files.pop(file, None)

    def delete(self, file: FileId) -> None:
        with self._lock:
            self.uploaded.pop(file, None)
            for store in self.stores.values():
                store.files.pop(file, None)

    def exists(self, file: FileId) -> bool:
        with self._lock:
            return file in self.uploaded

    def files(self, store: StoreId) -> Iterator[StoredFile]:
        with self._lock:
            listed = list(self._held(store).values())
        yield from listed

    def uploads(self) -> Iterator[Upload]:
        with self._lock:
            listed = [Upload(file, filename) for file, (filename, _) in self.uploaded.items()]
        yield from (upload for upload in listed if upload.filename.startswith(f"aw-{self._installation}-"))

    def search(self, store: StoreId, query: str, filters: Filter | None, limit: int) -> list[Hit]:
        wanted = set(_words(query))
        hits = []
        with self._lock:
            for file, stored in self._held(store).items():
                filename, content = self.uploaded[file]
                words = _words(content.decode())
                score = sum(word in wanted for word in words) / (len(words) + 1)
                fits = all(stored.attributes.get(key) == value for key, value in (filters or Filter({})).equals.items())
                if score and fits and stored.state is FileState.COMPLETED:
                    hits.append(Hit(file, filename, score, content.decode(), stored.attributes))
        return sorted(hits, key=lambda hit: -hit.score)[: max(limit, 0)]

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _held(self, store: StoreId) -> dict[FileId, StoredFile]:
        if store in self.expired:
            raise Misconfigured(f"{store} has expired")
        if store not in self.stores:
            raise Missing(f"there is no {store}")
        return self.stores[store].files


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
