"""A call of a method as the fake reads it: every argument is known, of its kind, and given once."""

from sandbox import http
from sandbox.slack.answers import missing_scope, refused
from sandbox.slack.records import Workspace, stamp

Request = http.Request[Workspace, None]


def invalid(name: str, value: str | None, expected: str) -> http.Problem:
    if name == "limit":
        return refused("invalid_limit")
    return refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {name} {value}: not {expected}"]})


def needed(request: Request, name: str, error: str) -> str:
    """Return an argument that must be there. Raises the given error."""
    if not request.text(name):
        raise refused(error)
    return request.text(name)


def flag_of(request: Request, name: str) -> bool:
    return request.one_of(name, ("0", "1", "true", "false")) in ("1", "true")


def ts_of(request: Request, name: str, error: str) -> tuple[int, int] | None:
    """Return a bound in time, None where there is none. Raises the given error for what is no ts."""
    if not request.text(name):
        return None
    try:
        return stamp(request.text(name))
    except ValueError as failure:
        raise refused(error) from failure


def require_scopes(request: Request, *scopes: str) -> None:
    """Raise missing_scope unless the token has them all."""
    missing = [scope for scope in scopes if scope not in request.world.scopes]
    if missing:
        raise missing_scope(missing[0], ",".join(sorted(request.world.scopes)))
