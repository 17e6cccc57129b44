"""Waiting for what another thread does, by its effect."""

import time
from collections.abc import Callable


def until(happened: Callable[[], object]) -> None:
    """Return once it has happened; a test that waits for longer than 20 seconds has failed."""
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, "it did not happen within 20 seconds"
        time.sleep(0.01)
