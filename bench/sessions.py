"""Sessions a second: our endpoint beside a bare FastAPI one that awaits the same upstream, in the same run.

python -m bench.sessions [--seconds 4] [--clients 32] [--rounds 3]
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import openai
from fastapi import Body, FastAPI
from starlette.types import Receive, Scope, Send

from bench._apart import Served, apart
from cli import api_process, wiring
from cli import config as configuration
from connectors import CONNECTORS
from sandbox.server import ServerLoop

ORIGIN = "https://www.acme.com"
WORKFLOW = "wf_68df4b13b3588190a09d19288d4610ec"
SESSION = {
    "id": "cksess_0123456789",
    "object": "chatkit.session",
    "client_secret": "ek_0123456789abcdef",
    "expires_at": 1_900_000_000,
    "status": "active",
    "user": "v_1",
    "workflow": {"id": WORKFLOW, "version": None, "state_variables": None, "tracing": {"enabled": True}},
    "rate_limits": {"max_requests_per_1_minute": 10},
    "max_requests_per_1_minute": 10,
    "chatkit_configuration": {
        "automatic_thread_titling": {"enabled": True},
        "file_upload": {"enabled": False, "max_file_size": 512, "max_files": 10},
        "history": {"enabled": True, "recent_threads": None},
    },
}
BODY = json.dumps(SESSION).encode()
RATES = "rates = { visitor = 100000000, address = 100000000, origin = 100000000, total = 100000000 }"


@contextmanager
def upstream() -> Iterator[str]:
    """OpenAI as fast as it could be: every call is answered with the same session."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})

    with ServerLoop().serve(app) as url:
        yield url


class Bare:
    """What a session endpoint is at the least: parse, call OpenAI, answer."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def __call__(self) -> Iterator[str]:
        app = FastAPI()
        client = openai.AsyncOpenAI(
            api_key="sk", base_url=f"{self._url}/v1", http_client=openai.DefaultAioHttpClient(), max_retries=0
        )

        @app.post("/api/chatkit/session")
        async def create(wanted: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
            session = await client.beta.chatkit.sessions.create(
                user=str(wanted.get("visitor")), workflow={"id": WORKFLOW}
            )
            return {"client_secret": session.client_secret, "expires_at": session.expires_at}

        with ServerLoop().serve(app) as url:
            yield url


class Ours:
    """The session API as it is configured; `hosted`: it asks OpenAI for each session."""

    def __init__(self, url: str, folder: str, *, hosted: bool) -> None:
        self._url, self._folder, self._hosted = url, folder, hosted

    @contextmanager
    def __call__(self) -> Iterator[str]:
        chat = f'[chat]\nmode = "hosted"\nworkflow_id = "{WORKFLOW}"\n' if self._hosted else "[chat]\n"
        text = (
            f'[openai]\napi_key = "sk"\nbase_url = "{self._url}/v1"\n{chat}[widget]\norigins = ["{ORIGIN}"]\n{RATES}\n'
        )
        path = Path(self._folder) / ("hosted" if self._hosted else "own") / "answerwell.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        config = configuration.load(path, {}, CONNECTORS)
        with (
            wiring.running(config) as engine,
            ServerLoop().serve(api_process.application(config, engine.state), lifespan="on") as url,
        ):
            yield url


async def _load(url: str, clients: int, seconds: float) -> list[float]:
    """Ask for sessions from so many clients at once; return how long each took."""
    took: list[float] = []
    end = time.perf_counter() + seconds
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=clients)) as session:

        async def one() -> None:
            while (started := time.perf_counter()) < end:
                async with session.post(f"{url}/api/chatkit/session", json={}, headers={"origin": ORIGIN}) as answer:
                    assert answer.status == 200, await answer.text()
                    await answer.read()
                took.append(time.perf_counter() - started)

        await asyncio.gather(*(one() for _ in range(clients)))
    return took


def _cpu() -> float:
    """Seconds that the server, the youngest process of ours, has computed."""
    process = max(child.pid or 0 for child in multiprocessing.active_children())
    spent = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")


def _measured(url: str, clients: int, seconds: float) -> tuple[float, float, float, float]:
    """Return the rate; the median, the 99th percentile and the server's computing time in milliseconds."""
    asyncio.run(_load(url, clients, 0.5))
    before = _cpu()
    took = sorted(asyncio.run(_load(url, clients, seconds)))
    computed = (_cpu() - before) / len(took) * 1000
    return len(took) / seconds, took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000, computed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rates: dict[str, list[tuple[float, float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, apart(upstream) as openai_url:
        kinds: dict[str, Served] = {
            "bare FastAPI, OpenAI's session": Bare(openai_url),
            "ours, hosted (OpenAI's session)": Ours(openai_url, folder, hosted=True),
            "ours, self-hosted (signed here)": Ours(openai_url, folder, hosted=False),
        }
        for _ in range(asked.rounds):
            for name, served in kinds.items():
                with apart(served) as url:
                    found = _measured(url, asked.clients, asked.seconds)
                rates.setdefault(name, []).append(found)
    best = {name: [statistics.median(values) for values in zip(*found, strict=True)] for name, found in rates.items()}
    bare = best["bare FastAPI, OpenAI's session"]
    for name, (rate, half, slow, computed) in best.items():
        print(
            f"{name:34} {rate:8,.0f}/s {rate / bare[0]:5.0%}   p50 {half:6.1f} ms   p99 {slow:6.1f} ms   "
            f"computing {computed:.2f} ms each ({bare[3] / computed:.0%} of the bare one's rate on an idle machine)"
        )


if __name__ == "__main__":
    main()
