"""Quarantine: a record that cannot be judged is one document's problem; the rest of its listing goes on."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import structlog

from sync.errors import SyncError
from sync.model import Audience, Change

T = TypeVar("T")

log = structlog.get_logger()


class BrokenRecord(Exception):
    """A vendor's record broke what reads it."""


def attempt(read: Callable[[], T]) -> T:
    """Return what `read` makes of a vendor's record. Raises BrokenRecord, or what the source fails at, a SyncError."""
    try:
        return read()
    except SyncError:
        raise
    except Exception as error:  # whatever a record breaks, the documents beside it have nothing to do with it
        log.warning("record_unreadable", error=type(error).__name__)
        raise BrokenRecord from error


def judged(
    external_id: str,
    record: object,
    judge: Callable[[], Change],
    audience: Audience | None = None,
    *,
    unconfirmed: bool = False,
) -> Change:
    """Return what `judge` makes of a vendor's record.

    One that breaks it is left to a fetch, whose failure the engine keeps as that document's problem. `audience`: who
    may read the document, where that is known already; `unconfirmed`: see Change. Raises SyncError as `attempt`.
    """
    try:
        return attempt(judge)
    except BrokenRecord:
        return replace(unreadable(external_id, record), audience=audience, unconfirmed=unconfirmed)


def unreadable(external_id: str, record: object) -> Change:
    """Return the change that leaves a record which cannot be read to a fetch."""
    return Change(external_id, f"unreadable:{_mark(record)}")


def _mark(record: object) -> str:
    """Another one for another record: what was mended is read again."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, default=repr).encode()).hexdigest()[:24]
