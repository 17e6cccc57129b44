"""A clock that only moves when somebody sleeps."""

import threading


class FakeTime:
    """`clock` and `sleep` of one made-up time line, shared by threads."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.slept.append(seconds)
