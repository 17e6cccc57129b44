"""A served Drive with a clock that the test moves, and a client that speaks to it; answers must fit the schemas."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx2
import jsonschema

from sandbox.google import GoogleSandbox, discovery
from sandbox.google.oauth import LIFETIME
from sandbox.wire import Wire, serve
from tests import loopback
from tests.sandbox.zendesk_kit import Clock

SHARED = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


@dataclass
class Office:
    """One sandbox, served, with a token that it knows. `read` asks and expects an answer of that schema."""

    sandbox: GoogleSandbox
    clock: Clock
    wire: Wire
    url: str
    client: httpx2.Client
    token: str = field(default="test-token", repr=False)

    def __post_init__(self) -> None:
        self.sandbox.credentials.tokens[self.token] = self.clock() + LIFETIME

    def get(self, path: str, **params: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.get(f"{self.url}{path}", params=params or None, headers=headers)

    def post(self, path: str, body: Any, **params: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.post(f"{self.url}{path}", params=params or None, json=body, headers=headers)

    def read(self, schema: str, path: str, **params: Any) -> Any:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        check(answer.json(), schema)
        return answer.json()

    def listed(self, q: str = "trashed=false", **params: Any) -> list[str]:
        answer = self.read("FileList", "/drive/v3/files", q=q, **params)
        return [file["name"] for file in answer["files"]]

    def reason(self, answer: httpx2.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


def check(body: Any, schema: str) -> None:
    """Raise unless the answer is what the vendor describes, with no field that it does not."""
    _validator(schema).validate(body)


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    definitions = _definitions("docs.v1" if schema == "Document" else "drive.v3")
    return jsonschema.Draft202012Validator({"$ref": f"#/definitions/{schema}", "definitions": definitions})


@cache
def _definitions(api: str) -> Any:
    return {name: _strict(schema) for name, schema in discovery.document(api)["schemas"].items()}


def _strict(schema: Any) -> Any:
    """A discovery schema in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"#/definitions/{schema['$ref']}"}
    kept = {name: _strict(value) for name, value in schema.items() if name in ("type", "items", "enum")}
    if schema.get("type") == "any":
        kept.pop("type")
    if "properties" in schema:
        kept["properties"] = {name: _strict(value) for name, value in schema["properties"].items()}
        kept["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        kept["additionalProperties"] = _strict(schema["additionalProperties"])
    return kept


@contextmanager
def office() -> Iterator[Office]:
    clock = Clock()
    sandbox = GoogleSandbox(clock=clock)
    wire = Wire(sandbox.app)
    with serve(wire) as url, loopback.client() as client:
        yield Office(sandbox, clock, wire, url, client)
