"""A source, an index and a state whose every outside effect and every commit can be interrupted."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine as EngineOfSql

from cli.state_schema import SCHEMAS
from sync.config import KnowledgeIndex, Source
from sync.engine import Concurrency, Engine, Result
from sync.errors import CursorExpired, Gone, Held, Retryable
from sync.model import (
    Attributes,
    Audience,
    Change,
    Chunking,
    Cursor,
    Document,
    FileId,
    Page,
    Rendered,
    StoreId,
)
from sync.pipeline import generations
from sync.state.database import State
from sync.state.transaction import Transaction
from tests.contract.memory_index import MemoryIndex

PUBLIC, INTERNAL = Audience.PUBLIC, Audience.INTERNAL
INDEXES = (
    KnowledgeIndex("public", frozenset({PUBLIC}), keep_previous=timedelta(0)),
    KnowledgeIndex("internal", frozenset({PUBLIC, INTERNAL}), keep_previous=timedelta(0)),
)


class Crash(BaseException):
    """The process is gone: nothing after it happens."""


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Trip:
    """Called before and after every outside effect and every commit; acts at the `at`-th call, or as `chance` says."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.calls = 0
        self.dead = False
        self.busy = False
        self.action: Callable[[], None] = self.crash
        self.chance: Callable[[], bool] = lambda: False
        self.watch: Callable[[], object] = lambda: None

    def crash(self) -> None:
        self.dead = True
        raise Crash

    def __call__(self) -> None:
        if self.dead:
            raise Crash
        self.watch()
        if self.busy:
            return
        self.calls += 1
        if self.calls == self.at or self.chance():
            self.busy = True
            try:
                self.action()
            finally:
                self.busy = False


@dataclass
class SourceWorld:
    """A vendor that lists two documents a page; `carries`: with bodies. `tombstones`: its feed tells of deletions.

    `asked` and `told` are given "head", "snapshot", "changes", "audiences", or "fetch " and the document.
    """

    carries: bool = True
    tombstones: bool = True
    documents: dict[str, Document] = field(default_factory=dict)
    log: list[tuple[int, str]] = field(default_factory=list)
    number: int = 0
    oldest: int = 0
    births: dict[str, int] = field(default_factory=dict)
    ever_public: set[str] = field(default_factory=set)
    truncate: bool = False
    failing: int = 0
    fetched: list[str] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)  # missing from the anonymous listing
    asked: Callable[[str], None] = lambda _: None  # called before each answer is made, and may raise
    told: Callable[[str], None] = lambda _: None  # called once an answer is made, before it arrives

    def copy(self) -> "SourceWorld":
        """Another vendor that has the same, and asks or tells nobody."""
        return replace(
            self,
            documents=dict(self.documents),
            log=list(self.log),
            births=dict(self.births),
            ever_public=set(self.ever_public),
            fetched=[],
            unseen=set(self.unseen),
            asked=lambda _: None,
            told=lambda _: None,
        )

    def put(self, name: str, body: str, *, label: str = "l", audience: Audience = PUBLIC) -> None:
        self.number += 1
        self.documents[name] = Document(
            external_id=name,
            version=f"v{self.number}",
            title=f"Title {name}",
            body=body,
            url=f"https://help.test/{name}",
            updated_at=datetime(2026, 1, 1, tzinfo=UTC),
            audience=audience,
            language="en",
            labels=(label,),
        )
        self.log.append((self.number, name))
        if audience is PUBLIC:
            self.ever_public.add(name)

    def put_all(self, number: int) -> None:
        for n in range(number):
            self.put(f"d{n}", f"body {n} of a made-up source")

    def label(self, name: str, label: str) -> None:
        if name in self.documents:
            old = self.documents[name]
            self.put(name, old.body, label=label, audience=old.audience)

    def show_to(self, name: str, audience: Audience) -> None:
        if name in self.documents:
            old = self.documents[name]
            self.put(name, old.body, label=old.labels[0], audience=audience)

    def delete(self, name: str) -> None:
        self.number += 1
        if self.documents.pop(name, None) is not None:
            self.births[name] = self.births.get(name, 0) + 1
        if self.tombstones:
            self.log.append((self.number, name))

    def fail(self, times: int) -> None:
        """Answer the next reads with a passing failure."""
        self.failing += times

    def head(self) -> Cursor:
        with self._answering("head"):
            return Cursor(str(self.number))

    def snapshot(self, after: Cursor | None) -> Page:
        with self._answering("snapshot"):
            names = sorted(name for name in self.documents if name > (after or ""))
            more = len(names) > 2 and not self.truncate
            self.truncate = False
            return Page(tuple(map(self._change, names[:2])), Cursor(names[1] if len(names) > 1 else after or ""), more)

    def audiences(self, after: Cursor | None) -> Page:
        with self._answering("audiences"):
            names = sorted(name for name in self.documents if name > (after or ""))
            shown = tuple(replace(self._change(name), document=None) for name in names[:2])
            return Page(shown, Cursor(names[1] if len(names) > 1 else after or ""), len(names) > 2)

    def changes(self, after: Cursor) -> Page:
        with self._answering("changes"):
            if int(after) < self.oldest:
                raise CursorExpired(after)
            news = [entry for entry in self.log if entry[0] > int(after)]
            cursor = Cursor(str(news[:2][-1][0])) if news else after
            return Page(tuple(self._change(name) for _, name in news[:2]), cursor, len(news) > 2)

    def fetch(self, external_id: str) -> Document:
        with self._answering(f"fetch {external_id}"):
            self.fetched.append(external_id)
            if external_id not in self.documents:
                raise Gone(external_id)
            return self.documents[external_id]

    def _change(self, name: str) -> Change:
        document = self.documents.get(name)
        if document is None:
            return Change(name, None)
        if name in self.unseen:
            document = replace(document, audience=INTERNAL, version=f"{document.version}, unseen")
        carried = document if self.carries else None
        hidden = name in self.unseen
        return Change(name, document.version, carried, unconfirmed=hidden, audience=document.audience)

    @contextmanager
    def _answering(self, call: str) -> Iterator[None]:
        self.asked(call)
        if self.failing and call != "head":
            self.failing -= 1
            raise Retryable("the source is having a moment")
        yield
        self.told(call)


class TrippedIndex:
    """An index whose effects can be interrupted just before and just after they happen.

    `calls` lists the effects asked for; `asked` is called with each before it happens, `done` after; both may
    raise.
    """

    def __init__(self, inner: MemoryIndex, trip: Trip) -> None:
        self.inner = inner
        self.trip = trip
        self.calls: list[str] = []
        self.effects = 0
        self.asked: Callable[[str], None] = lambda _: None
        self.done: Callable[[], None] = lambda: None
        self.search = inner.search
        self.uploads = inner.uploads
        self.files = inner.files
        self.status = inner.status
        self.exists = inner.exists
        self.store_problem = inner.store_problem

    def create(self, name: str) -> StoreId:
        with self._around("create"):
            return self.inner.create(name)

    def drop(self, store: StoreId) -> None:
        with self._around("drop"):
            self.inner.drop(store)

    def upload(self, rendered: Rendered) -> FileId:
        with self._around("upload"):
            return self.inner.upload(rendered)

    def attach(self, store: StoreId, files: dict[FileId, Attributes], chunking: Chunking) -> dict[FileId, str | None]:
        with self._around("attach"):
            return self.inner.attach(store, files, chunking)

    def patch(self, store: StoreId, file: FileId, attributes: Attributes) -> None:
        with self._around("patch"):
            self.inner.patch(store, file, attributes)

    def detach(self, store: StoreId, file: FileId) -> None:
        with self._around("detach"):
            self.inner.detach(store, file)

    def delete(self, file: FileId) -> None:
        with self._around("delete"):
            self.inner.delete(file)

    @contextmanager
    def _around(self, effect: str) -> Iterator[None]:
        self.trip()
        self.calls.append(effect)
        self.asked(effect)
        try:
            yield
        finally:
            self.effects += 1
        self.done()
        self.trip()


class TrippedState(State):
    """A state whose commits can be interrupted just before and just after they become true."""

    trip: Trip | None = None
    commits = 0

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        if self.trip:
            self.trip()
        with super().transaction() as tx:
            yield tx
        self.commits += 1
        if self.trip:
            self.trip()


@dataclass(frozen=True)
class Snapshot:
    """All that outlives a process: the database, the source and the index, at a moment of the made-up time."""

    database: bytes
    source: SourceWorld
    memory: MemoryIndex
    now: datetime
    calls: int


def _reopened(database: bytes, clock: Clock) -> TrippedState:
    """A state in memory that holds what another did."""

    class Reopened(TrippedState):
        def __init__(self, engine: EngineOfSql, *others: Any) -> None:
            with contextlib.closing(engine.raw_connection()) as connection:
                connection.driver_connection.deserialize(database)  # type: ignore[union-attr]  # it is SQLite's
            super().__init__(engine, *others)

    return Reopened.open("sqlite:///:memory:", clock, schemas=SCHEMAS)


class Installation:
    """One Answerwell over one source, restartable, in made-up time."""

    def __init__(
        self,
        url: str,
        source: SourceWorld,
        trip: Trip | None = None,
        *,
        store_content: bool = True,
        indexes: Sequence[KnowledgeIndex] = INDEXES,
        held: Snapshot | None = None,
    ) -> None:
        self.clock = Clock()
        self.trip = trip or Trip()
        self.source = source
        if held is None:
            self.state = TrippedState.open(url, self.clock, schemas=SCHEMAS)
            self.memory = MemoryIndex(self.state.installation)
        else:
            self.clock.now, self.trip.calls = held.now, held.calls
            self.state = _reopened(held.database, self.clock)
            self.memory = held.memory.copy()
        self.index = TrippedIndex(self.memory, self.trip)
        self.store_content = store_content
        self._stores: tuple[int, dict[str, StoreId]] = (-1, {})
        self.indexes = indexes
        self.engine = self._engine()
        self.state.trip = self.trip

    @classmethod
    def restored(cls, held: Snapshot, trip: Trip | None = None, *, store_content: bool = True) -> "Installation":
        """Another installation, in memory, for which everything is as it was when the snapshot was taken."""
        return cls("", held.source.copy(), trip, store_content=store_content, held=held)

    def snapshot(self) -> Snapshot:
        """What a process that starts now would find; of an installation in memory, between its transactions."""
        with contextlib.closing(self.state._engine.raw_connection()) as connection:
            database: bytes = connection.driver_connection.serialize()  # type: ignore[union-attr]  # it is SQLite's
        return Snapshot(database, self.source.copy(), self.memory.copy(), self.clock.now, self.trip.calls)

    @property
    def moment(self) -> tuple[object, ...]:
        """The same at two points between which nothing changed that outlives a process."""
        return self.state.commits, self.index.effects, self.source.number, self.clock.now

    def configure(self, *indexes: KnowledgeIndex) -> None:
        """Start again with other indexes in the configuration."""
        self.indexes = indexes
        self.engine = self._engine()

    def _engine(self) -> Engine:
        source = Source("s", "made-up", self.source, store_content=self.store_content)
        return Engine(
            self.state,
            self.index,  # type: ignore[arg-type]  # its search and listings are the inner index's bound methods
            [source],
            self.indexes,
            concurrency=Concurrency(calls=1, batch_size=3),
            keep_lease=lambda _state, _lease: nullcontext(),
            wait=self.clock.forward,
        )

    def beat(self) -> None:
        """What the schedule does: a turn, and whatever of a reindex has become possible."""
        self.engine.turn("s", ignore_backoff=True)
        for one in self.indexes:
            if not generations.promotion_blocker(self.state, one.name, ["s"]):
                with suppress(Held):  # somebody else may have been faster
                    generations.promote(self.state, one.name, ["s"])
        self.engine.housekeep()

    def turn(self) -> Result:
        return self.engine.turn("s", ignore_backoff=True)

    def turn_fully(self) -> Result:
        self.full()
        return self.turn()

    def believed_gone(self) -> list[str]:
        rows = self.state.ask("SELECT external_id FROM documents WHERE version IS NULL ORDER BY external_id")
        return [row.external_id for row in rows]

    def crash_at(self, effect: str, *, after: bool = False, number: int = 1) -> None:
        """Run a turn that is killed just before, or just after, the effect is asked for the `number`-th time."""
        seen: list[str] = []

        def watch(call: str) -> None:
            seen.append(call)
            if seen.count(effect) == number and call == effect and not after:
                raise Crash

        def look() -> None:
            if after and seen.count(effect) >= number:
                raise Crash

        self.index.asked, self.index.done = watch, look
        with suppress(Crash):
            self.turn()
            raise AssertionError(f"{effect} was not asked for {number} times")
        self.index.asked, self.index.done = lambda _: None, lambda: None
        self.restart()

    def file_of(self, name: str, index: str = "public") -> FileId:
        """The one file of the document in the index's live store."""
        store = self.active_store(index)
        assert store is not None
        [file] = [f for f, s in self.memory.stores[store].files.items() if s.attributes["document"] == f"s:{name}"]
        return file

    def full(self) -> None:
        with self.state.transaction() as tx:
            tx.run("INSERT INTO requests (what, target, who, asked_at) VALUES ('full', 's', 't', 0)")

    def rebuild(self) -> None:
        self.engine.prepare()
        for one in self.indexes:
            generations.begin(self.state, self.engine.index, one)

    def restart(self) -> None:
        self.trip.dead = False
        self.clock.forward(61)

    def active_store(self, index: str) -> StoreId | None:
        if self._stores[0] != self.state.commits:
            rows = self.state.ask("SELECT index_name, store FROM generations WHERE state = 'active' AND store <> ''")
            self._stores = (self.state.commits, {row.index_name: StoreId(row.store) for row in rows})
        return self._stores[1].get(index)

    def searchable(self, index: str) -> dict[str, list[tuple[bytes, Attributes]]]:
        """What the live store of the index holds, by external id."""
        found: dict[str, list[tuple[bytes, Attributes]]] = {}
        store = self.active_store(index)
        for file, stored in (self.memory.stores[store].files if store in self.memory.stores else {}).items():
            name = str(stored.attributes["document"]).removeprefix("s:")
            found.setdefault(name, []).append((self.memory.uploaded[file][1], stored.attributes))
        return found

    def differences(self) -> list[str]:
        """Everything that is not as it should be once all is quiet: nothing lost, stale, twice, leaked or left over."""
        wrong = []
        for one in self.indexes:
            found = self.searchable(one.name)
            wanted = {n: d for n, d in self.source.documents.items() if d.audience in one.audiences}
            wrong += [f"{one.name}: {name} is missing" for name in wanted.keys() - found.keys()]
            wrong += [f"{one.name}: {name} should not be there" for name in found.keys() - wanted.keys()]
            wrong += [f"{one.name}: {name} is there {len(f)} times" for name, f in found.items() if len(f) > 1]
            for name in wanted.keys() & found.keys():
                content, attributes = found[name][0]
                if wanted[name].body not in content.decode():
                    wrong.append(f"{one.name}: {name} has a stale body")
                if attributes["labels"] != wanted[name].labels[0] or attributes["audience"] != wanted[name].audience:
                    wrong.append(f"{one.name}: {name} has stale attributes")
        return wrong

    def leftovers(self) -> list[str]:
        wrong = []
        if len(self.memory.uploaded) != len(self.source.documents):
            wrong.append(f"{len(self.memory.uploaded)} uploads for {len(self.source.documents)} documents")
        live = {self.active_store(one.name) for one in self.indexes}
        wrong += [f"store {store} is left over" for store in self.memory.stores.keys() - live]
        wrong += [f"garbage {row.store} {row.file}" for row in self.state.ask("SELECT * FROM garbage")]
        return wrong


def installed(
    number: int = 5, *, carries: bool = True, tombstones: bool = True, store_content: bool = True
) -> Installation:
    """An installation in memory that has converged on so many public documents, d00, d01, …"""
    held = _converged(number, carries=carries, tombstones=tombstones, store_content=store_content)
    return Installation.restored(held, store_content=store_content)


@lru_cache(maxsize=32)
def _converged(number: int, *, carries: bool, tombstones: bool, store_content: bool) -> Snapshot:
    source = SourceWorld(carries=carries, tombstones=tombstones)
    for n in range(number):
        source.put(f"d{n:02}", f"body {n} of a made-up source")
    installation = Installation("sqlite:///:memory:", source, store_content=store_content)
    installation.beat()
    held = replace(installation.snapshot(), calls=0)
    installation.state.close()
    return held
