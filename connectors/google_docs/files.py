"""What Drive says about a file, and what of it matters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from connectors import text
from connectors.file_types import kind_of
from connectors.http.transport import Json
from sync.errors import Retryable

APPS = "application/vnd.google-apps."
FOLDER = f"{APPS}folder"
SHORTCUT = f"{APPS}shortcut"
DOC = f"{APPS}document"
SHEET = f"{APPS}spreadsheet"
SLIDES = f"{APPS}presentation"

FIELDS = (
    "id,name,mimeType,parents,driveId,trashed,modifiedTime,md5Checksum,webViewLink,"
    "shortcutDetails(targetId,targetMimeType),inheritedPermissionsDisabled,copyRequiresWriterPermission,"
    "downloadRestrictions(effectiveDownloadRestrictionWithContext(restrictedForReaders)),capabilities(canDownload)"
)
PERMISSION = "id,type,role,expirationTime,deleted,view,inheritedPermissionsDisabled,permissionDetails(inherited)"

_EDITORS: Mapping[str, str] = MappingProxyType({DOC: "document", SHEET: "spreadsheets", SLIDES: "presentation"})


@dataclass(frozen=True, slots=True)
class Permission:
    """A grant to everybody; no other matters here. `direct`: given on the file itself, not on a folder above."""

    role: str
    expires: datetime | None
    direct: bool
    limited: bool


@dataclass(frozen=True, slots=True)
class DriveFile:
    """A file, folder or shortcut (`target`).

    `grants`: to everybody; None where the listing does not say. `unreadable`: nor does anything else, to us.
    `limited`: grants of the folders above do not reach it. `restricted`: its readers may not copy it. `readable`
    False: nor may we.
    """

    id: str
    name: str
    mime: str
    parent: str
    drive: str
    trashed: bool
    modified: str
    digest: str
    url: str
    target: str = ""
    target_mime: str = ""
    grants: tuple[Permission, ...] | None = None
    unreadable: bool = False
    limited: bool = False
    restricted: bool = False
    readable: bool = True

    @property
    def is_document(self) -> bool:
        """Whether it is of a type that has text."""
        return self.mime in _EDITORS or bool(kind_of(self.mime, self.name))

    @property
    def is_deck(self) -> bool:
        """Whether it has slides, which may have notes."""
        return self.mime == SLIDES or kind_of(self.mime, self.name) == "pptx"

    @property
    def updated_at(self) -> datetime:
        return time_of(self.modified) or datetime.fromtimestamp(0, UTC)


def file_of(row: object, where: str) -> DriveFile:
    """Return the file that a row shows. Raises Retryable for a row without id or type: half an answer is none.

    So is a folder whose place cannot be read: everything in it would seem to have left.
    """
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not isinstance(row.get("mimeType"), str):
        raise Retryable(f"{where} answered with a file that has no id or no type")
    mime, name = row["mimeType"], one_line(row.get("name"))
    parents = row.get("parents") or [""]
    if not isinstance(parents, list):
        if mime == FOLDER:
            raise Retryable(f"{where} answered with a folder whose place cannot be read")
        parents = [""]
    shortcut, allowed = _object(row, "shortcutDetails"), _object(row, "capabilities")
    restrictions = _object(_object(row, "downloadRestrictions"), "effectiveDownloadRestrictionWithContext")
    return DriveFile(
        id=row["id"],
        name=name or "Untitled",
        mime=mime,
        parent=str(parents[0] or ""),
        drive=str(row.get("driveId") or ""),
        trashed=bool(row.get("trashed")),
        modified=str(row.get("modifiedTime") or ""),
        digest=str(row.get("md5Checksum") or ""),
        url=_url(row, mime),
        target=str(shortcut.get("targetId") or ""),
        target_mime=str(shortcut.get("targetMimeType") or ""),
        grants=grants_of(row["permissions"]) if isinstance(row.get("permissions"), list) else None,
        limited=bool(row.get("inheritedPermissionsDisabled")),
        restricted=bool(row.get("copyRequiresWriterPermission") or restrictions.get("restrictedForReaders")),
        readable=allowed.get("canDownload") is not False,
    )


def _object(row: Json, key: str) -> Json:
    found = row.get(key)
    return found if isinstance(found, dict) else {}


def grants_of(permissions: list[Json]) -> tuple[Permission, ...]:
    """Return the permissions by which everybody may read the content."""
    return tuple(
        Permission(
            role=str(given.get("role")),
            expires=_until(given.get("expirationTime")),
            direct=any(not each.get("inherited") for each in given.get("permissionDetails") or ()),
            limited=bool(given.get("inheritedPermissionsDisabled")),
        )
        for given in permissions
        if isinstance(given, dict)
        and given.get("type") == "anyone"
        and given.get("role") in ("reader", "commenter", "writer")
        and not given.get("view")  # a view grants something else than the content
        and not given.get("deleted")
    )


def time_of(text: object) -> datetime | None:
    """Return an aware time, None for anything else."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def one_line(value: object) -> str:
    return " ".join(text.clean_text(str(value or "")).split())


def _until(value: object) -> datetime | None:
    """Return when a grant ends; one whose end cannot be read has ended."""
    return None if not value else time_of(value) or datetime.fromtimestamp(0, UTC)


def _url(row: Json, mime: str) -> str:
    """Return the address that a reader opens, without what Google adds to count visits."""
    where = f"docs.google.com/{_EDITORS[mime]}/d/{row['id']}/edit" if mime in _EDITORS else ""
    link = str(row.get("webViewLink") or f"https://{where or 'drive.google.com/file/d/' + row['id'] + '/view'}")
    return link.partition("?usp=")[0]
