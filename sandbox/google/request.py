"""A request as an endpoint reads it, with every parameter checked against the vendor's own description."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.google import answers, discovery, masks
from sandbox.google.answers import Answer, Json
from sandbox.google.records import File, World

DRIVE = "drive.v3"
DOCS = "docs.v1"


@dataclass(frozen=True, slots=True)
class Request:
    """`place` holds what the path names; `origin` has no slash at its end."""

    world: World
    origin: str
    path: str
    place: Mapping[str, str]
    params: Mapping[str, str]
    body: bytes = b""

    def flag(self, name: str) -> bool:
        value = self.params.get(name, "false")
        if value not in ("true", "false"):
            raise answers.invalid(f"Invalid value '{value}' for boolean", name)
        return value == "true"

    def size(self, largest: int, default: int = 100) -> int:
        """Return how many a page may have. Raises 400 for a number out of range."""
        value = self.params.get("pageSize", str(default))
        if not value.isdigit() or not 1 <= int(value) <= largest:
            raise answers.invalid(
                f"Invalid value '{value}'. Values must be within the range: [1, {largest}]", "pageSize"
            )
        return min(int(value), self.world.page)

    def file(self) -> File:
        """Return the file that the path names. Raises 404 as Drive does for one that the account may not see."""
        record = self.world.files.get(self.place["id"])
        if record is None or not self.world.visible(record):
            raise answers.file_not_found(self.place["id"])
        if record.drive is not None and not self.flag("supportsAllDrives") and "/export" not in self.path:
            raise answers.file_not_found(record.id)
        return record

    def json(self) -> Json:
        try:
            parsed = json.loads(self.body)
        except ValueError as error:
            raise answers.drive(400, "parseError", "Parse Error") from error
        if not isinstance(parsed, dict):
            raise answers.drive(400, "parseError", "Parse Error")
        return parsed

    def shown(self, body: Json, resource: str, default: str) -> Answer:
        """Return the parts of the answer that `fields` names, else the few that the vendor sends unasked."""
        return Answer(masks.cut(body, self.params.get("fields", default), DRIVE, resource))


def check(params: list[tuple[str, str]], api: str, resource: str, method: str) -> dict[str, str]:
    """Return the parameters by name. Raises 400 for one that the vendor does not describe, or that comes twice."""
    known = discovery.parameters(api, resource, method)
    names = [name for name, _ in params]
    for name in names:
        if (name not in known and name not in discovery.EVERYWHERE) or known.get(name, {}).get("deprecated"):
            raise _unknown(api, name)
        if names.count(name) > 1:
            raise _unknown(api, name)
    found = dict(params)
    for name, about in known.items():
        if about.get("required") and name not in found:
            raise answers.drive(400, "required", f"Required parameter: {name}", location=name)
        if "enum" in about and found.get(name, about["enum"][0]) not in about["enum"]:
            raise _unknown(api, name)
    return found


def _unknown(api: str, name: str) -> answers.Problem:
    message = f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
    if api == DOCS:
        return answers.docs(400, "INVALID_ARGUMENT", message)
    return answers.drive(400, "invalidParameter", message, location=name)
