"""OpenAI client: sends requests, retries those that may be repeated, reads answers, and translates what goes wrong.

The SDK is the transport only. Its retries are off: it would repeat a POST whose answer was lost, and so upload or
attach twice. Its paging is not used: it ends a listing quietly at the first broken page.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

import httpx2
import openai
from pydantic import ValidationError

from sync import tls
from sync.errors import Missing, Rejected, Retryable
from sync.log_redaction import restrain
from sync.metrics import COUNTERS
from sync.model import FileId, FileState, StoredFile, StoreId
from sync.rate_limit import RateLimiter
from sync.vector_store import responses
from sync.vector_store.validation import check_header, checked_address

OPENAI = "https://api.openai.com/v1"
MAX_ATTEMPTS = 3
MAX_PAUSE = timedelta(seconds=5)

A = TypeVar("A", bound=responses.StoreResponse)
L = TypeVar("L", bound=responses.Identified)
T = TypeVar("T")


class Raw(Protocol):
    """An answer as it came."""

    @property
    def content(self) -> bytes: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


def connect(
    api_key: str,
    *,
    base_url: str | None = None,
    organization: str | None = None,
    project: str | None = None,
    http_timeout: timedelta = timedelta(seconds=60),
) -> openai.OpenAI:
    """Return the client for the configured server. Raises Misconfigured for a setting that can never work.

    The key would travel readable over http, which is therefore for loopback only.
    """
    restrain("openai", "httpx2", "httpcore2")
    for name, value in (("api_key", api_key), ("organization", organization), ("project", project)):
        if value is not None:
            check_header(name, value)
    return openai.OpenAI(
        api_key=api_key,
        base_url=checked_address(base_url or OPENAI),
        organization=organization,
        project=project,
        timeout=http_timeout.total_seconds(),
        max_retries=0,
        http_client=_Connections(verify=tls.shared_context()),
    )


class _Connections(openai.DefaultHttpxClient):
    """Connections that are closed when no client holds them any more, as those are that the SDK makes itself."""

    def __del__(self) -> None:
        with suppress(Exception):  # at the end of the process its parts may be gone
            self.close()


class Client:
    """Sends requests, reads the answers, and translates what goes wrong. No error's text holds the key."""

    def __init__(self, client: openai.OpenAI, sleep: Callable[[float], None]) -> None:
        self._api = client
        self._secret = client.api_key
        self._where = f"OpenAI at {client.base_url.host}"
        self._sleep = sleep

    def call_once(self, doing: str, call: Callable[[], Raw], shape: type[A], limiter: RateLimiter | None = None) -> A:
        """Send a request that must not be repeated: if its answer is lost, it may have been carried out."""
        return self.read(doing, self.send(doing, call, limiter), shape)

    def call_idempotent(self, doing: str, call: Callable[[], Raw], shape: type[A]) -> A:
        """Send a request that may be repeated, a few times if need be."""
        return self.retry(lambda: self.call_once(doing, call, shape), Retryable)

    def retry(self, attempt: Callable[[], T], failure: type[Retryable]) -> T:
        """Try a few times, as long as it fails like that and no long wait is asked for."""
        for tried in range(MAX_ATTEMPTS - 1):
            try:
                return attempt()
            except failure as error:
                pause = timedelta(seconds=0.5 * 2**tried) if error.after is None else error.after
                if pause > MAX_PAUSE:
                    raise
            self._sleep(pause.total_seconds())
        return attempt()

    def pages(
        self, doing: str, page: Callable[[str | openai.Omit], Raw], shape: type[responses.Listing[L]]
    ) -> Iterator[L]:
        """Yield everything listed, or raise: a listing is never cut short."""
        after: str | openai.Omit = openai.omit
        while True:
            try:
                listing = self.call_idempotent(doing, partial(page, after), shape)
            except Rejected as error:
                if after is openai.omit:
                    raise
                raise Retryable(f"{error}; the list changed meanwhile, it must be read again") from error
            yield from listing.data
            if listing.has_more is False or (listing.has_more is None and not listing.data):
                return
            if not listing.data or listing.data[-1].id == after:
                raise Retryable(f"{self._where}: {doing}: the list claims to go on but does not")
            after = listing.data[-1].id

    def status(self, store: StoreId, file: FileId) -> StoredFile:
        call = self._api.vector_stores.files.with_raw_response.retrieve
        doing = f"read {file} in {store}"
        try:
            return self.call_idempotent(
                doing, lambda: call(file, vector_store_id=store), responses.StoreFileAnswer
            ).stored()
        except Missing:
            return StoredFile(file, FileState.ABSENT, {})

    def send(self, doing: str, call: Callable[[], Raw], limiter: RateLimiter | None = None) -> Raw:
        doing = f"{self._where}: {doing}"
        try:
            answer = call()
        except openai.APIStatusError as error:
            _count_call(str(error.status_code))
            sent = _sent(error.request)
            failure = responses.refusal(
                error.status_code, error.body, error.response.headers, doing, self._secret, sent
            )
            if limiter and isinstance(failure, responses.Limited) and failure.after:
                limiter.pause_all(failure.after)
            raise failure from None  # the SDK's error prints the whole answer, which may repeat the key
        except openai.APITimeoutError as error:
            _count_call("timeout")
            raise Retryable(f"{doing}: no answer in time") from error
        except openai.APIConnectionError as error:
            _count_call("none")
            reason = responses.scrub(str(error.__cause__ or error), self._secret)
            raise Retryable(f"{doing}: the connection failed: {reason}") from error
        _count_call("200")
        return answer

    def read(self, doing: str, raw: Raw, shape: type[A]) -> A:
        try:
            return shape.model_validate_json(raw.content)
        except ValidationError as error:
            raise Retryable(f"{self._where}: {doing}: the answer is broken or not OpenAI's") from error


def _count_call(status: str) -> None:
    COUNTERS.count("calls", vendor="openai", status=status)


def _sent(request: httpx2.Request) -> str:
    """The texts in a request, as far as they can still be read."""
    try:
        body = request.read()
    except httpx2.StreamError:
        return ""
    try:
        return "\n".join(_texts(json.loads(body)))
    except ValueError:  # a form with a file
        return body.decode(errors="replace")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
