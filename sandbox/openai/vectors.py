"""Vectors of a store's passages: computed in the background, piece by piece; until then words alone find a passage."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sandbox.openai.encoder import Encoder, Vector
from sandbox.openai.reading import Piece
from sandbox.openai.relevance import parsed
from sandbox.openai.state import Database

MAX_PIECES = 12  # of a passage: what a page is about stands at its beginning
UNREAD = """
SELECT passages.seq, passages.text, attached.title FROM passages JOIN attached ON attached.seq = passages.attached
WHERE passages.seq > ? ORDER BY passages.seq LIMIT 50
"""
IN_STORE = """
SELECT passages.seq FROM passages JOIN attached ON attached.seq = passages.attached WHERE attached.store = ?
ORDER BY passages.seq
"""


@dataclass(frozen=True, slots=True)
class _Matrix:
    """The vectors of a store's passages, one below the other, and whose each row is."""

    passages: tuple[int, ...]
    owners: npt.NDArray[np.intp]
    vectors: Vector


class Vectors:
    """The vectors of every passage, in memory. A thread reads new passages; `close` ends it."""

    def __init__(self, db: Database, encoder: Encoder) -> None:
        self._db = db
        self._encoder = encoder
        self._read: dict[int, Vector] = {}
        self._last = 0
        self._matrices: dict[str, _Matrix] = {}
        self._told = 1  # how often there was news, and how much of it is read
        self._done = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="vectors", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that passages were added."""
        with self._changed:
            self._told += 1
            self._changed.notify_all()

    def settle(self, within: float) -> bool:
        """Wait until every passage has its vectors; false where that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done == self._told, within)

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def closest(self, store: str, question: Vector) -> list[int]:
        """Return the passages of a store, those with the piece closest to a question first."""
        matrix = self._matrix(store)
        if not matrix.passages:
            return []
        best = np.full(len(matrix.passages), -1.0, dtype=np.float32)
        np.maximum.at(best, matrix.owners, matrix.vectors @ question)
        return [matrix.passages[at] for at in np.argsort(-best, kind="stable")]

    def of(self, passage: int) -> Vector | None:
        """Return the vectors of a passage's first pieces, in their order; None where they are not computed yet."""
        return self._read.get(passage)

    def _run(self) -> None:
        self._encoder.question("warm")  # loads the model, before somebody waits for it
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._done != self._told)
                told = self._told
            while not self._closing and self._read_some():
                pass
            if self._closing:
                return
            with self._changed:
                self._done = told
                self._changed.notify_all()

    def _read_some(self) -> bool:
        """Encode the next passages; whether there were any."""
        with self._db.read() as db:
            rows = db.execute(UNREAD, [self._last]).fetchall()
        for row in rows:
            if self._closing:
                return False
            told = spoken(row["title"], parsed(row["title"], row["text"])[0])  # read before somebody asks
            if told:
                self._read[row["seq"]] = np.stack([self._encoder.statement(text) for text in told])
            self._last = row["seq"]
        return bool(rows)

    def _matrix(self, store: str) -> _Matrix:
        with self._db.read() as db:
            held = tuple(row["seq"] for row in db.execute(IN_STORE, [store]))
        known = tuple(seq for seq in held if seq in self._read)
        matrix = self._matrices.get(store)
        if matrix is None or matrix.passages != known:
            vectors = [self._read[seq] for seq in known]
            owners = np.repeat(np.arange(len(known)), [len(one) for one in vectors])
            matrix = _Matrix(known, owners, np.concatenate(vectors) if vectors else np.empty((0, 0), np.float32))
            self._matrices[store] = matrix
        return matrix


def spoken(title: str, found: Sequence[Piece]) -> list[str]:
    """Return pieces as they are encoded: each says which page and heading it is from."""
    return [_spoken(title, one) for one in found[:MAX_PIECES]]


def _spoken(title: str, piece: Piece) -> str:
    heading = f"{piece.about}: " if piece.about not in ("", title) and not piece.key else ""
    return f"{title}. {heading}{piece.text.replace('*', '')}"
