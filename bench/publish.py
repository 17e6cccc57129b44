"""Documents per second, from a source to searchable: the engine against one upload after another.

A made-up source lists `--size` documents with their bodies; a fake OpenAI in a process of its own answers each upload
and attachment after `--latency` seconds. Without any, what is measured is our own cost and the client's. `busy` is what
the calls of a stage took together, in all threads; `wall` is from the first document that left the stage to the last.
The baseline uploads and attaches documents of the same source one by one with the plain client. The ratio is documents
per second, engine over baseline: of the clock, and of the CPU of the process that publishes.

`--limits`: under OpenAI's 1,000 uploads a minute, each answered after half a second, each batch searchable after
`--processing`. Shows, over `--minutes` windows of the pacing, the share of the allowed uploads that is used (at least
95 %) and attach calls a minute (at most 10), and the share that the baseline would use.
"""

import argparse
import json
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import openai

from bench._apart import apart
from bench._fake import Manner, served
from bench._made_up import MadeUp
from bench._timed import Stages, TimedIndex, TimedSource, TimedState
from sync.config import KnowledgeIndex, Source
from sync.engine import Concurrency, Engine, Outcome
from sync.model import Audience
from sync.rate_limit import LocalLimiter, Unlimited
from sync.rendering import render
from sync.vector_store.client import connect
from sync.vector_store.index import ATTACHES, UPLOADS, VOLUME, OpenAIIndex

API_KEY = "sk-bench"
BATCH = 500
SOURCE = "made-up"


@dataclass(frozen=True)
class Measured:
    """One way to publish: how many documents, in how many seconds."""

    documents: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.documents / self.seconds

    @property
    def cpu_rate(self) -> float:
        return self.documents / self.cpu_seconds


def main() -> None:
    asked = _arguments()
    made_up = MadeUp(size=round(1050 * (asked.minutes + 0.5)) if asked.limits else asked.size)
    latency = (0.5 if asked.limits else 0.0) if asked.latency is None else asked.latency
    manner = Manner(latency, asked.processing, UPLOADS.limit) if asked.limits else Manner(latency)
    stages = Stages()
    with apart(partial(served, manner)) as url:
        engine = publish(url, made_up, stages, calls=asked.calls, limits=asked.limits)
        calls = json.loads(urllib.request.urlopen(f"{url}/calls").read())
    with apart(partial(served, Manner(latency))) as url:
        baseline = one_after_another(url, made_up, documents=asked.baseline or (10 if latency else 500))
    if asked.limits:
        _show_limits(stages, calls, baseline, asked.minutes)
    else:
        _show_stages(stages, engine, baseline, made_up)


def publish(url: str, made_up: MadeUp, stages: Stages, *, calls: int, limits: bool) -> Measured:
    """Sync the source into two indexes, from an empty state in a SQLite file, in turns until all is searchable."""
    with tempfile.TemporaryDirectory() as folder, connect(API_KEY, base_url=f"{url}/v1") as client:
        state = TimedState.open(f"sqlite:///{Path(folder, 'state.db')}")
        index = OpenAIIndex(
            client,
            installation=state.installation,
            uploads=LocalLimiter(UPLOADS) if limits else Unlimited(),
            attaches=LocalLimiter(ATTACHES) if limits else Unlimited(),
            volume=LocalLimiter(VOLUME) if limits else Unlimited(),
            batch_size=BATCH,
        )
        engine = Engine(
            state,
            TimedIndex(index, stages),
            [Source(SOURCE, SOURCE, TimedSource(made_up, stages))],
            [
                KnowledgeIndex("public", frozenset({Audience.PUBLIC})),
                KnowledgeIndex("internal", frozenset(Audience)),
            ],
            concurrency=Concurrency(calls=calls, batch_size=BATCH),
        )
        engine.prepare()
        state.stages = stages
        started, cpu = time.perf_counter(), time.process_time()
        result = engine.turn(SOURCE, stages)
        measured = Measured(made_up.size, time.perf_counter() - started, time.process_time() - cpu)
        if result.outcome is not Outcome.DONE or result.counts.get("uploaded") != made_up.size:
            raise SystemExit(f"the turn ended before all was published: {result}")
        state.close()
        return measured


def one_after_another(url: str, made_up: MadeUp, *, documents: int) -> Measured:
    """What a script does: for each document an upload, and then an attachment into the one store."""
    with openai.OpenAI(api_key=API_KEY, base_url=f"{url}/v1") as client:
        store = client.vector_stores.create(name="baseline").id
        started, cpu = time.perf_counter(), time.process_time()
        for number in range(documents):
            shown = render(made_up.document(number), source=SOURCE, installation="bench")
            file = client.files.create(file=(shown.filename, shown.content, "text/markdown"), purpose="assistants")
            client.vector_stores.files.create(store, file_id=file.id, attributes=dict(shown.attributes))
        return Measured(documents, time.perf_counter() - started, time.process_time() - cpu)


def _show_stages(stages: Stages, engine: Measured, baseline: Measured, made_up: MadeUp) -> None:
    some = [made_up.document(number) for number in range(min(made_up.size, 500))]
    started = time.perf_counter()
    for document in some:
        render(document, source=SOURCE, installation="bench")
    stages.busy["render"] = (time.perf_counter() - started) * made_up.size / len(some)
    walls = {"list": "observed", "upload": "uploaded", "attach": "attached"}
    print(f"{'stage':<10}{'busy s':>8}{'calls':>8}{'ms/document':>13}{'wall s':>8}")
    for stage in ("list", "commit", "ask", "render", "upload", "attach"):
        passed = stages.passed.get(walls.get(stage, ""), [])
        wall = f"{max(passed) - min(passed):8.1f}" if passed else ""
        calls = stages.calls[stage] or ""
        print(f"{stage:<10}{stages.busy[stage]:8.1f}{calls:>8}{stages.busy[stage] * 1000 / made_up.size:13.2f}{wall}")
    print()
    for name, one in (("engine", engine), ("baseline", baseline)):
        rates = f"{one.rate:7.0f} documents/s {one.cpu_rate:7.0f} documents per CPU second"
        print(f"{name:<10}{one.documents:>8} documents {one.seconds:7.1f} s {rates}")
    ratios = f"{engine.rate / baseline.rate:.1f}, per CPU second {engine.cpu_rate / baseline.cpu_rate:.2f}"
    print(f"ratio     {ratios}  (into two stores; the baseline into one)")


def _show_limits(stages: Stages, calls: dict[str, int], baseline: Measured, minutes: float) -> None:
    uploaded = stages.passed["uploaded"]
    watched = minutes * UPLOADS.window.total_seconds()  # whole windows: each holds the limit once
    used = sum(moment < uploaded[0] + watched for moment in uploaded)
    if uploaded[-1] < uploaded[0] + watched:
        raise SystemExit("all was uploaded before the last window ended: the limit was not kept")
    share = used / (UPLOADS.limit * watched / 60)
    alone = min(1.0, baseline.rate * 60 / UPLOADS.limit)
    active = (max(stages.passed["attached"]) - uploaded[0]) / 60
    print(f"uploads in {watched:.0f} s     {used:6}  {share:6.1%} of the allowed (at least 95 %)")
    print(f"uploads refused      {calls.get('uploads refused', 0):6}")
    print(f"attach calls         {calls['attaches']:6}  {calls['attaches'] / active:6.1f} a minute (at most 10)")
    print(f"one after another    {baseline.rate * 60:6.0f}  {alone:6.1%} of the allowed, in a minute")
    print(f"ratio                {share / alone:6.1f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=2000, help="documents (2000)")
    parser.add_argument("--baseline", type=int, help="documents of the baseline (500; 10 with latency)")
    parser.add_argument(
        "--calls", type=int, default=Concurrency().calls, help=f"calls under way at once ({Concurrency().calls})"
    )
    parser.add_argument("--limits", action="store_true", help="under OpenAI's limits")
    parser.add_argument("--minutes", type=float, default=2.0, help="with --limits: how long to watch (2)")
    parser.add_argument("--latency", type=float, help="seconds until an upload is answered (0; with --limits 0.5)")
    parser.add_argument("--processing", type=float, default=20.0, help="with --limits: seconds of a batch (20)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
