"""What an operator sets for a Drive."""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator

from connectors.cursor import scope_of
from connectors.http.addresses import check_origin
from sync.setting_types import WebhookSecrets

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_IN_LINK = re.compile(r"https://(?:drive|docs)\.google\.com/(?:.*/)?(?:folders|d)/([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Scope:
    """What the settings include: folders, shared drives and single files; `public`: folders that may be public."""

    folders: tuple[str, ...]
    drives: tuple[str, ...]
    files: tuple[str, ...]
    public: frozenset[str]

    @property
    def roots(self) -> frozenset[str]:
        return frozenset((*self.folders, *self.drives))


class GoogleDocsSettings(BaseModel):
    """What one service account reads: `folders`, shared `drives`, and single `files`, each by its id or its link.

    `public_folders`: those, among `folders` and `drives` or below them, whose files are public where anyone with the
    link may read them; `public_editable`: also where anyone may edit them. `subject`: on whose behalf, with domain-wide
    delegation.
    `speaker_notes`: those of slides are text too. `webhook_url`, with
    `webhook_token`: where Google tells of changes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    credentials_file: Path
    folders: tuple[str, ...] = ()
    drives: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    public_folders: tuple[str, ...] = ()
    public_editable: bool = False
    speaker_notes: bool = False
    subject: str = ""
    drive_url: str = "https://www.googleapis.com"
    docs_url: str = "https://docs.googleapis.com"
    webhook_url: str = ""
    webhook_token: WebhookSecrets = ()

    @field_validator("drive_url", "docs_url")
    @classmethod
    def _origin(cls, value: str, info: ValidationInfo) -> str:
        return check_origin(value, str(info.field_name))

    @field_validator("folders", "drives", "files", "public_folders")
    @classmethod
    def _ids(cls, values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        found = [match[1] if (match := _IN_LINK.match(value.strip())) else value.strip() for value in values]
        for value in found:
            if not is_id(value):
                raise ValueError(
                    f"{info.field_name}: {value[:60]!r} is neither an id nor a link; copy it from the browser"
                )
        return tuple(dict.fromkeys(found))

    @field_validator("webhook_url")
    @classmethod
    def _https(cls, value: str) -> str:
        if value and not value.startswith("https://"):
            raise ValueError("webhook_url must start with https://: Google calls no other")
        return value

    @model_validator(mode="after")
    def _fit(self) -> "GoogleDocsSettings":
        if not (self.folders or self.drives or self.files):
            raise ValueError("name what to read: folders, drives or files")
        if self.public_folders and not (self.folders or self.drives):
            raise ValueError("public_folders must be among folders or drives, or below them")
        if bool(self.webhook_url) != bool(self.webhook_token):
            raise ValueError("give both webhook_url and webhook_token, or neither")
        return self

    @property
    def scope(self) -> Scope:
        return Scope(self.folders, self.drives, self.files, frozenset(self.public_folders))

    @property
    def stamp(self) -> str:
        """Return what cursors carry, so that one made under other settings is known."""
        scope = [sorted(self.folders), sorted(self.drives), sorted(self.files), sorted(self.public_folders)]
        return scope_of([scope, self.subject, self.drive_url, *self._added])

    @property
    def _added(self) -> list[str]:
        """What later versions added to a stamp, so that the stamps of before stay as they are."""
        return [*(["notes"] if self.speaker_notes else []), *(["editable"] if self.public_editable else [])]


def is_id(text: str) -> bool:
    """Whether the text has the shape of a Drive id."""
    return _ID.fullmatch(text) is not None
