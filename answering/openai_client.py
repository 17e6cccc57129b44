"""OpenAI client: the connection to OpenAI, or to a server that speaks its API, and how it fails."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx2
import openai
from pydantic import BaseModel

from sync import tls
from sync.log_redaction import restrain

CONNECT_SECONDS = 5.0

Client = openai.AsyncOpenAI


def connect(
    api_key: str, *, base_url: str | None, organization: str | None, project: str | None, timeout: float
) -> Client:
    """Return a client on aiohttp: the default transport collapses when many visitors wait at once."""
    restrain("openai", "httpx2", "httpcore2", "aiohttp")
    return openai.AsyncOpenAI(
        api_key=api_key,
        base_url=base_url,
        organization=organization,
        project=project,
        timeout=openai.Timeout(timeout, connect=CONNECT_SECONDS),
        max_retries=1,
        http_client=openai.DefaultAioHttpClient(verify=tls.shared_context()),
    )


class ModelFailed(Exception):
    """The Agents SDK gave up, see its cause, or a call failed after it had begun: `code` is the API's word for that."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class WorkflowFailed(Exception):
    """The operator's own workflow raised an exception: its cause."""


FAILURES = (
    openai.OpenAIError,
    ModelFailed,
    WorkflowFailed,
    asyncio.TimeoutError,
    httpx2.HTTPError,  # a connection that ends in the middle of a stream: the SDK does not translate it
    json.JSONDecodeError,  # an answer that is none
)
"""What asking a model may raise."""


POLICY = frozenset({"invalid_prompt", "content_filter", "content_policy_violation", "bio_policy",
                    "misalignment_policy_violation"})  # fmt: skip
"""Codes of a call that is refused for what it says; asking again changes nothing."""


def plain(thing: object) -> dict[str, Any]:
    """Return an event or a part of one as a dictionary, whatever class it came as."""
    if isinstance(thing, BaseModel):
        return thing.model_dump(mode="python", warnings=False)
    return dict(thing) if isinstance(thing, Mapping) else {}
