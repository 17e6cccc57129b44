"""Every answer of the fake's second generation against the vendor's own schemas."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest

from tests.sandbox.confluence_kit import site

pytestmark = pytest.mark.corpora
SPECS = Path(os.environ.get("ANSWERWELL_SPECS", Path(__file__).parents[2] / "../shared/specs"))


@cache
def spec() -> dict[str, Any]:
    path = SPECS / "confluence_v2_openapi.json"
    if not path.exists():
        pytest.skip(f"no {path}: set ANSWERWELL_SPECS to the folder with the vendor's schemas")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def test_every_answer_has_the_shape_the_vendor_documents() -> None:
    documented = spec()["paths"]
    asked: list[tuple[str, httpx2.Response]] = []
    with site() as served:
        box = served.sandbox
        section = box.put_page("Section", labels=("one",))
        folder = box.put_page("Folder", kind="folder", parent=section)
        page = box.put_page("Page", "<p>a</p>", parent=folder, labels=("one", "two"))
        post = box.put_page("Post", "<p>b</p>", kind="blogpost")
        file = box.attach(page, "a.txt", b"a", "text/plain")
        comment = box.comment(page, "<p>c</p>")
        box.comment(page, "<p>d</p>", reply_to=comment)
        box.comment(page, "<p>e</p>", inline=True)
        space = next(iter(box.world.spaces))
        calls: list[tuple[str, dict[str, object], dict[str, Any]]] = [
            ("/spaces", {}, {"keys": "HELP", "limit": 250}),
            ("/spaces/{id}/pages", {"id": space}, {"body_format": "storage", "limit": 1, "status": "current"}),
            ("/spaces/{id}/blogposts", {"id": space}, {"body_format": "storage"}),
            ("/pages", {}, {"space_id": space, "sort": "-modified-date"}),
            ("/blogposts", {}, {"id": post}),
            ("/pages/{id}", {"id": page}, {"body_format": "storage", "include_labels": "true"}),
            ("/blogposts/{id}", {"id": post}, {"body_format": "view"}),
            ("/pages/{id}/ancestors", {"id": page}, {}),
            ("/folders/{id}", {"id": folder}, {}),
            ("/attachments", {}, {"sort": "-modified-date"}),
            ("/attachments/{id}", {"id": f"att{file}"}, {}),
            ("/pages/{id}/attachments", {"id": page}, {}),
            ("/pages/{id}/footer-comments", {"id": page}, {"body_format": "storage"}),
            ("/pages/{id}/inline-comments", {"id": page}, {}),
            ("/footer-comments/{id}/children", {"id": comment}, {"body_format": "storage"}),
        ]
        for path, place, params in calls:
            known = {parameter["name"] for parameter in documented[path]["get"]["parameters"]}
            assert {name.replace("_", "-") for name in params} <= known, path
            asked.append((path, served.get(f"/api/v2{path.format(**place)}", **params)))
        names = served.post("/api/v2/users-bulk", {"accountIds": ["557058:bot"]})

    for path, answer in asked:
        _check(documented[path]["get"], answer, path)
        if "MultiEntity" in str(documented[path]["get"]["responses"]["200"]):
            assert answer.json()["results"], path
    _check(documented["/users-bulk"]["post"], names, "/users-bulk")


def _check(operation: dict[str, Any], answer: httpx2.Response, path: str) -> None:
    assert answer.status_code == 200, f"{path}: {answer.text}"
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    whole = schema | {"components": spec()["components"]}
    told = _without_nulls(answer.json())
    if path.startswith("/folders"):
        told["createdAt"] = "as a number, whatever the schema says"
    jsonschema.Draft202012Validator(whole).validate(told)


def _without_nulls(value: Any) -> Any:
    """The vendor sends null for what its schemas only describe as perhaps null."""
    if isinstance(value, dict):
        return {name: _without_nulls(held) for name, held in value.items() if held is not None}
    return [_without_nulls(held) for held in value] if isinstance(value, list) else value
