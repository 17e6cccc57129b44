"""The connection to OpenAI, or to what speaks its API; and what its refusals mean for whoever waits for an answer."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx2
import openai
from pydantic import BaseModel

from session_api.refusals import Refusal

CONNECT_SECONDS = 5.0

Client = openai.AsyncOpenAI


def connect(
    api_key: str, *, base_url: str | None, organization: str | None, project: str | None, timeout: float
) -> Client:
    """Return a client on aiohttp: the default transport collapses when many visitors wait at once."""
    return openai.AsyncOpenAI(
        api_key=api_key,
        base_url=base_url,
        organization=organization,
        project=project,
        timeout=openai.Timeout(timeout, connect=CONNECT_SECONDS),
        max_retries=1,
        http_client=openai.DefaultAioHttpClient(),
    )


class ModelFailed(Exception):
    """The Agents SDK gave up; its cause says why."""


class WorkflowFailed(Exception):
    """The operator's own workflow raised something; its cause says what."""


FAILURES = (
    openai.OpenAIError,
    ModelFailed,
    WorkflowFailed,
    asyncio.TimeoutError,
    httpx2.HTTPError,  # a connection that ends in the middle of a stream: the SDK does not translate it
    json.JSONDecodeError,  # an answer that is none
)
"""What asking a model may raise."""


def failure(error: BaseException) -> Refusal:  # noqa: PLR0911 - a table
    """Return what to tell: `message` to the visitor, `fix` in the log. Neither repeats what the other side said."""
    cause = error.__cause__ if isinstance(error, ModelFailed) else error
    busy = "The assistant is busy. Please try again in a moment."
    broken = "The assistant cannot answer right now."
    match cause:
        case WorkflowFailed():
            fix = f"See what chat.workflow raises: {type(cause.__cause__).__name__}."
            return Refusal(502, "workflow_failed", broken, fix)
        case openai.APITimeoutError() | TimeoutError():
            return Refusal(504, "upstream_slow", busy, "The model did not answer in time; see chat.answer_within.")
        case openai.APIConnectionError():
            return Refusal(502, "upstream_unreachable", busy, "Check openai.base_url and the way to it.")
        case openai.APIStatusError(status_code=status, code=code) if code == "insufficient_quota":
            return Refusal(502, "upstream_quota", broken, "The OpenAI quota is used up: check plan and billing.")
        case openai.RateLimitError():
            return Refusal(429, "upstream_busy", busy, "OpenAI limits this key; raise its limits.")
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return Refusal(502, "upstream_key", broken, "OpenAI refuses openai.api_key, its project or organization.")
        case openai.NotFoundError():
            fix = "OpenAI does not know chat.model or the store: is openai.api_key of the project that holds it?"
            return Refusal(502, "upstream_not_found", broken, fix)
        case openai.APIStatusError(status_code=status) if status < 500:
            return Refusal(502, "upstream_refused", broken, f"OpenAI refuses the call ({status}); check [chat].")
        case _:
            return Refusal(502, "upstream_failed", busy, "The other side failed; it usually passes.")


def plain(thing: object) -> dict[str, Any]:
    """Return an event or a part of one as a dictionary, whatever class it came as."""
    if isinstance(thing, BaseModel):
        return thing.model_dump(mode="python", warnings=False)
    return dict(thing) if isinstance(thing, Mapping) else {}
