"""What an operator should know of a Drive before it is synced."""

from collections.abc import Iterator

from connectors.check import Finding, Level
from connectors.google_docs.account import read_key
from connectors.google_docs.audience import UNKNOWN
from connectors.google_docs.connector import GoogleDocs
from connectors.google_docs.files import FOLDER, DriveFile
from connectors.google_docs.settings import GoogleDocsSettings
from sync.errors import SyncError


def check(settings: GoogleDocsSettings) -> Iterator[Finding]:
    """Ask for the key, both APIs, and everything that the settings name, and say what does not answer."""
    try:
        email = read_key(settings.credentials_file).email
        source = GoogleDocs(settings)
        source.drive.start()
    except SyncError as error:
        yield Finding(Level.PROBLEM, "google_docs: the service account cannot sign in", str(error))
        return
    yield Finding(Level.OK, f"google_docs: signed in as {settings.subject or email}")
    try:
        source.contents.probe()
        yield from _named(settings, source, email)
        yield from _public(settings, source)
    except SyncError as error:
        yield Finding(Level.PROBLEM, "google_docs: not everything is readable", str(error))
    if not settings.webhook_url:
        yield Finding(Level.OK, "google_docs: no webhook_url, so changes are found by the schedule alone")


def _named(settings: GoogleDocsSettings, source: GoogleDocs, email: str) -> Iterator[Finding]:
    for folder in settings.folders:
        yield _found(source.drive.file(folder), "folder", "folders", folder, email)
    for file in settings.files:
        yield _found(source.drive.file(file), "file", "files", file, email)
    names = source.places.drive_names() if settings.drives else {}
    for drive in settings.drives:
        if drive in names:
            yield Finding(Level.OK, f"google_docs shared drive {names[drive]}: readable")
        else:
            fix = f"add {email} as a member of the shared drive, or correct drives"
            yield Finding(Level.PROBLEM, f"google_docs shared drive {drive} is not found", fix)


def _found(file: DriveFile | None, what: str, setting: str, name: str, email: str) -> Finding:
    said = f"google_docs {what} {name}"
    if file is None:
        return Finding(Level.PROBLEM, f"{said} is not found", f"share it with {email}, or correct {setting}")
    if file.trashed:
        return Finding(Level.PROBLEM, f"{said} ({file.name}) is in the trash", f"restore it, or correct {setting}")
    if (file.mime == FOLDER) != (what == "folder"):
        other = "files" if what == "folder" else "folders"
        return Finding(Level.PROBLEM, f"{said} ({file.name}) is of type {file.mime}", f"move it to {other}")
    if what == "file" and not file.is_document:
        return Finding(Level.WARNING, f"{said} ({file.name}) has no text that can be read", f"take it out of {setting}")
    return Finding(Level.OK, f"google_docs {what} {file.name}: readable")


def _public(settings: GoogleDocsSettings, source: GoogleDocs) -> Iterator[Finding]:
    for name in settings.public_folders:
        if name in settings.drives:
            yield Finding(Level.OK, f"google_docs shared drive {name}: what anyone with the link may read is public")
            continue
        folder = source.drive.file(name)
        if folder is None or not (source.places.is_a_root(folder) or source.places.is_below_a_root(folder)):
            fix = "nothing in it is public; correct public_folders, or add a folder above it to folders"
            yield Finding(Level.PROBLEM, f"google_docs public folder {name} is not among folders, nor below them", fix)
        elif source.drive.with_grants(folder).unreadable:
            yield Finding(
                Level.PROBLEM, f"google_docs public folder {folder.name}: nothing in it can be public", UNKNOWN
            )
        else:
            yield Finding(Level.OK, f"google_docs folder {folder.name}: what anyone with the link may read is public")
