"""A corpus through the whole pipeline: Zendesk to vector store, its questions, and how often the answer is found.

The folder (corpus.jsonl, queries.jsonl, qrels.tsv) is served as a Zendesk account, and synced by the engine, from
nothing, into the local OpenAI-compatible server, both in processes of their own; then synced again, which must upload
nothing. Each question is then asked as the service asks it. The baseline is plain BM25 over title and text: SQLite's,
any word of the question, no stemming. The ratio is recall@5, pipeline over baseline.
"""

import argparse
import json
import re
import sqlite3
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench._apart import apart
from bench.retrieval import Corpus, load, ndcg, recall
from connectors.zendesk.connector import Zendesk
from connectors.zendesk.settings import ZendeskSettings
from sandbox.company import loaded
from sandbox.openai import OpenAISandbox
from sandbox.wire import Wire, serve
from sync.config import KnowledgeIndex, Source
from sync.engine import Engine
from sync.model import Audience
from sync.operations.converge import converge
from sync.rate_limit import Unlimited
from sync.state.database import State
from sync.vector_store.client import connect
from sync.vector_store.index import OpenAIIndex

SOURCE = "help-center"
INDEX = "public"
DEPTH = 10

Found = Callable[[str], list[str]]
"""The ids of the articles that answer a question, best first."""


def main() -> None:
    folder: Path = _arguments().folder
    corpus = load(folder)
    with ExitStack() as stack:
        zendesk = stack.enter_context(apart(partial(zendesk_with, folder)))
        openai = stack.enter_context(apart(openai_sandbox))
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        state = stack.enter_context(closing(State.open(f"sqlite:///{data / 'state.db'}")))
        engine = _engine(state, zendesk, openai)
        print(f"{folder.name}: {len(corpus.articles)} articles, {len(corpus.questions)} questions\n")
        print(f"{'sync':<8}{'seconds':>9}{'Zendesk calls':>15}{'OpenAI calls':>14}{'uploads':>9}{'problems':>10}")
        for name in ("first", "second"):
            _show_sync(name, engine, zendesk, openai)
        print(f"\n{'search':<10}{'recall@5':>9}{'nDCG@10':>9}{'median ms':>11}")
        ours = _show_search("pipeline", corpus, through(engine, folder))
        plain = _show_search("BM25", corpus, plain_bm25(folder))
        print(f"\nratio     {ours / plain:9.2f}")


@contextmanager
def zendesk_with(folder: Path) -> Iterator[str]:
    with serve(Wire(loaded(folder).app)) as url:
        yield url


@contextmanager
def openai_sandbox() -> Iterator[str]:
    with closing(OpenAISandbox()) as sandbox, serve(Wire(sandbox.app)) as url:
        yield url


def through(engine: Engine, folder: Path) -> Found:
    """Ask as the service does: the engine's search over the live public store."""
    names = {article: name for name, article in loaded(folder).article_of.items()}

    def found(question: str) -> list[str]:
        hits = engine.search(INDEX, question, DEPTH)
        return [names[int(str(hit.attributes["document"]).split(":")[1])] for hit in hits]

    return found


def plain_bm25(folder: Path) -> Found:
    texts = sqlite3.connect(":memory:")
    texts.execute("CREATE VIRTUAL TABLE texts USING fts5(name UNINDEXED, text, tokenize = 'unicode61')")
    with (folder / "corpus.jsonl").open() as lines:
        rows = [(one["_id"], f"{one['title']}\n{one['text']}") for one in map(json.loads, lines)]
    texts.executemany("INSERT INTO texts VALUES (?, ?)", rows)

    def found(question: str) -> list[str]:
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", question))
        asked = "SELECT name FROM texts WHERE texts MATCH ? ORDER BY bm25(texts) LIMIT ?"
        return [name for (name,) in texts.execute(asked, [words or '""', DEPTH])]

    return found


def _engine(state: State, zendesk: str, openai: str) -> Engine:
    settings = ZendeskSettings.model_validate(
        {"url": zendesk, "client_id": "answerwell", "client_secret": "zendesk-secret"}
    )
    index = OpenAIIndex(
        connect("sk-sandbox", base_url=f"{openai}/v1"),
        installation=state.installation,
        uploads=Unlimited(),
        attaches=Unlimited(),
    )
    return Engine(
        state,
        index,
        [Source(SOURCE, "zendesk", Zendesk(settings))],
        [KnowledgeIndex(INDEX, frozenset({Audience.PUBLIC})), KnowledgeIndex("internal", frozenset(Audience))],
    )


def _show_sync(name: str, engine: Engine, zendesk: str, openai: str) -> None:
    for url in (zendesk, openai):
        urllib.request.urlopen(urllib.request.Request(f"{url}/_sandbox/calls", method="DELETE")).close()
    [summary] = converge(engine)
    if not summary.converged:
        raise SystemExit(f"the {name} sync did not converge: {summary}")
    asked, stored = _calls(zendesk), _calls(openai)
    uploads = stored["calls"].get("POST /v1/files", 0)
    numbers = f"{asked['total']:15}{stored['total']:14}{uploads:9}{summary.problems:10}"
    print(f"{name:<8}{summary.seconds:9.1f}{numbers}", flush=True)
    for vendor, calls in (("Zendesk", asked), ("OpenAI", stored)):
        print("".join(f"    {vendor} {call}: {number}\n" for call, number in calls["calls"].items()), end="")


def _show_search(name: str, corpus: Corpus, ask: Found) -> float:
    recalls, ndcgs, seconds = [], [], []
    for question, text in corpus.questions.items():
        started = time.perf_counter()
        found = ask(text)
        seconds.append(time.perf_counter() - started)
        recalls.append(recall(found, corpus.answers[question]))
        ndcgs.append(ndcg(found, corpus.answers[question]))
    shown = f"{statistics.mean(recalls):9.3f}{statistics.mean(ndcgs):9.3f}{statistics.median(seconds) * 1000:11.1f}"
    print(f"{name:<10}{shown}", flush=True)
    return statistics.mean(recalls)


def _calls(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/_sandbox/calls") as answer:
        calls: dict[str, Any] = json.loads(answer.read())
    return calls


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the corpus")
    return parser.parse_args()


if __name__ == "__main__":
    main()
