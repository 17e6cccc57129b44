"""The vendor's SDK as our transport: it makes the request, and we keep the answer as it came."""

import logging
import threading
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urlsplit

from slack_sdk import WebClient

from connectors.http.addresses import is_loopback
from connectors.http.transport import HttpxTransport, Json, Request, Response, TimedOut, oversized
from sync import tls
from sync.errors import Retryable
from sync.log_redaction import restrain


class SlackTransport:
    """Sends methods through the vendor's SDK, and reads files beside it."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._client = _Client(url, timeout)
        self._files = HttpxTransport(timeout)

    def __call__(self, request: Request) -> Response:
        if request.method != "POST" or not request.url.startswith(self._url):
            return self._files(request)
        fields = dict(parse_qsl((request.body or b"").decode(), keep_blank_values=True))
        return self._client.send(request.url.removeprefix(self._url), fields, request)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: following it would show the token to another host."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class _Client(WebClient):
    """The SDK's client, for many threads, but for how it opens an address and reads the answer.

    It would follow redirects with the token, ask a proxy for this machine, log what people wrote, and fail on what is
    not JSON.
    """

    def __init__(self, url: str, timeout: float) -> None:
        restrain("slack_sdk")
        quiet = logging.getLogger("answerwell.slack_sdk")
        quiet.setLevel(logging.CRITICAL)
        super().__init__(base_url=url, timeout=timeout, logger=quiet, retry_handlers=[])  # type: ignore[arg-type]  # seconds
        local = is_loopback(urlsplit(url).hostname or "")
        proxy = urllib.request.ProxyHandler({} if local else None)  # None: the machine's own, and its exceptions
        encrypted = urllib.request.HTTPSHandler(context=tls.shared_context())  # else each call makes its own
        self._opener = urllib.request.build_opener(proxy, _NoRedirect(), encrypted)
        self._received = threading.local()

    def send(self, method: str, fields: Json, request: Request) -> Response:
        """Return the answer as it came. Raises Retryable for a connection that fails, and Oversized."""
        self._received.most = request.most
        try:
            self.api_call(method, params=fields, headers={"Authorization": request.headers.get("Authorization", "")})
        except TimeoutError as error:
            raise TimedOut(f"{request.url} did not answer in time") from error
        except (URLError, HTTPException, OSError) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise TimedOut(f"{request.url} did not answer in time") from error
            raise Retryable(f"{request.url} could not be read ({type(error).__name__}); check the address") from error
        answer: Response = self._received.answer
        return answer

    def _perform_urllib_http_request_internal(self, url: str, req: urllib.request.Request) -> dict[str, Any]:
        """Send; keep the answer for `send`, and tell the SDK that all is well."""
        try:
            response = self._opener.open(req, timeout=self.timeout)
        except HTTPError as error:
            response = error
        with response:
            body = response.read(self._received.most + 1)
        if len(body) > self._received.most:
            raise oversized(url, self._received.most)
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._received.answer = Response(response.status, headers, body)
        return {"status": 200, "headers": {}, "body": '{"ok":true}'}
