"""A local server that speaks OpenAI's API: files, vector stores, search, answers. Strict, and it persists.

box = OpenAISandbox("data/openai.db")
with serve(Wire(box.app)) as url:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="sk-sandbox")
"""

import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp

from sandbox.http import Answer, App, credentials
from sandbox.openai.attached import Attachments, StoreFiles
from sandbox.openai.batches import Batches
from sandbox.openai.chatkit import Sessions
from sandbox.openai.completions import Completions
from sandbox.openai.encoder import Encoder
from sandbox.openai.endpoints import Row, body_of, endpoints, no_such_call, query_of
from sandbox.openai.files import FileRecord, Files
from sandbox.openai.limits import Rates
from sandbox.openai.moderations import Moderations
from sandbox.openai.responses import Responses
from sandbox.openai.search import Search
from sandbox.openai.shapes import refused
from sandbox.openai.state import Ask, Database, Failure, Speak, UsageLimits
from sandbox.openai.stores import Stores
from sandbox.openai.vectors import Vectors


class OpenAISandbox:
    """The server. The attributes set in `__init__` may be changed while it serves.

    processing: seconds for which a file stays in_progress after it was attached.
    refuse: called with filename and content when a file is attached; a code and a message make it fail.
    stuck: likewise; true leaves the file in_progress for ever.
    not_yet: that many retrieves or attaches of files uploaded within the last minute answer 404.
    wrong_batch_id: retrieving a batch answers with the store's id in the place of the batch's.
    repeated: attaching a file that is in the store already updates it ("accept") or answers 400 ("refuse").
    exhausted: every call answers 429 insufficient_quota.
    speak: what the model says instead of quoting (see `Speech`).
    pause: seconds between two events of a streamed answer. streaming: how many answers are being streamed now.
    flags: whether a moderation finds a text harmful.
    asked: the bodies of the latest questions to a model, newest last.
    ignores_filters: searches find every file of a store, as on a server that knows no filters.
    encoder: what compares texts by their meaning; None: words alone do.
    workflows: ids that the key's project holds; None: every id that looks like one.
    """

    def __init__(
        self,
        path: Path | str = ":memory:",
        api_key: str = "sk-sandbox",
        limits: UsageLimits | None = None,
        clock: Callable[[], float] = time.time,
        encoder: Encoder | None = None,
    ) -> None:
        self.api_key = api_key
        self.limits = limits or UsageLimits()
        self.clock = clock
        self.processing: float = 0.0
        self.refuse: Callable[[str, bytes], Failure | None] | None = None
        self.stuck: Callable[[str, bytes], bool] | None = None
        self.not_yet = 0
        self.wrong_batch_id = False
        self.repeated: Literal["accept", "refuse"] = "accept"
        self.exhausted = False
        self.speak: Speak | None = None
        self.pause: float = 0.0
        self.streaming = 0
        self.flags: Callable[[str], bool] | None = None
        self.workflows: set[str] | None = None
        self.ignores_filters = False
        self.asked: deque[dict[str, Any]] = deque(maxlen=50)
        self._db = Database(path)
        rates = Rates(clock)
        attachments = Attachments(self._db, self)
        self._files = Files(self._db, self, rates)
        self._stores = Stores(self._db, self, attachments)
        self._vectors = Vectors(self._db, encoder) if encoder else None
        self.attached_some = self._vectors.wake if self._vectors else _nobody_waits
        search = Search(self._db, self, encoder, self._vectors)
        self._sessions = Sessions(self)
        self._endpoints = endpoints(
            self._files,
            self._stores,
            StoreFiles(self._db, self, attachments),
            Batches(self._db, self, rates, attachments),
            search,
            Responses(search, self),
            Completions(self),
            Moderations(self),
            self._sessions,
        )
        self.app: ASGIApp = App(self._answer, lambda _: {"x-request-id": f"req_{secrets.token_hex(16)}"})

    def stores(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return, per store, the attributes of the files it lists, whatever their status."""
        return self._stores.contents()

    def files(self) -> dict[str, FileRecord]:
        """Return every uploaded file."""
        return self._files.records()

    def settle(self, within: float = 600.0) -> bool:
        """Wait until everything that was attached is found by its meaning, too; false where that takes longer."""
        return self._vectors is None or self._vectors.settle(within)

    def close(self) -> None:
        if self._vectors:
            self._vectors.close()
        self._db.close()

    async def _answer(self, asked: HttpRequest) -> Answer:
        path = asked.url.path
        found = self._endpoints.find(asked.method, path)
        if found is None:
            raise no_such_call(asked, known=self._endpoints.knows(path))
        endpoint, place = found
        self._admit(asked)
        query, body = query_of(asked, endpoint.needs.query), await body_of(asked, endpoint.needs.body)
        return await run_in_threadpool(self._work, endpoint, Ask(place, query, body, dict(asked.headers)))

    def _work(self, endpoint: Row, ask: Ask) -> Answer:
        self._files.expire()
        answer = endpoint.answer(ask)
        return answer if isinstance(answer, Answer) else Answer(answer)

    def _admit(self, asked: HttpRequest) -> None:
        scheme, key = credentials(asked)
        if scheme != "Bearer" or not secrets.compare_digest(key.encode(), self.api_key.encode()):
            said = "Incorrect API key provided." if key else "You didn't provide an API key."
            raise refused(401, f"{said} Use a Bearer token in the Authorization header.", code="invalid_api_key")
        if self.exhausted:
            said = "You exceeded your current quota, please check your plan and billing details."
            raise refused(429, said, kind="insufficient_quota", code="insufficient_quota")


def _nobody_waits() -> None:
    """Without vectors nothing is to be read."""
