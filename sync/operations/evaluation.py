"""Evaluation: how well a store finds the documents that saved questions ask for, and what another finds differently."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sync.engine import Engine
from sync.model import Hit
from sync.operations.saved_questions import SavedQuestion
from sync.state import queries
from sync.state.queries import Generation, NamedDocument

DEPTH = 10  # documents of a search that are looked at
HITS = 50  # passages that they are found by
AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document that a search found, by its best passage."""

    id: int
    document: str
    title: str
    url: str
    score: float


@dataclass(frozen=True, slots=True)
class RankedQuestion:
    """A question and what was found for it, best first. `rank` None: none of its documents is among that."""

    question: str
    line: int
    rank: int | None
    found: list[FoundDocument]


@dataclass(frozen=True, slots=True)
class Recall:
    """Of the questions whose documents are named: the share found among the first so many, and the mean 1/rank."""

    questions: int
    at_1: float
    at_5: float
    at_10: float
    mrr: float


@dataclass(frozen=True, slots=True)
class RankChange:
    """A question whose document stands elsewhere. `before` or `after` None: not among the first ten."""

    question: str
    line: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one store finds differently than another: documents it gained, lost, or ranks elsewhere."""

    gained: list[RankChange]
    lost: list[RankChange]
    moved: list[RankChange]


def ranks(
    engine: Engine, generation: Generation, questions: Sequence[SavedQuestion], known: Mapping[str, NamedDocument]
) -> list[RankedQuestion]:
    """Search the store of the generation for each question. `known`: the documents that they name."""

    only = engine.filter_of(engine.configured_index(generation.index))

    def search(question: SavedQuestion) -> list[Hit]:
        return engine.index.search(generation.store, question.question, only, HITS)

    with ThreadPoolExecutor(min(AT_A_TIME, engine.concurrency.calls)) as pool:
        searched = list(pool.map(search, questions))
    return [_ranked(engine, one, hits, known) for one, hits in zip(questions, searched, strict=True)]


def recall(ranked: Sequence[RankedQuestion]) -> Recall:
    """Sum up questions that all have documents."""
    number = len(ranked)

    def within(depth: int) -> float:
        return round(sum(one.rank is not None and one.rank <= depth for one in ranked) / number, 4) if number else 0.0

    reciprocal = sum(1 / one.rank for one in ranked if one.rank)
    return Recall(number, within(1), within(5), within(DEPTH), round(reciprocal / number, 4) if number else 0.0)


def compare(before: Sequence[RankedQuestion], after: Sequence[RankedQuestion]) -> Comparison:
    """Compare the same questions in two stores."""
    changes = [RankChange(new.question, new.line, old.rank, new.rank) for old, new in zip(before, after, strict=True)]
    return Comparison(
        gained=[one for one in changes if one.before is None and one.after is not None],
        lost=[one for one in changes if one.before is not None and one.after is None],
        moved=[one for one in changes if one.before and one.after and one.before != one.after],
    )


def measurable(questions: Sequence[SavedQuestion], known: Mapping[str, NamedDocument]) -> list[SavedQuestion]:
    """Return the questions of which a document is known: what a search can find right or wrong."""
    return [one for one in questions if any(document in known for document in one.documents)]


def _ranked(
    engine: Engine, question: SavedQuestion, hits: Sequence[Hit], known: Mapping[str, NamedDocument]
) -> RankedQuestion:
    behind = queries.documents_behind(engine.state, [hit.file for hit in hits])
    best: dict[int, FoundDocument] = {}
    for hit in hits:
        if (document := behind.get(hit.file)) is not None:
            best.setdefault(document.id, _document(document, hit.score))
    found = list(best.values())[:DEPTH]
    wanted = {known[document].id for document in question.documents if document in known}
    places = [place for place, document in enumerate(found, 1) if document.id in wanted]
    return RankedQuestion(question.question, question.line, min(places, default=None), found)


def _document(document: NamedDocument, score: float) -> FoundDocument:
    name = f"{document.source}:{document.external_id}"
    return FoundDocument(document.id, name, document.title, document.url, score)
