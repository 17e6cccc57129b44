"""Every answer of the fake Intercom against the vendor's own schemas."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from connectors.http.transport import Request, Response
from sandbox.intercom import IntercomSandbox
from sandbox.intercom.talks import AGENT
from sandbox.wire import Wire
from tests.in_process import IN_PROCESS, InProcess

pytestmark = pytest.mark.corpora
SPECS = Path(os.environ.get("ANSWERWELL_SPECS", Path(__file__).parents[2] / "../shared/specs"))
SIGNED_IN = {"Authorization": "Bearer intercom-token", "Intercom-Version": "2.16"}


@cache
def spec() -> dict[str, Any]:
    path = SPECS / "intercom_2.16.yaml"
    if not path.exists():
        pytest.skip(f"no {path}: set ANSWERWELL_SPECS to the folder with the vendor's schemas")
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def test_every_answer_has_the_shape_the_vendor_documents() -> None:
    documented = spec()["paths"]
    box = IntercomSandbox()
    wire = InProcess(Wire(box.app), 5.0)
    box.put_help_center(locales=("en", "de"))
    collection = box.put_collection("Orders", german="Bestellungen")
    inner = box.put_collection("Returns", parent=collection)
    article = box.put_article("A", "<p>a</p>", parents=(inner,), tags=("one",), translations={"de": ("B", "<p>b</p>")})
    internal = box.put_internal("For us", "<p>c</p>")
    files = [("a.txt", b"a", "text/plain")]
    talk = box.put_conversation(
        "<p>d</p>", ((AGENT, "<p>e</p>"),), files=files, tags=("two",), state="closed", rating=5
    )
    box.delete_conversation(box.put_conversation("<p>f</p>"))
    box.world.macros |= {"Thanks": "<p>Thank you!</p>", "Bye": "<p>Bye.</p>"}
    box.world.attributes["Topic"] = ("Orders", "Billing")
    asked: list[tuple[str, dict[str, int], dict[str, str | int]]] = [
        ("/me", {}, {}),
        ("/admins", {}, {}),
        ("/teams", {}, {}),
        ("/tags", {}, {}),
        ("/macros", {}, {"per_page": 1}),
        ("/articles", {}, {}),
        ("/articles/{article_id}", {"article_id": article}, {}),
        ("/internal_articles", {}, {}),
        ("/internal_articles/{internal_article_id}", {"internal_article_id": internal}, {}),
        ("/help_center/collections", {}, {}),
        ("/help_center/help_centers", {}, {}),
        ("/conversations", {}, {"per_page": 20}),
        ("/conversations/{conversation_id}", {"conversation_id": talk}, {"display_as": "plaintext"}),
        ("/conversations/deleted", {}, {"page": 1, "per_page": 2, "order": "desc"}),
        ("/conversations/attributes", {}, {}),
    ]

    for path, place, params in asked:
        known = {parameter["name"] for parameter in documented[path]["get"]["parameters"]}
        assert set(params) <= known, path
        _check(
            documented[path]["get"], wire(Request("GET", IN_PROCESS + path.format(**place), params, SIGNED_IN)), path
        )
    body = b'{"query":{"field":"updated_at","operator":">","value":0}}'
    found = wire(Request("POST", f"{IN_PROCESS}/conversations/search", {}, SIGNED_IN, body))
    _check(documented["/conversations/search"]["post"], found, "search")


def _check(operation: dict[str, Any], answer: Response, path: str) -> None:
    assert answer.status == 200, f"{path}: {answer.body!r}"
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    told = _without_nulls(answer.json())
    if isinstance(told.get("pages"), dict) and isinstance(told["pages"].get("next"), str) and "deleted" not in path:
        told["pages"]["next"] = {"as": "an address, whatever the schema says"}
    jsonschema.Draft202012Validator(schema | {"components": spec()["components"]}).validate(told)


def _without_nulls(value: Any) -> Any:
    """The vendor sends null for what its schemas describe as nullable, in the words of an older standard."""
    if isinstance(value, dict):
        return {name: _without_nulls(held) for name, held in value.items() if held is not None}
    return [_without_nulls(held) for held in value] if isinstance(value, list) else value
