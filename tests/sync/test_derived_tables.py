"""Derived tables: whatever is written, and by whichever version, they say the same as everything that is held."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.state import candidates, queries
from sync.state.database import State
from sync.state.transaction import Transaction

VERSIONS = ("v1", "v2", None)
AUDIENCES = ("public", "internal")
SOURCES = ("s", "t")


class Writer:
    """Writes rows at random with plain statements, as a version does that knows of no derived table."""

    def __init__(self, state: State, seed: int) -> None:
        self.state = state
        self.random = random.Random(seed)
        self.names = 0

    def prepare(self) -> None:
        with self.state.transaction() as tx:
            for source in SOURCES:
                tx.run("INSERT INTO sources (name, kind) VALUES (:name, 'made-up')", name=source)
            for index, audiences in (("public", ",public,"), ("internal", ",internal,public,")):
                tx.run("INSERT INTO indexes (name, audiences) VALUES (:index, :own)", index=index, own=audiences)
                self._open(tx, index, "active")

    def step(self) -> None:
        writes = [self._add, self._note, self._store, self._close, self._enter, self._enter, self._leave, self._forget]
        rare = [self._rebuild, self._promote, self._drop, self._widen, self._clear]
        write = self.random.choice(writes if self.random.random() < 0.9 else rare)
        with self.state.transaction() as tx:
            write(tx)

    def _add(self, tx: Transaction) -> None:
        self.names += 1
        tx.run(
            "INSERT INTO documents (source, external_id, version, epoch) VALUES (:source, :name, 'v1', 1)",
            source=self.random.choice(SOURCES),
            name=f"d{self.names}",
        )

    def _note(self, tx: Transaction) -> None:
        version = self.random.choice(VERSIONS)
        tx.run("UPDATE documents SET version = :version WHERE id = :id", version=version, id=self._document())

    def _store(self, tx: Transaction) -> None:
        tx.run(
            """UPDATE documents SET version = :version, content_version = :version, audience = :audience,
                 likeness = :likeness WHERE id = :id""",
            version=self.random.choice(VERSIONS[:2]),
            audience=self.random.choice(AUDIENCES),
            likeness=self.random.choice(["", "a", "b"]),
            id=self._document(),
        )

    def _close(self, tx: Transaction) -> None:
        tx.run("UPDATE documents SET audience = 'internal' WHERE id = :id", id=self._document())

    def _enter(self, tx: Transaction) -> None:
        tx.run(
            """INSERT INTO entries (document, generation, version, file)
               SELECT d.id, g.id, CASE WHEN :again = 1 THEN NULL ELSE d.content_version END, :file
               FROM documents d CROSS JOIN generations g WHERE d.id = :id AND (:all = 1 OR g.state = 'active')
               ON CONFLICT (document, generation) DO UPDATE SET version = excluded.version, file = excluded.file""",
            id=self._document(),
            again=int(self.random.random() < 0.2),
            all=int(self.random.random() < 0.5),
            file=self.random.choice(["f", "f", None]),
        )

    def _leave(self, tx: Transaction) -> None:
        tx.run("DELETE FROM entries WHERE document = :id", id=self._document())

    def _forget(self, tx: Transaction) -> None:
        document = self._document()
        tx.run("DELETE FROM entries WHERE document = :id", id=document)
        tx.run("DELETE FROM documents WHERE id = :id", id=document)

    def _rebuild(self, tx: Transaction) -> None:
        self._open(tx, "public", "building")

    def _promote(self, tx: Transaction) -> None:
        if tx.ask("SELECT 1 FROM generations WHERE state = 'building'"):
            tx.run("UPDATE generations SET state = 'draining' WHERE index_name = 'public' AND state = 'active'")
            tx.run("UPDATE generations SET state = 'active' WHERE index_name = 'public' AND state = 'building'")

    def _drop(self, tx: Transaction) -> None:
        tx.run("UPDATE generations SET state = 'dropping' WHERE state = 'draining'")

    def _widen(self, tx: Transaction) -> None:
        wide = self.random.choice([",public,", ",internal,", ",internal,public,"])
        tx.run("UPDATE indexes SET audiences = :own WHERE name = 'internal'", own=wide)

    def _clear(self, tx: Transaction) -> None:
        tx.run("DELETE FROM entries")

    def _open(self, tx: Transaction, index: str, to: str) -> None:
        tx.run(
            """INSERT INTO generations (index_name, store, bound, spec, tokens, overlap, state, since)
               VALUES (:index, 'vs', 0, 'x', 800, 400, :to, 0) ON CONFLICT DO NOTHING""",
            index=index,
            to=to,
        )

    def _document(self) -> int:
        known = [row.id for row in self.state.ask("SELECT id FROM documents ORDER BY id")]
        return int(self.random.choice(known)) if known else 0


def check_off(state: State, source: str) -> None:
    idle = queries.idle_candidates(state, source, after=0, last=2**40, limit=1000)
    with state.transaction() as tx:
        candidates.check_off(tx, idle)


def answers(state: State, source: str) -> tuple[object, ...]:
    return (
        queries.waiting(state, source),
        queries.backlog(state, source),
        queries.unwanted(state, source, limit=1000),
        sorted(queries.unsettled_documents(state, source)),
        queries.end_of_slice(state, source, after=0, size=3),
        [[one.id for one in _unsettled(state, source, g.id)] for g in queries.live_generations(state)],
        [queries.unsettled_in(state, g.id, [source]) for g in queries.live_generations(state)],
    )


def _unsettled(state: State, source: str, generation: int) -> list[queries.UnsettledDocument]:
    return queries.unsettled(state, source, generation, after=0, last=2**40, limit=1000)


def with_every_candidate(state: State, source: str) -> tuple[object, ...]:
    """The same answers where nothing was checked off: the definition, at the price of looking at everything."""
    with state.transaction() as tx:
        candidates.add_all(tx, source)
    return answers(state, source)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.processes)])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    if request.param == "sqlite":
        opened = State.open(f"sqlite:///{tmp_path}/state.db")
        with opened._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
    else:
        new: Callable[[], str] = request.getfixturevalue("postgresql")
        opened = State.open(new())
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(2))
def test_the_candidates_hold_all_work_whoever_wrote_it(state: State, seed: int) -> None:
    writer = Writer(state, seed)
    writer.prepare()

    for _ in range(12):
        for _ in range(writer.random.randint(1, 12)):
            writer.step()
        for source in SOURCES:
            found = answers(state, source)
            assert found == with_every_candidate(state, source)
            check_off(state, source)
            assert answers(state, source) == found


@pytest.mark.parametrize("seed", range(2))
def test_the_counts_are_those_of_the_rows(state: State, seed: int) -> None:
    writer = Writer(state, seed)
    writer.prepare()

    for _ in range(12):
        for _ in range(writer.random.randint(1, 12)):
            writer.step()
        filed: dict[int, set[int]] = {}
        for row in state.ask("SELECT document, generation FROM entries WHERE file IS NOT NULL"):
            filed.setdefault(row.document, set()).add(row.generation)
        documents = state.ask("SELECT id, source FROM documents")
        counted = Counter((row.source, frozenset(filed.get(row.id, ()))) for row in documents)
        assert {(one.source, one.generations): one.documents for one in queries.file_counts(state)} == counted


def test_a_reason_that_comes_meanwhile_is_not_checked_off_unseen(state: State) -> None:
    writer = Writer(state, 0)
    writer.prepare()
    with state.transaction() as tx:
        tx.run("INSERT INTO documents (source, external_id, version, epoch) VALUES ('s', 'd', 'v1', 1)")
    idle = queries.idle_candidates(state, "s", after=0, last=2**40, limit=10)

    with state.transaction() as tx:
        tx.run("UPDATE documents SET content_version = version WHERE external_id = 'd'")
    with state.transaction() as tx:
        candidates.check_off(tx, idle)

    assert len(idle) == 1
    assert queries.idle_candidates(state, "s", after=0, last=2**40, limit=10) == []
    assert queries.unsettled_in(state, 2, ["s"]) == 1


def test_texts_of_several_sources_are_found_and_no_others(state: State) -> None:
    writer = Writer(state, 0)
    writer.prepare()
    rows = [("s", "a", "x"), ("s", "b", "x"), ("t", "c", "y"), ("t", "d", "x"), ("s", "e", ""), ("t", "f", "")]
    with state.transaction() as tx:
        for source, name, likeness in rows:
            tx.run(
                "INSERT INTO documents (source, external_id, version, epoch) VALUES (:source, :name, 'v', 1)",
                source=source,
                name=name,
            )
            tx.run("UPDATE documents SET likeness = :text WHERE external_id = :name", text=likeness, name=name)

    found = queries.duplicates(state)
    with state.transaction() as tx:
        tx.run("UPDATE documents SET version = NULL WHERE external_id = 'd'")

    assert [(one.source, one.external_id) for one in found] == [("s", "a"), ("s", "b"), ("t", "d")]
    assert queries.duplicates(state) == []
