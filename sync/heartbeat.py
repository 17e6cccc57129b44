"""heartbeat: a lease is kept for as long as its holder works, however long one outside call takes."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta

import structlog

from sync.errors import LeaseLost, Retryable
from sync.lease import Lease
from sync.state import State

log = structlog.get_logger()

EVERY = timedelta(seconds=15)


@contextlib.contextmanager
def heartbeat(state: State, lease: Lease, every: timedelta = EVERY) -> Iterator[None]:
    """Renew the lease from a thread for as long as the block runs; a lost lease ends the renewing, not the block."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(every.total_seconds()):
            try:
                state.renew(lease)
            except LeaseLost:
                return
            except Retryable as error:  # the next beat may get through before the lease ends
                log.warning("heartbeat_missed", source=lease.source, error=str(error))

    thread = threading.Thread(target=beat, name=f"heartbeat-{lease.source}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
