"""The change feed: what an entry means for documents, and which folders it makes us look into again."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from connectors.google_docs.drive import Drive, FeedEntry
from connectors.google_docs.drive_cache import DriveCache
from connectors.google_docs.files import FOLDER, SHORTCUT, DriveFile
from connectors.google_docs.folder_walk import WalkState
from connectors.google_docs.scope import Places
from connectors.google_docs.settings import Scope
from sync.errors import CursorExpired


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What a page of the feed tells: files to judge, ids that are gone, and what to walk through."""

    files: tuple[DriveFile, ...]
    gone: tuple[str, ...]
    walk: WalkState
    token: str
    more: bool


@dataclass(frozen=True, slots=True)
class _Before:
    """What was known before the page. `exact`: it was true, and all of the folders in scope."""

    folders: dict[str, DriveFile | None]
    shortcuts: dict[str, DriveFile]
    drives: frozenset[str]
    exact: bool


class DriveFeed:
    """Reads the feed, a page at a time.

    What happens to a folder is told of the folder alone, so what is below it is listed again. Of a folder that is gone
    there is nothing to list: CursorExpired then asks for everything anew.
    """

    def __init__(self, scope: Scope, drive: Drive, places: Places, cache: DriveCache, *, audiences: bool) -> None:
        self._scope = scope
        self._drive = drive
        self._places = places
        self._cache = cache
        self._audiences = audiences

    def read(self, token: str) -> FeedPage:
        """Return what the page from the token on tells. Raises CursorExpired."""
        entries, following, more = self._drive.changes(token)
        with self._cache.lock:
            before = self._take_in(entries, token, following)
            self._cache.doubt()
            walk = WalkState()
            for entry in entries:
                self._refuse_unknown(entry, before)
                walk = self._look_again(entry, before, walk)
        files = [entry.file for entry in entries if entry.file and entry.file.mime not in (FOLDER, SHORTCUT)]
        gone = [entry.id for entry in entries if not entry.drive and entry.file is None]
        return FeedPage(tuple(files), tuple(gone), walk, following, more)

    def _take_in(self, entries: Iterable[FeedEntry], token: str, following: str) -> _Before:
        """Know what the entries say, and return what was known before them."""
        entries = list(entries)
        if self._cache.token != token and entries:
            self._cache.catch_up()  # other processes had turns; after this, we know more than the page says
        if self._cache.is_empty():
            self._cache.forget(token)
        in_step = self._cache.token == token
        shortcuts = {name: file for known in self._cache.shortcuts.values() for name, file in known.items()}
        folders = {entry.id: self._cache.folders.get(entry.id) for entry in entries}
        drives = frozenset(folder.drive for folder in self._cache.folders.values() if folder is not None)
        before = _Before(folders, shortcuts, drives, exact=in_step and self._cache.complete)
        for entry in entries:
            self._cache.take_in(entry)
            if in_step and entry.file is not None:
                self._cache.saw(entry.file)
        if in_step:
            self._cache.token = following
        return before

    def _refuse_unknown(self, entry: FeedEntry, before: _Before) -> None:
        """Raise CursorExpired where documents may be gone that no entry names."""
        if entry.drive:
            known = entry.id in before.drives or entry.id in self._scope.drives
            if known or (entry.removed and not before.exact):
                raise CursorExpired(f"google_docs: the shared drive {entry.id} changed; everything is listed anew")
        elif entry.file is None:
            was_folder = before.folders.get(entry.id) is not None
            if was_folder or entry.id in self._scope.folders or not before.exact:
                raise CursorExpired(f"google_docs: {entry.id} is gone, perhaps with files below; all is listed anew")
        elif entry.id in self._scope.folders and entry.file.trashed:
            raise CursorExpired(f"google_docs: the folder {entry.id} is in the trash; everything is listed anew")

    def _look_again(self, entry: FeedEntry, before: _Before, walk: WalkState) -> WalkState:
        if entry.drive:
            return walk
        if entry.file is not None and entry.file.mime == FOLDER:
            return self._add(walk, entry.file) if self._matters(entry.file, before) else walk
        for shortcut in (entry.file, before.shortcuts.get(entry.id)):
            if shortcut is not None and shortcut.mime == SHORTCUT and shortcut.target:
                walk = self._revisit(walk, shortcut)
        return walk

    def _matters(self, folder: DriveFile, before: _Before) -> bool:
        """Whether what is below the folder may have come, gone, or changed its path or its readers."""
        prior = before.folders.get(folder.id)
        if not before.exact:
            return True
        if prior is None:
            return self._places.is_a_root(folder) or self._places.of(folder) is not None
        if self._audiences and folder.grants is None:  # who may read it is not said
            return True
        return prior != replace(folder, modified=prior.modified, url=prior.url)

    def _revisit(self, walk: WalkState, shortcut: DriveFile) -> WalkState:
        """Look at what a shortcut leads, or led, to."""
        if shortcut.target_mime != FOLDER:
            known = shortcut.target in walk.single
            return walk if known else replace(walk, single=(*walk.single, shortcut.target))
        folder = self._cache.folder(shortcut.target, self._drive.file)
        if folder is None or self._places.is_a_root(folder) or self._places.is_below_a_root(folder):
            return walk
        return self._add(walk, folder)

    def _add(self, walk: WalkState, folder: DriveFile) -> WalkState:
        step = (folder.id, self._places.corpus(folder.drive))
        return walk if step in walk.folders else replace(walk, folders=(*walk.folders, step))
