"""`/v1/vector_stores/{id}/search`: stemmed passages, title and body, in an FTS5 table per store; and their vectors."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sandbox.openai import ranking, spelling
from sandbox.openai import text as texts
from sandbox.openai.concepts import concepts_of
from sandbox.openai.encoder import Encoder
from sandbox.openai.relevance import Judged, Question, language_of, read
from sandbox.openai.state import Ask, Database, Knobs, marks
from sandbox.openai.stores import require_active, require_store
from sandbox.openai.text import Word
from sandbox.openai.vectors import Vectors

TITLE_WEIGHT = 2.0
CANDIDATES = 100  # passages that are looked at closely
MAX_ASKED = 25  # words: a whole letter means many things at once, and its words find more than their middle does
WHOLE = 0.9  # of passages, as a share: where less was compared by meaning, words decide which goes first
CLOSEST = 40  # with vectors: so many for their words, and so many for their meaning
MATCHES = """
SELECT rowid AS passage, -bm25(found_{index}, :title, 1.0) AS weight FROM found_{index}
WHERE found_{index} MATCH :asked ORDER BY weight DESC, passage
"""
SEARCHABLE = """
SELECT attached.seq AS attached, attached.attributes, found_{index}.title || ' ' || found_{index}.body AS terms
FROM passages JOIN attached ON attached.seq = passages.attached JOIN found_{index} ON found_{index}.rowid = passages.seq
WHERE passages.seq = :passage AND ready_at <= :now AND error_code IS NULL AND NOT cancelled
"""
PASSAGE = """
SELECT attached.file, files.filename, attached.attributes, attached.title, passages.text FROM passages
JOIN attached ON attached.seq = passages.attached JOIN files ON files.id = attached.file WHERE passages.seq = ?
"""
ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda held, value: held > value,
    "gte": lambda held, value: held >= value,
    "lt": lambda held, value: held < value,
    "lte": lambda held, value: held <= value,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a search came upon; `score` says how likely it answers, and falls along a list.

    `weight`: in comparison with others; `pieces`: what can be quoted of it; `share`: see Reading. All empty where it
    was not read yet.
    """

    passage: int
    file: str
    filename: str
    attributes: dict[str, Any]
    title: str
    text: str
    score: float
    language: str = ""
    weight: float = 0.0
    pieces: Sequence[Judged] = ()
    share: float = 1.0


class Search:
    """Searches stores, for the endpoint and for answers. `vectors` None: by words alone."""

    def __init__(self, db: Database, knobs: Knobs, encoder: Encoder | None, vectors: Vectors | None) -> None:
        self._db = db
        self._knobs = knobs
        self._encoder = encoder
        self._vectors = vectors

    def search(self, ask: Ask) -> dict[str, Any]:
        body = ask.body
        questions = [body["query"]] if isinstance(body["query"], str) else body["query"]
        least = body.get("ranking_options", {}).get("score_threshold", 0)
        wanted, most = body.get("filters"), body.get("max_num_results", 10)
        found = self.find(ask.ids["vector_store_id"], " ".join(questions), wanted, most)
        kept = [_result(one) for one in found if one.score >= least]
        page = {"object": "vector_store.search_results.page", "search_query": questions, "data": kept}
        return {**page, "has_more": False, "next_page": None}

    def find(self, store: str, text: str, wanted: dict[str, Any] | None, most: int) -> list[Found]:
        """Return the best passages of completed files whose attributes pass the filter, best first."""
        vector = self._encoder.question(text) if self._encoder and 0 < len(text.split()) <= MAX_ASKED else None
        with self._db.write() as db:
            wanted = None if self._knobs.ignores_filters else wanted
            index = require_active(db, store, self._knobs.clock())["seq"]
            asked = _asked(db, index, text)
            candidates = list(islice(self._candidates(db, index, asked, wanted), CANDIDATES))
            question = Question(text, language_of(text), asked, vector)
            if vector is None or self._vectors is None:
                return _by_words(db, question, candidates, most)
            known = {one.passage for one in candidates[:CLOSEST]}
            close = ((one, 0.0) for one in self._vectors.closest(store, vector) if one not in known)
            near = [*candidates[:CLOSEST], *islice(self._searchable(db, index, close, wanted), CLOSEST)]
            return self._by_meaning(db, question, candidates, near, most)

    def question(self, store: str, text: str) -> Question:
        """Return a question as it is asked of a store, without its vector."""
        with self._db.read() as db:
            return Question(text, language_of(text), _asked(db, require_store(db, store)["seq"], text))

    def _by_meaning(
        self,
        db: sqlite3.Connection,
        question: Question,
        matching: list[ranking.Candidate],
        near: list[ranking.Candidate],
        most: int,
    ) -> list[Found]:
        """Return what is near a question, nearest first; or, of passages too long to be compared, what matches it."""
        read = {one.passage: self._read(question, _found(db, one.passage)) for one in near}
        if sum(one.share for one in read.values()) < WHOLE * len(read) and matching:
            best = question.asked.closer(matching)
        else:
            best = sorted(near, key=lambda one: (-read[one.passage].weight, -one.weight))
        found, score = [], 1.0
        for one in ranking.in_turns(best)[:most]:
            passage = read.get(one.passage) or self._read(question, _found(db, one.passage))
            score = min(score, passage.score)
            found.append(replace(passage, score=round(score, 6)))
        return found

    def _read(self, question: Question, found: Found) -> Found:
        vectors = self._vectors.of(found.passage) if self._vectors else None
        reading = read(question, found.title, found.text, found.language, vectors)
        return replace(found, score=reading.score, weight=reading.weight, pieces=reading.pieces, share=reading.share)

    def _candidates(
        self, db: sqlite3.Connection, index: int, asked: ranking.Asked, wanted: dict[str, Any] | None
    ) -> Iterator[ranking.Candidate]:
        """Yield what matches, heaviest first: attributes are only read as far down as someone looks."""
        if not (expression := asked.expression()):
            return
        matches = db.execute(MATCHES.format(index=index), {"title": TITLE_WEIGHT, "asked": expression})
        yield from self._searchable(db, index, matches, wanted)

    def _searchable(
        self, db: sqlite3.Connection, index: int, passages: Iterable[tuple[int, float]], wanted: dict[str, Any] | None
    ) -> Iterator[ranking.Candidate]:
        now = self._knobs.clock()
        for passage, weight in passages:
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
    words, fillers = texts.asked_terms(question), texts.asked_fillers(question)
    counts = _counts(db, index, [form for word in (*words, *fillers) for form in ranking.indexed(word)])
    meant = [_meant(db, index, word, counts) for word in words] if len(words) <= MAX_ASKED else words
    if meant != words:
        words, counts = meant, counts | _counts(db, index, [form for word in meant for form in ranking.indexed(word)])
    pairs = [pair for pair in texts.asked_pairs(question) if pair[0] in counts and pair[1] in counts]
    passages = db.execute(f"SELECT count(*) FROM found_{index}_docsize").fetchone()[0]
    return ranking.Asked(words, fillers, counts, pairs, passages)


def _meant(db: sqlite3.Connection, index: int, word: Word, counts: dict[str, int]) -> Word:
    """Return the word that a slip of a finger made of it, where nothing in the store speaks of the word itself."""
    known = any(form in counts for form in ranking.indexed(word)) or concepts_of(word.text)
    if known or not spelling.may_be_misspelt(word.text):
        return word
    initial = word.text[0]
    same_initial = f"SELECT term, doc FROM terms_{index} WHERE term >= ? AND term < ?"
    terms = db.execute(same_initial, [initial, chr(ord(initial) + 1)])
    near = {term: doc for term, doc in terms if any(spelling.is_a_slip(form, term) for form in word.forms)}
    alike = dict.fromkeys(spelling.alike(word.text), 0)
    meant = max(sorted(near | alike), key=lambda term: near.get(term, 0), default=None)
    return word if meant is None else Word(meant, (*texts.forms(meant), *word.forms))


def _counts(db: sqlite3.Connection, index: int, terms: list[str]) -> dict[str, int]:
    """Return in how many passages each of the terms stands; those in none are left out."""
    counts: dict[str, int] = {}
    for at in range(0, len(terms), 500):  # SQLite binds a bounded number of values
        some = terms[at : at + 500]
        counts |= dict(
            db.execute(f"SELECT term, doc FROM terms_{index} WHERE term IN ({marks(some)})", some).fetchall()
        )
    return counts


def _by_words(
    db: sqlite3.Connection, question: Question, candidates: list[ranking.Candidate], most: int
) -> list[Found]:
    if not candidates:
        return []
    found, score = [], 1.0
    for one in ranking.in_turns(question.asked.closer(candidates))[:most]:
        score = min(score, question.asked.coverage(ranking.said(one.terms)))
        found.append(replace(_found(db, one.passage), score=round(score, 6)))
    return found


def _found(db: sqlite3.Connection, passage: int) -> Found:
    row = db.execute(PASSAGE, [passage]).fetchone()
    attributes = json.loads(row["attributes"])
    language = str(attributes.get("language", ""))[:2]
    return Found(passage, row["file"], row["filename"], attributes, row["title"], row["text"], 0.0, language)


def _result(one: Found) -> dict[str, Any]:
    content = [{"type": "text", "text": one.text}]
    result = {"file_id": one.file, "filename": one.filename, "score": one.score}
    return {**result, "attributes": one.attributes, "content": content}
