"""`/v1/vector_stores/{id}/search`: stemmed passages, title and body, in an FTS5 table per store."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.openai import ranking
from sandbox.openai import text as texts
from sandbox.openai.state import Ask, Database, Knobs, marks
from sandbox.openai.stores import require_active, require_store

TITLE_WEIGHT = 2.0
CANDIDATES = 100  # passages that are looked at closely
MATCHES = """
SELECT rowid AS passage, -bm25(found_{index}, :title, 1.0) AS weight FROM found_{index}
WHERE found_{index} MATCH :asked ORDER BY weight DESC, passage
"""
SEARCHABLE = """
SELECT attached.seq AS attached, attached.attributes, found_{index}.title || ' ' || found_{index}.body AS terms
FROM passages JOIN attached ON attached.seq = passages.attached JOIN found_{index} ON found_{index}.rowid = passages.seq
WHERE passages.seq = :passage AND ready_at <= :now AND error_code IS NULL AND NOT cancelled
"""
ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda held, value: held > value,
    "gte": lambda held, value: held >= value,
    "lt": lambda held, value: held < value,
    "lte": lambda held, value: held <= value,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a search came upon; `score` is the share of the question it covers, and falls along a list."""

    file: str
    filename: str
    attributes: dict[str, Any]
    title: str
    text: str
    score: float


class Search:
    """Searches stores, for the endpoint and for answers."""

    def __init__(self, db: Database, knobs: Knobs) -> None:
        self._db = db
        self._knobs = knobs

    def search(self, ask: Ask) -> dict[str, Any]:
        body = ask.body
        questions = [body["query"]] if isinstance(body["query"], str) else body["query"]
        least = body.get("ranking_options", {}).get("score_threshold", 0)
        wanted, most = body.get("filters"), body.get("max_num_results", 10)
        found = self.find(ask.ids["vector_store_id"], " ".join(questions), wanted, most)
        kept = [_result(one) for one in found if one.score >= least]
        page = {"object": "vector_store.search_results.page", "search_query": questions, "data": kept}
        return {**page, "has_more": False, "next_page": None}

    def find(self, store: str, question: str, wanted: dict[str, Any] | None, most: int) -> list[Found]:
        """Return the best passages of completed files whose attributes pass the filter, best first."""
        with self._db.write() as db:
            wanted = None if self._knobs.ignores_filters else wanted
            index = require_active(db, store, self._knobs.clock())["seq"]
            asked = _asked(db, index, question)
            candidates = list(islice(self._candidates(db, index, asked, wanted), CANDIDATES))
            if not candidates:
                return []
            ranked = ranking.in_turns(asked.closer(candidates))[:most]
            found, score = [], 1.0
            for one in ranked:
                score = min(score, asked.coverage(set(one.terms)))
                found.append(_found(db, one.passage, round(score, 6)))
            return found

    def asked(self, store: str, question: str) -> ranking.Asked:
        """Return what a question's words weigh in a store."""
        with self._db.read() as db:
            return _asked(db, require_store(db, store)["seq"], question)

    def _candidates(
        self, db: sqlite3.Connection, index: int, asked: ranking.Asked, wanted: dict[str, Any] | None
    ) -> Iterator[ranking.Candidate]:
        """Yield what matches, heaviest first: attributes are only read as far down as someone looks."""
        if not (expression := asked.expression()):
            return
        now = self._knobs.clock()
        matches = db.execute(MATCHES.format(index=index), {"title": TITLE_WEIGHT, "asked": expression})
        for passage, weight in matches:
            row = db.execute(SEARCHABLE.format(index=index), {"passage": passage, "now": now}).fetchone()
            if row and (wanted is None or admits(wanted, json.loads(row["attributes"]))):
                yield ranking.Candidate(passage, row["attached"], weight, tuple(row["terms"].split()))


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


def _asked(db: sqlite3.Connection, index: int, question: str) -> ranking.Asked:
    groups, fillers = texts.asked_terms(question), texts.asked_fillers(question)
    counts = _counts(db, index, [form for group in (*groups, *fillers) for form in group])
    pairs = [pair for pair in texts.asked_pairs(question) if pair[0] in counts and pair[1] in counts]
    passages = db.execute(f"SELECT count(*) FROM found_{index}_docsize").fetchone()[0]
    return ranking.Asked(groups, fillers, counts, pairs, passages)


def _counts(db: sqlite3.Connection, index: int, terms: list[str]) -> dict[str, int]:
    """Return in how many passages each of the terms stands; those in none are left out."""
    counts: dict[str, int] = {}
    for at in range(0, len(terms), 500):  # SQLite binds a bounded number of values
        some = terms[at : at + 500]
        counts |= dict(
            db.execute(f"SELECT term, doc FROM terms_{index} WHERE term IN ({marks(some)})", some).fetchall()
        )
    return counts


def _found(db: sqlite3.Connection, passage: int, score: float) -> Found:
    row = db.execute(
        "SELECT attached.file, files.filename, attached.attributes, attached.title, passages.text FROM passages"
        " JOIN attached ON attached.seq = passages.attached JOIN files ON files.id = attached.file"
        " WHERE passages.seq = ?",
        [passage],
    ).fetchone()
    return Found(row["file"], row["filename"], json.loads(row["attributes"]), row["title"], row["text"], score)


def _result(one: Found) -> dict[str, Any]:
    content = [{"type": "text", "text": one.text}]
    result = {"file_id": one.file, "filename": one.filename, "score": one.score}
    return {**result, "attributes": one.attributes, "content": content}
