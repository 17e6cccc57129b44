"""What a Drive holds, as one service account sees it. Records are frozen: an edit replaces one at once."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sandbox.http import Json

APPS = "application/vnd.google-apps."
FOLDER = f"{APPS}folder"
SHORTCUT = f"{APPS}shortcut"
DOC = f"{APPS}document"
SHEET = f"{APPS}spreadsheet"
SLIDES = f"{APPS}presentation"


@dataclass(frozen=True, slots=True)
class Permission:
    """Who may do what; `type` is user, group, domain or anyone. A `view` other than "" grants no content."""

    id: str
    type: str
    role: str
    email: str = ""
    domain: str = ""
    view: str = ""
    expires: float | None = None
    deleted: bool = False


ANYONE = Permission("anyoneWithLink", "anyone", "reader")


@dataclass(frozen=True, slots=True)
class File:
    """A file, folder or shortcut (`target`).

    `tabs` is the body of a Google Doc, `exports` what a Sheet or Slides exports to, `content` the bytes of an upload.
    `hidden`: the account may not see it. `limited`: permissions of its folder do not reach it. `restricted`: readers
    may not copy or download it. `downloadable` False: nor may the account. `editor`: the account may edit it.
    """

    id: str
    name: str
    mime: str
    parent: str | None
    drive: str | None
    created: float
    modified: float
    version: int = 1
    trashed: bool = False
    tabs: tuple[Json, ...] = ()
    exports: tuple[tuple[str, bytes], ...] = ()
    content: bytes = b""
    permissions: tuple[Permission, ...] = ()
    target: str | None = None
    hidden: bool = False
    limited: bool = False
    restricted: bool = False
    downloadable: bool = True
    editor: bool = False


@dataclass(frozen=True, slots=True)
class SharedDrive:
    """A shared drive; its id is also that of its top folder."""

    id: str
    name: str
    created: float
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """The latest change of one file or shared drive; a new one replaces the one before."""

    number: int
    id: str
    kind: str
    time: float


@dataclass
class Drive:
    """Everything that the account sees, and the knobs.

    `page`: no listing has more on a page, whatever it is asked for. `shares`: the account may share files of My Drive,
    so listings carry their permissions. `unreadable`: files whose permissions it may not read. `incomplete`: listings
    say that they are not. `preview_refused`: documents that show no preview without suggestions. `export_limit`: bytes.
    """

    clock: Callable[[], float]
    files: dict[str, File] = field(default_factory=dict)
    drives: dict[str, SharedDrive] = field(default_factory=dict)
    log: dict[str, Entry] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    changed: int = 8000
    page: int = 1000
    shares: bool = True
    incomplete: bool = False
    unreadable: set[str] = field(default_factory=set)
    preview_refused: set[str] = field(default_factory=set)
    export_limit: int = 10 * 1024 * 1024
    disabled: bool = False
    docs_disabled: bool = False

    def new_id(self, mark: str) -> str:
        """Ids look like the vendor's: 33 characters, and no order in them."""
        return f"{mark}{next(self.numbers) * 7_368_787 % 10**9:09d}".ljust(33, "x")

    def put(self, file: File, **changes: Any) -> File:
        """Store the file as it is now and write the change down."""
        stored = replace(file, version=file.version + 1, **changes)
        self.files[file.id] = stored
        self.note(file.id, "file")
        return stored

    def note(self, record: str, kind: str) -> None:
        self.changed += 1
        self.log[record] = Entry(self.changed, record, kind, self.clock())

    def ancestors(self, file: File) -> Iterator[File]:
        """Yield the folders above, from the nearest; a shared drive's top folder is no file."""
        above = self.files.get(file.parent or "")
        while above is not None:
            yield above
            above = self.files.get(above.parent or "")

    def visible(self, file: File) -> bool:
        if file.drive is not None and file.drive not in self.drives:
            return False
        return not file.hidden and not any(above.hidden for above in self.ancestors(file))

    def in_trash(self, file: File) -> bool:
        return file.trashed or any(above.trashed for above in self.ancestors(file))

    def parent_of(self, file: File) -> str | None:
        """The folder that the account sees the file in, None at the top of what is shared with it."""
        above = self.files.get(file.parent or "")
        if above is not None:
            return above.id if self.visible(above) else None
        return file.parent if file.parent in self.drives else None

    def permissions_of(self, file: File) -> list[tuple[Permission, str | None]]:
        """Everyone who may read the file, each with the folder that the permission comes from (None: its own)."""
        found: list[tuple[Permission, str | None]] = [(permission, None) for permission in file.permissions]
        below = file
        for above in self.ancestors(file):
            if below.limited:
                break
            found += [(permission, above.id) for permission in above.permissions]
            below = above
        drive = self.drives.get(file.drive or "")
        if drive is not None and not below.limited:
            found += [(permission, drive.id) for permission in drive.permissions]
        unique = {permission.id: (permission, source) for permission, source in reversed(found)}
        return list(reversed(unique.values()))


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
