"""How the vendor refuses: one envelope for every error, and a page of the edge."""

from sandbox.http import Problem

CAPTCHA = b"<!DOCTYPE html><html><head><title>Human Verification</title></head><body>Are you human?</body></html>"


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Problem:
    envelope = {
        "type": "error.list",
        "request_id": "2e760b85-9020-471b-89dc-f579ec8a0104",
        "errors": [{"code": code, "message": message}],
    }
    return Problem(status, envelope, headers)


def unauthorized() -> Problem:
    return error(401, "unauthorized", "Access Token Invalid")


def forbidden() -> Problem:
    return error(403, "forbidden", "The access token does not have the required scopes")


def not_found() -> Problem:
    return error(404, "not_found", "Resource Not Found")


def invalid(name: str, value: str | None, expected: str) -> Problem:
    return error(400, "parameter_invalid", f"{name} must be {expected}, not {value!r}")


def version_invalid(message: str = "The requested version is not valid.") -> Problem:
    return error(400, "intercom_version_invalid", message)


def rate_limited(limit: int, headers: dict[str, str]) -> Problem:
    return error(429, "rate_limit_exceeded", f"Exceeded rate limit of {limit} in 10_seconds", headers)


def captcha() -> Problem:
    return Problem(405, headers={"content-type": "text/html; charset=utf-8"}, content=CAPTCHA)
