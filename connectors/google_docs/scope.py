"""Where a file stands: whether it is in scope, below which folders, and whether one of them may be public."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from connectors.google_docs.drive import Drive
from connectors.google_docs.drive_cache import DriveCache
from connectors.google_docs.files import FOLDER, SHORTCUT, DriveFile
from connectors.google_docs.settings import Scope

SHORTCUTS = f"mimeType='{SHORTCUT}' and trashed=false"


@dataclass(frozen=True, slots=True)
class Place:
    """The names of the folders above, outermost first. `public`: one of them is meant for the public.

    `limited`: a folder keeps grants of those above it away.
    """

    path: tuple[str, ...] = ()
    public: bool = False
    limited: bool = False


@dataclass(frozen=True, slots=True)
class _Chain:
    """The folders above a file, nearest first, and the shared drive whose top they reach, '' for none."""

    folders: tuple[DriveFile, ...] = ()
    drive: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        return (*(folder.id for folder in self.folders), *((self.drive,) if self.drive else ()))


class Places:
    """Finds places by the parents of a file, and by the shortcuts that lead to it or to a folder above it."""

    def __init__(self, scope: Scope, drive: Drive, cache: DriveCache) -> None:
        self._scope = scope
        self._drive = drive
        self._cache = cache
        self._names: dict[str, str] = {}

    def of(self, file: DriveFile) -> Place | None:
        """Return where the file stands, None where that is out of scope. Only its true parents make it public."""
        with self._cache.lock:
            return self._direct(file) or self._by_shortcut(file, frozenset())

    def is_below_a_root(self, file: DriveFile) -> bool:
        """Whether a listing of the roots and of what is below them shows the file."""
        with self._cache.lock:
            return self._cut(self._above(file)) is not None

    def is_a_root(self, file: DriveFile) -> bool:
        return file.id in self._scope.folders

    def is_listed_below(self, file: DriveFile, folders: list[str]) -> bool:
        """Whether one of the folders is the file, or stands above it."""
        with self._cache.lock:
            return not {file.id, *self._above(file).ids}.isdisjoint(folders)

    def drive_names(self) -> dict[str, str]:
        """Return the names of the shared drives that the account is a member of."""
        with self._cache.lock:
            if not self._names:
                self._names = self._drive.drives() or {"": ""}
            return self._names

    def forget(self) -> None:
        with self._cache.lock:
            self._names = {}

    def corpus(self, drive: str) -> str:
        """Return the corpus that shows a shared drive's files: the drive's, or our own where we are no member."""
        return drive if drive and drive in self.drive_names() else ""

    def _direct(self, file: DriveFile) -> Place | None:
        inside = self._cut(self._above(file))
        if inside is not None:
            return self._place(inside)
        return Place() if file.id in self._scope.files else None

    def _above(self, file: DriveFile) -> _Chain:
        folders: list[DriveFile] = []
        parent = file.parent
        while parent and parent not in {folder.id for folder in folders}:
            if parent in self._scope.drives or (parent == file.drive and parent not in self._scope.folders):
                return _Chain(tuple(folders), parent)
            folder = self._cache.folder(parent, self._drive.file)
            if folder is None or folder.mime != FOLDER:
                break
            folders.append(folder)
            if self._scope.roots == {folder.id}:
                break
            parent = folder.parent
        return _Chain(tuple(folders))

    def _cut(self, chain: _Chain) -> _Chain | None:
        """Return the chain up to the outermost root, None where it meets none."""
        if chain.drive in self._scope.drives:
            return chain
        roots = [number for number, folder in enumerate(chain.folders) if folder.id in self._scope.folders]
        return _Chain(chain.folders[: roots[-1] + 1]) if roots else None

    def _place(self, chain: _Chain) -> Place:
        names = [folder.name for folder in reversed(chain.folders)]
        if chain.drive:
            names = [self.drive_names().get(chain.drive) or "Shared drive", *names]
        limited = any(folder.limited for folder in chain.folders)
        return Place(tuple(names), not self._scope.public.isdisjoint(chain.ids), limited)

    def _by_shortcut(self, file: DriveFile, passed: frozenset[str]) -> Place | None:
        """Return the place that a shortcut in scope gives to the file, or to a folder above it; the nearest wins."""
        chain = self._above(file)
        index = self._index()
        for height, target in enumerate((file.id, *chain.ids)):
            inside = _Chain(chain.folders[:height])
            for shortcut in index.get(target, ()):
                if shortcut.id in passed:
                    continue
                place = self._direct(shortcut) or self._by_shortcut(shortcut, passed | {shortcut.id})
                if place is not None:
                    own = self._place(inside)
                    return Place((*place.path, *own.path), own.public, own.limited)
        return None

    def _index(self) -> dict[str, list[DriveFile]]:
        """Return, by what they point to, the shortcuts of every corpus that the scope reaches."""
        found: dict[str, DriveFile] = {}
        corpora = list(dict.fromkeys(("", *self._scope_drives())))
        for corpus in corpora:  # grows while it is walked, by shortcuts into other drives
            known = self._cache.shortcuts_of(corpus, partial(self._load, corpus))
            found |= known
            corpora += [led for led in self._led_to(list(known.values())) if led not in corpora]
        index: dict[str, list[DriveFile]] = {}
        for shortcut in sorted(found.values(), key=lambda shortcut: shortcut.id):
            index.setdefault(shortcut.target, []).append(shortcut)
        return index

    def _led_to(self, shortcuts: list[DriveFile]) -> Iterator[str]:
        for shortcut in shortcuts:
            if shortcut.target_mime == FOLDER and self._direct(shortcut) is not None:
                folder = self._cache.folder(shortcut.target, self._drive.file)
                yield self.corpus(folder.drive) if folder is not None else ""

    def _scope_drives(self) -> Iterator[str]:
        yield from self._scope.drives
        for root in self._scope.folders:
            folder = self._cache.folder(root, self._drive.file)
            if folder is not None and folder.drive:
                yield self.corpus(folder.drive)

    def _load(self, corpus: str) -> list[DriveFile]:
        found, token = self._drive.files(SHORTCUTS, corpus)
        while token:
            rows, token = self._drive.files(SHORTCUTS, corpus, token)
            found += rows
        return [file for file in found if file.mime == SHORTCUT]
