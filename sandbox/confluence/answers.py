"""What the fake answers: JSON, and the error bodies of the two generations of the API."""

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

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body}")
        self.answer = answer


def v2_error(status: int, code: str, title: str, detail: str | None = None) -> Problem:
    return Problem(Answer({"errors": [{"status": status, "code": code, "title": title, "detail": detail}]}, status))


def not_found() -> Problem:
    """The same for what is absent and for what the caller may not see."""
    return v2_error(404, "NOT_FOUND", "Not Found")


def invalid(parameter: str, detail: str) -> Problem:
    title = f"Provided value for '{parameter}' is not the correct type. {detail}"
    return v2_error(400, "INVALID_REQUEST_PARAMETER", title, detail)


def unauthorized() -> Problem:
    return v2_error(401, "UNAUTHORIZED", "Unauthorized; scope does not match")


def v1_error(status: int, message: str, reason: str) -> Problem:
    details = {"authorized": status not in (401, 403), "valid": True, "errors": [], "successful": False}
    return Problem(Answer({"statusCode": status, "data": details, "message": message, "reason": reason}, status))


def v1_not_found(content_id: object) -> Problem:
    message = (
        f"com.atlassian.confluence.api.service.exceptions.NotFoundException: No content found with id {content_id}"
    )
    return v1_error(404, message, "Not Found")


def v1_bad_request(message: str) -> Problem:
    return v1_error(400, message, "Bad Request")


def too_many(after: int | None) -> Problem:
    """Refuse for the rate of calls; not every refusal of the vendor says how long to wait."""
    headers = {} if after is None else {"retry-after": str(after)}
    return Problem(Answer({"message": "Rate limit exceeded."}, 429, headers))


def gateway_timeout() -> Problem:
    return Problem(Answer(status=504, content=b"<html><body>504 Gateway Time-out</body></html>"))
