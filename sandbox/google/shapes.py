"""Records as the vendor writes them."""

import hashlib

from sandbox.google.records import APPS, DOC, FOLDER, SHEET, SHORTCUT, SLIDES, Drive, File, Permission, SharedDrive, iso
from sandbox.http import Json

EDITORS = {DOC: "document", SHEET: "spreadsheets", SLIDES: "presentation"}
EXPORTS: dict[str, dict[str, str]] = {
    DOC: {
        "text/plain": "txt",
        "text/markdown": "md",
        "text/html": "html",
        "application/pdf": "pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    },
    SHEET: {
        "text/csv": "csv",
        "application/pdf": "pdf",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    },
    SLIDES: {
        "text/plain": "txt",
        "application/pdf": "pdf",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    },
}
"""What each editor's files export to, with the word that an export link uses."""


def file(world: Drive, record: File, origin: str) -> Json:
    """The whole file resource; `fields` cuts it."""
    shown: Json = {
        "kind": "drive#file",
        "id": record.id,
        "name": record.name,
        "mimeType": record.mime,
        "createdTime": iso(record.created),
        "modifiedTime": iso(record.modified),
        "version": str(record.version),
        "trashed": world.in_trash(record),
        "explicitlyTrashed": record.trashed,
        "starred": False,
        "webViewLink": _link(record),
        "copyRequiresWriterPermission": record.restricted,
        "capabilities": {
            "canDownload": record.downloadable,
            "canEdit": record.editor,
            "canShare": _may_share(world, record),
        },
    }
    parent = world.parent_of(record)
    if parent is not None:
        shown["parents"] = [parent]
    if record.limited:
        shown["inheritedPermissionsDisabled"] = True
    return shown | _place(world, record) | _content(record, origin)


def permission(given: Permission, source: str | None, shared_drive: str | None) -> Json:
    shown: Json = {"kind": "drive#permission", "id": given.id, "type": given.type, "role": given.role}
    if given.email:
        shown |= {"emailAddress": given.email, "deleted": given.deleted}
    if given.domain:
        shown["domain"] = given.domain
    if given.type in ("domain", "anyone"):
        shown["allowFileDiscovery"] = given.id == "anyone"
    if given.view:
        shown["view"] = given.view
    if given.expires is not None:
        shown["expirationTime"] = iso(given.expires)
    if shared_drive:
        detail: Json = {"permissionType": "file" if source is None else "member", "role": given.role}
        detail |= {"inherited": source is not None}
        shown["permissionDetails"] = [detail | ({"inheritedFrom": source} if source else {})]
    return shown


def drive(record: SharedDrive) -> Json:
    return {"kind": "drive#drive", "id": record.id, "name": record.name, "createdTime": iso(record.created)}


def _may_share(world: Drive, record: File) -> bool:
    return world.shares and record.drive is None


def _place(world: Drive, record: File) -> Json:
    """What differs between My Drive, which tells who may read, and a shared drive, which does not."""
    if record.drive is not None:
        return {"driveId": record.drive, "hasAugmentedPermissions": bool(record.permissions)}
    found = world.permissions_of(record)
    shown: Json = {"permissionIds": [given.id for given, _ in found], "shared": bool(found)}
    if world.shares:
        shown["permissions"] = [permission(given, source, None) for given, source in found]
    return shown


def _content(record: File, origin: str) -> Json:
    if record.mime == SHORTCUT:
        return {"shortcutDetails": {"targetId": record.target, "targetMimeType": record.content.decode()}}
    if record.mime in EXPORTS:
        links = {
            mime: f"{origin}/export?id={record.id}&exportFormat={word}" for mime, word in EXPORTS[record.mime].items()
        }
        return {"exportLinks": links, "size": "1024"}
    if record.mime.startswith(APPS):
        return {}
    return {
        "size": str(len(record.content)),
        "md5Checksum": hashlib.md5(record.content, usedforsecurity=False).hexdigest(),
        "headRevisionId": f"rev{record.version}",
        "originalFilename": record.name,
    }


def _link(record: File) -> str:
    if record.mime == FOLDER:
        return f"https://drive.google.com/drive/folders/{record.id}"
    if record.mime in EDITORS:
        return f"https://docs.google.com/{EDITORS[record.mime]}/d/{record.id}/edit?usp=drivesdk"
    return f"https://drive.google.com/file/d/{record.id}/view?usp=drivesdk"
