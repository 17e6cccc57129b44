"""Rates: how many of something fit into a minute, and what is answered when no more do."""

import math
import threading
from collections import deque
from collections.abc import Callable

from sandbox.openai.shapes import Refused

MINUTE = 60.0


class Rates:
    """Sliding minutes, one per key."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: dict[str, deque[float]] = {}

    def take(self, key: str, count: int, most: int | None) -> None:
        """Count that much against the key. Raises Refused, 429 with the wait, where it does not fit."""
        if most is None:
            return
        with self._lock:
            now = self._clock()
            taken = self._taken.setdefault(key, deque())
            while taken and taken[0] <= now - MINUTE:
                taken.popleft()
            if len(taken) + count > most:
                leaving = taken[min(len(taken) + count - most, len(taken)) - 1] if taken else now
                raise _too_many(key, most, max(0.0, leaving + MINUTE - now))
            taken.extend([now] * count)


def _too_many(key: str, most: int, wait: float) -> Refused:
    seconds = math.ceil(wait) or 1
    return Refused(
        429,
        f"Rate limit reached for {key}: limit {most} / min. Please try again in {seconds}s.",
        kind="requests",
        code="rate_limit_exceeded",
        headers={
            "retry-after": str(seconds),
            "retry-after-ms": str(int(wait * 1000) + 1),
            "x-ratelimit-limit-requests": str(most),
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": f"{seconds}s",
        },
    )
