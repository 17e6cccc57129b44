"""How well search finds the right article: a corpus folder into the local server, then all its questions.

python -m bench.retrieval FOLDER   (corpus.jsonl, queries.jsonl, qrels.tsv)
"""

import json
import math
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import openai

from connectors.text import to_markdown
from sandbox.load import Loaded, load_folder
from sandbox.openai import OpenAISandbox
from sandbox.wire import serve
from sync.model import Audience, Document
from sync.rendering import moment, render

BATCH = 500


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


def main(folder: Path) -> None:
    corpus = load(folder)
    with serve(OpenAISandbox().app) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="sk-sandbox") as client:
        started = time.perf_counter()
        store, files = publish(client, corpus.articles)
        print(f"{len(files)} articles published in {time.perf_counter() - started:.1f} s")
        recalls, ndcgs, seconds = [], [], []
        for question, text in corpus.questions.items():
            started = time.perf_counter()
            found = ask(client, store, files, text)
            seconds.append(time.perf_counter() - started)
            recalls.append(recall(found, corpus.answers[question]))
            ndcgs.append(ndcg(found, corpus.answers[question]))
    slow = sorted(seconds)[int(len(seconds) * 0.95)]
    print(
        f"{len(recalls)} questions, {sum(seconds):.1f} s: median {statistics.median(seconds) * 1000:.0f} ms, ", end=""
    )
    print(f"95th percentile {slow * 1000:.0f} ms")
    print(f"recall@5 {statistics.mean(recalls):.3f}  nDCG@10 {statistics.mean(ndcgs):.3f}")


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
    main(Path(sys.argv[1]))
