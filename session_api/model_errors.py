"""Model errors: what a failure of the model means for the visitor who waits, and for the operator."""

import openai

from answering.openai_client import ModelFailed, WorkflowFailed
from session_api.errors import ApiError

BUSY = "The assistant is busy. Please try again in a moment."
BROKEN = "The assistant cannot answer right now."


def failure(error: BaseException) -> ApiError:
    """Return what to tell: `message` to the visitor, `fix` in the log. Neither repeats what the other side said."""
    cause = error.__cause__ or error if isinstance(error, ModelFailed) else error
    match getattr(error, "code", None) or getattr(cause, "code", None):
        case "insufficient_quota" | "billing_hard_limit_reached":
            return ApiError(502, "upstream_quota", BROKEN, "The OpenAI quota is used up: check plan and billing.")
        case "rate_limit_exceeded":
            return ApiError(429, "upstream_busy", BUSY, "OpenAI limits this key; raise its limits.")
        case "search_failed" | "vector_store_timeout":
            fix = "The file search failed, not the model; it usually passes. See the vector store's status."
            return ApiError(502, "upstream_search_failed", BUSY, fix)
        case _:
            return _by_class(cause)


def _by_class(cause: BaseException) -> ApiError:  # noqa: PLR0911 - a table
    match cause:
        case WorkflowFailed():
            fix = f"See what chat.workflow raises: {type(cause.__cause__).__name__}."
            return ApiError(502, "workflow_failed", BROKEN, fix)
        case openai.APITimeoutError() | TimeoutError():
            return ApiError(504, "upstream_slow", BUSY, "The model did not answer in time; see chat.answer_within.")
        case openai.APIConnectionError():
            return ApiError(502, "upstream_unreachable", BUSY, "Check openai.base_url and the way to it.")
        case openai.RateLimitError():
            return ApiError(429, "upstream_busy", BUSY, "OpenAI limits this key; raise its limits.")
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ApiError(502, "upstream_key", BROKEN, "OpenAI refuses openai.api_key, its project or organization.")
        case openai.NotFoundError():
            fix = "OpenAI does not know chat.model or the store: is openai.api_key of the project that holds it?"
            return ApiError(502, "upstream_not_found", BROKEN, fix)
        case openai.APIStatusError(status_code=status) if status < 500:
            return ApiError(502, "upstream_refused", BROKEN, f"OpenAI refuses the call ({status}); check [chat].")
        case _:
            return ApiError(502, "upstream_failed", BUSY, "The other side failed; it usually passes.")
