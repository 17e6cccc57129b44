"""Thread pool for blocking calls, so that no visitor waits for another's."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class BlockingPool:
    """A few threads for the state database; the event loop never waits for it."""

    def __init__(self, count: int = 12) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="state")

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns, once a thread has run it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))

    async def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
