"""extract: the text of a file somebody uploaded, as Markdown. What reads foreign formats runs apart, within bounds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from connectors import apart, encodings, file_types, text
from connectors.file_options import Options
from connectors.file_types import kind_of
from sync.errors import SyncError

MAX_BYTES = 50 * 1024 * 1024
MAX_SMALL = 200_000  # bytes of text that is read in this process

IN_MEMORY = threading.BoundedSemaphore(apart.AT_ONCE)
"""Held from a file's download until its text is read: so many files of MAX_BYTES are in memory at once, and no more."""


Reader = Callable[[str, bytes, Options, float], dict[str, str]]
"""Of a kind of file: what `apart.run` answers and raises."""


class Unreadable(SyncError):
    """There is no text to be had from the file, and why; the document that stands for it is a problem."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A file's text as Markdown. `problem`: why that is not everything, '' where it is."""

    markdown: str
    problem: str = ""


def extract(
    content: bytes,
    media_type: str,
    name: str,
    *,
    base_url: str = "",
    speaker_notes: bool = False,
    patience: float = apart.PATIENCE,
    read: Reader = apart.run,
) -> Extract:
    """Return the text of the file. `base_url`: what relative links in it start from; `patience`: seconds for it.

    `speaker_notes`: those of slides are text too. `read` reads foreign formats, in a process of its own. Raises
    Unreadable for a file that is too large, protected, scanned, broken, not text, of a format that is not read, or
    takes too much to read.
    """
    refuse_large(len(content), name)
    kind = file_types.kind_in(content, kind_of(media_type, name))
    if not kind or kind in file_types.UNREAD:
        raise Unreadable(f"{name}: {_unread(kind, media_type, name)}")
    if kind == "password":
        raise Unreadable(f"{name}: a password protects it; save it without one")
    if kind in ("txt", "md", "html") and len(content) <= MAX_SMALL:
        return _small(kind, content, media_type, name, base_url)
    options = Options(base_url, media_type, speaker_notes=speaker_notes)
    try:
        found = read(kind, content, options, patience)
    except apart.Failed as error:
        raise Unreadable(f"{name}: {error}") from error
    if "unreadable" in found:
        raise Unreadable(f"{name}: {found['unreadable']}")
    return Extract(found["markdown"], f"{name}: {found['problem']}" if found.get("problem") else "")


def refuse_large(size: int, name: str) -> None:
    """Raise Unreadable for a file of more bytes than are read."""
    if size > MAX_BYTES:
        raise Unreadable(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MB; split it, or publish its text as a page")


def decode(content: bytes, name: str, media_type: str = "") -> encodings.Decoded:
    """Return text in the encoding that it says, or shows, to be in. Raises Unreadable where it is in none."""
    try:
        decoded = encodings.decode(content, media_type)
    except encodings.Undecodable as error:
        raise Unreadable(f"{name}: {error}") from error
    return encodings.Decoded(decoded.text, f"{name}: {decoded.problem}" if decoded.problem else "")


def _small(kind: str, content: bytes, media_type: str, name: str, base_url: str) -> Extract:
    """Convert a text that is quickly read in this process."""
    decoded = decode(content, name, media_type)
    if kind == "html":
        converted = text.convert(decoded.text, base_url)
    else:
        written = text.from_plain(decoded.text) if kind == "txt" else text.from_markdown(decoded.text)
        converted = text.bounded(written, decoded.text)
    problem = f"{name}: {converted.problem}" if converted.problem else ""
    return Extract(converted.markdown, "; ".join(filter(None, (decoded.problem, problem))))


def _unread(kind: str, media_type: str, name: str) -> str:
    stated = media_type.partition(";")[0]
    if stated in file_types.ANYTHING or (kind and file_types.TYPES.get(stated) != kind):
        stated = (
            PurePosixPath(name.lower()).suffix if kind_of("", name) == kind and kind else f".{kind}" if kind else stated
        )
    advice = f"; save it as {file_types.UNREAD[kind]}" if kind else ""
    return f"files of type {stated or 'unknown'} are not read{advice}"
