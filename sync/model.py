"""Domain model: documents of a source, files of an index, and the protocols of both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Protocol, runtime_checkable

from sync import invisible

MAX_TITLE: Final = 300

Cursor = NewType("Cursor", str)
StoreId = NewType("StoreId", str)
FileId = NewType("FileId", str)

Attribute = str | float | bool
Attributes = Mapping[str, Attribute]
"""At most 16 keys of 64 characters; text values of at most 256 characters."""


class Audience(StrEnum):
    """Who may read a document. Unknown is INTERNAL."""

    PUBLIC = "public"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Document:
    """One document as its source shows it now.

    `version` differs whenever anything else here may differ. `body` is Markdown. `updated_at` is the last content
    edit (aware), not the last vote or view. `breadcrumb` runs from the outermost container inwards, without the title.
    `problem`: why the body is missing or not whole, for people.

    Title, container and label are one line of at most MAX_TITLE characters each; they, the address and the problem hold
    no control, mark of direction or other letter that no reader sees.
    """

    external_id: str
    version: str
    title: str
    body: str
    url: str
    updated_at: datetime
    audience: Audience
    language: str = ""
    breadcrumb: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    attributes: Attributes = field(default_factory=dict)
    problem: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "language"):
            object.__setattr__(self, name, invisible.line(getattr(self, name), MAX_TITLE))
        for name in ("breadcrumb", "labels"):
            lines = (invisible.line(one, MAX_TITLE) for one in getattr(self, name))
            object.__setattr__(self, name, tuple(filter(None, lines)))
        object.__setattr__(self, "url", invisible.removed(self.url).strip())
        object.__setattr__(self, "problem", invisible.removed(self.problem))


@dataclass(frozen=True, slots=True)
class Change:
    """A document that is, or may be, different from what we hold.

    `version` None: believed gone. `document` is set when the listing already carried it. `unconfirmed`: the listing
    shows the document as internal only because a public listing lacks it; if we hold it as public, `fetch` decides.
    `audience`: who may read a document that is not carried, where the listing tells; what it closes is closed at once.
    """

    external_id: str
    version: str | None
    document: Document | None = None
    unconfirmed: bool = False
    audience: Audience | None = None

    @property
    def closes(self) -> bool:
        """Whether the listing says for sure that not everybody may read the document, and does not carry it."""
        return self.document is None and not self.unconfirmed and self.audience is Audience.INTERNAL


@dataclass(frozen=True, slots=True)
class Page:
    """Changes, and the cursor that continues after them. `more` False on a snapshot claims completeness."""

    changes: tuple[Change, ...]
    cursor: Cursor
    more: bool


class Connector(Protocol):
    """A read-only view of the documents in one source. Holds no state between calls: all memory is the cursor.

    Every method raises Retryable or Misconfigured when the source fails it. A listing that fails raises: it never
    returns what it has.
    """

    def head(self) -> Cursor:
        """Return the changes cursor for now, by the source's clock."""
        ...

    def snapshot(self, after: Cursor | None) -> Page:
        """Return one page of everything in scope; None starts, `more` False claims that all was listed."""
        ...

    def changes(self, after: Cursor) -> Page:
        """Return what changed at or after the cursor: repeats allowed, gaps not. Raises CursorExpired."""
        ...

    def fetch(self, external_id: str) -> Document:
        """Return the document as it is now. Raises Gone for anything `snapshot` would not list."""
        ...


@runtime_checkable
class ListsAudiences(Protocol):
    """A connector whose feed does not tell when other readers may see a document."""

    def audiences(self, after: Cursor | None) -> Page:
        """Return one page of who may read what; None starts. Its changes are as those of `snapshot`.

        It may leave out bodies, and what is costly to read; it never claims that what it does not list is gone.
        """
        ...


@runtime_checkable
class ComparesListings(Protocol):
    """A connector whose source, or a part of it, has no change feed: `changes` lists that part whole and compares.

    Its snapshot is then not followed by another listing: the cursor of the last page says what was listed. While a
    snapshot is under way `changes` is not asked, and `head`, which would list everything, never is.
    """

    def changes_after(self, listed: Cursor) -> Cursor:
        """Return where changes go on after a complete snapshot, given the cursor of its last page.

        It covers everything since before the first page. Raises CursorExpired.
        """
        ...


@runtime_checkable
class KeepsPush(Protocol):
    """A connector whose vendor calls us only while a channel is open, which ends by itself."""

    def keep_push(self, held: str) -> str:
        """Return the note of an open channel: the held one, or that of a new one if it ends soon; '' for none."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """The exact bytes and attributes of a document in an index.

    `content_hash` is of the bytes; `metadata_hash` of the canonical attributes, without the two hashes themselves.
    `attributes` already carries both.
    """

    filename: str
    content: bytes
    attributes: Attributes
    content_hash: str
    metadata_hash: str


class FileState(StrEnum):
    """Where a file stands in one store."""

    ABSENT = "absent"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Chunking:
    """How a store cuts a file into passages, in tokens. The index's defaults are OpenAI's."""

    tokens: int = 800
    overlap: int = 400


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a store lists it. `reason`: why a FAILED one failed; `passing`: the same file may be tried again."""

    file: FileId
    state: FileState
    attributes: Attributes
    reason: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file as the index lists it, attached or not."""

    file: FileId
    filename: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage found by a search; `score` falls from the first hit to the last."""

    file: FileId
    filename: str
    score: float
    text: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Filter:
    """Keep only files whose attributes equal all of these."""

    equals: Attributes


class Index(Protocol):
    """Vector stores that hold files: OpenAI, or anything that speaks its API.

    Every method raises Retryable or Misconfigured when the index fails it. Methods may be called from many threads.
    """

    def create(self, name: str) -> StoreId:
        """Return the store of that name, made now if there is none: calling twice makes one store."""
        ...

    def store_problem(self, store: StoreId) -> str:
        """Say why the store cannot be used any more, as the end of a sentence about it; '' where it can."""
        ...

    def drop(self, store: StoreId) -> None:
        """Remove the store; its files stay uploaded. Absent is success."""
        ...

    def upload(self, rendered: Rendered) -> FileId:
        """Upload without retrying; the file is not searchable yet. Raises Rejected for empty or oversized content.

        A failure after the request was sent may leave an unrecorded upload; the audit finds it by its filename.
        """
        ...

    def attach(
        self, store: StoreId, files: Mapping[FileId, Attributes], chunking: Chunking
    ) -> dict[FileId, str | None]:
        """Attach in batches and wait until each file is searchable (None) or refused for good (why not).

        A file left out of the answer is not settled: in progress at the deadline, failed in passing, or unknown to the
        index; then `status` says ABSENT and `exists` says whether its upload is lost. Raises Missing if the store is
        not there. After any error, files may be attached all the same: `status` tells.
        """
        ...

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        """Return where the file stands in the store; ABSENT if the store does not list it."""
        ...

    def patch(self, store: StoreId, file: FileId, attributes: Attributes) -> None:
        """Replace the file's attributes without embedding it again. Raises Missing."""
        ...

    def detach(self, store: StoreId, file: FileId) -> None:
        """Take the file out of the store; the upload stays. Absent is success."""
        ...

    def delete(self, file: FileId) -> None:
        """Delete the upload, and with it every attachment. Absent is success."""
        ...

    def exists(self, file: FileId) -> bool:
        """Say whether the index still knows the upload: False means that only a new upload helps."""
        ...

    def files(self, store: StoreId) -> Iterator[StoredFile]:
        """Yield every file of the store, ours or not. Raises Missing if the store is not there."""
        ...

    def uploads(self) -> Iterator[Upload]:
        """Yield every uploaded file that could be ours."""
        ...

    def search(self, store: StoreId, query: str, filters: Filter | None, limit: int) -> list[Hit]:
        """Return the best passages, best first."""
        ...
