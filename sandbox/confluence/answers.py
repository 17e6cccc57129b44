"""How the vendor refuses: the error bodies of the two generations of its API."""

from sandbox.http import Problem


def v2_error(status: int, code: str, title: str, detail: str | None = None) -> Problem:
    return Problem(status, {"errors": [{"status": status, "code": code, "title": title, "detail": detail}]})


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
    return Problem(status, {"statusCode": status, "data": details, "message": message, "reason": reason})


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
    return Problem(429, {"message": "Rate limit exceeded."}, headers)


def gateway_timeout() -> Problem:
    return Problem(504, content=b"<html><body>504 Gateway Time-out</body></html>")
