"""reindex: generations of an index. A new store is built beside the live one, switched to at once, and back.

building ──promote──▶ active ──promote of the next──▶ draining ──after keep_previous──▶ dropping ──▶ (gone)
                         ▲───────────rollback──────────────┘
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta

from sync.config import KnowledgeIndex
from sync.errors import Held
from sync.model import Index
from sync.rendering import RENDER_VERSION
from sync.state import queries
from sync.state.database import Asks, State, Transaction
from sync.state.queries import Generation

MIN_SHARE = 0.95
ATTRIBUTE_SCHEMA = "1"


def spec_of(index: KnowledgeIndex) -> str:
    """What a store's content depends on besides the documents: a store of another spec wants a reindex."""
    parts = [index.chunking.tokens, index.chunking.overlap, RENDER_VERSION, ATTRIBUTE_SCHEMA]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def prepare(state: State, index: Index, configured: Iterable[KnowledgeIndex]) -> None:
    """Give each configured index an active generation, and each generation its store. Safe to repeat and to race."""
    known = {
        row.name: row.audiences
        for row in state.ask(
            """SELECT name, audiences FROM indexes
               WHERE EXISTS (SELECT 1 FROM generations g WHERE g.index_name = indexes.name AND g.state = 'active')"""
        )
    }
    for one in configured:
        audiences = f",{','.join(sorted(one.audiences))},"
        if known.get(one.name) == audiences:
            continue
        with state.transaction() as tx:
            tx.run(
                """INSERT INTO indexes (name, audiences) VALUES (:name, :audiences)
                   ON CONFLICT (name) DO UPDATE SET audiences = excluded.audiences""",
                name=one.name,
                audiences=audiences,
            )
            _open(tx, state, one, "active")  # does nothing where one is live
    _make_stores(state, index)


def begin(state: State, index: Index, wanted: KnowledgeIndex) -> int:
    """Open a building generation for the index and return its id; one that is already building is returned instead."""
    with state.transaction() as tx:
        _open(tx, state, wanted, "building")
        [row] = tx.ask("SELECT id FROM generations WHERE index_name = :name AND state = 'building'", name=wanted.name)
    _make_stores(state, index)
    return int(row.id)


def promotion_blocker(state: Asks, index: str, sources: list[str]) -> str:
    """Why the building generation of the index cannot be promoted now, for the configured sources; '' when it can."""
    building = next((g for g in queries.generations(state, "building") if g.index == index), None)
    if building is None:
        return f"index {index!r} is not being rebuilt; start with `answerwell reindex {index}`"
    if state.ask(
        "SELECT 1 FROM sources WHERE name IN :names AND (snapshot_cursor IS NOT NULL OR changes_cursor IS NULL)",
        names=sources,
    ):
        return "a source is still being listed; run `answerwell sync` to its end first"
    if waiting := queries.unsettled_in(state, building.id, sources):
        return f"{waiting} documents are not in the new store yet; run `answerwell sync` first"
    before = queries.active(state, index)
    then = queries.searchable_in(state, before.id, sources) if before else 0
    now = queries.searchable_in(state, building.id, sources)
    if now < then * MIN_SHARE:
        return f"the new store holds {now} files, the live one {then}; see `answerwell status` for what was rejected"
    return ""


def promote(state: State, index: str, sources: list[str]) -> None:
    """Switch searches to the building generation, in one transaction. Raises Held with what is in the way."""
    with state.transaction() as tx:
        promote_in_transaction(tx, state, index, sources)


def promote_in_transaction(tx: Transaction, state: State, index: str, sources: list[str]) -> None:
    tx.run("UPDATE sources SET kind = kind")  # every commit for a source waits here until we have switched
    if reason := promotion_blocker(tx, index, sources):
        raise Held(f"not promoted: {reason}")
    _set(tx, state, index, "active", "draining")
    _set(tx, state, index, "building", "active")


def rollback(state: State, index: str) -> None:
    """Switch back to the generation that was live before. Raises Held when there is none to go back to."""
    with state.transaction() as tx:
        roll_back_in_transaction(tx, state, index)


def roll_back_in_transaction(tx: Transaction, state: State, index: str) -> None:
    rows = tx.ask(
        "SELECT id FROM generations WHERE index_name = :name AND state = 'draining' ORDER BY since DESC, id DESC",
        name=index,
    )
    if not rows:
        raise Held(f"index {index!r} keeps no previous store to go back to (keep_previous)")
    _set(tx, state, index, "active", "draining")
    tx.run("UPDATE generations SET state = 'active', since = :now WHERE id = :id", id=rows[0].id, now=state.now())


def retire(state: State, configured: Iterable[KnowledgeIndex]) -> None:
    """Give up previous generations whose time is over; one that shares its store with the live one goes at once."""
    if not queries.generations(state, "draining"):
        return
    for one in configured:
        with state.transaction() as tx:
            tx.run(
                """UPDATE generations SET state = 'dropping', since = :now
                   WHERE index_name = :name AND state = 'draining' AND (since <= :before OR EXISTS (
                     SELECT 1 FROM generations live WHERE live.state = 'active' AND live.store = generations.store))""",
                name=one.name,
                now=state.now(),
                before=state.now() - max(one.keep_previous, timedelta(0)).total_seconds(),
            )


def abandon_if_draining(state: State, generation: Generation) -> bool:
    """Give up a previous generation whose store is gone: nobody can go back to it. False for any other generation."""
    with state.transaction() as tx:
        return bool(
            tx.run(
                "UPDATE generations SET state = 'dropping', since = :now WHERE id = :id AND state = 'draining'",
                id=generation.id,
                now=state.now(),
            )
        )


def drop_emptied(state: State, index: Index) -> None:
    """Drop the stores of dropped generations that no entry names any more; their record goes last."""
    for generation in queries.generations(state, "dropping"):
        if state.ask("SELECT 1 FROM entries WHERE generation = :id LIMIT 1", id=generation.id):
            continue
        shared = state.ask(
            "SELECT 1 FROM generations WHERE store = :store AND id <> :id", store=generation.store, id=generation.id
        )
        if not generation.bound and not shared:
            index.drop(generation.store)
        with state.transaction() as tx:
            tx.run(
                """DELETE FROM generations WHERE id = :id
                   AND NOT EXISTS (SELECT 1 FROM entries WHERE generation = :id)""",
                id=generation.id,
            )


def outdated(state: State, configured: Iterable[KnowledgeIndex]) -> list[str]:
    """The indexes whose live store was built to another spec, or is not the store they are bound to."""
    live = {row.index_name: row for row in state.ask("SELECT * FROM generations WHERE state = 'active'")}
    return [
        one.name
        for one in configured
        if one.name in live
        and (live[one.name].spec != spec_of(one) or (one.bound is not None and live[one.name].store != one.bound))
    ]


def _open(tx: Transaction, state: State, wanted: KnowledgeIndex, to: str) -> None:
    tx.run(
        """INSERT INTO generations (index_name, store, bound, spec, tokens, overlap, state, since)
           VALUES (:name, :store, :bound, :spec, :tokens, :overlap, :state, :now) ON CONFLICT DO NOTHING""",
        name=wanted.name,
        store=wanted.bound,
        bound=int(wanted.bound is not None),
        spec=spec_of(wanted),
        tokens=wanted.chunking.tokens,
        overlap=wanted.chunking.overlap,
        state=to,
        now=state.now(),
    )


def _make_stores(state: State, index: Index) -> None:
    missing = state.ask("SELECT id, index_name FROM generations WHERE store IS NULL AND state <> 'dropping'")
    for row in missing:
        store = index.create(f"answerwell-{state.installation}-{row.index_name}-{row.id}")
        with state.transaction() as tx:
            tx.run("UPDATE generations SET store = :store WHERE id = :id AND store IS NULL", store=store, id=row.id)
            kept = [r.store for r in tx.ask("SELECT store FROM generations WHERE id = :id", id=row.id)]
        if store not in kept:  # another process was faster: this one is empty, and nobody will ever know it
            index.drop(store)


def _set(tx: Transaction, state: State, index: str, before: str, after: str) -> None:
    tx.run(
        "UPDATE generations SET state = :after, since = :now WHERE index_name = :name AND state = :before",
        after=after,
        before=before,
        name=index,
        now=state.now(),
    )
