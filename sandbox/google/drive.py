"""Drive's reading methods: files, permissions, shared drives, and the bytes of a file."""

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.google import answers, queries, shapes
from sandbox.google.records import APPS, File
from sandbox.google.request import Request, file_of, flag_of, partial, size_of
from sandbox.http import Answer, Json, opaque, opened

FEW = "kind,id,name,mimeType"
TOKEN_AGE = 6 * 3600
PAGE_MARK = "~!!~"

T = TypeVar("T")


def list_files(request: Request) -> Answer:
    """A page of the files that the account may see and the query lets through."""
    world = request.world
    keep = _corpus(request)
    test = queries.parse(request.params["q"], world) if request.params.get("q") else (lambda _: True)
    found = [file for file in world.files.values() if world.visible(file) and keep(file) and test(file)]
    found.sort(key=lambda file: file.id)
    page, after = _page(request, found, lambda file: file.id, 1000)
    body: Json = {"kind": "drive#fileList", "incompleteSearch": world.incomplete}
    body["files"] = [shapes.file(world, file, request.origin) for file in page]
    default = f"kind,nextPageToken,incompleteSearch,files({FEW})"
    return partial(request, body | ({"nextPageToken": after} if after else {}), "FileList", default)


def get_file(request: Request) -> Answer:
    """One file's resource, or with `alt=media` its bytes."""
    record = file_of(request)
    if request.params.get("alt") == "media":
        return _media(record)
    return partial(request, shapes.file(request.world, record, request.origin), "File", FEW)


def export(request: Request) -> Answer:
    """A document in another format, as far as it is not too large."""
    record = file_of(request)
    kind = request.params["mimeType"]
    if record.mime not in shapes.EXPORTS:
        raise answers.drive(403, "fileNotExportable", "Export only supports Docs Editors files.")
    if kind not in shapes.EXPORTS[record.mime]:
        raise answers.drive(400, "badRequest", "The requested conversion is not supported.", location="convertTo")
    return Answer(content=_exported(record, kind, request.world.export_limit), headers={"content-type": kind})


def export_link(request: Request) -> Answer:
    """What an export link leads to: another address, without limit and without credentials."""
    record = file_of(request)
    return Answer(status=302, headers={"location": f"{request.origin}/exported?{_query(request, record)}"})


def exported(request: Request) -> Answer:
    record = request.world.files[request.params["id"]]
    words = {word: kind for kind, word in shapes.EXPORTS[record.mime].items()}
    kind = words[request.params["exportFormat"]]
    return Answer(content=_exported(record, kind, None), headers={"content-type": kind})


def list_permissions(request: Request) -> Answer:
    """Who may read a file, inherited or not; only for an account that may know."""
    world, record = request.world, file_of(request)
    if record.id in world.unreadable or (record.drive is None and not world.shares):
        message = "The user does not have sufficient permissions for this file."
        raise answers.drive(403, "insufficientFilePermissions", message)
    page, after = _page(request, world.permissions_of(record), lambda given: given[0].id, 100)
    body: Json = {"kind": "drive#permissionList"}
    body["permissions"] = [shapes.permission(given, source, record.drive) for given, source in page]
    default = "kind,nextPageToken,permissions(kind,id,type,role)"
    return partial(request, body | ({"nextPageToken": after} if after else {}), "PermissionList", default)


def list_drives(request: Request) -> Answer:
    """The shared drives that the account is a member of."""
    found = sorted(request.world.drives.values(), key=lambda drive: drive.id)
    page, after = _page(request, found, lambda drive: drive.id, 100, 10)
    body: Json = {"kind": "drive#driveList", "drives": [shapes.drive(record) for record in page]}
    default = "kind,nextPageToken,drives(kind,id,name)"
    return partial(request, body | ({"nextPageToken": after} if after else {}), "DriveList", default)


def get_drive(request: Request) -> Answer:
    record = request.world.drives.get(request.place["id"])
    if record is None:
        raise answers.drive_not_found(request.place["id"])
    return partial(request, shapes.drive(record), "Drive", "kind,id,name")


def _corpus(request: Request) -> Callable[[File], bool]:
    corpora = request.params.get("corpora", "user")
    everywhere = flag_of(request, "supportsAllDrives") and flag_of(request, "includeItemsFromAllDrives")
    chosen = request.params.get("driveId")
    if corpora not in ("user", "domain", "drive", "allDrives"):
        raise answers.invalid(f"Invalid value '{corpora}'", "corpora")
    if (corpora == "drive") != (chosen is not None):
        raise answers.invalid("driveId goes with corpora=drive, and only with it.", "driveId")
    if corpora in ("drive", "allDrives") and not everywhere:
        message = "includeItemsFromAllDrives and supportsAllDrives must be true to search shared drives."
        raise answers.drive(403, "teamDrivesNotSupported", message)
    if chosen is not None:
        if chosen not in request.world.drives:
            raise answers.drive_not_found(chosen)
        return lambda file: file.drive == chosen
    return lambda file: file.drive is None or everywhere


def _media(record: File) -> Answer:
    if record.mime.startswith(APPS):
        message = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        raise answers.drive(403, "fileNotDownloadable", message, location="alt")
    _check_download(record)
    return Answer(content=record.content, headers={"content-type": record.mime})


def _exported(record: File, kind: str, limit: int | None) -> bytes:
    _check_download(record)
    content = dict(record.exports).get(kind, b"")
    if limit is not None and len(content) > limit:
        message = "This file is too large to be exported."
        raise answers.drive(403, "exportSizeLimitExceeded", message)
    return content


def _check_download(record: File) -> None:
    if not record.downloadable:
        raise answers.drive(403, "cannotDownloadFile", "This file cannot be downloaded by the user.")


def _query(request: Request, record: File) -> str:
    return f"id={record.id}&exportFormat={request.params.get('exportFormat', '')}"


def _page(
    request: Request, found: Sequence[T], key: Callable[[T], str], largest: int, default: int = 100
) -> tuple[Sequence[T], str | None]:
    """Return a page and the token of the next. Raises 400 for a token of another query, or one that is too old."""
    size, after = size_of(request, largest, default), ""
    if request.params.get("pageToken"):
        after = _position(request, request.params["pageToken"])
    rest = [record for record in found if key(record) > after]
    more = len(rest) > size
    return rest[:size], _token(request, key(rest[size - 1])) if more else None


def _token(request: Request, after: str) -> str:
    return PAGE_MARK + opaque({"of": _fingerprint(request), "after": after, "at": request.world.clock()})


def _position(request: Request, token: str) -> str:
    problem = answers.invalid("Invalid Value", "pageToken")
    place = opened(token.removeprefix(PAGE_MARK), problem)
    if not isinstance(place, dict) or place.get("of") != _fingerprint(request):
        raise problem
    if request.world.clock() - place["at"] >= TOKEN_AGE:
        raise problem
    return str(place["after"])


def _fingerprint(request: Request) -> str:
    asked = {name: value for name, value in request.params.items() if name not in ("pageToken", "fields", "pageSize")}
    return hashlib.sha256(f"{request.path}{sorted(asked.items())}".encode()).hexdigest()[:12]
