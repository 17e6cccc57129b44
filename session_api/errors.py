"""API errors: what is answered instead of success, always a code, what happened, and the fix."""

import math
from datetime import timedelta
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from sync.errors import Misconfigured, Retryable


class ApiError(Exception):
    """An answer other than success. The code is for programs, the message for people, the fix for the operator."""

    def __init__(self, status: int, code: str, message: str, fix: str, *, after: timedelta | None = None) -> None:
        super().__init__(f"{code}: {message}; {fix}")
        self.status = status
        self.code = code
        self.message = message
        self.fix = fix
        self.headers: dict[str, str] = {}
        if after is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(after.total_seconds())))
        if status == 401:
            self.headers["WWW-Authenticate"] = "Bearer"

    def response(self) -> JSONResponse:
        content = {"code": self.code, "message": self.message, "fix": self.fix}
        return JSONResponse({"error": content}, self.status, self.headers)


class Told(BaseModel):
    """An error's content."""

    code: str
    message: str
    fix: str


class ErrorBody(BaseModel):
    """What every error looks like."""

    error: Told


REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody} for status in (400, 401, 403, 404, 413, 429, 503)
}
"""What endpoints for visitors may answer besides, for the API description."""


_UNROUTED = {
    404: ("no_such_address", "/docs lists every address."),
    405: ("method_not_allowed", "See /docs."),
    408: ("request_timeout", "Send the whole request at once."),
    413: ("body_too_large", "Send less."),
}


def install(app: FastAPI) -> None:
    """Make every failure of the application answer in the one shape."""

    @app.exception_handler(ApiError)
    async def refused(_: Request, error: ApiError) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return ApiError(422, "invalid_request", f"{place}: {first['msg']}", "Send what /docs describes.").response()

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> JSONResponse:
        code, fix = _UNROUTED.get(error.status_code, ("refused", "See /docs."))
        refusal = ApiError(error.status_code, code, f"{request.method} {request.url.path}: {error.detail}", fix)
        refusal.headers |= dict(error.headers or {})
        return refusal.response()

    @app.exception_handler(Retryable)
    async def unavailable(_: Request, error: Retryable) -> JSONResponse:
        fix = "Try again in a moment; if it stays, read the server's log."
        after = error.after or timedelta(seconds=5)
        return ApiError(503, "unavailable", "A part of this service does not answer.", fix, after=after).response()

    @app.exception_handler(Misconfigured)
    async def misconfigured(_: Request, __: Misconfigured) -> JSONResponse:
        return ApiError(
            503, "misconfigured", "This service is not set up completely.", "Run `answerwell doctor`."
        ).response()
