"""The documented calls: what may stand in the query and the body of each, and what answers it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request as HttpRequest

from sandbox.http import Answer, Endpoint, Endpoints, Json, Problem
from sandbox.openai import shapes
from sandbox.openai.attached import StoreFiles
from sandbox.openai.batches import Batches
from sandbox.openai.chatkit import NEW_SESSION, THREAD_PAGE, Sessions
from sandbox.openai.completions import NEW_COMPLETION, Completions
from sandbox.openai.files import PURPOSES, Files, Uploaded
from sandbox.openai.moderations import NEW_MODERATION, Moderations
from sandbox.openai.responses import NEW_RESPONSE, Responses
from sandbox.openai.search import Search
from sandbox.openai.shapes import Check, refused
from sandbox.openai.state import Ask
from sandbox.openai.stores import Stores

Body = Check | Literal["form"] | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What may stand in a call's query, and in its body."""

    query: Mapping[str, Check] = field(default_factory=dict)
    body: Body = None


Answering = Callable[[Ask], Answer | Json]
Row = Endpoint[Ask, Answer | Json, Inputs]

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


def endpoints(
    files: Files,
    stores: Stores,
    store_files: StoreFiles,
    batches: Batches,
    search: Search,
    responses: Responses,
    completions: Completions,
    moderations: Moderations,
    sessions: Sessions,
) -> Endpoints[Ask, Answer | Json, Inputs]:
    one, of_one, batch = "/vector_stores/{vector_store_id}", "/files/{file_id}", "/file_batches/{batch_id}"
    return Endpoints(
        [
            _post("/files", files.create, "form"),
            _get("/files", files.list, FILE_PAGE),
            _get(of_one, files.retrieve),
            _delete(of_one, files.delete),
            _get(of_one + "/content", files.content),
            _post("/vector_stores", stores.create, NEW_STORE),
            _get("/vector_stores", stores.list, PAGE),
            _get(one, stores.retrieve),
            _post(one, stores.update, CHANGED_STORE),
            _delete(one, stores.delete),
            _post(one + "/search", search.search, SEARCH),
            _post(one + "/files", batches.create_one, NEW_STORE_FILE),
            _get(one + "/files", batches.list_store, STATUS_PAGE),
            _get(one + of_one, store_files.retrieve),
            _post(one + of_one, store_files.update, CHANGED_STORE_FILE),
            _delete(one + of_one, store_files.delete),
            _get(one + of_one + "/content", store_files.content),
            _post(one + "/file_batches", batches.create, NEW_BATCH),
            _get(one + batch, batches.retrieve),
            _post(one + batch + "/cancel", batches.cancel),
            _get(one + batch + "/files", batches.list_files, STATUS_PAGE),
            _post("/responses", responses.create, NEW_RESPONSE),
            _post("/chat/completions", completions.create, NEW_COMPLETION),
            _post("/moderations", moderations.create, NEW_MODERATION),
            _post("/chatkit/sessions", sessions.create, NEW_SESSION),
            _post("/chatkit/sessions/{session_id}/cancel", sessions.cancel),
            _get("/chatkit/threads", sessions.threads, THREAD_PAGE),
            _delete("/chatkit/threads/{thread_id}", sessions.delete_thread),
        ]
    )


def query_of(asked: HttpRequest, allowed: Mapping[str, Check]) -> dict[str, Any]:
    query: dict[str, Any] = dict(asked.query_params)
    if query.get("limit", "").isdecimal():
        query["limit"] = int(query["limit"])
    shapes.record(allowed)(query, "")
    return query


async def body_of(asked: HttpRequest, wanted: Body) -> Any:
    if wanted == "form":
        return await _form(asked)
    raw = await asked.body()
    if not raw and wanted is None:
        return {}
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise refused(400, "We could not parse the JSON body of your request.") from None
    (wanted or shapes.record({}))(body, "")
    return body


def no_such_call(asked: HttpRequest, *, known: bool) -> Problem:
    """Refuse a path that is not served (404), or a method on one that is (405)."""
    if known:
        return refused(405, f"Not allowed: {asked.method}", code="method_not_supported")
    return refused(404, f"Invalid URL ({asked.method} {asked.url.path})", code="unknown_url")


def _get(path: str, answer: Answering, query: Mapping[str, Check] | None = None) -> Row:
    return Row(f"/v1{path}", answer, Inputs(query or {}))


def _post(path: str, answer: Answering, body: Body = None) -> Row:
    return Row(f"/v1{path}", answer, Inputs(body=body), method="POST")


def _delete(path: str, answer: Answering) -> Row:
    return Row(f"/v1{path}", answer, Inputs(), method="DELETE")


async def _form(asked: HttpRequest) -> dict[str, Any]:
    if not asked.headers.get("content-type", "").startswith("multipart/form-data"):
        raise refused(400, "Invalid Content-Type: expected multipart/form-data.", code="invalid_content_type")
    try:
        async with asked.form(max_files=1) as form:
            return {
                name: Uploaded(part.filename or "", await part.read()) if isinstance(part, UploadFile) else part
                for name, part in form.multi_items()
            }
    except (MultiPartException, HTTPException) as broken:
        raise refused(400, f"Could not parse multipart form: {broken}", code="invalid_multipart") from broken
