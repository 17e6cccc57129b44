"""Any order of edits, faults and wishes: once all is quiet, the index shows exactly what the source shows."""

from collections.abc import Callable
from contextlib import suppress

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync.config import KnowledgeIndex
from sync.errors import Held
from sync.model import Audience
from sync.operations import commands, requests
from sync.state import queries
from tests.sync.crash import quieten
from tests.sync.world import INTERNAL, PUBLIC, Crash, Installation, SourceWorld

NAMES = st.sampled_from([f"d{n}" for n in range(6)])
AUDIENCES = st.sampled_from([PUBLIC, INTERNAL])
INDEXES = (
    KnowledgeIndex("public", frozenset({PUBLIC})),
    KnowledgeIndex("internal", frozenset({PUBLIC, INTERNAL})),
)


class SyncMachine(RuleBasedStateMachine):
    """A source, an engine and its indexes; every rule is something that happens to them in real life."""

    @initialize(carries=st.booleans(), tombstones=st.booleans(), store_content=st.booleans())
    def begin(self, *, carries: bool, tombstones: bool, store_content: bool) -> None:
        self.source = SourceWorld(carries=carries, tombstones=tombstones)
        self.installation = Installation(
            "sqlite:///:memory:", self.source, store_content=store_content, indexes=INDEXES
        )
        self.trip = self.installation.trip
        self.source.put_all(4)

    @rule(name=NAMES, body=st.sampled_from(["one", "two", "three"]), audience=AUDIENCES)
    def edit(self, name: str, body: str, audience: Audience) -> None:
        self.source.put(name, f"{name}: {body}", audience=audience)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.source.delete(name)

    @rule(name=NAMES, label=st.sampled_from(["l", "m"]))
    def relabel(self, name: str, label: str) -> None:
        self.source.label(name, label)

    @rule(name=NAMES, audience=AUDIENCES)
    def show_to(self, name: str, audience: Audience) -> None:
        self.source.show_to(name, audience)

    @rule()
    def beat(self) -> None:
        self.alive(self.installation.beat)
        self.installation.clock.forward(3)

    @rule(hours=st.sampled_from([1, 13, 25]))
    def wait(self, hours: int) -> None:
        self.installation.clock.forward(hours * 3600)

    @rule(at=st.integers(1, 60))
    def beat_and_crash(self, at: int) -> None:
        self.at(at, self.trip.crash)

    @rule(at=st.integers(1, 60))
    def beat_and_stall(self, at: int) -> None:
        self.at(at, self.stall)

    @rule(at=st.integers(1, 60), name=NAMES)
    def beat_while_somebody_edits(self, at: int, name: str) -> None:
        self.at(at, lambda: self.source.put(name, f"{name}: edited meanwhile {self.source.number}"))

    @rule(times=st.integers(1, 3))
    def the_source_fails(self, times: int) -> None:
        self.source.fail(times)

    @rule()
    def the_next_listing_is_cut_short(self) -> None:
        self.source.truncate = True

    @rule()
    def the_feed_forgets(self) -> None:
        self.source.oldest = self.source.number

    @rule()
    def list_everything(self) -> None:
        self.alive(self.installation.full)

    @rule()
    def rebuild(self) -> None:
        self.alive(self.installation.rebuild)

    @rule(index=st.sampled_from(["public", "internal"]))
    def roll_back(self, index: str) -> None:
        with suppress(Held):
            commands.rollback(self.installation.engine, index)

    @rule()
    def audit(self) -> None:
        with suppress(Held):
            commands.audit(self.installation.engine, repair=True)

    @rule()
    def release(self) -> None:
        shown = [removal.document for removal in queries.held_removals(self.installation.state, "s")]
        requests.release(self.installation.state, "s", shown, who="t")

    @invariant()
    def nothing_that_was_never_public_is_public(self) -> None:
        if hasattr(self, "installation"):
            assert self.installation.searchable("public").keys() <= self.source.ever_public

    @precondition(lambda self: hasattr(self, "installation"))
    @rule()
    def be_quiet(self) -> None:
        self.source.failing, self.source.truncate = 0, False
        self.installation.clock.forward(2 * 86_400)
        quieten(self.installation, audit=True)
        self.let_go()

        assert self.installation.differences() == []
        assert self.installation.leftovers() == []

    def teardown(self) -> None:
        if hasattr(self, "installation"):
            self.be_quiet()
            self.installation.state.close()

    def let_go(self) -> None:
        """Past `keep_previous`, and past a brake that nobody but an operator lifts."""
        self.release()
        self.installation.clock.forward(2 * 86_400)
        for _ in range(3):
            self.installation.beat()
            self.installation.clock.forward(61)

    def at(self, point: int, act: Callable[[], None]) -> None:
        self.trip.action, self.trip.at = act, self.trip.calls + point
        self.alive(self.installation.beat)
        self.trip.at = None

    def stall(self) -> None:
        self.installation.clock.forward(61)
        self.installation.beat()
        self.installation.clock.forward(1)

    def alive(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Crash:
            self.installation.restart()


SyncMachine.TestCase.settings = settings(
    max_examples=30, stateful_step_count=20, deadline=None, derandomize=True, database=None
)
TestSync = SyncMachine.TestCase
