"""Refusals of the admin API, each with the way out."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from session_api.admin_shapes import Refused
from sync.errors import Gone, Held, Misconfigured, Retryable

RESPONSES: dict[int | str, dict[str, object]] = {
    status: {"model": Refused, "description": text}
    for status, text in {
        401: "No token, or another one.",
        403: "No token is configured: the admin API is off.",
        404: "No such source, index or run.",
        409: "Not now: paused, nothing held, or nothing to switch to.",
        503: "The database does not answer.",
    }.items()
}


class AdminRefusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, "fix": fix}}


def install(app: FastAPI) -> None:
    """Have refusals answered in the one shape of all errors."""

    @app.exception_handler(AdminRefusal)
    async def refused(_: Request, refusal: AdminRefusal) -> JSONResponse:
        headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(refusal.status)
        return JSONResponse(refusal.body, refusal.status, headers)


@contextmanager
def told() -> Iterator[None]:
    """Turn what the engine raises into what the operator reads."""
    try:
        yield
    except Misconfigured as error:
        raise AdminRefusal(404, "not_found", str(error), "GET /api/admin/status names what there is.") from error
    except Gone as error:
        raise AdminRefusal(404, "not_found", str(error), "GET /api/admin/runs lists them.") from error
    except Held as error:
        raise AdminRefusal(409, "not_now", str(error), "GET /api/admin/status shows how it stands.") from error
    except Retryable as error:
        fix = "Try again in a moment; the database must be up."
        raise AdminRefusal(503, "unavailable", str(error), fix) from error
