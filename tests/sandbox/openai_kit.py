"""What the tests of the local OpenAI-compatible server share: the official client against a served sandbox."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import openai
import pytest

from sandbox.openai import OpenAISandbox
from sandbox.wire import Wire, serve
from tests import loopback

KEY = "sk-sandbox"
SPECS = Path(os.environ.get("ANSWERWELL_SPECS", Path(__file__).parents[2] / "../shared/specs"))
GUIDE = b"# Resetting a password\n\nOpen the login page, choose *Forgot password* and follow the mail we send you.\n"


@contextlib.contextmanager
def served(box: OpenAISandbox, seen: Callable[[httpx2.Response], None] | None = None) -> Iterator[openai.OpenAI]:
    """Serve the sandbox and yield a client of it that never retries; `seen` is shown every answer."""
    hooks: dict[str, list[Callable[..., Any]]] = {"response": [seen]} if seen else {}
    with (
        serve(Wire(box.app)) as url,
        loopback.client(event_hooks=hooks) as transport,
        openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0, http_client=transport) as client,
    ):
        yield client


@contextlib.contextmanager
def sandbox(**settings: Any) -> Iterator[tuple[OpenAISandbox, openai.OpenAI]]:
    box = OpenAISandbox(**settings)
    with contextlib.closing(box), served(box) as client:
        yield box, client


def upload(client: openai.OpenAI, content: bytes = GUIDE, filename: str = "guide.md") -> str:
    return client.files.create(file=(filename, content, "text/markdown"), purpose="assistants").id


def stocked(client: openai.OpenAI, *contents: bytes) -> tuple[str, list[str]]:
    """Return a new store and the files in it, one for each content."""
    files = [upload(client, content, f"{at}.md") for at, content in enumerate(contents)]
    store = client.vector_stores.create(name="help").id
    if files:
        client.vector_stores.file_batches.create(store, file_ids=files)
    return store, files


@cache
def spec() -> dict[str, Any]:
    path = SPECS / "openai.json"
    if not path.exists():
        pytest.skip(f"no {path}: set ANSWERWELL_SPECS to the folder with the vendor's schemas")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return what validates against one of the vendor's component schemas."""
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": spec()["components"]["schemas"]}}
    )
