"""An OpenAI that does nothing as fast as it can: it takes uploads and attachments, counts, and holds to the limits.

For what our own code costs; what is right on the wire is the sandbox's business.
"""

import asyncio
import bisect
import json
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Message, Receive, Scope, Send

from sandbox.wire import serve

MINUTE = 60.0
Json = dict[str, Any]
Query = Mapping[str, str]
Answers = Callable[[list[str], Query, bytes], Json]
FILENAME = re.compile(rb'filename="([^"]*)"')


@dataclass(frozen=True)
class Manner:
    """How it behaves: seconds until a POST is answered, and until an attached batch is done; uploads a minute.

    `minute`: how many seconds that is; fewer for time that runs faster.
    """

    latency: float = 0.0
    processing: float = 0.0
    uploads: int | None = None
    minute: float = MINUTE


@dataclass
class Fake:
    """The ASGI app. `GET /calls`: how often each kind of call came, and how many uploads were refused.

    `GET /moments`: when each upload came, in seconds of its own clock.
    """

    manner: Manner = field(default_factory=Manner)
    counts: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    stores: dict[str, dict[str, Json]] = field(default_factory=dict)
    batches: dict[str, tuple[int, float]] = field(default_factory=dict)
    lately: deque[float] = field(default_factory=deque)
    moments: list[float] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if scope["method"] == "POST" and self.manner.latency:
            await asyncio.sleep(self.manner.latency)
        nouns, ids = _split(scope["path"].removeprefix("/v1"))
        query = {key: values[0] for key, values in parse_qs(scope["query_string"].decode()).items()}
        answers: dict[str, Answers] = {
            "GET /calls": lambda *_: dict(self.counts),
            "GET /moments": lambda *_: {"moments": self.moments},
            "POST /files": self._upload,
            "GET /files": self._uploads,
            "POST /vector_stores": self._create,
            "GET /vector_stores": lambda *_: {"data": [], "has_more": False},
            "GET /vector_stores/#": lambda ids, *_: {"id": ids[0], "status": "completed"},
            "POST /vector_stores/#/file_batches": self._attach,
            "GET /vector_stores/#/file_batches/#": lambda ids, *_: self._batch(ids[1]),
            "POST /vector_stores/#/files": self._attach_one,
            "GET /vector_stores/#/files": self._attached,
        }
        answer = answers[f"{scope['method']} {nouns}"](ids, query, body)
        raw = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
        if "error" in answer:
            headers.append((b"retry-after-ms", str(answer["error"]["wait"]).encode()))
        await send({"type": "http.response.start", "status": 429 if "error" in answer else 200, "headers": headers})
        await send({"type": "http.response.body", "body": raw})

    def _upload(self, _ids: list[str], _query: Query, body: bytes) -> Json:
        now = time.monotonic()
        while self.lately and self.lately[0] <= now - self.manner.minute:
            self.lately.popleft()
        if self.manner.uploads is not None and len(self.lately) >= self.manner.uploads:
            self.counts["uploads refused"] += 1
            wait = int((self.lately[0] + self.manner.minute - now) * 1000) + 1
            return {"error": {"message": "too many", "type": "requests", "code": "rate_limit", "wait": wait}}
        self.lately.append(now)
        self.moments.append(now)
        self.counts["uploads"] += 1
        file = f"file-{len(self.names):09}"
        name = FILENAME.search(body)
        self.names[file] = name[1].decode() if name else ""
        return {"id": file}

    def _uploads(self, _ids: list[str], query: Query, _body: bytes) -> Json:
        return _page(self.names, query, lambda file: {"filename": self.names[file]})

    def _create(self, _ids: list[str], _query: Query, _body: bytes) -> Json:
        store = f"vs_{len(self.stores)}"
        self.stores[store] = {}
        return {"id": store, "status": "completed"}

    def _attach(self, ids: list[str], _query: Query, body: bytes) -> Json:
        files = json.loads(body)["files"]
        self.counts["attaches"] += 1
        self.stores[ids[0]].update({one["file_id"]: one.get("attributes", {}) for one in files})
        batch = f"vsfb_{len(self.batches)}"
        self.batches[batch] = (len(files), time.monotonic() + self.manner.processing)
        return self._batch(batch)

    def _attach_one(self, ids: list[str], _query: Query, body: bytes) -> Json:
        one = json.loads(body)
        self.counts["attaches of one file"] += 1
        self.stores[ids[0]][one["file_id"]] = one.get("attributes", {})
        return {"id": one["file_id"], "status": "in_progress"}

    def _attached(self, ids: list[str], query: Query, _body: bytes) -> Json:
        held = self.stores[ids[0]]
        return _page(held, query, lambda file: {"status": "completed", "attributes": held[file]})

    def _batch(self, batch: str) -> Json:
        files, done_at = self.batches[batch]
        done = time.monotonic() >= done_at
        counts = {"in_progress": 0 if done else files, "completed": files if done else 0, "failed": 0, "cancelled": 0}
        return {"id": batch, "status": "completed" if done else "in_progress", "file_counts": counts}


@contextmanager
def served(manner: Manner) -> Iterator[str]:
    with serve(Fake(manner)) as url:
        yield url


def _split(path: str) -> tuple[str, list[str]]:
    """Return the path with its ids masked, and the ids."""
    parts = path.strip("/").split("/")
    return "".join(f"/{'#' if at % 2 else part}" for at, part in enumerate(parts)), parts[1::2]


def _page(files: Iterable[str], query: Query, show: Callable[[str], Json]) -> Json:
    ids = sorted(files)
    start = bisect.bisect_right(ids, query["after"]) if "after" in query else 0
    limit = int(query.get("limit", 100))
    listed = [{"id": file, **show(file)} for file in ids[start : start + limit]]
    return {"data": listed, "has_more": start + limit < len(ids)}


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message: Message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
