"""What this process has seen of a Drive, true as of a place in its change feed. Losing it costs calls, never truth."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.google_docs.drive import Drive, FeedEntry
from connectors.google_docs.files import FOLDER, SHORTCUT, DriveFile
from connectors.http.transport import Clock
from sync.errors import CursorExpired

FRESH = timedelta(seconds=30)
MAX_ROWS = 20_000
MAX_FOLDERS = 100_000


class DriveCache:
    """Folders, shortcuts, and the rows that a listing showed and nobody has fetched yet.

    `token`: up to where the feed is taken in. `complete`: every folder in scope is among `folders`. A row is used
    once, and only after the feed was asked whether it is still true. For many threads, which hold `lock`.
    """

    def __init__(self, drive: Drive, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.token = ""
        self.complete = False
        self.folders: dict[str, DriveFile | None] = {}
        self.shortcuts: dict[str, dict[str, DriveFile]] = {}
        self._rows: dict[str, DriveFile] = {}
        self._drive = drive
        self._clock = clock
        self._checked: datetime | None = None

    def forget(self, token: str = "") -> None:
        """Know nothing; what is seen from now on is true as of the token, or of now."""
        with self.lock:
            self.token = token
            self.complete = False
            self.folders.clear()
            self.shortcuts.clear()
            self._rows.clear()
            self._checked = None

    def doubt(self) -> None:
        """Ask the feed again before the next row is used: another process may have had a turn."""
        with self.lock:
            self._checked = None

    def saw(self, file: DriveFile) -> None:
        """Remember a file as a listing shows it."""
        with self.lock:
            if file.mime == FOLDER:
                self.folders[file.id] = file
            elif file.mime == SHORTCUT:
                self._saw_shortcut(file)
            else:
                self._rows[file.id] = file
                if len(self._rows) > MAX_ROWS:
                    self._rows.pop(next(iter(self._rows)))

    def amend(self, file: DriveFile) -> None:
        """Know more of a row that waits to be fetched."""
        with self.lock:
            if file.id in self._rows:
                self._rows[file.id] = file

    def take(self, external_id: str) -> DriveFile | None:
        """Return the row of a file, if there is one that is true now; it is not used again."""
        with self.lock:
            if not self._is_fresh():
                self.catch_up()
            return self._rows.pop(external_id, None)

    def folder(self, folder: str, load: Callable[[str], DriveFile | None]) -> DriveFile | None:
        """Return a folder, None where we may not see it."""
        with self.lock:
            if folder not in self.folders:
                if len(self.folders) >= MAX_FOLDERS:
                    self.forget(self.token)
                self.folders[folder] = load(folder)
            return self.folders[folder]

    def shortcuts_of(self, corpus: str, load: Callable[[], list[DriveFile]]) -> dict[str, DriveFile]:
        """Return every shortcut of a shared drive, or of the account's own corpus, by its id."""
        with self.lock:
            if corpus not in self.shortcuts:
                self.shortcuts[corpus] = {file.id: file for file in load()}
            return self.shortcuts[corpus]

    def is_empty(self) -> bool:
        return not (self.folders or self._rows or self.shortcuts)

    def catch_up(self) -> None:
        """Take in what happened since, in one call; after more than that, or without a place to start, know nothing."""
        with self.lock:
            if not self.token:
                self.forget()
            if self.is_empty():
                return
            try:
                entries, following, more = self._drive.changes(self.token)
            except CursorExpired:
                more = True
            if more:
                self.forget()
                return
            for entry in entries:
                if self._is_of_a_folder(entry):
                    self.complete = False  # `changes` has yet to see this, and what is below
                self.take_in(entry)
            self.token = following
            self._checked = self._clock()

    def take_in(self, entry: FeedEntry) -> None:
        """Know what an entry of the feed says."""
        with self.lock:
            if entry.drive:
                self.complete = False
                self.folders.clear()
                return
            if entry.file is not None and entry.file.mime in (FOLDER, SHORTCUT):
                self.saw(entry.file)
                return
            if entry.id in self.folders and entry.file is None:
                self.folders[entry.id] = None
            for known in self.shortcuts.values():
                known.pop(entry.id, None)
            if self._rows.pop(entry.id, None) is not None and entry.file is not None:
                self._rows[entry.id] = entry.file

    def _is_of_a_folder(self, entry: FeedEntry) -> bool:
        prior = self.folders.get(entry.id)
        if entry.file is None:
            return entry.drive or prior is not None
        return entry.file.mime == FOLDER and (prior is None or prior.parent != entry.file.parent)

    def _is_fresh(self) -> bool:
        return self._checked is not None and timedelta(0) <= self._clock() - self._checked < FRESH

    def _saw_shortcut(self, file: DriveFile) -> None:
        known = self.shortcuts.get(file.drive)
        if known is None:
            return
        if file.trashed:
            known.pop(file.id, None)
        else:
            known[file.id] = file
