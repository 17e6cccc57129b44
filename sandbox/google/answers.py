"""How the vendor refuses: the error shapes of Drive, of Docs, and of the token address."""

from sandbox.http import Json, Problem


def drive(status: int, reason: str, message: str, *, domain: str = "global", location: str = "") -> Problem:
    """Drive's shape: always with `errors`, and with `status` only where it does not know who asks."""
    first: Json = {"message": message, "domain": domain, "reason": reason}
    if location:
        first |= {"locationType": "parameter", "location": location}
    return Problem(status, {"error": {"code": status, "message": message, "errors": [first]}})


def file_not_found(file: str) -> Problem:
    return drive(404, "notFound", f"File not found: {file}.", location="fileId")


def drive_not_found(drive_id: str) -> Problem:
    return drive(404, "notFound", f"Shared drive not found: {drive_id}", location="driveId")


def invalid(message: str, location: str) -> Problem:
    return drive(400, "invalid", message, location=location)


def docs(status: int, word: str, message: str) -> Problem:
    """The Docs API's shape: a `status` word, never `errors`."""
    return Problem(status, {"error": {"code": status, "message": message, "status": word}})


def unregistered() -> Problem:
    """Drive without credentials: a caller that it does not know."""
    message = "Method doesn't allow unregistered callers. Please use API Key or other form of API consumer identity."
    first = {"message": message, "domain": "global", "reason": "forbidden"}
    return Problem(403, {"error": {"code": 403, "message": message, "errors": [first], "status": "PERMISSION_DENIED"}})


def bad_token() -> Problem:
    """Drive with a token that is wrong or has expired."""
    message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
    first = {"message": "Invalid Credentials", "domain": "global", "reason": "authError"}
    located = {"location": "Authorization", "locationType": "header"}
    return Problem(
        401, {"error": {"code": 401, "message": message, "errors": [first | located], "status": "UNAUTHENTICATED"}}
    )


def grant_refused(error: str, description: str, status: int = 400) -> Problem:
    return Problem(status, {"error": error, "error_description": description})
