"""The `fields` parameter: which parts of an answer are sent. A field that the resource does not have is refused."""

import re
from typing import Any

from sandbox.google import answers, discovery
from sandbox.google.discovery import Schema
from sandbox.http import Json, Problem

Mask = dict[str, Any]
"""What to keep: names, each with the mask of what is below it; empty for all of it."""

_TOKEN = re.compile(r"[A-Za-z0-9_$-]+|[(),/*]")


def parse(text: str) -> Mask:
    """Return the mask. Raises 400 for one that cannot be read."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != "".join(text.split()):
        raise _refused(text)
    mask = _group(tokens, text)
    if tokens:
        raise _refused(text)
    return mask


def cut(body: Json, text: str, api: str, name: str) -> Json:
    """Return the parts of a resource that the parameter names. Raises 400 for a field that the resource has not."""
    mask = parse(text)
    if "*" in mask:
        return body
    _check(mask, api, discovery.resource(api, name))
    kept: Json = _keep(body, mask)
    return kept


def _group(tokens: list[str], text: str) -> Mask:
    mask: Mask = {}
    while tokens:
        below = mask
        while True:
            name = tokens.pop(0) if tokens else ""
            if not name or name in "(),/":
                raise _refused(text)
            below = below.setdefault(name, {})
            if tokens[:1] != ["/"]:
                break
            tokens.pop(0)
        if tokens[:1] == ["("]:
            tokens.pop(0)
            below |= _group(tokens, text)
            if tokens[:1] != [")"]:
                raise _refused(text)
            tokens.pop(0)
        if tokens[:1] != [","]:
            break
        tokens.pop(0)
    return mask


def _check(mask: Mask, api: str, schema: Schema) -> None:
    for name, below in mask.items():
        if name == "*":
            continue
        found = discovery.field_of(api, schema, name)
        if found is None:
            raise _refused(name)
        _check(below, api, found)


def _keep(value: Any, mask: Mask) -> Any:
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [_keep(each, mask) for each in value]
    if isinstance(value, dict):
        return {name: _keep(value[name], below) for name, below in mask.items() if name in value}
    return value


def _refused(text: str) -> Problem:
    return answers.drive(400, "invalidParameter", f"Invalid field selection {text}", location="fields")
