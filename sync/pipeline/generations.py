"""Blue-green reindex: a new store is built beside the live one, switched to at once, and back.

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
from sync.state import generations, queries
from sync.state.database import State
from sync.state.queries import Generation
from sync.state.sources import hold_off_commits
from sync.state.transaction import Reader, Transaction

MIN_SHARE = 0.95
ATTRIBUTE_SCHEMA = "1"


def spec_of(index: KnowledgeIndex) -> str:
    """What a store's content depends on besides the documents: a store of another spec wants a reindex."""
    parts = [index.chunking.tokens, index.chunking.overlap, RENDER_VERSION, ATTRIBUTE_SCHEMA]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def prepare(state: State, index: Index, configured: Iterable[KnowledgeIndex]) -> None:
    """Give each configured index an active generation, and each generation its store. Safe to repeat and to race."""
    known = queries.live_audiences(state)
    for one in configured:
        audiences = f",{','.join(sorted(one.audiences))},"
        if known.get(one.name) == audiences:
            continue
        with state.transaction() as tx:
            hold_off_commits(tx)
            generations.write_index(tx, one.name, audiences)
            _open(tx, state, one, "active")  # does nothing where one is live
    _make_stores(state, index)


def begin(state: State, index: Index, wanted: KnowledgeIndex) -> int:
    """Open a building generation for the index and return its id; one that is already building is returned instead."""
    with state.transaction() as tx:
        hold_off_commits(tx)  # every document becomes a candidate, and no turn waits for another in the other order
        _open(tx, state, wanted, "building")
        building = queries.building_id(tx, wanted.name)
    _make_stores(state, index)
    return building


def promotion_blocker(state: Reader, index: str, sources: list[str]) -> str:
    """Why the building generation of the index cannot be promoted now, for the configured sources; '' when it can."""
    building = queries.building(state, index)
    if building is None:
        return f"index {index!r} is not being rebuilt; start with `answerwell reindex {index}`"
    if not queries.all_listed(state, sources):
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
    hold_off_commits(tx)  # no document is committed until we have switched
    if reason := promotion_blocker(tx, index, sources):
        raise Held(f"not promoted: {reason}")
    generations.stand_down(tx, index, state.now())
    generations.move(tx, index, "building", "active", state.now())


def rollback(state: State, index: str) -> None:
    """Switch back to the generation that was live before. Raises Held when there is none to go back to."""
    with state.transaction() as tx:
        roll_back_in_transaction(tx, state, index)


def roll_back_in_transaction(tx: Transaction, state: State, index: str) -> None:
    hold_off_commits(tx)
    previous = queries.previous_id(tx, index)
    if previous is None:
        raise Held(f"index {index!r} keeps no previous store to go back to (keep_previous)")
    generations.stand_down(tx, index, state.now())
    generations.activate(tx, previous, state.now())


def retire(state: State, configured: Iterable[KnowledgeIndex]) -> None:
    """Give up previous generations whose time is over; one that shares its store with the live one goes at once."""
    if not queries.generations(state, "draining"):
        return
    for one in configured:
        before = state.now() - max(one.keep_previous, timedelta(0)).total_seconds()
        with state.transaction() as tx:
            hold_off_commits(tx)
            generations.retire(tx, one.name, before=before, now=state.now())


def abandon_if_draining(state: State, generation: Generation) -> bool:
    """Give up a previous generation whose store is gone; False for a generation that is not a previous one."""
    with state.transaction() as tx:
        hold_off_commits(tx)
        return generations.give_up_if_draining(tx, generation.id, state.now())


def drop_emptied(state: State, index: Index) -> None:
    """Drop the stores of dropped generations that no entry names any more; their record goes last."""
    for generation in queries.generations(state, "dropping"):
        if queries.has_entries(state, generation.id):
            continue
        if not generation.bound and not queries.is_store_shared(state, generation):
            index.drop(generation.store)
        with state.transaction() as tx:
            generations.delete_if_empty(tx, generation.id)


def outdated(state: State, configured: Iterable[KnowledgeIndex]) -> dict[str, str]:
    """The indexes whose live store was built to another spec, or is not the store they are bound to, each with why."""
    live = {generation.index: generation for generation in queries.generations(state, "active")}
    found: dict[str, str] = {}
    for one in configured:
        store = live.get(one.name)
        if store is not None and one.bound is not None and store.store != one.bound:
            found[one.name] = f"vector_store_id names {one.bound}, and searches use {store.store}"
        elif store is not None and store.spec != spec_of(one):
            found[one.name] = f"its settings changed since {store.store} was filled"
    return found


def _open(tx: Transaction, state: State, wanted: KnowledgeIndex, to: str) -> None:
    generations.open_generation(
        tx,
        wanted.name,
        to,
        bound=wanted.bound,
        spec=spec_of(wanted),
        chunking=wanted.chunking,
        now=state.now(),
    )


def _make_stores(state: State, index: Index) -> None:
    for missing in queries.storeless_generations(state):
        store = index.create(f"answerwell-{state.installation}-{missing.index}-{missing.id}")
        with state.transaction() as tx:
            kept = generations.set_store(tx, missing.id, store) or queries.store_of(tx, missing.id) == store
        if not kept:  # another process was faster: this one is empty, and nothing will ever name it
            index.drop(store)
