"""Model errors: what a failure of the model means for the visitor who waits, and for the operator."""

import openai

from answering.openai_client import ModelFailed, WorkflowFailed
from session_api.errors import ApiError


def failure(error: BaseException) -> ApiError:  # noqa: PLR0911 - a table
    """Return what to tell: `message` to the visitor, `fix` in the log. Neither repeats what the other side said."""
    cause = error.__cause__ if isinstance(error, ModelFailed) else error
    busy = "The assistant is busy. Please try again in a moment."
    broken = "The assistant cannot answer right now."
    match cause:
        case WorkflowFailed():
            fix = f"See what chat.workflow raises: {type(cause.__cause__).__name__}."
            return ApiError(502, "workflow_failed", broken, fix)
        case openai.APITimeoutError() | TimeoutError():
            return ApiError(504, "upstream_slow", busy, "The model did not answer in time; see chat.answer_within.")
        case openai.APIConnectionError():
            return ApiError(502, "upstream_unreachable", busy, "Check openai.base_url and the way to it.")
        case openai.APIStatusError(status_code=status, code=code) if code == "insufficient_quota":
            return ApiError(502, "upstream_quota", broken, "The OpenAI quota is used up: check plan and billing.")
        case openai.RateLimitError():
            return ApiError(429, "upstream_busy", busy, "OpenAI limits this key; raise its limits.")
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ApiError(502, "upstream_key", broken, "OpenAI refuses openai.api_key, its project or organization.")
        case openai.NotFoundError():
            fix = "OpenAI does not know chat.model or the store: is openai.api_key of the project that holds it?"
            return ApiError(502, "upstream_not_found", broken, fix)
        case openai.APIStatusError(status_code=status) if status < 500:
            return ApiError(502, "upstream_refused", broken, f"OpenAI refuses the call ({status}); check [chat].")
        case _:
            return ApiError(502, "upstream_failed", busy, "The other side failed; it usually passes.")
