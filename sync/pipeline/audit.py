"""audit: the state against the index, both ways, for one source under its lease. The loop does the repairs."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Row

from sync.model import FileId, FileState, StoredFile
from sync.pipeline.removal import remove_entry
from sync.pipeline.turn import Turn
from sync.rendering import filename_prefix, hash_of, managed_by
from sync.state import queries
from sync.state.queries import Generation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Findings:
    """How many files are not as recorded.

    orphans: ours, and named by nothing. missing: recorded, but not in the store. differing: other content or
    attributes than recorded. stuck: recorded as searchable, but failed or unfinished.
    """

    orphans: int = 0
    missing: int = 0
    differing: int = 0
    stuck: int = 0

    @property
    def counts(self) -> dict[str, int]:
        return asdict(self)

    @property
    def ok(self) -> bool:
        return not (self.orphans or self.missing or self.differing or self.stuck)

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(
            self.orphans + other.orphans,
            self.missing + other.missing,
            self.differing + other.differing,
            self.stuck + other.stuck,
        )


def audit(turn: Turn, *, repair: bool) -> Findings:
    """Compare the source's files with the index; `repair` marks what is wrong, for publish and collect to mend.

    Only files of this installation and source are judged; what others put into a store is never touched.
    """
    findings = Findings()
    for generation in queries.live_generations(turn.state):
        findings += _audit_store(turn, generation, repair=repair)
    findings += audit_uploads(turn, repair=repair)
    return findings


def audit_uploads(turn: Turn, *, repair: bool) -> Findings:
    """Find the source's uploads that nothing names: what a killed or timed-out upload leaves behind."""
    prefix = filename_prefix(turn.state.installation, turn.source.name)
    ours = (upload.file for upload in turn.index.uploads() if upload.filename.startswith(prefix))
    orphans = 0
    for files in _chunks(ours, 500):
        named = {
            row.file
            for row in turn.state.ask(
                """SELECT file FROM entries WHERE file IN :files
                   UNION SELECT pending FROM entries WHERE pending IN :files
                   UNION SELECT file FROM files WHERE file IN :files
                   UNION SELECT file FROM garbage WHERE file IN :files""",
                files=files,
            )
        }
        lost = [file for file in files if file not in named]
        orphans += len(lost)
        if repair:
            _to_garbage(turn, "", lost)
    return Findings(orphans=orphans)


def due(turn: Turn, run: int) -> bool:
    """Whether a run since the last audit was killed or failed in an upload, so that an orphan is possible."""
    rows = turn.state.ask(
        """SELECT 1 FROM runs r JOIN sources s ON s.name = r.source
           WHERE s.name = :source AND r.started_at >= s.audited_at
             AND ((r.finished_at IS NULL AND r.id <> :run) OR r.doubtful = 1) LIMIT 1""",
        source=turn.source.name,
        run=run,
    )
    return bool(rows) or "doubtful" in turn.counts


def record(turn: Turn) -> None:
    """Remember that nothing from before now is in doubt."""
    with turn.state.commit(turn.lease) as tx:
        tx.run("UPDATE sources SET audited_at = :now WHERE name = :name", now=turn.state.now(), name=turn.source.name)
    turn.counts.pop("doubtful", None)


def record_stores(turn: Turn) -> None:
    """Remember that the stores were compared, too: the schedule has it done daily."""
    with turn.state.commit(turn.lease) as tx:
        tx.run(
            "UPDATE sources SET stores_audited_at = :now WHERE name = :name",
            now=turn.state.now(),
            name=turn.source.name,
        )


def _audit_store(turn: Turn, generation: Generation, *, repair: bool) -> Findings:
    findings = Findings()
    found: set[int] = set()
    for files in _chunks(turn.index.files(generation.store), 500):
        recorded = _recorded(turn, generation, files)
        orphans = [f.file for f in files if f.file not in recorded and _is_ours(turn, f)]
        mine = [(f, recorded[f.file]) for f in files if f.file in recorded and recorded[f.file].ours]
        found.update(row.document for _, row in mine)
        stuck = [row.document for f, row in mine if f.state is not FileState.COMPLETED]
        differing = [row.document for f, row in mine if f.state is FileState.COMPLETED and not _as_recorded(f, row)]
        findings += Findings(orphans=len(orphans), differing=len(differing), stuck=len(stuck))
        if repair:
            _to_garbage(turn, generation.store, orphans)
            _look_again(turn, generation, differing, "metadata_hash = NULL")
            _upload_again(turn, generation, stuck)
    missing = [document for document in _recorded_documents(turn, generation) if document not in found]
    if repair:
        _look_again(turn, generation, missing, "metadata_hash = NULL, content_hash = NULL, file = NULL")
    return findings + Findings(missing=len(missing))


def _recorded(turn: Turn, generation: Generation, files: list[StoredFile]) -> dict[str, Row[Any]]:
    """What names the files: `ours` where it is this generation's entry for a document of this source."""
    rows = turn.state.ask(
        """SELECT e.file, e.document, e.content_hash, e.metadata_hash,
                  CASE WHEN e.generation = :generation AND d.source = :source THEN 1 ELSE 0 END AS ours
           FROM entries e JOIN generations g ON g.id = e.generation JOIN documents d ON d.id = e.document
           WHERE g.store = :store AND e.file IN :files
           UNION ALL SELECT pending, 0, '', '', 0 FROM entries WHERE pending IN :files
           UNION ALL SELECT file, 0, '', '', 0 FROM garbage WHERE file IN :files
           ORDER BY 5""",
        generation=generation.id,
        source=turn.source.name,
        store=generation.store,
        files=[stored.file for stored in files],
    )
    return {row.file: row for row in rows}


def _recorded_documents(turn: Turn, generation: Generation) -> Iterator[int]:
    """The source's documents that have a file in the generation, some hundred at a time: there may be many."""
    after = 0
    while rows := turn.state.ask(
        """SELECT e.document FROM documents d JOIN entries e ON e.document = d.id AND e.generation = :generation
           WHERE d.source = :source AND d.id > :after AND e.file IS NOT NULL ORDER BY d.id LIMIT 500""",
        generation=generation.id,
        source=turn.source.name,
        after=after,
    ):
        yield from (row.document for row in rows)
        after = rows[-1].document


def _is_ours(turn: Turn, stored: StoredFile) -> bool:
    attributes = stored.attributes
    return (
        attributes.get("managed_by") == managed_by(turn.state.installation)
        and attributes.get("source") == turn.source.name
    )


def _as_recorded(stored: StoredFile, row: Row[Any]) -> bool:
    same: bool = stored.attributes.get("content_hash") == row.content_hash
    return same and hash_of(stored.attributes) == str(row.metadata_hash)


def _to_garbage(turn: Turn, store: str, files: list[FileId]) -> None:
    if files:
        with turn.state.commit(turn.lease) as tx:
            tx.run_many(
                "INSERT INTO garbage (store, file, source) VALUES (:store, :file, :source) ON CONFLICT DO NOTHING",
                [{"store": store, "file": file, "source": turn.source.name} for file in files],
            )


def _look_again(turn: Turn, generation: Generation, documents: list[int], columns: str) -> None:
    if documents:
        with turn.state.commit(turn.lease) as tx:
            tx.run_many(
                f"""UPDATE entries SET version = NULL, attempts = 0, not_before = 0, {columns}
                    WHERE document = :document AND generation = :generation""",
                [{"document": document, "generation": generation.id} for document in documents],
            )


def _upload_again(turn: Turn, generation: Generation, documents: list[int]) -> None:
    """A file that the store never finished is let go, and not attached anywhere again."""
    if documents:
        with turn.state.commit(turn.lease) as tx:
            for document in documents:
                remove_entry(tx, turn.source.name, document, generation.id)


def _chunks(found: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(found)
    while chunk := list(islice(source, size)):
        yield chunk
