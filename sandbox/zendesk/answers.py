"""What the fake answers: JSON, and the vendor's four shapes of error."""

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

    def __init__(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.answer = Answer(body, status, headers or {})


def unauthenticated() -> Problem:
    return Problem(401, {"error": "Couldn't authenticate you"})


def forbidden(message: str = "You do not have access to this page.") -> Problem:
    return Problem(403, {"error": {"title": "Forbidden", "message": message}})


def record_not_found() -> Problem:
    return Problem(404, {"error": "RecordNotFound", "description": "Not found"})


def invalid_endpoint() -> Problem:
    return Problem(404, {"error": "InvalidEndpoint", "description": "Not found"})


def unsupported_media_type() -> Problem:
    return Problem(415, {"error": "UnsupportedMediaType", "description": "Use the .json form of this path"})


def bad_request(code: str, detail: str) -> Problem:
    return Problem(400, {"errors": [{"code": code, "title": "Bad request", "detail": detail}]})


def unprocessable(error: str, description: str) -> Problem:
    return Problem(422, {"error": error, "description": description})


def too_recent(error: str, floor: int) -> Problem:
    return unprocessable(error, f"Too recent start_time. Use a start_time older than {floor // 60} minute(s)")
