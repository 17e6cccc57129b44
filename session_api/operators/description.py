"""API description: `/openapi.json`, and `/docs`, the same in plain HTML: no script, and nothing from elsewhere."""

import base64
import hashlib
import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

TAGS = {
    "session": "Opens the chat for a visitor of a page of yours, and closes it.",
    "chat": "The conversation itself, in the ChatKit protocol; the widget speaks it.",
    "widget": "Why the widget does not work on a page.",
    "webhooks": "Vendors say that something changed: the next sync comes at once.",
    "admin": "What operators look at and ask for, with the admin token; a request is followed by its id.",
    "health": "Whether this process lives and can serve, and what the installation measures.",
}
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
h2{margin-top:3rem;text-transform:capitalize}article{border-top:1px solid #8886;padding:1rem 0}
h3{font:600 1rem/1.4 ui-monospace,monospace;margin:0}h3 b{display:inline-block;min-width:4.5rem}
code,pre{font:.875rem/1.45 ui-monospace,monospace;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse}td{padding:.1rem 1.5rem .1rem 0;vertical-align:top}summary{cursor:pointer}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-cache", "x-robots-tag": "noindex"}


def install(app: FastAPI) -> None:
    """Add `/docs`, and give each operation a summary: the first sentence of what its function says."""
    made = app.openapi

    def summarized() -> dict[str, Any]:
        schema = made()
        for operation in (one for methods in schema["paths"].values() for one in methods.values()):
            if told := operation.get("description"):
                operation["summary"] = _first_sentence(told)
        return schema

    app.openapi = summarized  # type: ignore[method-assign]  # as FastAPI has it done
    app.openapi_tags = [{"name": name, "description": text} for name, text in TAGS.items()]

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()), headers=HEADERS)


def page(schema: Mapping[str, Any]) -> str:
    """Return the page that describes what the schema does."""
    sections = "".join(_section(tag, schema) for tag in schema["tags"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Answerwell: the API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style><h1>The API of this Answerwell</h1>'
        f"<p>The same for programs: <a href='/openapi.json'>/openapi.json</a></p>{sections}</html>"
    )


def _section(tag: Mapping[str, str], schema: Mapping[str, Any]) -> str:
    operations = [
        _operation(method, path, operation, schema)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation.get("tags", ())
    ]
    if not operations:
        return ""
    return f"<h2>{_text(tag['name'])}</h2><p>{_text(tag['description'])}</p>{''.join(operations)}"


def _operation(method: str, path: str, operation: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    told = "".join(f"<p>{_text(part)}</p>" for part in operation.get("description", "").split("\n\n") if part)
    answers = [(f"<b>{_text(code)}</b>", _text(one["description"])) for code, one in operation["responses"].items()]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    takes = f"<p>Takes JSON:</p><pre>{_text(_shape(body, schema))}</pre>" if body else ""
    rows = "".join(f"<tr><td>{left}</td><td>{right}</td></tr>" for left, right in [*_parameters(operation), *answers])
    return (
        f"<article><h3><b>{method.upper()}</b> {_text(path)}</h3>{told}{takes}<table>{rows}</table>"
        f"<details><summary>curl</summary><pre>{_text(_curl(method, path, operation))}</pre></details></article>"
    )


def _parameters(operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in operation.get("parameters", ()):
        needed = "" if one.get("required") else ", optional"
        kind = one["schema"].get("type", "")
        yield f"<code>{_text(one['name'])}</code>", _text(f"{one['in']} {kind}{needed}")


def _curl(method: str, path: str, operation: Mapping[str, Any]) -> str:
    token = " -H 'Authorization: Bearer TOKEN'" if operation.get("security") else ""
    sends = " -H 'Content-Type: application/json' -d '{}'" if operation.get("requestBody") else ""
    return f"curl{'' if method == 'get' else f' -X {method.upper()}'}{token}{sends} $ANSWERWELL{path}"


def _shape(wanted: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """The properties of a body, one a line, each with its type and description."""
    named = wanted.get("$ref", "").rpartition("/")[2]
    found = schema["components"]["schemas"].get(named, wanted) if named else wanted
    properties = found.get("properties")
    if not properties:
        return json.dumps(found, indent=1, ensure_ascii=False)
    needed = set(found.get("required", ()))
    lines = [f"{key}: {_type(one)}{'' if key in needed else ', optional'}" for key, one in properties.items()]
    return "\n".join([*lines, *([found["description"]] if "description" in found else [])])


def _type(one: Mapping[str, Any]) -> str:
    kinds = [part.get("type", "object") for part in one.get("anyOf", [one])]
    return " or ".join(kind for kind in kinds if kind != "null")


def _first_sentence(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")


def _text(value: object) -> str:
    return html.escape(str(value))
