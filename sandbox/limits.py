"""Rate limiting as vendors do it: by the minute that is under way, or by the last sixty seconds."""

import threading
from collections import deque

MINUTE = 60


class FixedWindow:
    """Counts calls by key in minutes that begin with a first call; all of it comes back when the minute is over."""

    def __init__(self) -> None:
        self._opened: dict[str, float] = {}
        self._used: dict[str, int] = {}

    def take(self, key: str, now: float) -> tuple[int, int]:
        """Count a call; return how many there were in its minute, and in how many seconds that ends."""
        if now - self._opened.get(key, float("-inf")) >= MINUTE:
            self._opened[key], self._used[key] = now, 0
        self._used[key] += 1
        return self._used[key], max(1, int(self._opened[key] + MINUTE - now))


class SlidingWindow:
    """Counts calls by key over the last sixty seconds. What is refused counts for nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[str, deque[float]] = {}

    def take(self, key: str, limit: int, now: float, count: int = 1) -> float | None:
        """Count that much and return None, or return the seconds after which it would fit."""
        with self._lock:
            taken = self._taken.setdefault(key, deque())
            while taken and taken[0] <= now - MINUTE:
                taken.popleft()
            if len(taken) + count <= limit:
                taken.extend([now] * count)
                return None
            leaving = taken[min(len(taken) + count - limit, len(taken)) - 1] if taken else now
            return max(0.0, leaving + MINUTE - now)
