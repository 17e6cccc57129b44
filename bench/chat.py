"""What chatting adds to the model's own time, and how many streams one process holds.

python -m bench.chat [--questions 40] [--streams 500] [--visits 1000] [--malformed 100000]
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx2

from bench._apart import apart
from cli import api_process, wiring
from cli import config as configuration
from connectors import CONNECTORS
from sandbox.openai.state import Speech
from sandbox.server import ServerLoop
from sync.operations.converge import converge
from tests.cli.kit import company
from tests.session_api.kit import CHAT, SHOP, Shop, message
from tests.session_api.test_fuzz import cross_visits, malformed

QUESTION = "Who pays for the parcel?"
WORDS = ("We pay for the parcel. ",) * 20
MANY = 100_000
"""What is measured is the server, and not where an operator has it stop."""
KEY = {"authorization": "Bearer sk-sandbox"}


class Vendors:
    """The help center and the model, in a process of their own; the model is slow where it should be."""

    def __init__(self, folder: str, pause: float) -> None:
        self._folder, self._pause = folder, pause

    @contextmanager
    def __call__(self) -> Iterator[str]:
        from tests.session_api.kit import ARTICLES

        with company(Path(self._folder)) as acme:
            acme.configure(CHAT.replace("[widget]", f"concurrent_answers = {MANY}\n[widget]"))
            acme.write(ARTICLES)
            if self._pause:
                acme.openai.speak = self._slowly
                acme.openai.pause = self._pause
            yield acme.openai_url

    @staticmethod
    def _slowly(question: str, found: Sequence[Any]) -> Speech:
        del question
        return Speech("".join(WORDS), ((found[0].file, 22),), WORDS)


class Server:
    """Our server, in a process of its own, over a synced state."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @contextmanager
    def __call__(self) -> Iterator[str]:
        environ = {"OPENAI_API_KEY": "sk-sandbox", "ZENDESK_CLIENT_SECRET": "zendesk-secret"}
        config = configuration.load(Path(self._folder) / "answerwell.toml", environ, CONNECTORS)
        with wiring.running(config) as engine:
            for summary in converge(engine):
                assert not summary.error, summary
            with ServerLoop().serve(api_process.application(config, engine.state), lifespan="on") as url:
                yield url


async def _first_delta(
    session: aiohttp.ClientSession, url: str, body: dict[str, Any], headers: dict[str, str]
) -> float:
    started = time.perf_counter()
    async with session.post(url, json=body, headers=headers) as answer:
        async for line in answer.content:
            if b"delta" in line and line.startswith(b"data:"):
                took = time.perf_counter() - started
                await answer.read()
                return took
    raise RuntimeError("a stream without text")


async def _secret(session: aiohttp.ClientSession, url: str) -> str:
    async with session.post(f"{url}/api/chatkit/session", headers={"origin": SHOP}) as answer:
        return str((await answer.json())["client_secret"])


async def _added(url: str, openai_url: str, questions: int) -> tuple[list[float], list[float]]:
    """Time to the first text: the model's own and ours, in turns."""
    own, ours = [], []
    store = httpx2.get(f"{openai_url}/v1/vector_stores", headers=KEY).json()["data"][0]["id"]
    tool = {"type": "file_search", "vector_store_ids": [store], "max_num_results": 8}
    include = ["file_search_call.results"]
    direct = {"model": "m", "input": QUESTION, "stream": True, "tools": [tool], "include": include}
    async with aiohttp.ClientSession() as session:
        headers = {"origin": SHOP, "authorization": f"Bearer {await _secret(session, url)}"}
        asked = {"type": "threads.create", "params": {"input": message(QUESTION)}}
        for _ in range(questions + 3):
            own.append(await _first_delta(session, f"{openai_url}/v1/responses", direct, KEY))
            ours.append(await _first_delta(session, f"{url}/chatkit", asked, headers))
    return own[3:], ours[3:]


async def _streams(url: str, count: int) -> tuple[int, float]:
    """Hold so many answers at once; return how many came whole, and how long it took."""
    timeout = aiohttp.ClientTimeout(total=600)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        secret = await _secret(session, url)
        headers = {"origin": SHOP, "authorization": f"Bearer {secret}"}
        asked = {"type": "threads.create", "params": {"input": message(QUESTION)}}

        async def one() -> bool:
            async with session.post(f"{url}/chatkit", json=asked, headers=headers) as answer:
                text = await answer.text()
            finished = text.rpartition('"type":"assistant_message"')[2]
            return f'"text":"{"".join(WORDS).strip()}"' in finished and "text_delta" in text

        started = time.perf_counter()
        whole = await asyncio.gather(*(one() for _ in range(count)), return_exceptions=True)
        return sum(one is True for one in whole), time.perf_counter() - started


def _resident(process: int) -> float:
    """Megabytes."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def _child() -> int:
    return max(child.pid or 0 for child in multiprocessing.active_children())


def first_text(questions: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        apart(Vendors(folder, 0)) as openai_url,
        apart(Server(folder)) as url,
    ):
        own, ours = asyncio.run(_added(url, openai_url, questions))
    added = sorted(b - a for a, b in zip(own, ours, strict=True))
    half, most = statistics.median(added) * 1000, added[int(len(added) * 0.9)] * 1000
    print(
        f"first text: the model's own p50 {statistics.median(own) * 1000:.1f} ms, "
        f"through us p50 {statistics.median(ours) * 1000:.1f} ms; added p50 {half:.1f} ms, p90 {most:.1f} ms"
    )


def many_streams(count: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        apart(Vendors(folder, 0.5)),
        apart(Server(folder)) as url,
    ):
        process = _child()
        before = _resident(process)
        whole, took = asyncio.run(_streams(url, count))
        after = _resident(process)
    print(
        f"{count} streams at once: {whole} whole, {count - whole} dropped, {took:.0f} s; "
        f"memory {before:.0f} -> {after:.0f} MB ({(after - before) * 1024 / count:.0f} kB a stream)"
    )


def isolation(visits: int, bytes_sent: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        from tests.session_api.kit import shop

        with shop(Path(folder)) as opened:
            print(f"{visits:,} calls on other visitors' threads: {cross_visits(opened, visits, seed=5)} came through")
            print(f"{bytes_sent:,} malformed bytes: {_malformed(opened, bytes_sent)}")


def _malformed(opened: Shop, total: int) -> str:
    widget = opened.widget()
    widget.open()
    statuses: dict[int, int] = {}
    longest = 0.0
    for body in malformed(total, seed=6):
        started = time.perf_counter()
        status = widget.post(body).status_code
        longest = max(longest, time.perf_counter() - started)
        statuses[status] = statuses.get(status, 0) + 1
    return f"{json.dumps(dict(sorted(statuses.items())))}, the longest took {longest:.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--visits", type=int, default=1000)
    parser.add_argument("--malformed", type=int, default=100_000)
    asked = parser.parse_args()
    first_text(asked.questions)
    many_streams(asked.streams)
    isolation(asked.visits, asked.malformed)


if __name__ == "__main__":
    main()
