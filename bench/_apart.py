"""Servers in processes of their own, so that what is measured shares no interpreter lock with them."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.connection import Connection

Served = Callable[[], AbstractContextManager[str]]


@contextmanager
def apart(served: Served) -> Iterator[str]:
    """Run a server in another process while the block runs; yields its address. `served` must be importable."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(served, theirs), daemon=True)
    process.start()
    theirs.close()  # the child then sees the end of the pipe when we are gone
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join(timeout=10)


def _serve(served: Served, pipe: Connection) -> None:
    with served() as address:
        pipe.send(address)
        try:
            pipe.recv()
        except EOFError:
            return
