"""The whole policy for one document in one generation, as a pure function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync.model import FileId, Rendered


class Action(StrEnum):
    """What brings an entry in line with its document."""

    KEEP = "keep"  # the store already has these bytes and attributes
    PATCH = "patch"  # the bytes are right, the attributes are not
    RESUME = "resume"  # a file for these bytes was on its way when somebody stopped
    ATTACH = "attach"  # these bytes were uploaded before, for this or another store
    REPLACE = "replace"  # upload, attach, and only then let the old file go
    REMOVE = "remove"  # the document does not belong here


@dataclass(frozen=True, slots=True)
class Entry:
    """What we did for one document in one generation. `uploaded`: reusable files of the document by content hash."""

    file: FileId | None = None
    content_hash: str | None = None
    metadata_hash: str | None = None
    pending: FileId | None = None
    pending_hash: str | None = None
    attempts: int = 0
    uploaded: Mapping[str, FileId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    """One document that one generation wants, and what there is of it."""

    document: int
    version: str
    rendered: Rendered
    entry: Entry


def plan(entry: Entry, rendered: Rendered | None) -> Action:
    """Return the one action that is due; `rendered` None: the document must not be in this generation."""
    if rendered is None:
        return Action.REMOVE
    if entry.file and entry.content_hash == rendered.content_hash:
        return Action.KEEP if entry.metadata_hash == rendered.metadata_hash else Action.PATCH
    if entry.pending and entry.pending_hash == rendered.content_hash:
        return Action.RESUME
    if rendered.content_hash in entry.uploaded:
        return Action.ATTACH
    return Action.REPLACE
