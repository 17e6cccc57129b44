"""A walk over folders, page by page: what is in them, in the folders below, and where their shortcuts lead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.google_docs.drive import Drive, NotFound, children_of
from connectors.google_docs.drive_cache import DriveCache
from connectors.google_docs.files import FOLDER, SHORTCUT, DriveFile
from connectors.google_docs.scope import Places
from connectors.http.transport import Json

MAX_TOGETHER = 50
MAX_SINGLE_LOADS = 20


@dataclass(frozen=True, slots=True)
class WalkState:
    """What is left to do: shared drives to list whole, folders (each with its corpus) to look into, single files.

    `batch` and `token`: the listing under way. `led`: folders that only a shortcut led to, so that none is walked
    twice. `single`: every file that is looked at on its own.
    """

    drives: tuple[str, ...] = ()
    folders: tuple[tuple[str, str], ...] = ()
    batch: tuple[tuple[str, str], ...] = ()
    token: str = ""
    led: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    done: int = 0

    @property
    def finished(self) -> bool:
        return not (self.drives or self.folders or self.batch or self.done < len(self.single))

    def json(self) -> Json:
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}


def state_of(found: Any) -> WalkState:
    """Return the state that `json` wrote. Raises ValueError for anything else."""
    try:
        return WalkState(
            drives=_names(found.get("drives", ())),
            folders=_pairs(found.get("folders", ())),
            batch=_pairs(found.get("batch", ())),
            token=str(found.get("token", "")),
            led=_names(found.get("led", ())),
            single=_names(found.get("single", ())),
            done=int(found.get("done", 0)),
        )
    except (AttributeError, TypeError) as error:
        raise ValueError("not a state of a walk") from error


def _names(found: Any) -> tuple[str, ...]:
    return tuple(map(str, found))


def _pairs(found: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(folder), str(corpus)) for folder, corpus in found)


class FolderWalk:
    """Takes one step at a time. `trashed`: what is in the trash is shown too, and so is what has left the scope."""

    def __init__(self, drive: Drive, places: Places, cache: DriveCache, *, trashed: bool) -> None:
        self._drive = drive
        self._places = places
        self._cache = cache
        self._trashed = trashed
        self._loaded: set[str] = set()

    def start_over(self) -> None:
        self._loaded.clear()

    def step(self, state: WalkState) -> tuple[list[DriveFile], WalkState]:
        """Return what one listing shows, and what is left to do. Raises CursorExpired."""
        if state.drives:
            return self._whole_drive(state)
        if state.batch or state.folders:
            return self._folders(state)
        return self._singles(state)

    def _whole_drive(self, state: WalkState) -> tuple[list[DriveFile], WalkState]:
        rows, token = self._drive.files("trashed=false", state.drives[0], state.token)
        left = replace(state, token=token) if token else replace(state, drives=state.drives[1:], token="")
        self._remember(rows)
        unknown = {row.parent for row in rows} - set(self._cache.folders) - {state.drives[0], ""}
        if unknown and state.drives[0] not in self._loaded:  # one listing of all folders, not a call for each
            self._load_folders(state.drives[0])
            self._loaded.add(state.drives[0])
        return rows, self._follow(rows, left, descend=False)

    def _folders(self, state: WalkState) -> tuple[list[DriveFile], WalkState]:
        batch = state.batch or self._batch(state.folders)
        waiting = state.folders if state.batch else tuple(each for each in state.folders if each not in batch)
        query, corpus = children_of([folder for folder, _ in batch], trashed=self._trashed), batch[0][1]
        try:
            rows, token = self._drive.files(query, corpus, state.token)
        except NotFound:
            there = self._still_there(batch)
            if there == batch:
                raise
            return [], replace(state, folders=(*there, *waiting), batch=(), token="")
        self._remember(rows)
        left = replace(state, folders=waiting, batch=batch if token else (), token=token)
        return rows, self._follow(rows, left, descend=True)

    def _singles(self, state: WalkState) -> tuple[list[DriveFile], WalkState]:
        """Look at files one by one: those that the settings name, and those that shortcuts lead to."""
        end = min(state.done + MAX_SINGLE_LOADS, len(state.single))
        found = [self._drive.file(name) for name in state.single[state.done : end]]
        rows = [file for file in found if file is not None and (self._trashed or not self._is_listed(file, state))]
        self._remember(rows)
        return rows, replace(state, done=end)

    def _is_listed(self, file: DriveFile, state: WalkState) -> bool:
        return self._places.is_below_a_root(file) or self._places.is_listed_below(file, list(state.led))

    def _batch(self, folders: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return as many folders of one corpus as fit into one query."""
        batch: list[tuple[str, str]] = []
        for folder in folders:
            grown = [*batch, folder]
            query = children_of([name for name, _ in grown], trashed=self._trashed)
            if batch and (folder[1] != batch[0][1] or not self._drive.fits(query, folder[1])):
                break
            batch = grown
            if len(batch) == MAX_TOGETHER:
                break
        return tuple(batch)

    def _still_there(self, batch: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple(each for each in batch if self._drive.file(each[0]) is not None)

    def _remember(self, rows: Sequence[DriveFile]) -> None:
        for file in rows:
            self._cache.saw(file)

    def _load_folders(self, drive: str) -> None:
        query = f"mimeType='{FOLDER}' and trashed=false"
        rows, token = self._drive.files(query, drive)
        while token:
            self._remember(rows)
            rows, token = self._drive.files(query, drive, token)
        self._remember(rows)

    def _follow(self, rows: Sequence[DriveFile], state: WalkState, *, descend: bool) -> WalkState:
        """Return the state with the folders below, and with what shortcuts lead to."""
        for file in rows:
            if file.trashed and not self._trashed:
                continue
            if descend and file.mime == FOLDER and not self._places.is_a_root(file):
                state = self._add(state, file)
            elif file.mime == SHORTCUT and file.target:
                state = self._led(state, file)
        return state

    def _add(self, state: WalkState, folder: DriveFile) -> WalkState:
        if folder.id in state.led:
            return state
        return replace(state, folders=(*state.folders, (folder.id, self._places.corpus(folder.drive))))

    def _led(self, state: WalkState, shortcut: DriveFile) -> WalkState:
        if shortcut.target_mime != FOLDER:
            known = shortcut.target in state.single
            return state if known else replace(state, single=(*state.single, shortcut.target))
        folder = self._cache.folder(shortcut.target, self._drive.file)
        if folder is None or folder.mime != FOLDER or self._covered(folder, state):
            return state
        left = self._add(state, folder)
        return replace(left, led=(*left.led, folder.id))

    def _covered(self, folder: DriveFile, state: WalkState) -> bool:
        """Whether the walk comes to the folder, or came, without the shortcut."""
        below = self._places.is_a_root(folder) or self._places.is_below_a_root(folder)
        return below or self._places.is_listed_below(folder, list(state.led)) or (folder.trashed and not self._trashed)
