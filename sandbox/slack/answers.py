"""What the fake answers: `ok` and JSON with status 200 for nearly everything, as the vendor does."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One response before it is sent; `content` instead of `body` where the answer is not JSON."""

    body: Json = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None


class Problem(Exception):
    """An error answer, raised wherever it is noticed."""

    def __init__(self, error: str, *, status: int = 200, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(error)
        self.answer = Answer({"ok": False, "error": error, **more}, status, headers or {})


def good(**body: Any) -> Answer:
    return Answer({"ok": True, **body})


def missing_scope(needed: str, provided: str) -> Problem:
    return Problem("missing_scope", needed=needed, provided=provided)


def rate_limited(seconds: int) -> Problem:
    return Problem("ratelimited", status=429, headers={"retry-after": str(seconds)})
