"""Attachments: the text of files that hang on an article or a comment, read into its document."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.file_types import kind_of
from connectors.files import IN_MEMORY, MAX_BYTES, Extract, Unreadable, extract, refuse_large
from connectors.http.client import HttpClient
from connectors.http.transport import Oversized, Response
from sync.errors import Misconfigured
from sync.model import Document

MAX_FILES: Final = 20  # read into one document
ABSENT: Final = frozenset((404, 410))
REFUSED: Final = ABSENT | {401, 403}


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file as a listing shows it. A replaced file has another `id` or `size`."""

    id: str
    name: str
    media_type: str
    size: int
    url: str


Download = Callable[[AttachedFile], bytes]
"""Returns what the file holds. Raises Unreadable where it is not handed out, Retryable where it may be later."""


def readable(attachments: Sequence[AttachedFile]) -> tuple[AttachedFile, ...]:
    """Return those of kinds that hold text, by name; pictures, sound and archives have none."""
    found = [file for file in attachments if kind_of(file.media_type, file.name)]
    return tuple(sorted(found, key=lambda file: (file.name, file.id)))


def versioned(version: str, attachments: Sequence[AttachedFile]) -> str:
    """Return the version of a document with these files in it; its own where it has none."""
    if not attachments:
        return version
    seed = [version, [(file.id, file.name, file.media_type, file.size) for file in attachments]]
    return hashlib.sha256(json.dumps(seed).encode()).hexdigest()[:32]


def read_into(document: Document, attachments: Sequence[AttachedFile], download: Download) -> Document:
    """Return the document with the text of its files below its own.

    A file that cannot be had or read is a problem of the document, by its name. Raises Retryable.
    """
    if not attachments:
        return document
    pieces, problems = [document.body], [document.problem]
    for file in attachments[:MAX_FILES]:
        try:
            found = _text(file, download)
        except Unreadable as error:
            problems.append(str(error))
        except (Oversized, Misconfigured) as error:
            problems.append(f"{file.name}: {error}")
        else:
            pieces.append(f"## {' '.join(file.name.split())}\n\n{found.markdown}" if found.markdown.strip() else "")
            problems.append(found.problem)
    if (left := len(attachments) - MAX_FILES) > 0:
        problems.append(f"{left} of {len(attachments)} files are not read; {MAX_FILES} are the most")
    return replace(
        document,
        version=versioned(document.version, attachments),
        body="\n\n".join(filter(None, pieces)),
        problem="; ".join(filter(None, problems)),
    )


def download(client: HttpClient, file: AttachedFile, *, buckets: tuple[str, ...] = ("",)) -> bytes:
    """Return what the file holds, as this client gets it. Raises Unreadable, Misconfigured or Retryable."""
    answer = client.download(file.url, most=MAX_BYTES, expect=REFUSED, buckets=buckets)
    if answer.status in ABSENT:
        raise Unreadable(f"{file.name}: it is listed, but not handed out ({answer.status}); upload it again")
    if answer.status in REFUSED or _is_sign_in(answer, file):
        raise Unreadable(f"{file.name}: {file.url.partition('?')[0]} asks to sign in; it is not read")
    return answer.body


def _text(file: AttachedFile, download: Download) -> Extract:
    refuse_large(file.size, file.name)
    with IN_MEMORY:
        return extract(download(file), file.media_type, file.name, base_url=file.url)


def _is_sign_in(answer: Response, file: AttachedFile) -> bool:
    """Whether a page came where a file was asked for: that is how a closed address answers a browser."""
    page = answer.headers.get("content-type", "").startswith("text/html")
    return page and kind_of(file.media_type, file.name) != "html"
