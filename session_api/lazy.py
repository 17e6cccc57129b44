"""Lazy loading: something is made when the first visitor comes, not when the server starts."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """What `load` returns, which runs once and in a thread of its own. To be used from one event loop.

    A session is requested when a visitor opens the chat, and by the time a question is written, the libraries that
    answer it are loaded: a server without visitors neither waits for them nor holds them in memory.
    """

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._loading: Future[T] | None = None

    def prepare(self) -> Future[T]:
        """Begin, and return at once."""
        if self._loading is None:
            thread = ThreadPoolExecutor(1, thread_name_prefix="prepare")
            self._loading = thread.submit(self._load)
            thread.shutdown(wait=False)
        return self._loading

    async def ready(self) -> T:
        """Raises what `load` raised."""
        return await asyncio.shield(asyncio.wrap_future(self.prepare()))
