"""Reconciliation policy: what is due for one document in one generation, as a pure function."""

from dataclasses import dataclass
from enum import StrEnum

from sync.model import Rendered
from sync.state.queries import Entry


class Action(StrEnum):
    """What brings an entry in line with its document."""

    KEEP = "keep"  # the store already has these bytes and attributes
    PATCH = "patch"  # the bytes are right, the attributes are not
    RESUME = "resume"  # a file for these bytes was on its way when a turn was stopped
    ATTACH = "attach"  # these bytes were uploaded before, for this or another store
    REPLACE = "replace"  # upload, attach, and only then let the old file go
    REMOVE = "remove"  # the document does not belong here


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
