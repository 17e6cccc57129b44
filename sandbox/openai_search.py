"""`/v1/vector_stores/{id}/search`: BM25 over stemmed passages, titles counted more."""

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import openai_text as texts
from sandbox.openai_state import Ask, Database, Knobs, marks
from sandbox.openai_stores import require_active

TITLE_WEIGHT = 3.0
MOST_TERMS = 24  # the rarest terms of a long question: the common ones cost most and say least
MOST_PAIRS = 12
MOST_ROWS = 400
PER_FILE = 2  # passages of one file before other files have their turn
ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda held, value: held > value,
    "gte": lambda held, value: held >= value,
    "lt": lambda held, value: held < value,
    "lte": lambda held, value: held <= value,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a search came upon; `score` lies between 0 and 1."""

    file: str
    filename: str
    attributes: dict[str, Any]
    title: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question against one index: its words in the forms they may have there, and how many passages hold each."""

    groups: list[tuple[str, ...]]
    counts: dict[str, int]
    pairs: list[tuple[str, str]]
    passages: int

    def expression(self) -> str:
        pairs = [f'"{first} {second}"' for first, second in self.pairs]
        return " OR ".join([f'"{term}"' for term in self.counts] + pairs)

    def coverage(self, terms: set[str]) -> float:
        """Return the share of the question that the terms cover, rare words counting more."""
        said = [(self._rarity(group), not terms.isdisjoint(group)) for group in self.groups]
        return sum(rarity for rarity, held in said if held) / sum(rarity for rarity, _ in said)

    def _rarity(self, group: tuple[str, ...]) -> float:
        count = max((self.counts.get(form, 0) for form in group), default=0)
        return math.log(1 + (self.passages - count + 0.5) / (count + 0.5))


class Search:
    """Searches stores, for the endpoint and for answers."""

    def __init__(self, db: Database, knobs: Knobs) -> None:
        self._db = db
        self._knobs = knobs

    def search(self, ask: Ask) -> dict[str, Any]:
        body = ask.body
        questions = [body["query"]] if isinstance(body["query"], str) else body["query"]
        most = body.get("max_num_results", 10)
        options = body.get("ranking_options", {})
        found = self.find(ask.ids["vector_store_id"], " ".join(questions), body.get("filters"), most)
        kept = [_result(one) for one in found if one.score >= options.get("score_threshold", 0)]
        page = {"object": "vector_store.search_results.page", "search_query": questions, "data": kept}
        return {**page, "has_more": False, "next_page": None}

    def find(self, store: str, question: str, wanted: dict[str, Any] | None, most: int) -> list[Found]:
        """Return the best passages of completed files whose attributes pass the filter, best first."""
        with self._db.write() as db:
            index = require_active(db, store, self._knobs.clock())["seq"]
            asked = _asked(db, index, question)
            if not asked.counts:
                return []
            db.create_function("admits", 1, lambda attributes: admits(wanted, json.loads(attributes)))
            rows = db.execute(
                f"SELECT attached.file, files.filename, attached.attributes, attached.title, passages.text,"
                f" found_{index}.title || ' ' || found_{index}.body AS terms, -bm25(found_{index}, ?, 1.0) AS weight"
                f" FROM found_{index} JOIN passages ON passages.seq = found_{index}.rowid"
                " JOIN attached ON attached.seq = passages.attached JOIN files ON files.id = attached.file"
                f" WHERE found_{index} MATCH ? AND attached.ready_at <= ? AND attached.error_code IS NULL"
                " AND NOT attached.cancelled AND (? OR admits(attached.attributes))"
                " ORDER BY weight DESC, passages.seq LIMIT ?",
                [TITLE_WEIGHT, asked.expression(), self._knobs.clock(), wanted is None, MOST_ROWS],
            ).fetchall()
        return _ranked(rows, asked, most)


def admits(wanted: dict[str, Any] | None, attributes: dict[str, Any]) -> bool:
    """Say whether attributes pass a filter; a missing attribute only passes `ne` and `nin`."""
    if wanted is None:
        return True
    kind = wanted["type"]
    if kind in ("and", "or"):
        passes = (admits(nested, attributes) for nested in wanted["filters"])
        return all(passes) if kind == "and" else any(passes)
    held, value = attributes.get(wanted["key"]), wanted["value"]
    if kind in ORDERED:
        comparable = held is not None and isinstance(held, str) == isinstance(value, str)
        return comparable and ORDERED[kind](held, value)
    several = value if kind in ("in", "nin") else [value]
    within = any(held == one and isinstance(held, bool) == isinstance(one, bool) for one in several)
    return within == (kind in ("eq", "in"))


def _asked(db: sqlite3.Connection, index: int, question: str) -> Asked:
    groups = texts.asked_terms(question)
    forms = [form for group in groups for form in group]
    rows = db.execute(f"SELECT term, doc FROM terms_{index} WHERE term IN ({marks(forms)})", forms)
    counts: dict[str, int] = dict(rows.fetchall())
    rarest = sorted(counts, key=lambda term: (counts[term], term))[:MOST_TERMS]
    pairs = [pair for pair in texts.asked_pairs(question) if pair[0] in counts and pair[1] in counts]
    whole = db.execute(f"SELECT count(*) FROM found_{index}").fetchone()[0]
    return Asked(groups, {term: counts[term] for term in rarest}, pairs[:MOST_PAIRS], whole)


def _ranked(rows: list[sqlite3.Row], asked: Asked, most: int) -> list[Found]:
    """Order passages by weight, but no file's third before every other file's first; the score falls along."""
    seen: Counter[str] = Counter()
    early: list[sqlite3.Row] = []
    late: list[sqlite3.Row] = []
    for row in rows:
        seen[row["file"]] += 1
        (early if seen[row["file"]] <= PER_FILE else late).append(row)
    ranked: list[Found] = []
    score = 1.0
    for row in (early + late)[:most]:
        score = min(score, asked.coverage(set(row["terms"].split())))
        attributes = json.loads(row["attributes"])
        ranked.append(Found(row["file"], row["filename"], attributes, row["title"], row["text"], round(score, 6)))
    return ranked


def _result(one: Found) -> dict[str, Any]:
    content = [{"type": "text", "text": one.text}]
    result = {"file_id": one.file, "filename": one.filename, "score": one.score}
    return {**result, "attributes": one.attributes, "content": content}
