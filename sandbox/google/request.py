"""A request as an endpoint reads it, with every parameter checked against the vendor's own description."""

from sandbox import http
from sandbox.google import answers, discovery, masks
from sandbox.google.records import Drive, File
from sandbox.http import Answer, Json

DRIVE = "drive.v3"
DOCS = "docs.v1"

Request = http.Request[Drive, None]


def invalid(name: str, value: str | None, expected: str) -> http.Problem:
    return answers.invalid(f"Invalid value '{value}'. Values must be {expected}", name)


def flag_of(request: Request, name: str) -> bool:
    return request.flag(name) is True


def size_of(request: Request, largest: int, default: int = 100) -> int:
    """Return how many a page may have. Raises 400 for a number out of range."""
    return min(request.number("pageSize", default, largest), request.world.page)


def file_of(request: Request) -> File:
    """Return the file that the path names. Raises 404 as Drive does for one that the account may not see."""
    record = request.world.files.get(request.place["id"])
    if record is None or not request.world.visible(record):
        raise answers.file_not_found(request.place["id"])
    if record.drive is not None and not flag_of(request, "supportsAllDrives") and "/export" not in request.path:
        raise answers.file_not_found(record.id)
    return record


def partial(request: Request, body: Json, resource: str, default: str) -> Answer:
    """A partial response: what `fields` names, else the few that the vendor sends unasked."""
    return Answer(masks.cut(body, request.params.get("fields", default), DRIVE, resource))


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


def _unknown(api: str, name: str) -> http.Problem:
    message = f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
    if api == DOCS:
        return answers.docs(400, "INVALID_ARGUMENT", message)
    return answers.drive(400, "invalidParameter", message, location=name)
