"""Metrics: counters and durations of this process, which `state.counters` adds up for the whole installation.

Counting costs a lock and no I/O. There is one `COUNTERS` for each process, as there is one log: it is not handed on.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

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

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        """Count a duration: its sum, its number, and the number of those that were no longer than each bucket."""
        self.count(f"{name}_sum", seconds, **labels)
        self.count(f"{name}_count", 1.0, **labels)
        for bound in BUCKETS:
            if seconds <= bound:
                self.count(f"{name}_bucket", 1.0, **labels, le=str(bound))

    @contextmanager
    def timed(self, name: str, /, **labels: str) -> Iterator[None]:
        """Record how long the block takes, however it ends."""
        started = perf_counter()
        try:
            yield
        finally:
            self.record_duration(name, perf_counter() - started, **labels)

    @contextmanager
    def taken(self) -> Iterator[Mapping[Key, float]]:
        """Everything counted since the last time, for the block to add up elsewhere; all of it is kept if it raises."""
        with self._lock:
            counted, self._counts = self._counts, defaultdict(float)
        try:
            yield counted
        except BaseException:
            with self._lock:
                for key, value in counted.items():
                    self._counts[key] += value
            raise


COUNTERS = Counters()
