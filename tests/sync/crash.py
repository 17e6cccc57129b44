"""One script of edits, run with one fault at one point, and what must hold during and after it."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from sync.pipeline.audit import audit as compare
from tests.sync.world import INTERNAL, PUBLIC, Crash, Installation, Snapshot, SourceWorld, Trip

Step = Callable[[SourceWorld], None] | str

SCRIPT: Sequence[Step] = (
    lambda w: w.put_all(5),
    lambda w: w.put("d1", "body 1, edited"),
    lambda w: w.label("d2", "relabelled"),
    lambda w: w.delete("d3"),
    "full",
    lambda w: w.put("d9", "new", audience=INTERNAL),
    "rebuild",
    lambda w: w.put("d0", "body 0, edited"),
    lambda w: w.show_to("d4", INTERNAL),
    lambda w: w.show_to("d9", PUBLIC),
    lambda w: w.put("d3", "born again"),
    "full",
)
MEMORY = "sqlite:///:memory:"
FAULTS = ("crash", "stall", "edit", "truncate")


@dataclass(frozen=True)
class Mode:
    """What kind of source it is: its listing carries bodies, its feed tells of deletions, its content may be stored."""

    carries: bool = True
    tombstones: bool = True
    store_content: bool = True


@dataclass(frozen=True)
class Verdict:
    """`points`: how often the script could have been interrupted. `wrong`: everything that did not hold."""

    points: int
    wrong: list[str]


def trial(
    url: str,
    at: int | None,
    fault: str = "crash",
    *,
    mode: Mode = Mode(),
    seed: int | None = None,
    healed_by_audit: bool = True,
    script: Sequence[Step] = SCRIPT,
) -> Verdict:
    """Run the script with one fault at the `at`-th point, or with `seed` at random ones; `url` an empty state.

    In memory, what comes before the step with the fault is not lived through again.
    """
    begun = _last_before(at, mode) if url == MEMORY and at is not None and script is SCRIPT else None
    if begun is None:
        source = SourceWorld(carries=mode.carries, tombstones=mode.tombstones)
        installation = Installation(url, source, Trip(at), store_content=mode.store_content)
        watcher = _Watcher(installation)
    else:
        installation = Installation.restored(begun.held, Trip(at), store_content=mode.store_content)
        watcher = _Watcher(installation, begun.seen, begun.excused)
    trip, source = installation.trip, installation.source
    trip.watch = watcher.look
    _arm(installation, fault, seed)
    for step in script[begun.steps if begun else 0 :]:
        _live(installation, step)
    points, trip.at, trip.chance = trip.calls, None, lambda: False
    source.failing, source.truncate = 0, False
    quieten(installation, audit=healed_by_audit)
    wrong = watcher.wrong + installation.differences()
    if healed_by_audit:
        wrong += installation.leftovers()
    installation.state.close()
    return Verdict(points, wrong)


Sighting = tuple[str, str, int]
"""An index, a document in it, and how often that document had been deleted before."""


@dataclass(frozen=True)
class _Checkpoint:
    """A life without a fault after so many steps of the script, and what its watcher knew then."""

    steps: int
    held: Snapshot
    seen: frozenset[Sighting]
    excused: frozenset[Sighting]


def _last_before(at: int, mode: Mode) -> _Checkpoint:
    return next(one for one in reversed(_checkpoints(mode)) if one.held.calls < at)


@lru_cache(maxsize=8)
def _checkpoints(mode: Mode) -> list[_Checkpoint]:
    source = SourceWorld(carries=mode.carries, tombstones=mode.tombstones)
    installation = Installation(MEMORY, source, store_content=mode.store_content)
    watcher = _Watcher(installation)
    installation.trip.watch = watcher.look
    made = []
    for steps, step in enumerate(SCRIPT):
        made.append(_Checkpoint(steps, installation.snapshot(), *watcher.known))
        _live(installation, step)
    installation.state.close()
    return made


class _Watcher:
    """Looks at every point: no living document that was searchable is missing, nothing internal is public."""

    def __init__(
        self, installation: Installation, seen: Iterable[Sighting] = (), excused: Iterable[Sighting] = ()
    ) -> None:
        self.installation = installation
        self.wrong: list[str] = []
        self._seen = set(seen)
        self._excused = set(excused)
        self._looked: object = None

    @property
    def known(self) -> tuple[frozenset[Sighting], frozenset[Sighting]]:
        return frozenset(self._seen), frozenset(self._excused)

    def look(self) -> None:
        if self._looked == self.installation.moment:
            return
        self._looked = self.installation.moment
        births = self.installation.source.births
        for index in ("public", "internal"):
            found = {(index, name, births.get(name, 0)) for name in self.installation.searchable(index)}
            alive = {
                (index, name, births.get(name, 0))
                for name, document in self.installation.source.documents.items()
                if index == "internal" or document.audience is PUBLIC
            }
            for lost in (self._seen & alive) - found - self._excused:
                self.wrong.append(f"gap: {lost[1]} vanished from {index} at point {self.installation.trip.calls}")
                self._excused.add(lost)
            # a document that was dead or internal for a moment may vanish once for that
            self._excused |= {entry for entry in self._seen if entry[0] == index and entry not in alive}
            self._excused |= {entry for entry in alive if entry[2]}
            self._seen |= found & alive
            if index == "public":
                leaked = {entry[1] for entry in found} - self.installation.source.ever_public
                self.wrong += [f"leak: {name} was never public" for name in leaked]


class _Faults:
    """What may happen at a point; `anything` picks at random."""

    def __init__(self, installation: Installation, rng: random.Random) -> None:
        self.installation = installation
        self.source = installation.source
        self.rng = rng

    def crash(self) -> None:
        self.installation.trip.crash()

    def stall(self) -> None:
        """Another worker does a whole beat while this one sleeps past its lease."""
        self.installation.clock.forward(61)
        self.installation.beat()
        self.installation.clock.forward(1)

    def edit(self) -> None:
        self.source.put("d0", f"edited at point {self.installation.trip.calls}")
        self.source.delete("d4")
        self.source.put(f"x{self.installation.trip.calls}", "appeared meanwhile")

    def truncate(self) -> None:
        self.source.truncate = True

    def anything(self) -> None:
        name = f"d{self.rng.randrange(6)}"
        choices: list[Callable[[], None]] = [
            self.crash,
            self.stall,
            self.truncate,
            self.installation.beat,
            lambda: self.source.fail(2),
            lambda: self.source.put(name, f"random {self.rng.random()}"),
            lambda: self.source.put(name, f"random {self.rng.random()}", audience=INTERNAL),
            lambda: self.source.delete(name),
            lambda: self.source.label(name, f"l{self.rng.randrange(3)}"),
            lambda: self.source.show_to(name, self.rng.choice([PUBLIC, INTERNAL])),
        ]
        self.rng.choice(choices)()


def _arm(installation: Installation, fault: str, seed: int | None) -> None:
    rng = random.Random(seed)
    if seed is not None:
        installation.trip.chance = lambda: rng.random() < 0.02
    installation.trip.action = getattr(_Faults(installation, rng), fault)


def _live(installation: Installation, step: Step) -> None:
    """Take the step, and let the schedule do its work once."""
    _alive(installation, partial(_take, installation, step), again=isinstance(step, str))
    _alive(installation, installation.beat, again=False)
    installation.clock.forward(1)


def _take(installation: Installation, step: Step) -> None:
    if step == "full":
        installation.full()
    elif step == "rebuild":
        installation.rebuild()
    elif callable(step):
        step(installation.source)


def _alive(installation: Installation, act: Callable[[], None], *, again: bool) -> None:
    """Do it, and do it again after a crash if an operator would."""
    for _ in range(50):
        try:
            act()
        except Crash:
            installation.restart()
            if again:
                continue
        return


def quieten(installation: Installation, *, audit: bool) -> None:
    """No more faults: what does the service do by itself?"""
    _beat_until_quiet(installation, 4000, 5)  # past every back-off
    installation.full()
    _beat_until_quiet(installation, 61, 3)
    if audit:
        with installation.engine.leased(installation.engine.sources["s"]) as turn:
            assert turn is not None
            compare(turn, repair=True)
    _beat_until_quiet(installation, 61, 3)


def _beat_until_quiet(installation: Installation, seconds: float, most: int) -> None:
    """Beat so many seconds apart, at most so often, until a whole beat finds nothing to do to the stores."""
    for _ in range(most):
        effects = installation.index.effects
        installation.clock.forward(seconds)
        installation.beat()
        if installation.index.effects == effects:
            return
