"""Lazy loading: something is made when it is needed, or when the server is ready, and not before."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """What `load` returns, which runs once and in a thread of its own. Awaited from one event loop."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._loading: Future[T] | None = None
        self._lock = threading.Lock()

    def prepare(self) -> Future[T]:
        """Begin, and return at once. From any thread."""
        with self._lock:
            if self._loading is None:
                thread = ThreadPoolExecutor(1, thread_name_prefix="prepare")
                self._loading = thread.submit(self._load)
                thread.shutdown(wait=False)
            return self._loading

    async def ready(self) -> T:
        """Raises what `load` raised."""
        return await asyncio.shield(asyncio.wrap_future(self.prepare()))


class Once(Generic[T]):
    """What `make` returns, made by the first who asks, in whichever thread. `made` None: nobody has asked."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self.made: T | None = None

    def __call__(self) -> T:
        """Raises what `make` raises, and lets it try again the next time."""
        with self._lock:
            if self.made is None:
                self.made = self._make()
            return self.made
