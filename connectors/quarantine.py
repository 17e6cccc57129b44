"""Quarantine: a record that cannot be judged is one document's problem; the rest of its listing goes on."""

import hashlib
import json
from collections.abc import Callable

import structlog

from sync.errors import SyncError
from sync.model import Audience, Change

log = structlog.get_logger()


def judged(external_id: str, record: object, judge: Callable[[], Change], audience: Audience | None = None) -> Change:
    """Return what `judge` makes of a vendor's record.

    One that breaks it is left to a fetch, whose failure the engine keeps as that document's problem. `audience`: who
    may read the document, where that is known already. What the source fails at, a SyncError, raises.
    """
    try:
        return judge()
    except SyncError:
        raise
    except Exception as error:  # noqa: BLE001  whatever a record breaks, the documents beside it have nothing to do with it
        log.warning("record_unreadable", document=external_id, error=type(error).__name__)
        return unreadable(external_id, record, audience)


def unreadable(external_id: str, record: object, audience: Audience | None = None) -> Change:
    """Return the change that leaves a record which cannot be read to a fetch."""
    return Change(external_id, f"unreadable:{_mark(record)}", audience=audience)


def _mark(record: object) -> str:
    """Another one for another record: what was mended is read again."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, default=repr).encode()).hexdigest()[:24]
