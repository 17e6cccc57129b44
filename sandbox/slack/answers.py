"""How the vendor answers: `ok` and JSON with status 200 for nearly everything, refusals too."""

from typing import Any

from sandbox.http import Answer, Problem


def good(**body: Any) -> Answer:
    return Answer({"ok": True, **body})


def refused(error: str, **more: Any) -> Problem:
    return Problem(200, {"ok": False, "error": error, **more})


def missing_scope(needed: str, provided: str) -> Problem:
    return refused("missing_scope", needed=needed, provided=provided)


def rate_limited(seconds: int) -> Problem:
    return Problem(429, {"ok": False, "error": "ratelimited"}, {"retry-after": str(seconds)})
