"""Store check: whether the vector stores that searches use are still there, looked at once a turn."""

from sync.errors import Misconfigured, Retryable
from sync.pipeline.turn import Turn
from sync.state import generations, queries


def check_stores(turn: Turn) -> Retryable | Misconfigured | None:
    """Look at each active store and record what is wrong with it; returns the failure to raise in the end.

    None where all can be used, and for one that is lost while its successor is being built. What is wrong with a store
    keeps nothing else of the turn from going on.
    """
    passing: Retryable | None = None
    lost: list[str] = []
    for generation in queries.generations(turn.state, "active"):
        try:
            problem = turn.index.store_problem(generation.store)
        except Retryable as error:
            passing = error
            continue
        if problem != generation.problem:
            with turn.state.transaction() as tx:
                generations.note_problem(tx, generation.id, problem)
        if problem and queries.building(turn.state, generation.index) is None:
            lost.append(queries.store_error(generation, problem))
    return Misconfigured("\n".join(lost)) if lost else passing
