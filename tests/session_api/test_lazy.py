"""What answers is loaded once, when somebody is about to ask, and whoever asks waits for it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from session_api.lazy import Lazy, Once
from tests.awaiting import awaited


def test_it_is_loaded_once_for_all_who_wait() -> None:
    loads: list[int] = []

    def load() -> int:
        loads.append(1)
        return len(loads)

    prepared = Lazy(load)
    assert loads == []

    async def all_of_them() -> list[int]:
        prepared.prepare()
        return list(await asyncio.gather(*(prepared.ready() for _ in range(3))))

    assert awaited(all_of_them()) == [1, 1, 1]


def test_who_leaves_does_not_take_it_from_the_others() -> None:
    allowed = threading.Event()
    prepared = Lazy(lambda: allowed.wait(60))

    async def one_leaves() -> bool:
        leaving = asyncio.create_task(prepared.ready())
        staying = asyncio.create_task(prepared.ready())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        allowed.set()
        return await staying

    assert awaited(one_leaves())


def test_what_cannot_be_loaded_says_so_to_everyone() -> None:
    def load() -> int:
        raise ImportError("no module named so")

    prepared = Lazy(load)

    for _ in range(2):
        with pytest.raises(ImportError, match="so"):
            awaited(prepared.ready())


def test_threads_that_ask_at_once_are_given_the_same() -> None:
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    once = Once(make)
    assert once.made is None

    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(lambda _: once(), range(32)))

    assert given == {once.made}
    assert len(made) == 1


def test_what_could_not_be_made_is_tried_again() -> None:
    left = ["an address that nobody knows", "a broken pipe"]

    def make() -> str:
        if left:
            raise OSError(left.pop())
        return "made"

    once = Once(make)

    for _ in range(2):
        with pytest.raises(OSError, match="a"):
            once()
    assert once() == "made"
