"""Lease heartbeat: a lease is kept while its holder works, however long a call takes, and given back after."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta

import structlog

from sync.errors import LeaseLost, Retryable
from sync.pipeline.turn import Stop
from sync.state.database import State
from sync.state.lease import TERM, Lease

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


def give_back(state: State, lease: Lease, stop: Stop) -> None:
    """Release the lease. A state that fails is asked again meanwhile: the source need not wait out the term."""
    try:
        state.release(lease)
    except Retryable as error:
        log.warning("lease_kept", source=lease.source, error=str(error))
        threading.Thread(target=_give_back_later, args=(state, lease, stop), name="give-back", daemon=True).start()


def _give_back_later(state: State, lease: Lease, stop: Stop) -> None:
    for _ in range(int(TERM.total_seconds())):
        if stop.wait(1.0):
            return  # a process that ends keeps no lease
        with contextlib.suppress(Retryable):
            state.release(lease)
            return
