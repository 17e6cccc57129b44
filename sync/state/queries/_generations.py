"""Generations: the stores of each index, and how much of what they want they hold."""

from dataclasses import dataclass

from sync.model import Chunking, StoreId
from sync.state.queries.wanted import PAIRS, UNREAD, UNSETTLED
from sync.state.transaction import Reader


@dataclass(frozen=True, slots=True)
class Generation:
    """One store that holds, held or will hold an index's documents. `spec`: what it was built to.

    `problem`: why the store cannot be used, as far as a turn saw; '' where it can.
    """

    id: int
    index: str
    store: StoreId
    bound: bool
    state: str
    chunking: Chunking
    spec: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StorelessGeneration:
    """A generation whose store has yet to be made."""

    id: int
    index: str


def generations(state: Reader, *states: str) -> list[Generation]:
    """The generations that have a store, active ones first, draining ones last."""
    rows = state.ask(
        """SELECT id, index_name, store, bound, state, tokens, overlap, spec, problem FROM generations
           WHERE state IN :states AND store IS NOT NULL
           ORDER BY CASE state WHEN 'active' THEN 0 WHEN 'building' THEN 1 ELSE 2 END, id""",
        states=list(states),
    )
    return [
        Generation(
            r.id,
            r.index_name,
            StoreId(r.store),
            bool(r.bound),
            r.state,
            Chunking(r.tokens, r.overlap),
            r.spec,
            r.problem,
        )
        for r in rows
    ]


def store_error(generation: Generation, problem: str) -> str:
    """Say what is wrong with a generation's store, and what to do; '' where nothing is."""
    if not problem:
        return ""
    fix = f"`answerwell reindex {generation.index}` fills a new one"
    if generation.bound:
        fix = f"correct vector_store_id, then `answerwell reindex {generation.index}` fills that one"
    return f"index {generation.index!r}: its vector store {generation.store} {problem}; {fix}"


def live_generations(state: Reader) -> list[Generation]:
    return generations(state, "active", "building", "draining")


def active(state: Reader, index: str) -> Generation | None:
    return next((g for g in generations(state, "active") if g.index == index), None)


def building(state: Reader, index: str) -> Generation | None:
    """The generation that is to follow the active one, once its store is made."""
    return next((g for g in generations(state, "building") if g.index == index), None)


def building_id(state: Reader, index: str) -> int:
    """The id of the generation that is being built, whether or not its store is made. There must be one."""
    [row] = state.ask("SELECT id FROM generations WHERE index_name = :index AND state = 'building'", index=index)
    return int(row.id)


def previous_id(state: Reader, index: str) -> int | None:
    """The id of the generation to go back to; None where none is kept."""
    rows = state.ask(
        """SELECT id FROM generations WHERE index_name = :index AND state = 'draining'
           ORDER BY since DESC, id DESC LIMIT 1""",
        index=index,
    )
    return int(rows[0].id) if rows else None


def storeless_generations(state: Reader) -> list[StorelessGeneration]:
    rows = state.ask("SELECT id, index_name FROM generations WHERE store IS NULL AND state <> 'dropping'")
    return [StorelessGeneration(row.id, row.index_name) for row in rows]


def store_of(state: Reader, generation: int) -> StoreId | None:
    rows = state.ask("SELECT store FROM generations WHERE id = :id", id=generation)
    return StoreId(rows[0].store) if rows and rows[0].store is not None else None


def is_store_shared(state: Reader, generation: Generation) -> bool:
    """Whether another generation is in the same store."""
    return bool(
        state.ask(
            "SELECT 1 FROM generations WHERE store = :store AND id <> :id", store=generation.store, id=generation.id
        )
    )


def live_audiences(state: Reader) -> dict[str, str]:
    """The audiences, as they are written, of each index that has an active generation."""
    rows = state.ask(
        """SELECT name, audiences FROM indexes
           WHERE EXISTS (SELECT 1 FROM generations g WHERE g.index_name = indexes.name AND g.state = 'active')"""
    )
    return {row.name: row.audiences for row in rows}


def unsettled_in(state: Reader, generation: int, sources: list[str]) -> int:
    """How many documents of the sources the generation still wants, those not read yet included."""
    [row] = state.ask(
        f"""SELECT (SELECT count(*) {PAIRS} AND g.id = :generation AND c.source IN :sources AND {UNSETTLED})
                 + (SELECT count(*) FROM documents d WHERE d.source IN :sources AND {UNREAD}) AS waiting""",
        generation=generation,
        sources=sources,
    )
    return int(row.waiting)
