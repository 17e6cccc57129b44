"""What answers is loaded once, when somebody is about to ask, and whoever asks waits for it."""

import asyncio
import subprocess
import sys
import threading

import pytest

from session_api.lazy import Lazy
from tests.awaiting import awaited
from tests.cli.kit import ROOT


def test_a_server_that_nobody_asks_does_not_load_the_agents_sdk() -> None:
    program = "import sys; import cli.api_process; print('agents' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout == "False\n"


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
