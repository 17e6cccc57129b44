"""One request and its answer, and what sends the one and brings the other back."""

import json
import math
import ssl
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from sync import tls
from sync.errors import Misconfigured, Retryable
from sync.log_redaction import restrain

Json = dict[str, Any]
Params = Mapping[str, str | int | Sequence[str]]
Clock = Callable[[], datetime]
Sleep = Callable[[float], None]

MAX_DIGITS = 1000  # of a number
MAX_BYTES = 64 * 1024 * 1024  # of one answer in memory; a listing's largest page stays far below


class TimedOut(Retryable):
    """No answer in time; where a page of a list was asked for, a smaller one may be quicker."""


class Oversized(Misconfigured):
    """The answer is larger than its reader takes: of a file, a problem of that document; of a listing, a refusal."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; its headers and body hold secrets and stay out of `repr`. `most`: bytes its answer may have.

    `addresses`: the IP addresses that may be called for it, as they were checked; none: those of the host's name.
    """

    method: str
    url: str
    params: Params = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    most: int = MAX_BYTES
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """One complete answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Json:
        """Return the body as an object. Raises ValueError for anything else, cut off or not JSON."""
        parsed = self._parsed()
        if not isinstance(parsed, dict):
            raise ValueError("not an object")  # noqa: TRY004  one class for every unreadable body
        return parsed

    def array(self) -> list[Json]:
        """Return the body as an array of objects. Raises ValueError for anything else, cut off or not JSON."""
        parsed = self._parsed()
        if not isinstance(parsed, list) or not all(isinstance(row, dict) for row in parsed):
            raise ValueError("not an array of objects")
        return parsed

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def date(self) -> datetime | None:
        """The server's own clock, None where it does not say."""
        return http_date(self.headers.get("date", ""))

    def _parsed(self) -> object:
        try:
            return json.loads(self.body)
        except json.JSONDecodeError:
            raise
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        except ValueError:  # a number of thousands of digits: one record's mistake, and not the page's
            return json.loads(self.body, parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf


Transport = Callable[[Request], Response]
"""Sends once, without following redirects and without retrying.

Raises Retryable for a connection that fails, stalls or is cut, and Oversized for an answer of more than `most` bytes.
"""


class HttpxTransport:
    """One pooled client for every thread and identity. It keeps no cookies: a session must not outlive its call.

    Where a request names IP addresses, one of them is called, under the host's own name and certificate. Behind a proxy
    the proxy resolves names, and calls what its own rules allow.
    """

    def __init__(self, timeout: float = 60.0, ssl_context: ssl.SSLContext | None = None) -> None:
        restrain("httpx2", "httpcore2")
        verify = ssl_context or tls.shared_context()
        self._client = _client(timeout, verify)
        # A connection is to an IP address here, and belongs to the one host that it was opened for.
        self._pinned = _client(timeout, verify, trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0))
        weakref.finalize(self, self._client.close)  # a connector is dropped, not closed
        weakref.finalize(self, self._pinned.close)

    def __call__(self, request: Request) -> Response:
        where = request.url.partition("?")[0]
        try:
            if request.addresses and not _is_proxied(request.url):
                return self._call_one_of(request, where)
            return _received(self._client, request, httpx2.URL(request.url), where)
        except httpx2.TimeoutException as error:
            raise TimedOut(f"{where} did not answer in time") from error
        except httpx2.RequestError as error:
            raise Retryable(f"{where} could not be read ({type(error).__name__}); check the address") from error
        except httpx2.InvalidURL as error:
            raise Misconfigured(f"{where} is not an address that can be called") from error

    def _call_one_of(self, request: Request, where: str) -> Response:
        url = httpx2.URL(request.url)
        headers = {"Host": url.netloc.decode("ascii"), **request.headers}
        named = replace(request, headers=headers)
        *others, last = request.addresses
        for address in others:
            try:
                return _received(self._pinned, named, url.copy_with(host=address), where, sni=url.raw_host)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return _received(self._pinned, named, url.copy_with(host=last), where, sni=url.raw_host)


def _client(timeout: float, verify: ssl.SSLContext, **settings: Any) -> httpx2.Client:
    return httpx2.Client(
        timeout=timeout,
        verify=verify,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "answerwell"},
        **settings,
    )


def _received(client: httpx2.Client, request: Request, url: httpx2.URL, where: str, sni: bytes = b"") -> Response:
    with client.stream(
        request.method,
        url,
        params=dict(request.params) or None,  # an empty one would take the query of the address away
        headers=dict(request.headers),
        content=request.body,
        extensions={"sni_hostname": sni.decode("ascii")} if sni else None,
    ) as response:
        body = b"".join(_bounded(response.iter_bytes(), request.most, where))
    return Response(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)


def _is_proxied(url: str) -> bool:
    parts = urlsplit(url)
    proxies = getproxies()
    return bool((parts.scheme in proxies or "all" in proxies) and not proxy_bypass(parts.hostname or ""))


def http_date(text: str) -> datetime | None:
    """Return the aware time of an HTTP date, None for anything else."""
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def oversized(where: str, most: int) -> Oversized:
    return Oversized(f"{where} answers with more than {most / 1024 / 1024:.0f} MB, which is not read")


def _bounded(pieces: Any, most: int, where: str) -> list[bytes]:
    kept, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise oversized(where, most)
        kept.append(piece)
    return kept
