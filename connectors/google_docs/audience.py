"""Who may read a file, and the version and document made of all that matters about it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from connectors.google_docs.files import DriveFile
from connectors.google_docs.scope import Place
from connectors.language import language_of
from sync.model import Attributes, Audience, Document

FORMAT = "2"  # part of every version: a new way to build documents renews them all
UNKNOWN = (
    "who may read it cannot be seen, so it counts as internal; make the service account an editor of My Drive folders "
    "or a content manager of the shared drive"
)

EDITABLE = (
    "anyone may edit it, so it counts as internal; let anyone view or comment only, or set public_editable = true"
)


def needs_grants(file: DriveFile, place: Place) -> bool:
    """Whether who may read the file decides anything."""
    return place.public and not file.restricted


@dataclass(frozen=True, slots=True)
class Reach:
    """Who a file is for. `edited_by_all`: everybody could read it, but may write into it as well."""

    audience: Audience
    edited_by_all: bool = False


def reach_of(file: DriveFile, place: Place, now: datetime, *, public_editable: bool) -> Reach:
    """Public is what everybody may read *and* stands below a folder that is meant for the public.

    What everybody may edit is nobody's word: public only where the operator says so.
    """
    if not needs_grants(file, place):
        return Reach(Audience.INTERNAL)
    limited = place.limited or file.limited
    valid = [grant for grant in file.grants or () if grant.expires is None or grant.expires > now]
    grants = [grant for grant in valid if grant.direct or not (limited or grant.limited)]
    if any(grant.role == "writer" for grant in grants) and not public_editable:
        return Reach(Audience.INTERNAL, edited_by_all=True)
    return Reach(Audience.PUBLIC if grants else Audience.INTERNAL)


def version_of(file: DriveFile, place: Place, reach: Reach, *, speaker_notes: bool) -> str:
    """Return a version that covers everything but views, and whatever else is no change of what a reader gets."""
    seed: list[object] = [
        FORMAT,
        file.name,
        file.mime,
        file.modified,
        file.digest,
        file.url,
        place.path,
        reach.audience,
    ]
    seed += [file.readable, file.unreadable and place.public, speaker_notes and file.is_deck]
    seed += ["edited by all"] if reach.edited_by_all else []
    return hashlib.sha256(json.dumps(seed).encode()).hexdigest()[:32]


def document_of(
    file: DriveFile, place: Place, reach: Reach, body: str, problem: str, *, speaker_notes: bool
) -> Document:
    told = [problem, UNKNOWN if file.unreadable and needs_grants(file, place) else ""]
    told += [EDITABLE] if reach.edited_by_all else []
    return Document(
        external_id=file.id,
        version=version_of(file, place, reach, speaker_notes=speaker_notes),
        title=file.name,
        body=body,
        url=file.url,
        updated_at=file.updated_at,
        audience=reach.audience,
        language=language_of(body),
        breadcrumb=place.path,
        attributes=_attributes(place.path),
        problem="; ".join(filter(None, told)),
    )


def _attributes(path: tuple[str, ...]) -> Attributes:
    return {"folder": path[-1][:256]} if path else {}
