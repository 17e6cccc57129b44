"""Two workers against one under OpenAI's limit: the share of it that they use together, and whether it is exceeded.

`--documents` in eight made-up sources are published by one worker process, then anew by two, each with a slot for
every source, on one state and one Valkey. A minute lasts 60 / `--faster` seconds for the limiters and for the fake
OpenAI, which refuses what exceeds the limit. Share: uploads in whole windows of the pacing over those allowed. Most:
uploads in any window of a minute. The ratio is the share of two workers over that of one.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
import urllib.request
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from bench._apart import apart
from bench._fake import Manner, served
from bench._made_up import MadeUp
from sync.config import KnowledgeIndex, Source
from sync.engine import Concurrency, Engine
from sync.model import Audience
from sync.rate_limit import MINUTE, Rate, RateLimiter, RedisLimiter
from sync.state import queries
from sync.state.database import State
from sync.vector_store.client import connect
from sync.vector_store.index import ATTACHES, UPLOADS, VOLUME, OpenAIIndex
from tests.valkey import client_of, valkey

SOURCES = tuple(f"source-{number}" for number in range(8))


@dataclass(frozen=True)
class Measured:
    """How a publish went: share of the allowed uploads, the most in any minute, refusals, seconds."""

    share: float
    most: int
    refused: int
    seconds: float


def main() -> None:
    asked = _arguments()
    measured = {workers: publish(workers, asked.documents, asked.faster) for workers in (1, 2)}
    print(f"{'workers':<9}{'share':>8}{'most in a minute':>18}{'refused':>9}{'seconds':>9}")
    for workers, one in measured.items():
        print(f"{workers:<9}{one.share:8.1%}{one.most:11} of {UPLOADS.limit}{one.refused:9}{one.seconds:9.0f}")
    print(f"\nratio {measured[2].share / measured[1].share:.2f}")
    sys.exit(any(one.refused or one.most > UPLOADS.limit for one in measured.values()))


def publish(workers: int, documents: int, faster: float) -> Measured:
    """Publish everything with that many worker processes."""
    manner = Manner(latency=0.5 / faster, processing=5 / faster, uploads=UPLOADS.limit, minute=60 / faster)
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, valkey() as socket, apart(partial(served, manner)) as url:
        state = f"sqlite:///{Path(folder, 'state.db')}"
        engine(url, state, socket, documents, faster).prepare()
        began = time.monotonic()
        processes = [spawn.Process(target=work, args=(url, state, socket, documents, faster)) for _ in range(workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        seconds = time.monotonic() - began
        moments = json.loads(urllib.request.urlopen(f"{url}/moments").read())["moments"]
        calls = json.loads(urllib.request.urlopen(f"{url}/calls").read())
    if len(moments) != documents or any(process.exitcode for process in processes):
        raise SystemExit(f"{len(moments)} of {documents} uploads")
    window = MINUTE.total_seconds() / faster
    whole = max(1, int((moments[-1] - moments[0]) / window))
    used = bisect_left(moments, moments[0] + whole * window)
    share = used / (UPLOADS.limit * whole * window / (60 / faster))
    most = max(bisect_left(moments, moment + 60 / faster) - at for at, moment in enumerate(moments))
    return Measured(share, most, calls.get("uploads refused", 0), seconds)


def work(url: str, state: str, socket: Path, documents: int, faster: float) -> None:
    """One worker: turns on whatever source is free, until nothing is left."""
    mine = engine(url, state, socket, documents, faster)

    def slot(source: str) -> None:
        while queries.source(mine.state, source).synced_at == 0 or queries.waiting(mine.state, source)[0]:
            if not mine.turn(source).counts:
                time.sleep(0.2)

    with ThreadPoolExecutor(len(SOURCES)) as slots:
        list(slots.map(slot, SOURCES))
    mine.state.close()


def engine(url: str, state: str, socket: Path, documents: int, faster: float) -> Engine:
    """An engine as a worker has it, whose minutes are shorter."""
    opened, client = State.open(state), client_of(socket)

    def limiter(name: str, rate: Rate) -> RateLimiter:
        return RedisLimiter(client, name, Rate(rate.limit, timedelta(seconds=MINUTE.total_seconds() / faster)))

    index = OpenAIIndex(
        connect("sk-bench", base_url=f"{url}/v1"),
        installation=opened.installation,
        uploads=limiter("uploads", UPLOADS),
        attaches=limiter("attaches", ATTACHES),
        volume=limiter("volume", VOLUME),
    )
    made_up = MadeUp(documents // len(SOURCES))
    sources = [Source(name, "made-up", made_up) for name in SOURCES]
    return Engine(
        opened, index, sources, [KnowledgeIndex("public", frozenset({Audience.PUBLIC}))], concurrency=Concurrency()
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=4000, help="in eight sources together (4000)")
    parser.add_argument("--faster", type=float, default=3.0, help="how much faster time runs (3)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
