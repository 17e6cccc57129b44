"""The vendor's own description of its APIs: which parameters a method takes, and which fields a resource has."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient

Schema = dict[str, Any]

EVERYWHERE = frozenset({"alt", "fields", "key", "prettyPrint", "quotaUser", "$.xgafv"})


@cache
def document(name: str) -> Schema:
    """Return a discovery document, by the name it has in the vendor's package: `drive.v3`, `docs.v1`."""
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    parsed: Schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return parsed


@cache
def parameters(api: str, resource: str, method: str) -> Schema:
    """Return the query parameters that the method takes, each with its description."""
    described = document(api)["resources"][resource]["methods"][method].get("parameters", {})
    return {name: about for name, about in described.items() if about["location"] == "query"}


def field_of(api: str, schema: Schema, name: str) -> Schema | None:
    """Return the description of one field of a resource, None where the resource has no such field."""
    found = schema.get("properties", {}).get(name)
    if found is None and isinstance(schema.get("additionalProperties"), dict):
        found = schema["additionalProperties"]
    if found is None:
        return None
    while "items" in found:
        found = found["items"]
    return resource(api, found["$ref"]) if "$ref" in found else found


def resource(api: str, name: str) -> Schema:
    """Return the schema of a resource."""
    found: Schema = document(api)["schemas"][name]
    return found
