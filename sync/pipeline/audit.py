"""Audit: the state against the index, both ways, for one source under its lease. The loop does the repairs."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TypeVar

from sync.model import FileId, FileState, StoredFile, StoreId
from sync.pipeline.removal import remove_entry
from sync.pipeline.stores import check_stores
from sync.pipeline.turn import Turn
from sync.rendering import filename_prefix, hash_of, managed_by
from sync.state import candidates, entries, files, queries, sources
from sync.state.queries import Generation, RecordedFile

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

    Only files of this installation and source are judged; what others put into a store is never touched. Raises
    Misconfigured for an active store that is lost or has expired.
    """
    if failure := check_stores(turn):
        raise failure
    findings = Findings()
    for generation in queries.live_generations(turn.state):
        if generation.problem:
            continue
        findings += _audit_store(turn, generation, repair=repair)
    findings += audit_uploads(turn, repair=repair)
    return findings


def audit_uploads(turn: Turn, *, repair: bool) -> Findings:
    """Find the source's uploads that nothing names: what a killed or timed-out upload leaves behind."""
    prefix = filename_prefix(turn.state.installation, turn.source.name)
    ours = (upload.file for upload in turn.index.uploads() if upload.filename.startswith(prefix))
    orphans = 0
    for uploads in _chunks(ours, 500):
        named = queries.named_anywhere(turn.state, uploads)
        lost = [file for file in uploads if file not in named]
        orphans += len(lost)
        if repair:
            _to_garbage(turn, files.NO_STORE, lost)
    return Findings(orphans=orphans)


def due(turn: Turn, run: int) -> bool:
    """Whether a run since the last audit was killed or failed in an upload, so that an orphan is possible."""
    return queries.is_upload_in_doubt(turn.state, turn.source.name, run=run) or "doubtful" in turn.counts


def record(turn: Turn) -> None:
    """Remember that nothing from before now is in doubt."""
    with turn.state.commit(turn.lease) as tx:
        sources.record_audit(tx, turn.source.name, turn.state.now())
    turn.counts.pop("doubtful", None)


def record_stores(turn: Turn) -> None:
    """Remember that the stores were compared, as the schedule has it done daily; every document is looked at again."""
    with turn.state.commit(turn.lease) as tx:
        candidates.add_all(tx, turn.source.name)
        sources.record_audit(tx, turn.source.name, turn.state.now(), stores=True)


def _audit_store(turn: Turn, generation: Generation, *, repair: bool) -> Findings:
    findings = Findings()
    found: set[int] = set()
    for stored in _chunks(turn.index.files(generation.store), 500):
        recorded = queries.recorded_files(
            turn.state, turn.source.name, generation.id, generation.store, [one.file for one in stored]
        )
        orphans = [f.file for f in stored if f.file not in recorded and _is_ours(turn, f)]
        mine = [(f, recorded[f.file]) for f in stored if f.file in recorded and recorded[f.file].ours]
        found.update(record.document for _, record in mine)
        stuck = [record.document for f, record in mine if f.state is not FileState.COMPLETED]
        differing = [r.document for f, r in mine if f.state is FileState.COMPLETED and not _as_recorded(f, r)]
        findings += Findings(orphans=len(orphans), differing=len(differing), stuck=len(stuck))
        if repair:
            _to_garbage(turn, generation.store, orphans)
            _compare_again(turn, generation, differing, lost=False)
            _upload_again(turn, generation, stuck)
    missing = [document for document in _recorded_documents(turn, generation) if document not in found]
    if repair:
        _compare_again(turn, generation, missing, lost=True)
    return findings + Findings(missing=len(missing))


def _recorded_documents(turn: Turn, generation: Generation) -> Iterator[int]:
    """The source's documents that have a file in the generation."""
    after = 0
    while documents := queries.entered_documents(turn.state, turn.source.name, generation.id, after=after):
        yield from documents
        after = documents[-1]


def _is_ours(turn: Turn, stored: StoredFile) -> bool:
    attributes = stored.attributes
    return (
        attributes.get("managed_by") == managed_by(turn.state.installation)
        and attributes.get("source") == turn.source.name
    )


def _as_recorded(stored: StoredFile, record: RecordedFile) -> bool:
    same: bool = stored.attributes.get("content_hash") == record.content_hash
    return same and hash_of(stored.attributes) == str(record.metadata_hash)


def _to_garbage(turn: Turn, store: StoreId, orphans: list[FileId]) -> None:
    if orphans:
        with turn.state.commit(turn.lease) as tx:
            files.add_garbage(tx, turn.source.name, store, orphans)


def _compare_again(turn: Turn, generation: Generation, documents: list[int], *, lost: bool) -> None:
    if documents:
        with turn.state.commit(turn.lease) as tx:
            entries.compare_again(tx, generation.id, documents, lost=lost)


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
