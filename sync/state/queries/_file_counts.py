"""File counts: how many documents each source has, and each generation a file of; kept, not counted."""

from dataclasses import dataclass

from sync.state.transaction import Reader


@dataclass(frozen=True, slots=True)
class FileCount:
    """How many documents of the source have a file in exactly these generations."""

    source: str
    generations: frozenset[int]
    documents: int


def file_counts(state: Reader, source: str = "") -> list[FileCount]:
    """The counts of the source, or with '' of all."""
    rows = state.ask(
        """SELECT source, generations, documents FROM file_counts
           WHERE documents > 0 AND (:source = '' OR source = :source)""",
        source=source,
    )
    return [FileCount(row.source, _ids(row.generations), row.documents) for row in rows]


def known_total(state: Reader, source: str) -> int:
    """How many documents of the source are known, those believed gone included."""
    return sum(count.documents for count in file_counts(state, source))


def searchable_in(state: Reader, generation: int, sources: list[str]) -> int:
    """How many documents of the sources the generation holds."""
    counts = file_counts(state)
    return sum(one.documents for one in counts if generation in one.generations and one.source in sources)


def _ids(generations: str) -> frozenset[int]:
    return frozenset(int(one) for one in generations.split(",") if one)
