"""extract: the text of a file somebody uploaded, as Markdown. What reads foreign formats runs apart, within bounds."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from connectors import files_worker
from connectors.text import from_markdown, from_plain, to_markdown
from sync.errors import SyncError

MAX_BYTES = 50 * 1024 * 1024
PATIENCE = 90.0  # seconds for one file, its process's start included

# fmt: off
_TYPES: Final = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": "xlsx",
    "text/html": "html", "application/xhtml+xml": "html",
    "text/markdown": "md", "text/x-markdown": "md",
    "text/csv": "csv", "text/tab-separated-values": "csv",
    "text/plain": "txt",
}
_ENDINGS: Final = {
    "pdf": "pdf", "docx": "docx", "pptx": "pptx", "xlsx": "xlsx", "xlsm": "xlsx", "html": "html", "htm": "html",
    "xhtml": "html", "md": "md", "mdx": "md", "markdown": "md", "csv": "csv", "tsv": "csv", "txt": "txt", "text": "txt",
    "log": "txt", "rst": "txt",
}
# fmt: on
_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)


class Unreadable(SyncError):
    """There is no text to be had from the file, and why; the document that stands for it is a problem."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A file's text as Markdown. `problem`: why that is not everything, '' where it is."""

    markdown: str
    problem: str = ""


def kind_of(media_type: str, name: str) -> str:
    """Return the kind of file that we read, by its media type or else its ending; '' for one that we do not."""
    stated = media_type.partition(";")[0].strip().lower()
    ending = _ENDINGS.get(PurePosixPath(name.lower()).suffix.removeprefix("."), "")
    if stated in ("", "text/plain", "application/octet-stream", "binary/octet-stream"):
        return ending or ("txt" if stated == "text/plain" else "")  # uploads are often only called plain
    return _TYPES.get(stated, "txt" if stated.startswith("text/") else "")


def extract(content: bytes, media_type: str, name: str, *, base_url: str = "", patience: float = PATIENCE) -> Extract:
    """Return the text of the file. `base_url`: what relative links in it start from; `patience`: seconds for it.

    Raises Unreadable for a file that is too large, protected, scanned, broken, not text, or takes too much to read.
    """
    kind = kind_of(media_type, name)
    if not kind:
        raise Unreadable(f"{name}: files of type {media_type or 'unknown'} are not read")
    if len(content) > MAX_BYTES:
        raise Unreadable(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MB; split it, or publish its text as a page")
    if kind == "html":
        return Extract(to_markdown(decode(content, name), base_url))
    if kind in ("txt", "md"):
        return Extract((from_plain if kind == "txt" else from_markdown)(decode(content, name)))
    if kind == "csv":
        content = decode(content, name).encode()
    found = _read_apart(kind, content, name, patience)
    markdown = to_markdown(found["html"], base_url) if "html" in found else from_plain(found.get("plain", ""))
    return Extract(markdown, f"{name}: {found['problem']}" if found.get("problem") else "")


def decode(content: bytes, name: str) -> str:
    """Return text in whatever encoding it says, or seems, to be in. Raises Unreadable for what is not text."""
    stated = _CHARSET.search(content[:2048])
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = next((encoding for mark, encoding in marks.items() if content.startswith(mark)), "")
    if not marked and b"\0" in content[:8192]:
        raise Unreadable(f"{name}: is called text, and is not")
    for encoding in filter(None, (marked, "utf-8", stated[1].decode() if stated else "", "cp1252")):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("latin-1")


def _read_apart(kind: str, content: bytes, name: str, patience: float) -> dict[str, str]:
    try:
        ended = subprocess.run(  # noqa: S603  our own program, and a kind of ours
            [sys.executable, "-I", str(Path(files_worker.__file__)), kind],
            input=content,
            capture_output=True,
            timeout=patience,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"{name}: takes longer than {patience:.0f} s to read; split it") from error
    try:
        found = json.loads(ended.stdout) if ended.returncode == 0 else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unreadable(f"{name}: {_end(ended.returncode, ended.stderr)}")
    if "unreadable" in found:
        raise Unreadable(f"{name}: {found['unreadable']}")
    return found


def _end(status: int, stderr: bytes) -> str:
    """Why the reader ended, without a word of what it read."""
    if status < 0 or b"MemoryError" in stderr:
        return "takes more time or memory to read than any document should; split it"
    return "the file is broken, or not what its name says; open it and save it anew"
