"""OpenAI responses: the parts of them that we read, and the error behind a refusal.

Answers are checked here and not by the SDK, which turns a broken answer into an empty one. Objects are read leniently
(`object`, `bytes` and unknown keys vary between servers), but never guessed.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from sync.errors import Misconfigured, Missing, Rejected, Retryable, SyncError
from sync.model import FileId, FileState, Hit, StoredFile

T = TypeVar("T", bound="Identified")

MAX_WAIT = timedelta(days=1)
MAX_MESSAGE_LENGTH = 300
QUOTED_WORDS = 3


class Limited(Retryable):
    """The request was refused for its rate: certainly not carried out, and all who share the key should wait."""


class StoreResponse(BaseModel):
    """What every answer shares. Its errors hide the answer's content, which may be a customer's text."""

    model_config = ConfigDict(hide_input_in_errors=True)


class Listing(StoreResponse, Generic[T]):
    """One page of a cursor listing; `has_more` None: the server does not say, an empty page ends it."""

    data: list[T]
    has_more: bool | None = None


class Identified(StoreResponse):
    """An object of which only the id matters, as the answer to an upload."""

    id: str = Field(min_length=1)


class Deletion(StoreResponse):
    deleted: bool


class UploadAnswer(Identified):
    filename: str


class StoreAnswer(Identified):
    created_at: int = 0
    name: str | None = None
    metadata: dict[str, str] | None = None
    status: str = "completed"


class FileFailure(StoreResponse):
    code: str
    message: str


class StoreFileAnswer(Identified):
    status: Literal["in_progress", "completed", "cancelled", "failed"]
    last_error: FileFailure | None = None
    attributes: dict[str, str | bool | int | float] | None = None

    def stored(self) -> StoredFile:
        """Return the file as the engine sees it; a server error and a cancellation are failures in passing."""
        attributes = self.attributes or {}
        if self.status == "cancelled":
            return StoredFile(FileId(self.id), FileState.FAILED, attributes, reason="cancelled", passing=True)
        if self.status == "failed":
            failure = self.last_error or FileFailure(code="server_error", message="no reason given")
            passing = failure.code == "server_error"
            reason = f"{failure.code}: {failure.message}"
            return StoredFile(FileId(self.id), FileState.FAILED, attributes, reason=reason, passing=passing)
        return StoredFile(FileId(self.id), FileState(self.status), attributes)


class FileCounts(StoreResponse):
    in_progress: int
    completed: int
    failed: int
    cancelled: int


class BatchAnswer(Identified):
    """A batch of attachments. Only the id that `create` answered is right: later ones may be the store's."""

    status: str
    file_counts: FileCounts


class ContentPart(StoreResponse):
    text: str = ""


class HitAnswer(StoreResponse):
    file_id: str
    filename: str
    score: float
    content: list[ContentPart]
    attributes: dict[str, str | bool | int | float] | None = None

    def hit(self) -> Hit:
        text = "\n".join(passage.text for passage in self.content)
        return Hit(FileId(self.file_id), self.filename, self.score, text, self.attributes or {})


class SearchAnswer(StoreResponse):
    data: list[HitAnswer]


def refusal(
    status: int, body: object, headers: Mapping[str, str], doing: str, secret: str, sent: str = ""
) -> SyncError:
    """Return the error behind a refused request. Its text holds neither the key nor words of what was sent.

    Servers repeat both in what they complain about.
    """
    told = body if isinstance(body, dict) else {}
    code = str(told.get("code") or told.get("type") or "")
    message = unquoted(scrub(_complaint(told), secret), sent)
    what = f"{doing}: {status}" + (f" {code}" if code else "") + (f": {message}" if message else "")
    spent = "insufficient_quota" in (told.get("code"), told.get("type")) or code == "billing_hard_limit_reached"
    absent = told and not re.search(r"^not found$|invalid url", message, re.IGNORECASE)
    match status:
        case 401 | 403:
            settings = "openai.api_key (and its permissions), openai.organization, openai.project, openai.base_url"
            refused: SyncError = Misconfigured(f"{what}; check {settings}")
        case _ if spent:
            refused = Misconfigured(f"{what}; the quota is used up: check the plan and billing of the OpenAI account")
        case 429:
            refused = Limited(what, after=retry_after(headers))
        case 404 if absent:
            refused = Missing(what)
        case 400 | 413 | 415 | 422:
            refused = Rejected(what)
        case _ if status >= 500 or status in (408, 409):
            refused = Retryable(what, after=retry_after(headers))
        case _:
            fix = "no OpenAI API answers there: check openai.base_url, which usually ends in /v1"
            refused = Misconfigured(f"{what}; {fix}")
    return refused


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait the server asks for, in any of its three forms; None where it asks for none."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        told = headers.get(name, "")
        if re.fullmatch(r"\d{1,12}(\.\d+)?", told.strip()):
            return min(timedelta(seconds=float(told) * unit), MAX_WAIT)
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    wait = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)
    return min(max(wait, timedelta(0)), MAX_WAIT)


def poll_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait before the next look that the server suggests, None where it suggests none."""
    told = headers.get("openai-poll-after-ms", "")
    return timedelta(milliseconds=int(told)) if re.fullmatch(r"\d{1,9}", told) else None


def scrub(message: str, secret: str) -> str:
    """Return the server's message on one short line, without the key or anything that looks like one."""
    without = message.replace(secret, "[key]") if secret else message
    masked = re.sub(r"\b(sk|sess)-[\w*-]+|(?<=Bearer )\S+", "[key]", without)
    line = " ".join(masked.split())
    return line if len(line) <= MAX_MESSAGE_LENGTH else line[: MAX_MESSAGE_LENGTH - 1] + "…"


def unquoted(message: str, sent: str) -> str:
    """Return the message without what it repeats of the request: so many words in a row."""
    known = " ".join(re.findall(r"\w+", sent)).casefold()
    words = list(re.finditer(r"\w+", message))
    repeated: set[int] = set()
    for i in range(len(words) - QUOTED_WORDS + 1):
        if " ".join(word[0] for word in words[i : i + QUOTED_WORDS]).casefold() in known:
            repeated.update(range(i, i + QUOTED_WORDS))
    spans = [words[i].span() for i in sorted(repeated)]
    masked = "".join("\0" if any(a <= at < b for a, b in spans) else char for at, char in enumerate(message))
    return re.sub(r"\0(\W*\0)*", "[…]", masked)


def _complaint(told: Mapping[str, object]) -> str:
    """The server's words: a sentence, or FastAPI's list of what does not fit, without the values that it repeats."""
    words = told.get("message") or told.get("detail") or ""
    if not isinstance(words, list):
        return str(words)
    fits = [wrong for wrong in words if isinstance(wrong, dict)]
    return "; ".join(f"{_place(wrong.get('loc'))} {wrong.get('msg', '')}".strip() for wrong in fits)


def _place(location: object) -> str:
    return ".".join(map(str, location)) if isinstance(location, list) else ""
