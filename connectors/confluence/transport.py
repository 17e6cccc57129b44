"""Atlassian's client as a transport: it sends what it is given, once, and everything it does beyond that is off."""

import json
import threading
import weakref
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

from connectors.http.transport import MAX_BYTES, HttpxTransport, Request, Response, TimedOut, oversized
from sync.errors import Retryable
from sync.log_redaction import restrain

if TYPE_CHECKING:
    import requests
    from atlassian.rest_client import AtlassianRestAPI

MAX_IN_FLIGHT = 5


class AtlassianTransport:
    """Sends through the SDK's low-level request. One session for many threads, which keeps nothing between calls.

    What is elsewhere, at IP addresses that were checked, is read beside it.
    """

    def __init__(self, timeout: float = 60.0) -> None:
        self._timeout = timeout
        self._elsewhere = HttpxTransport(timeout)
        self._lock = threading.Lock()
        self._client: AtlassianRestAPI | None = None

    def __call__(self, request: Request) -> Response:
        if request.addresses:
            return self._elsewhere(request)
        import requests  # takes long, the SDK still longer: only who calls Confluence waits for it

        where = request.url.partition("?")[0]
        try:
            response = self._sdk().request(
                method=request.method,
                path=request.url,
                params=dict(request.params),
                headers=dict(request.headers),
                data=json.loads(request.body) if request.body is not None else None,
                absolute=True,
                advanced_mode=True,
                allow_redirects=False,
            )
        except requests.Timeout as error:
            raise TimedOut(f"{where} did not answer in time") from error
        except requests.RequestException as error:
            raise Retryable(f"{where} could not be read ({type(error).__name__}); check the address") from error
        return Response(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content)

    def _sdk(self) -> "AtlassianRestAPI":
        from atlassian.rest_client import AtlassianRestAPI

        with self._lock:
            if self._client is None:
                # At DEBUG the SDK writes the Authorization header and every body into the log.
                restrain("atlassian", "requests", "urllib3", "oauthlib", "requests_oauthlib")
                session = _session()
                # It would sleep through any Retry-After, however long: waiting is ours.
                self._client = AtlassianRestAPI("", session=session, advanced_mode=True, retry_with_header=False)
                self._client.timeout = self._timeout  # type: ignore[assignment]  # the SDK cuts 0.3 seconds to 0
                weakref.finalize(self, session.close)
            return self._client


def _session() -> "requests.Session":
    import requests

    session = requests.Session()
    session.auth = _unchanged  # or requests looks for credentials in ~/.netrc, also for an anonymous check
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = "answerwell"
    session.stream = True
    session.hooks["response"].append(_read)
    adapter = requests.adapters.HTTPAdapter(pool_maxsize=4 * MAX_IN_FLIGHT)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


def _read(response: "requests.Response", **_: object) -> None:
    """Read the answer before the SDK does, which would take any amount."""
    kept, size = [], 0
    for piece in response.iter_content(65_536):
        size += len(piece)
        if size > MAX_BYTES:
            response.close()
            raise oversized(response.url.partition("?")[0], MAX_BYTES)
        kept.append(piece)
    response._content = b"".join(kept)  # noqa: SLF001  the only way to hand over what was read


def _unchanged(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    return request
