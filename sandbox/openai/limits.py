"""Rates: how many of something fit into a minute, and what is answered when no more do."""

import math
from collections.abc import Callable

from sandbox.http import Problem
from sandbox.limits import SlidingWindow
from sandbox.openai.shapes import refused


class Rates:
    """Sliding minutes, one per key."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._window = SlidingWindow()

    def take(self, key: str, count: int, most: int | None) -> None:
        """Count that much against the key. Raises Problem, 429 with the wait, where it does not fit."""
        wait = None if most is None else self._window.take(key, most, self._clock(), count)
        if most is not None and wait is not None:
            raise _too_many(key, most, wait)


def _too_many(key: str, most: int, wait: float) -> Problem:
    seconds = math.ceil(wait) or 1
    return refused(
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
