"""A local server that speaks OpenAI's API: files, vector stores, search, answers. Strict, and it persists.

box = OpenAISandbox("data/openai.db")
with serve(Wire(box.app)) as url:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="sk-sandbox")
"""

import json
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.openai import shapes as shapes
from sandbox.openai.attached import Attachments, StoreFiles
from sandbox.openai.batches import Batches
from sandbox.openai.chatkit import NEW_SESSION, THREAD_PAGE, Sessions
from sandbox.openai.completions import NEW_COMPLETION, Completions
from sandbox.openai.files import PURPOSES, FileRecord, Files, Uploaded
from sandbox.openai.limits import Rates
from sandbox.openai.moderations import NEW_MODERATION, Moderations
from sandbox.openai.responses import NEW_RESPONSE, Responses
from sandbox.openai.search import Search
from sandbox.openai.shapes import Check, Refused
from sandbox.openai.state import Ask, Database, Failure, Limits, Speak
from sandbox.openai.stores import Stores

Answer = Response | dict[str, Any] | tuple[dict[str, Any], dict[str, str]]


@dataclass(frozen=True)
class Endpoint:
    """One documented call: what may stand in its query and body, and what answers it."""

    method: str
    path: str
    answer: Callable[[Ask], Answer]
    query: Mapping[str, Check]
    body: Check | Literal["form"] | None = None


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
    workflows: ids that the key's project holds; None: every id that looks like one.
    """

    def __init__(
        self,
        path: Path | str = ":memory:",
        api_key: str = "sk-sandbox",
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.api_key = api_key
        self.limits = limits or Limits()
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
        self._store_files = StoreFiles(self._db, self, attachments)
        self._batches = Batches(self._db, self, rates, attachments)
        self._search = Search(self._db, self)
        self._responses = Responses(self._search, self)
        self._sessions = Sessions(self)
        self._completions = Completions(self)
        self._moderations = Moderations(self)
        self.app: ASGIApp = Starlette(
            routes=[Route(f"/v1{e.path}", self._serve(e), methods=[e.method]) for e in self._endpoints()],
            exception_handlers={HTTPException: _no_such_call},
        )

    def stores(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return, per store, the attributes of the files it lists, whatever their status."""
        return self._stores.contents()

    def files(self) -> dict[str, FileRecord]:
        """Return every uploaded file."""
        return self._files.records()

    def close(self) -> None:
        self._db.close()

    def _endpoints(self) -> list[Endpoint]:
        files, stores, store_files, batches = self._files, self._stores, self._store_files, self._batches
        one, of_one, batch = "/vector_stores/{vector_store_id}", "/files/{file_id}", "/file_batches/{batch_id}"
        return [
            Endpoint("POST", "/files", files.create, {}, "form"),
            Endpoint("GET", "/files", files.list, FILE_PAGE),
            Endpoint("GET", of_one, files.retrieve, {}),
            Endpoint("DELETE", of_one, files.delete, {}),
            Endpoint("GET", of_one + "/content", files.content, {}),
            Endpoint("POST", "/vector_stores", stores.create, {}, NEW_STORE),
            Endpoint("GET", "/vector_stores", stores.list, PAGE),
            Endpoint("GET", one, stores.retrieve, {}),
            Endpoint("POST", one, stores.update, {}, CHANGED_STORE),
            Endpoint("DELETE", one, stores.delete, {}),
            Endpoint("POST", one + "/search", self._search.search, {}, SEARCH),
            Endpoint("POST", one + "/files", batches.create_one, {}, NEW_STORE_FILE),
            Endpoint("GET", one + "/files", batches.list_store, STATUS_PAGE),
            Endpoint("GET", one + of_one, store_files.retrieve, {}),
            Endpoint("POST", one + of_one, store_files.update, {}, CHANGED_STORE_FILE),
            Endpoint("DELETE", one + of_one, store_files.delete, {}),
            Endpoint("GET", one + of_one + "/content", store_files.content, {}),
            Endpoint("POST", one + "/file_batches", batches.create, {}, NEW_BATCH),
            Endpoint("GET", one + batch, batches.retrieve, {}),
            Endpoint("POST", one + batch + "/cancel", batches.cancel, {}),
            Endpoint("GET", one + batch + "/files", batches.list_files, STATUS_PAGE),
            Endpoint("POST", "/responses", self._responses.create, {}, NEW_RESPONSE),
            Endpoint("POST", "/chat/completions", self._completions.create, {}, NEW_COMPLETION),
            Endpoint("POST", "/moderations", self._moderations.create, {}, NEW_MODERATION),
            Endpoint("POST", "/chatkit/sessions", self._sessions.create, {}, NEW_SESSION),
            Endpoint("POST", "/chatkit/sessions/{session_id}/cancel", self._sessions.cancel, {}),
            Endpoint("GET", "/chatkit/threads", self._sessions.threads, THREAD_PAGE),
            Endpoint("DELETE", "/chatkit/threads/{thread_id}", self._sessions.delete_thread, {}),
        ]

    def _serve(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            try:
                self._admit(request)
                query, body = _query(request, endpoint.query), await _body(request, endpoint.body)
                ask = Ask(dict(request.path_params), query, body, dict(request.headers))
                answer = await run_in_threadpool(self._answer, endpoint, ask)
            except Refused as refused:
                return _json(refused.body, refused.headers, refused.status)
            if isinstance(answer, Response):
                return answer
            found, headers = answer if isinstance(answer, tuple) else (answer, {})
            return _json(found, headers)

        return serve

    def _answer(self, endpoint: Endpoint, ask: Ask) -> Answer:
        self._files.expire()
        return endpoint.answer(ask)

    def _admit(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not secrets.compare_digest(key.encode(), self.api_key.encode()):
            said = "Incorrect API key provided." if key else "You didn't provide an API key."
            raise Refused(401, f"{said} Use a Bearer token in the Authorization header.", code="invalid_api_key")
        if self.exhausted:
            said = "You exceeded your current quota, please check your plan and billing details."
            raise Refused(429, said, kind="insufficient_quota", code="insufficient_quota")


ORDER = shapes.choice("asc", "desc")
PAGE = {"limit": shapes.integer(1, 100), "order": ORDER, "after": shapes.text(), "before": shapes.text()}
STATUS_PAGE = {**PAGE, "filter": shapes.choice("in_progress", "completed", "failed", "cancelled")}
FILE_PAGE = {
    "limit": shapes.integer(1, 10_000),
    "order": ORDER,
    "after": shapes.text(),
    "purpose": shapes.choice(*PURPOSES),
}
FILE = shapes.text(least=1)
EXPIRES_AFTER = shapes.record(
    {"anchor": shapes.choice("last_active_at"), "days": shapes.integer(1, 365)}, ["anchor", "days"]
)
NEW_STORE = shapes.record(
    {
        "name": shapes.text(),
        "description": shapes.text(),
        "file_ids": shapes.array(FILE, most=500),
        "chunking_strategy": shapes.chunking,
        "expires_after": EXPIRES_AFTER,
        "metadata": shapes.METADATA,
    }
)
CHANGED_STORE = shapes.record(
    {
        "name": shapes.nullable(shapes.text()),
        "expires_after": shapes.nullable(EXPIRES_AFTER),
        "metadata": shapes.METADATA,
    }
)
NEW_STORE_FILE = shapes.record(
    {"file_id": FILE, "attributes": shapes.ATTRIBUTES, "chunking_strategy": shapes.chunking}, ["file_id"]
)
CHANGED_STORE_FILE = shapes.record({"attributes": shapes.ATTRIBUTES}, ["attributes"])
NEW_BATCH = shapes.record(
    {
        "file_ids": shapes.array(FILE, 1, 2000),
        "files": shapes.array(NEW_STORE_FILE, 1, 2000),
        "attributes": shapes.ATTRIBUTES,
        "chunking_strategy": shapes.chunking,
    }
)
RANKING = shapes.record(
    {"ranker": shapes.choice("none", "auto", "default-2024-11-15"), "score_threshold": shapes.number(0, 1)}
)
SEARCH = shapes.record(
    {
        "query": shapes.either(shapes.array(shapes.text()), shapes.text()),
        "max_num_results": shapes.integer(1, 50),
        "filters": shapes.filters,
        "ranking_options": RANKING,
        "rewrite_query": shapes.boolean,
    },
    ["query"],
)


def _query(request: Request, allowed: Mapping[str, Check]) -> dict[str, Any]:
    query: dict[str, Any] = dict(request.query_params)
    if query.get("limit", "").isdecimal():
        query["limit"] = int(query["limit"])
    shapes.record(allowed)(query, "")
    return query


async def _body(request: Request, wanted: Check | Literal["form"] | None) -> Any:
    if wanted == "form":
        return await _form(request)
    raw = await request.body()
    if not raw and wanted is None:
        return {}
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Refused(400, "We could not parse the JSON body of your request.") from None
    (wanted or shapes.record({}))(body, "")
    return body


async def _form(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refused(400, "Invalid Content-Type: expected multipart/form-data.", code="invalid_content_type")
    try:
        async with request.form(max_files=1) as form:
            return {
                name: Uploaded(part.filename or "", await part.read()) if isinstance(part, UploadFile) else part
                for name, part in form.multi_items()
            }
    except (MultiPartException, HTTPException) as broken:
        raise Refused(400, f"Could not parse multipart form: {broken}", code="invalid_multipart") from broken


async def _no_such_call(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = f"Invalid URL ({request.method} {request.url.path})" if status == 404 else f"Not allowed: {request.method}"
    return _json(
        Refused(status, said, code="unknown_url" if status == 404 else "method_not_supported").body, {}, status
    )


def _json(body: dict[str, Any], headers: Mapping[str, str], status: int = 200) -> Response:
    return JSONResponse(body, status, {"x-request-id": f"req_{secrets.token_hex(16)}", **headers})
