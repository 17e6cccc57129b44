"""Every answer of the local server against the vendor's own schemas, over one life of everything it serves."""

import contextlib
import json
import re
from typing import Any

import httpx2
import jsonschema
import openai
import pytest

from sandbox.openai import OpenAISandbox
from tests.sandbox.openai_kit import GUIDE, served, spec, upload, validator

pytestmark = pytest.mark.corpora
SEARCH = {"type": "file_search"}


def test_every_answer_has_the_shape_the_vendor_documents() -> None:
    documented = _documented()
    seen: list[httpx2.Response] = []

    def note(answer: httpx2.Response) -> None:
        answer.read()
        seen.append(answer)

    box = OpenAISandbox()
    with contextlib.closing(box), served(box, note) as client:
        _live(client, box)

    checked = set()
    for answer in seen:
        call = _call(documented, answer)
        if answer.headers["content-type"].startswith("application/json"):
            schema = "ErrorResponse" if answer.status_code >= 400 else documented[call]
            _check(schema, answer.json(), f"{call} {answer.status_code}")
        checked.add(call)
    assert checked == set(documented)


def test_every_event_of_a_stream_has_the_shape_the_vendor_documents() -> None:
    box = OpenAISandbox()
    with contextlib.closing(box), served(box) as client:
        store = client.vector_stores.create(file_ids=[upload(client)]).id
        body = {
            "model": "m",
            "input": "forgot password",
            "stream": True,
            "tools": [{**SEARCH, "vector_store_ids": [store]}],
        }
        raw = client.post("/responses", body=body, cast_to=httpx2.Response).text

    frames = [frame.split("\n") for frame in raw.strip().split("\n\n")]
    for name, data in frames:
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        _check("ResponseStreamEvent", event, event["type"])
    assert len(frames) > 12


def _live(client: openai.OpenAI, box: OpenAISandbox) -> None:
    files, stores, sessions = client.files, client.vector_stores, client.beta.chatkit.sessions
    one, two = upload(client), upload(client, b"\xff\x00", "broken.txt")
    store = stores.create(name="help", metadata={"k": "v"}, expires_after={"anchor": "last_active_at", "days": 1}).id
    stores.files.create(store, file_id=one, attributes={"a": 1.5, "b": True, "c": "x"})
    batch = stores.file_batches.create(store, files=[{"file_id": two}]).id
    stores.file_batches.retrieve(batch, vector_store_id=store)
    stores.file_batches.list_files(batch, vector_store_id=store)
    stores.file_batches.cancel(batch, vector_store_id=store)
    for file in (one, two):
        stores.files.retrieve(file, vector_store_id=store)
    stores.files.list(store, limit=1)
    stores.files.update(one, vector_store_id=store, attributes={"d": "y"})
    stores.files.content(one, vector_store_id=store)
    stores.search(store, query=["password"], ranking_options={"score_threshold": 0.1})
    stores.search(store, query="nothing at all")
    tool: Any = {**SEARCH, "vector_store_ids": [store], "max_num_results": 3}
    client.responses.create(model="m", input="password", tools=[tool], include=["file_search_call.results"])
    client.responses.create(model="m", input="nothing at all")
    stores.update(store, name=None, metadata={"k": "w"})
    stores.retrieve(store)
    stores.list()
    files.retrieve(one)
    files.list()
    files.content(one)
    session = sessions.create(
        user="u", workflow={"id": "wf_1", "state_variables": {"k": "v"}}
    )  # the schema itself takes no integer
    sessions.cancel(session.id)
    stores.files.delete(two, vector_store_id=store)
    stores.delete(store)
    files.delete(two)
    for refused in (lambda: files.retrieve(two), lambda: stores.retrieve(store), lambda: upload(client, b"")):
        with pytest.raises(openai.APIStatusError):
            refused()
    box.exhausted = True
    with pytest.raises(openai.RateLimitError):
        stores.list()
    assert GUIDE in [kept.content for kept in box.files().values()]


def _documented() -> dict[tuple[str, str], str]:
    """Return the schema of the answer to every call we claim to serve, by method and path pattern."""
    ours = re.compile(r"^/(files|vector_stores|responses$|chatkit/sessions)")
    schemas = {}
    for path, operations in spec()["paths"].items():
        for method, operation in operations.items():
            if ours.match(path) and method in ("get", "post", "delete"):
                content = operation["responses"]["200"]["content"]["application/json"]["schema"]
                schemas[method.upper(), path] = content.get("$ref", "").rpartition("/")[2]
    return schemas


def _call(documented: dict[tuple[str, str], str], answer: httpx2.Response) -> tuple[str, str]:
    path = answer.request.url.path.removeprefix("/v1")
    matching = [
        (method, pattern)
        for method, pattern in documented
        if method == answer.request.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path)
    ]
    assert len(matching) == 1, (answer.request.method, path)
    return matching[0]


def _check(schema: str, answer: Any, what: str) -> None:
    problems = sorted(validator(schema).iter_errors(answer), key=jsonschema.exceptions.relevance)
    assert not problems, f"{what}: {problems[0].json_path} {problems[0].message}"
