"""A cache with an age limit: losing it costs calls, never correctness."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class TtlCache(Generic[T]):
    """Remembers what was loaded for a while. Threads that ask together wait for one load."""

    def __init__(self, clock: Callable[[], datetime], age: timedelta) -> None:
        self._clock = clock
        self._age = age
        self._lock = threading.RLock()
        self._held: dict[str, tuple[datetime, T]] = {}

    def get(self, key: str, load: Callable[[], T]) -> T:
        with self._lock:
            held = self._held.get(key)
            if held is None or not timedelta(0) <= self._clock() - held[0] < self._age:
                held = self._held[key] = (self._clock(), load())
            return held[1]

    def forget(self) -> None:
        with self._lock:
            self._held.clear()
