"""Evaluation: documents by how people name them, what they say now, those behind files, and what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from sync.model import Audience, FileId
from sync.state.queries._rows import all_of
from sync.state.transaction import Reader

MAX_NAMES = 5000  # among which a mistyped one is looked for


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A document as people name it."""

    id: int
    source: str
    external_id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class DocumentMark:
    """What a document says now. `likeness` "": its text is too short to tell; `version`: of that text."""

    id: int
    name: str
    title: str
    url: str
    audience: Audience
    version: str
    likeness: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured of a generation, as JSON, and when."""

    id: int
    index_name: str
    generation: int
    at: float
    report: str


def documents_named(state: Reader, names: Sequence[str]) -> dict[str, NamedDocument]:
    """Those of the documents that are known, by address or source:id; none that is believed gone."""
    rows = state.ask(
        """SELECT id, source, external_id, title, url FROM documents
           WHERE version IS NOT NULL AND (source || ':' || external_id IN :names OR url IN :urls)""",
        names=list(names),
        urls=[variant for name in names for variant in (name, name.rstrip("/"), f"{name.rstrip('/')}/")],
    )
    documents = all_of(NamedDocument, rows)
    found = {key: one for one in documents for key in (one.url.rstrip("/"), f"{one.source}:{one.external_id}")}
    return {name: found[key] for name in names if (key := name.rstrip("/")) in found}


def document_marks(state: Reader, documents: Sequence[int]) -> dict[int, DocumentMark]:
    """What those of the documents that are known say now, by id."""
    rows = state.ask(
        """SELECT id, source || ':' || external_id AS name, title, url, audience, content_version, likeness,
                  CASE WHEN version IS NULL THEN 1 ELSE 0 END AS gone
           FROM documents WHERE id IN :documents ORDER BY id""",
        documents=list(dict.fromkeys(documents)),
    )
    return {
        int(r.id): DocumentMark(
            int(r.id), r.name, r.title, r.url, Audience(r.audience), r.content_version or "", r.likeness, bool(r.gone)
        )
        for r in rows
    }


def document_names(state: Reader) -> list[str]:
    """Every address and source:id, as far as they can be looked through."""
    rows = state.ask(
        """SELECT source || ':' || external_id AS name, url FROM documents WHERE version IS NOT NULL
           ORDER BY id LIMIT :most""",
        most=MAX_NAMES,
    )
    return [name for row in rows for name in (row.name, row.url) if name]


def documents_behind(state: Reader, files: Sequence[FileId]) -> dict[FileId, NamedDocument]:
    """The documents whose files these are, in any generation."""
    rows = state.ask(
        """SELECT e.file, d.id, d.source, d.external_id, d.title, d.url
           FROM entries e JOIN documents d ON d.id = e.document WHERE e.file IN :files""",
        files=list(dict.fromkeys(files)),
    )
    return {row.file: NamedDocument(row.id, row.source, row.external_id, row.title, row.url) for row in rows}


def searchable_changed_at(state: Reader) -> float:
    """When a search last began to find something else: a store was switched to, or a turn changed documents."""
    [row] = state.ask(
        """SELECT coalesce((SELECT max(since) FROM generations WHERE state = 'active'), 0) AS switched,
                  coalesce((SELECT max(finished_at) FROM runs WHERE counts <> '{}'), 0) AS changed"""
    )
    return float(max(row.switched, row.changed))


def evaluations(state: Reader, index: str, limit: int) -> list[Evaluation]:
    """What was measured of the index, newest first."""
    rows = state.ask(
        """SELECT id, index_name, generation, at, report FROM evaluations WHERE index_name = :index
           ORDER BY id DESC LIMIT :limit""",
        index=index,
        limit=limit,
    )
    return all_of(Evaluation, rows)
