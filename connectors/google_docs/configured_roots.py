"""The folders and shared drives that the settings name. They must be there, or nothing is truly gone."""

from datetime import timedelta

from connectors.cache import TtlCache
from connectors.google_docs.drive import Drive
from connectors.google_docs.drive_cache import DriveCache
from connectors.google_docs.files import FOLDER, DriveFile
from connectors.google_docs.folder_walk import WalkState
from connectors.google_docs.scope import Places
from connectors.google_docs.settings import Scope
from connectors.http.transport import Clock
from sync.errors import Misconfigured


class ConfiguredRoots:
    """Checks what the settings name."""

    def __init__(self, scope: Scope, drive: Drive, places: Places, cache: DriveCache, clock: Clock) -> None:
        self._scope = scope
        self._drive = drive
        self._places = places
        self._cache = cache
        self._checked: TtlCache[WalkState] = TtlCache(clock, timedelta(seconds=10))

    def start(self) -> WalkState:
        """Return a walk over everything in scope. Raises Misconfigured for a root that is not there."""
        self._places.forget()
        for drive in self._scope.drives:
            self._check_drive(drive)
        folders = [self._folder(folder) for folder in self._scope.folders]
        inside = [folder for folder in folders if folder.drive not in self._scope.drives]
        return WalkState(
            drives=self._scope.drives,
            folders=tuple((folder.id, self._places.corpus(folder.drive)) for folder in inside),
            single=self._scope.files,
        )

    def check(self) -> None:
        """Make sure that every root is there and still lists, so that what Drive does not find is truly gone."""
        self._checked.get("", self._check)

    def _check(self) -> WalkState:
        state = self.start()
        if state.folders:
            folder, corpus = state.folders[0]
            self._drive.files(f"'{folder}' in parents and trashed=false", corpus)
        else:
            self._drive.files("trashed=false", state.drives[0] if state.drives else "")
        return state

    def _folder(self, external_id: str) -> DriveFile:
        folder = self._drive.file(external_id)
        where = f"google_docs folder {external_id}"
        if folder is None:
            raise Misconfigured(
                f"{where} is not found; share it with the service account in credentials_file, or correct folders "
                "(a shared drive's id goes into drives)"
            )
        if folder.mime != FOLDER:
            raise Misconfigured(f"{where} is no folder but {folder.mime}; single files go into files")
        if folder.trashed:
            raise Misconfigured(f"{where} ({folder.name}) is in the trash; restore it, or take it out of folders")
        self._cache.saw(folder)
        return folder

    def _check_drive(self, drive: str) -> None:
        if drive not in self._places.drive_names():
            raise Misconfigured(
                f"google_docs shared drive {drive} is not found; add the service account in credentials_file as a "
                "member, or correct drives (a folder's id goes into folders)"
            )
