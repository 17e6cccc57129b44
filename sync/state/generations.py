"""Generations and indexes tables: the stores of each index and their states; the one module that writes them."""

from sync.model import Chunking, StoreId
from sync.state.transaction import Transaction


def write_index(tx: Transaction, name: str, audiences: str) -> None:
    """Write the audiences that the index is for, each with a comma before and after it."""
    tx.run(
        """INSERT INTO indexes (name, audiences) VALUES (:name, :audiences)
           ON CONFLICT (name) DO UPDATE SET audiences = excluded.audiences""",
        name=name,
        audiences=audiences,
    )


def open_generation(
    tx: Transaction, index: str, state: str, *, bound: StoreId | None, spec: str, chunking: Chunking, now: float
) -> None:
    """Open a generation, active or building; nothing happens where the index has one in that state."""
    tx.run(
        """INSERT INTO generations (index_name, store, bound, spec, tokens, overlap, state, since)
           VALUES (:name, :store, :bound, :spec, :tokens, :overlap, :state, :now) ON CONFLICT DO NOTHING""",
        name=index,
        store=bound,
        bound=int(bound is not None),
        spec=spec,
        tokens=chunking.tokens,
        overlap=chunking.overlap,
        state=state,
        now=now,
    )


def set_store(tx: Transaction, generation: int, store: StoreId) -> bool:
    """Give the generation its store; False when another process already has."""
    return bool(
        tx.run("UPDATE generations SET store = :store WHERE id = :id AND store IS NULL", store=store, id=generation)
    )


def note_problem(tx: Transaction, generation: int, problem: str) -> None:
    """Write why the generation's store cannot be used; '' where it can."""
    tx.run("UPDATE generations SET problem = :problem WHERE id = :id", problem=problem, id=generation)


def move(tx: Transaction, index: str, before: str, after: str, now: float) -> None:
    """Move the index's generations that are in one state to another."""
    tx.run(
        "UPDATE generations SET state = :after, since = :now WHERE index_name = :name AND state = :before",
        after=after,
        before=before,
        name=index,
        now=now,
    )


def stand_down(tx: Transaction, index: str, now: float) -> None:
    """Have the index's active generation kept, so that one can go back to it; one whose store is lost is given up."""
    tx.run(
        """UPDATE generations SET state = CASE WHEN problem = '' THEN 'draining' ELSE 'dropping' END, since = :now
           WHERE index_name = :name AND state = 'active'""",
        name=index,
        now=now,
    )


def activate(tx: Transaction, generation: int, now: float) -> None:
    tx.run("UPDATE generations SET state = 'active', since = :now WHERE id = :id", id=generation, now=now)


def retire(tx: Transaction, index: str, *, before: float, now: float) -> None:
    """Give up what is draining since before then, or shares its store with the active generation."""
    tx.run(
        """UPDATE generations SET state = 'dropping', since = :now
           WHERE index_name = :name AND state = 'draining' AND (since <= :before OR EXISTS (
             SELECT 1 FROM generations live WHERE live.state = 'active' AND live.store = generations.store))""",
        name=index,
        now=now,
        before=before,
    )


def give_up_if_draining(tx: Transaction, generation: int, now: float) -> bool:
    return bool(
        tx.run(
            "UPDATE generations SET state = 'dropping', since = :now WHERE id = :id AND state = 'draining'",
            id=generation,
            now=now,
        )
    )


def delete_if_empty(tx: Transaction, generation: int) -> None:
    tx.run(
        "DELETE FROM generations WHERE id = :id AND NOT EXISTS (SELECT 1 FROM entries WHERE generation = :id)",
        id=generation,
    )


def clear(tx: Transaction) -> None:
    """Forget every store. Entries go first."""
    tx.run("DELETE FROM generations")
