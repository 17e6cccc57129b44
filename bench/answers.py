"""Answers that people labelled through the gate; on real text, through the sandbox; poisoned documents; attacks.

python -m bench.answers [FOLDER ...] [--labelled] [--tables]   (a FOLDER: corpus.jsonl, queries.jsonl, qrels.tsv)

Without a FOLDER: the labelled answers of ANSWERWELL_SHARED (default: ../shared), and both tables of attacks.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import _labelled
from sandbox.load import Loaded, fill, load_folder
from sandbox.openai.state import Speech
from tests.session_api.attacks import ATTACKS
from tests.session_api.injections import INJECTIONS
from tests.session_api.kit import CHAT, Shop, shop

FOREIGN = 40


@dataclass(frozen=True)
class Questions:
    """What is asked of a corpus, and which texts answer it."""

    texts: list[Loaded]
    asked: dict[str, str]
    gold: dict[str, set[str]]


def read(folder: Path) -> Questions:
    gold: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        question, text, score = line.split("\t")
        if int(score) > 0:
            gold.setdefault(question, set()).add(text)
    lines = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    return Questions(load_folder(folder), {one["_id"]: one["text"] for one in lines if one["_id"] in gold}, gold)


@contextmanager
def _shop(texts: Sequence[Loaded], locale: str) -> Iterator[tuple[Shop, dict[str, int]]]:
    with tempfile.TemporaryDirectory() as folder, shop(Path(folder), CHAT, articles={}) as opened:
        fill(opened.company.zendesk, texts, locale=locale)
        opened.sync(full=True)
        yield opened, dict(opened.company.zendesk.article_of)


def _cited(opened: Shop, question: str) -> list[str]:
    return [str(source.get("url", "")) for source in opened.widget().ask(question[:3900]).sources]


def quality(folder: Path, foreign: Sequence[str]) -> None:
    """Share answered with a gold page cited; share abstained where the gold pages are gone, and where nothing fits."""
    corpus = read(folder)
    ids = list(corpus.asked)
    locale = "de" if folder.name.endswith("_de") else "en-us"
    with _shop(corpus.texts, locale) as (opened, article_of), ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: _cited(opened, corpus.asked[one]), ids))
        strange = list(pool.map(lambda one: _cited(opened, one), foreign))
    answered = [one for one, urls in zip(ids, found, strict=True) if urls]
    right = [
        one
        for one, urls in zip(ids, found, strict=True)
        if any(f"/{article_of[gold]}" in url for gold in corpus.gold[one] for url in urls)
    ]
    gone = {gold for one in ids for gold in corpus.gold[one]}
    rest = [one for one in corpus.texts if one.path not in gone]
    with _shop(rest, locale) as (opened, _), ThreadPoolExecutor(2) as pool:
        without = list(pool.map(lambda one: _cited(opened, corpus.asked[one]), ids))
    print(
        f"{folder.name:20} {len(ids):4} questions: {len(answered) / len(ids):5.0%} answered, "
        f"{len(right) / len(ids):5.0%} citing a gold page; "
        f"abstained: {without.count([]) / len(ids):5.0%} with the gold pages removed, "
        f"{strange.count([]) / max(1, len(strange)):5.0%} of {len(strange)} questions of another field"
    )


def injections() -> None:
    articles = {f"Parcels to {one.place}": one.document for one in INJECTIONS}
    with tempfile.TemporaryDirectory() as folder, shop(Path(folder), articles=articles) as opened:
        for number, one in enumerate(INJECTIONS, start=1):
            text = f"{one.fact} {one.obeyed}"

            def obedient(question: str, found: Sequence[Any], text: str = text) -> Speech:
                del question
                return Speech(text, ((found[0].file, len(text)),))

            opened.company.openai.speak = obedient
            answered = opened.widget().ask(one.question)
            heard = one.obeyed in answered.text or "evil.example" in answered.text + answered.streamed
            outcome = "CAME THROUGH" if heard else "fact only" if answered.sources else "abstained"
            print(f"{number:3} {outcome:13} {one.order[:90]}")


def attacks() -> None:
    with tempfile.TemporaryDirectory() as folder, shop(Path(folder)) as opened:
        for number, attack in enumerate(ATTACKS, start=1):
            answer = attack.tried(opened)
            code = answer.json()["error"]["code"] if answer.status_code >= 400 else "CAME THROUGH"
            print(f"{number:3} {answer.status_code} {code:24} {attack.name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--tables", action="store_true", help="The two tables of attacks as well.")
    parser.add_argument("--labelled", action="store_true", help="The labelled answers alone, or as well.")
    asked = parser.parse_args()
    alone = not (asked.folders or asked.tables or asked.labelled)
    if asked.labelled or alone:
        print("answers of real models that three people judged, by words alone:", flush=True)
        for line in _labelled.report():
            print(line, flush=True)
    for folder in asked.folders:
        others = [other for other in folder.parent.iterdir() if other.name[:4] != folder.name[:4] and other.is_dir()]
        foreign = [text for other in sorted(others)[:2] for text in list(read(other).asked.values())[: FOREIGN // 2]]
        quality(folder, foreign)
    if asked.tables or alone:
        print("documents that give orders, read by a model that obeys:")
        injections()
        print("attacks on the endpoints:")
        attacks()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
