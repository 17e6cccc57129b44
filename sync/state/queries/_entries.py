"""Entries and files: what each generation has of a document, which uploads may be reused, and what is garbage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sync.model import Audience, FileId, StoreId
from sync.state.queries._rows import all_of, first_of
from sync.state.queries.wanted import PAIRS, UNWANTED
from sync.state.transaction import Reader


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
class EntryFiles:
    """The files that an entry names, and the store they are in."""

    store: StoreId | None
    file: FileId | None
    pending: FileId | None


@dataclass(frozen=True, slots=True)
class ReusableFile:
    """An upload that may be attached again: the bytes of the document's `version`, rendered by `render`."""

    document: int
    content_hash: str
    file: FileId
    version: str
    render: str


@dataclass(frozen=True, slots=True)
class UnwantedEntry:
    """An entry that has to go. `store_goes`: its whole store is dropped, so nothing needs detaching from it."""

    document: int
    generation: int
    store_goes: bool


@dataclass(frozen=True, slots=True)
class GarbageFile:
    """A file that is to leave a store, and then the server; `store` '': the server only."""

    store: StoreId
    file: FileId


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """What names a file: `ours` where it is the audited generation's entry for a document of the audited source."""

    file: FileId
    document: int
    content_hash: str | None
    metadata_hash: str | None
    ours: bool


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """The document behind a file of ours. `synced_at`: when its source last was; of both times, 0 for not known."""

    file: FileId
    title: str
    url: str
    audience: Audience
    synced_at: float
    updated_at: float


def reusable_files(state: Reader, generation: int, documents: list[int]) -> dict[int, list[ReusableFile]]:
    """Reusable uploads by document: none that another generation already has in the very same store."""
    rows = state.ask(
        """SELECT f.document, f.content_hash, f.file, f.version, f.render FROM files f
           JOIN generations g ON g.id = :generation
           WHERE f.document IN :documents AND NOT EXISTS (
             SELECT 1 FROM entries e JOIN generations other ON other.id = e.generation
             WHERE e.file = f.file AND other.id <> g.id AND other.store = g.store)""",
        generation=generation,
        documents=documents,
    )
    found: dict[int, list[ReusableFile]] = {}
    for reusable in all_of(ReusableFile, rows):
        found.setdefault(reusable.document, []).append(reusable)
    return found


def live_entries(state: Reader, documents: list[int]) -> dict[int, dict[str, Entry]]:
    """The documents' entries in the live store of each index: by document, and then by index."""
    rows = state.ask(
        """SELECT e.document, g.index_name, e.file, e.content_hash, e.metadata_hash, e.pending, e.pending_hash
           FROM entries e JOIN generations g ON g.id = e.generation
           WHERE e.document IN :documents AND g.state = 'active'""",
        documents=documents,
    )
    uploads = state.ask("SELECT document, content_hash, file FROM files WHERE document IN :ids", ids=documents)
    reusable: dict[int, dict[str, FileId]] = {}
    for upload in uploads:
        reusable.setdefault(upload.document, {})[upload.content_hash] = FileId(upload.file)
    found: dict[int, dict[str, Entry]] = {}
    for row in rows:
        found.setdefault(row.document, {})[row.index_name] = Entry(
            row.file,
            row.content_hash,
            row.metadata_hash,
            row.pending,
            row.pending_hash,
            uploaded=reusable.get(row.document, {}),
        )
    return found


def entry_files(state: Reader, document: int, generation: int) -> EntryFiles | None:
    """The files of the document's entry; None where it has none."""
    rows = state.ask(
        """SELECT g.store, e.file, e.pending FROM entries e JOIN generations g ON g.id = e.generation
           WHERE e.document = :document AND e.generation = :generation""",
        document=document,
        generation=generation,
    )
    return first_of(EntryFiles, rows)


def generations_of(state: Reader, document: int) -> list[int]:
    """The generations that have an entry for the document."""
    rows = state.ask("SELECT generation FROM entries WHERE document = :document", document=document)
    return [row.generation for row in rows]


def files_of(state: Reader, document: int) -> list[FileId]:
    """The document's reusable uploads."""
    return [row.file for row in state.ask("SELECT file FROM files WHERE document = :document", document=document)]


def has_entries(state: Reader, generation: int) -> bool:
    return bool(state.ask("SELECT 1 FROM entries WHERE generation = :id LIMIT 1", id=generation))


def entered_documents(state: Reader, source: str, generation: int, *, after: int) -> list[int]:
    """The next hundreds of the source's documents that have a file in the generation: there may be many."""
    rows = state.ask(
        """SELECT e.document FROM documents d JOIN entries e ON e.document = d.id AND e.generation = :generation
           WHERE d.source = :source AND d.id > :after AND e.file IS NOT NULL ORDER BY d.id LIMIT 500""",
        generation=generation,
        source=source,
        after=after,
    )
    return [row.document for row in rows]


def unwanted(state: Reader, source: str, limit: int) -> list[UnwantedEntry]:
    """Entries of documents that are not for their index's audiences, or in a generation that is being dropped."""
    rows = state.ask(
        f"""SELECT e.document, e.generation,
                   CASE WHEN g.state = 'dropping' AND g.bound = 0 THEN 1 ELSE 0 END AS store_goes
            {PAIRS} AND c.source = :source AND e.document IS NOT NULL AND {UNWANTED}
            ORDER BY c.document, e.generation LIMIT :limit""",
        source=source,
        limit=limit,
    )
    return [UnwantedEntry(row.document, row.generation, bool(row.store_goes)) for row in rows]


def garbage(state: Reader, source: str, limit: int) -> list[GarbageFile]:
    rows = state.ask(
        "SELECT store, file FROM garbage WHERE source = :source ORDER BY store, file LIMIT :limit",
        source=source,
        limit=limit,
    )
    return all_of(GarbageFile, rows)


def is_named(state: Reader, file: FileId, store: StoreId | None = None) -> bool:
    """Whether any entry, or any entry of that store, names the file."""
    rows = state.ask(
        """SELECT 1 FROM entries e JOIN generations g ON g.id = e.generation
           WHERE (e.file = :file OR e.pending = :file) AND (:anywhere = 1 OR g.store = :store) LIMIT 1""",
        file=file,
        store=store or "",
        anywhere=1 if store is None else 0,
    )
    return bool(rows)


def named_anywhere(state: Reader, files: list[FileId]) -> set[FileId]:
    """Those of the files that anything in the state names: an entry, a reusable upload, or garbage."""
    rows = state.ask(
        """SELECT file FROM entries WHERE file IN :files
           UNION SELECT pending FROM entries WHERE pending IN :files
           UNION SELECT file FROM files WHERE file IN :files
           UNION SELECT file FROM garbage WHERE file IN :files""",
        files=files,
    )
    return {row.file for row in rows}


def recorded_files(
    state: Reader, source: str, generation: int, store: StoreId, files: list[FileId]
) -> dict[FileId, RecordedFile]:
    """Those of the store's files that anything names, and what does."""
    rows = state.ask(
        """SELECT e.file, e.document, e.content_hash, e.metadata_hash,
                  CASE WHEN e.generation = :generation AND d.source = :source THEN 1 ELSE 0 END AS ours
           FROM entries e JOIN generations g ON g.id = e.generation JOIN documents d ON d.id = e.document
           WHERE g.store = :store AND e.file IN :files
           UNION ALL SELECT pending, 0, '', '', 0 FROM entries WHERE pending IN :files
           UNION ALL SELECT file, 0, '', '', 0 FROM garbage WHERE file IN :files
           ORDER BY 5""",
        generation=generation,
        source=source,
        store=store,
        files=files,
    )
    return {r.file: RecordedFile(r.file, r.document, r.content_hash, r.metadata_hash, bool(r.ours)) for r in rows}


def cited_documents(state: Reader, store: str, files: Sequence[str]) -> dict[str, CitedDocument]:
    """The documents behind those of the files that belong into the store, by file.

    A store that was just left for another one is read to the end: what another store has of a document counts there.
    """
    rows = state.ask(
        """SELECT named.file, d.title, d.url, d.audience, s.synced_at, d.updated_at FROM (
             SELECT document, generation, file FROM entries WHERE file IN :files
             UNION SELECT document, generation, pending FROM entries WHERE pending IN :files) AS named
           JOIN documents d ON d.id = named.document JOIN sources s ON s.name = d.source
           JOIN generations g ON g.id = named.generation
           WHERE g.store = :store OR NOT EXISTS (
             SELECT 1 FROM generations kept WHERE kept.store = :store AND kept.state <> 'dropping')""",
        store=store,
        files=list(dict.fromkeys(files)),
    )
    return {
        r.file: CitedDocument(r.file, r.title, r.url, Audience(r.audience), r.synced_at, r.updated_at) for r in rows
    }
