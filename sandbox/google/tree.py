"""What people do in a Drive: make, edit, move, share, trash and delete. Each edit stamps only what it touches."""

from collections.abc import Sequence
from dataclasses import replace

from sandbox.google import bodies, sheets
from sandbox.google.records import ANYONE, DOC, FOLDER, SHEET, SHORTCUT, SLIDES, Drive, File, Permission, SharedDrive
from sandbox.http import Json

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


class Tree:
    """Every edit a person could make. `parent` is a folder's or a shared drive's id, None for the top."""

    def __init__(self, world: Drive) -> None:
        self.world = world

    def put_drive(self, name: str, *, permissions: Sequence[Permission] = ()) -> str:
        drive = SharedDrive(self.world.new_id("0A"), name, self.world.clock(), tuple(permissions))
        self.world.drives[drive.id] = drive
        self.world.note(drive.id, "drive")
        return drive.id

    def remove_drive(self, drive: str) -> None:
        """Take the account out of a shared drive, or the drive away: one entry in the feed, none per file."""
        del self.world.drives[drive]
        self.world.note(drive, "drive")

    def put_folder(self, name: str, parent: str | None = None, *, permissions: Sequence[Permission] = ()) -> str:
        return self._put(self._new(name, FOLDER, parent), permissions=tuple(permissions))

    def put_doc(
        self, name: str, text: str | Sequence[Json] = "", parent: str | None = None, *, editor: bool = False
    ) -> str:
        """Make a Google Doc of Markdown, or of tabs."""
        tabs = (bodies.tab("t.0", "Tab 1", bodies.from_markdown(text)),) if isinstance(text, str) else tuple(text)
        return self._put(self._new(name, DOC, parent), tabs=tabs, editor=editor)

    def put_sheet(self, name: str, tables: dict[str, list[list[object]]], parent: str | None = None) -> str:
        first = "\r\n".join(",".join(map(str, row)) for row in next(iter(tables.values()), []))
        exports = ((XLSX, sheets.workbook(tables)), ("text/csv", first.encode()))
        return self._put(self._new(name, SHEET, parent), exports=exports)

    def put_slides(self, name: str, text: str, pptx: bytes = b"", parent: str | None = None) -> str:
        exports = (("text/plain", text.encode()), (PPTX, pptx))
        return self._put(self._new(name, SLIDES, parent), exports=exports)

    def put_file(self, name: str, content: bytes, mime: str, parent: str | None = None) -> str:
        return self._put(self._new(name, mime, parent), content=content)

    def put_shortcut(self, target: str, parent: str | None = None, name: str = "Shortcut") -> str:
        kind = self.world.files[target].mime if target in self.world.files else DOC
        return self._put(self._new(name, SHORTCUT, parent), target=target, content=kind.encode())

    def edit(self, file: str, text: str | Sequence[Json]) -> None:
        """Write a Google Doc anew."""
        tabs = (bodies.tab("t.0", "Tab 1", bodies.from_markdown(text)),) if isinstance(text, str) else tuple(text)
        self._change(file, tabs=tabs, modified=self.world.clock())

    def upload(self, file: str, content: bytes, *, modified: float | None = None) -> None:
        """Upload a new version; the uploader may say that it is as old as the file on their disk."""
        self._change(file, content=content, modified=self.world.clock() if modified is None else modified)

    def rename(self, file: str, name: str) -> None:
        self._change(file, name=name, modified=self.world.clock())

    def move(self, file: str, parent: str | None) -> None:
        """Move a file or a folder: no time changes, and what is below it gets no entry."""
        self._change(file, parent=parent, drive=self._drive_of(parent))
        for below in [each for each in self.world.files.values() if file in {a.id for a in self.world.ancestors(each)}]:
            self.world.files[below.id] = replace(below, drive=self._drive_of(parent))

    def trash(self, file: str) -> None:
        self._change(file, trashed=True)

    def untrash(self, file: str) -> None:
        self._change(file, trashed=False)

    def remove(self, file: str) -> None:
        """Delete for ever, and everything below."""
        for below in [
            each.id for each in self.world.files.values() if file in {a.id for a in self.world.ancestors(each)}
        ]:
            del self.world.files[below]
        del self.world.files[file]
        self.world.note(file, "file")

    def lose_access(self, file: str) -> None:
        self._change(file, hidden=True)

    def regain_access(self, file: str) -> None:
        self._change(file, hidden=False)

    def view(self, file: str) -> None:
        """Look at it: the feed tells of that too."""
        self._change(file)

    def share(self, file: str, permission: Permission = ANYONE) -> None:
        given = [each for each in self.world.files[file].permissions if each.id != permission.id]
        self._change(file, permissions=(*given, permission))

    def unshare(self, file: str, permission: str = ANYONE.id) -> None:
        given = tuple(each for each in self.world.files[file].permissions if each.id != permission)
        self._change(file, permissions=given)

    def set(self, file: str, **fields: object) -> None:
        """Change what has no edit of its own: `limited`, `restricted`, `downloadable`, `editor`."""
        self._change(file, **fields)

    def _new(self, name: str, mime: str, parent: str | None) -> File:
        now = self.world.clock()
        return File(self.world.new_id("1"), name, mime, parent, self._drive_of(parent), now, now, version=0)

    def _drive_of(self, parent: str | None) -> str | None:
        if parent in self.world.drives:
            return parent
        return self.world.files[parent].drive if parent is not None else None

    def _put(self, file: File, **fields: object) -> str:
        return self.world.put(file, **fields).id

    def _change(self, file: str, **fields: object) -> None:
        self.world.put(self.world.files[file], **fields)
