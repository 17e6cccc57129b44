"""How the vendor refuses: four shapes of error."""

from sandbox.http import Problem


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
