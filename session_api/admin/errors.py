"""Refusals of the admin API, each with the way out."""

from collections.abc import AsyncIterator
from datetime import timedelta

from session_api.errors import ApiError, ErrorBody
from sync.errors import Gone, Held, Misconfigured, Retryable

RESPONSES: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorBody, "description": text}
    for status, text in {
        401: "No token, or another one.",
        403: "No token is configured: the admin API is off.",
        404: "No such source, index or run.",
        409: "Not now: paused, nothing held, or nothing to switch to.",
        503: "The database does not answer.",
    }.items()
}


async def engine_errors_as_http() -> AsyncIterator[None]:
    """Dependency: what the engine raises in an endpoint becomes what the operator reads."""
    try:
        yield
    except Misconfigured as error:
        raise ApiError(404, "not_found", str(error), "GET /api/admin/status names what there is.") from error
    except Gone as error:
        raise ApiError(404, "not_found", str(error), "GET /api/admin/runs lists them.") from error
    except Held as error:
        raise ApiError(409, "not_now", str(error), "GET /api/admin/status shows how it stands.") from error
    except Retryable as error:
        fix = "Try again in a moment; the database must be up."
        raise ApiError(503, "unavailable", str(error), fix, after=error.after or timedelta(seconds=5)) from error
