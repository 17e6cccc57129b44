"""Structured answers: of all that a schema may ask for, this server knows whether a statement is quoted from passages.

Anything else it refuses, as models do: what it does not know it does not make up.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.openai import text as texts

Row = Mapping[str, Any]
REFUSED = "This local server has no model. It can tell whether a statement is quoted word for word, and nothing else."
VERDICT = {"supported": "boolean"}
MARKS = re.compile(r"[*_`|>#]|\[\d+\]")


def schema_of(body: Row) -> dict[str, Any] | None:
    """Return the JSON schema that an answer must have; None where it may be any text."""
    wanted = (body.get("text") or {}).get("format") or body.get("response_format") or {}
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    schema = wanted.get("schema") or (wanted.get("json_schema") or {}).get("schema")
    return schema if isinstance(schema, dict) else {}


def filled(asked: str, schema: Row) -> str | None:
    """Return the answer to the one known question where it is yes; None where this server cannot tell."""
    properties = schema.get("properties") or {}
    if {name: one.get("type") for name, one in properties.items()} != VERDICT:
        return None
    try:
        told = json.loads(asked)
        statement, passages = told["statement"], [one["text"] for one in told["passages"]]
    except (ValueError, KeyError, TypeError):
        return None
    quoted = _plain(statement)
    if quoted.strip() and any(quoted in _plain(passage) for passage in passages):
        return json.dumps({"supported": True})
    return None


def _plain(text: str) -> str:
    """Return the words of a text alone, a space around each."""
    return f" {' '.join(texts.words_of(MARKS.sub(' ', text)))} "
