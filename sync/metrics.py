"""tally: what every process counts, added up in the state, so that one address shows the whole installation.

Counting costs a lock and no I/O. The tally is the process's own, as its log is: whoever counts need not be handed one.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from sync.state.database import Asks, State

BUCKETS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One number that only grows, and what it is of."""

    name: str
    labels: dict[str, str]
    value: float


class Counters:
    """Numbers since the last flush. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: defaultdict[Key, float] = defaultdict(float)

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        with self._lock:
            self._counts[name, json.dumps(labels, sort_keys=True)] += by

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """Count a duration: its sum, its number, and the number of those that were no longer than each bucket."""
        self.count(f"{name}_sum", seconds, **labels)
        self.count(f"{name}_count", 1.0, **labels)
        for bound in BUCKETS:
            if seconds <= bound:
                self.count(f"{name}_bucket", 1.0, **labels, le=str(bound))

    @contextmanager
    def timed(self, name: str, /, **labels: str) -> Iterator[None]:
        """Observe how long the block takes, however it ends."""
        started = perf_counter()
        try:
            yield
        finally:
            self.observe(name, perf_counter() - started, **labels)

    def flush(self, state: State) -> None:
        """Add everything counted to the state. Raises Retryable when that fails; nothing counted is lost then."""
        with self._lock:
            samples, self._counts = self._counts, defaultdict(float)
        if not samples:
            return
        try:
            with state.transaction() as tx:
                for (name, labels), value in sorted(
                    samples.items()
                ):  # in one order: two processes never lock crosswise
                    tx.run(
                        """INSERT INTO tallies (name, labels, value) VALUES (:name, :labels, :value)
                           ON CONFLICT (name, labels) DO UPDATE SET value = tallies.value + excluded.value""",
                        name=name,
                        labels=labels,
                        value=value,
                    )
        except BaseException:
            with self._lock:
                for key, value in samples.items():
                    self._counts[key] += value
            raise


COUNTERS = Counters()


def samples(state: Asks) -> list[Sample]:
    """Everything that was ever flushed, in a fixed order."""
    rows = state.ask("SELECT name, labels, value FROM tallies ORDER BY name, labels")
    return [Sample(row.name, json.loads(row.labels), row.value) for row in rows]
