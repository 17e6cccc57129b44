"""JSON over HTTP, as every connector needs it: auth, pacing, retries, and answers turned into errors by remedy.

Policy (`Api`, `Pacer`, `judge`) knows only `Request` and `Answer`; whatever turns one into the other is a `Transport`.
"""

import base64
import json
import random
import threading
import time
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from sync.errors import Misconfigured, Retryable, SyncError

Json = dict[str, Any]
Params = Mapping[str, str | int]
Clock = Callable[[], datetime]
Sleep = Callable[[float], None]

RETRIES = 2
PATIENCE = timedelta(seconds=10)  # longer waits go to the schedule: no worker slot is held meanwhile
EXPIRY_MARGIN = timedelta(seconds=60)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """One request; its headers and body hold secrets and stay out of `repr`."""

    method: str
    url: str
    params: Params = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Json:
        """Return the body as an object. Raises ValueError for anything else, cut off or not JSON."""
        try:
            parsed = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        if not isinstance(parsed, dict):
            raise ValueError("not an object")  # noqa: TRY004  one class for every unreadable body
        return parsed

    @property
    def date(self) -> datetime | None:
        """The server's own clock, None where it does not say."""
        return _http_date(self.headers.get("date", ""))


Transport = Callable[[Request], Answer]
"""Sends once, without following redirects. Raises Retryable for a connection that fails, stalls or is cut."""


class Auth(Protocol):
    """Who we say we are. `value` is the Authorization header, empty for nobody."""

    def value(self) -> str: ...

    def renew(self, refused: str) -> bool:
        """Drop the refused value; True if another may be had."""
        ...


class Anonymous:
    """Sends no credentials: what comes back is what the whole world may read."""

    def value(self) -> str:
        return ""

    def renew(self, refused: str) -> bool:  # noqa: ARG002
        return False


class Basic:
    """A fixed name and secret."""

    def __init__(self, name: str, secret: SecretStr) -> None:
        self._value = "Basic " + base64.b64encode(f"{name}:{secret.get_secret_value()}".encode()).decode()

    def value(self) -> str:
        return self._value

    def renew(self, refused: str) -> bool:  # noqa: ARG002
        return False


class ClientCredentials:
    """Exchanges a client's secret for short-lived tokens; one exchange serves every thread until it expires.

    Raises Misconfigured when the exchange is refused, or when the granted scope does not cover the asked one.
    """

    def __init__(self, exchange: "Api", path: str, client_id: str, secret: SecretStr, scope: str, clock: Clock) -> None:
        self._exchange = exchange
        self._path = path
        self._client_id = client_id
        self._secret = secret
        self._scope = scope
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._expires: datetime | None = None

    def value(self) -> str:
        with self._lock:
            if not self._value or (self._expires and self._clock() >= self._expires):
                self._take_token()
            return self._value

    def renew(self, refused: str) -> bool:
        with self._lock:
            if self._value == refused:
                self._value = ""
        return True

    def _take_token(self) -> None:
        granted = self._exchange.post(
            self._path,
            {
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._secret.get_secret_value(),
                "scope": self._scope,
            },
        ).json()
        where = self._exchange.where(self._path)
        token, scope, lifetime = granted.get("access_token"), granted.get("scope"), granted.get("expires_in")
        if not isinstance(token, str) or not token:
            raise Retryable(f"{where} answered without an access_token")
        if isinstance(scope, str) and not set(self._scope.split()) <= set(scope.replace(",", " ").split()):
            # An unknown scope still yields a token, which every later call then refuses.
            raise Misconfigured(
                f"{where} granted the scope {scope[:80]!r}, not {self._scope!r}; allow it for this client_id"
            )
        self._value = f"Bearer {token}"
        self._expires = None
        if isinstance(lifetime, int | float) and lifetime > 0:
            margin = min(EXPIRY_MARGIN, timedelta(seconds=lifetime / 10))
            self._expires = self._clock() + timedelta(seconds=lifetime) - margin


class Pacer:
    """Remembers what the vendor said is left of each allowance, and how long an empty one stays empty."""

    def __init__(self, clock: Clock = now) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._empty_until: dict[str, datetime] = {}

    def wait(self, buckets: Collection[str]) -> timedelta:
        """Return how long a call that draws on these buckets has to wait."""
        with self._lock:
            until = max((self._empty_until[b] for b in buckets if b in self._empty_until), default=None)
        return max(timedelta(0), until - self._clock()) if until else timedelta(0)

    def learn(self, bucket: str, headers: Mapping[str, str]) -> None:
        """Read the general allowance (credited to `bucket`) and the named ones (`…-ratelimit-<name>`)."""
        for name, left, resets in _allowances(bucket, headers):
            with self._lock:
                if left <= 0 and resets > 0:
                    self._empty_until[name] = self._clock() + timedelta(seconds=resets)
                else:
                    self._empty_until.pop(name, None)


@dataclass(frozen=True)
class Api:
    """Calls one origin as one identity.

    Passing failures are tried again at most twice, with short waits; a longer wait raises Retryable(after) at once.
    `settings` names what to check when the credentials are refused.
    """

    vendor: str
    origin: str
    auth: Auth = field(repr=False)
    transport: Transport = field(repr=False)
    settings: str
    pacer: Pacer = field(default_factory=Pacer, repr=False)
    sleep: Sleep = field(default=time.sleep, repr=False)

    def get(
        self, path: str, params: Params | None = None, *, expect: Collection[int] = (), buckets: tuple[str, ...] = ("",)
    ) -> Answer:
        """Return an answer whose body is a JSON object; `expect`: statuses returned beside 2xx instead of raised."""
        return self._call(lambda value: self._request("GET", path, value, params=params or {}), path, expect, buckets)

    def post(self, path: str, body: Json) -> Answer:
        """Exchange credentials; the only request that is not a GET."""
        raw = json.dumps(body).encode()
        return self._call(lambda value: self._request("POST", path, value, body=raw), path, (), ("",))

    def where(self, path: str) -> str:
        """Name the place in an error: vendor and address, without the query."""
        return f"{self.vendor} {self.origin}{path}"

    def _request(
        self, method: str, path: str, value: str, *, params: Params | None = None, body: bytes | None = None
    ) -> Request:
        headers = {"Accept": "application/json"}
        if value:
            headers["Authorization"] = value
        if body is not None:
            headers["Content-Type"] = "application/json"
        return Request(method, self.origin + path, params or {}, headers, body)

    def _call(
        self, build: Callable[[str], Request], path: str, expect: Collection[int], buckets: tuple[str, ...]
    ) -> Answer:
        tries, renewed = 0, False
        while True:
            self._pace(path, buckets)
            value = self.auth.value()
            try:
                answer = self.transport(build(value))
                self.pacer.learn(buckets[0], answer.headers)
                if answer.status == 401 and not renewed and self.auth.renew(value):
                    renewed = True
                    continue
                return judge(answer, self.where(path), self.settings, expect)
            except Retryable as error:
                if tries == RETRIES or (error.after or timedelta(0)) > PATIENCE:
                    raise
                wait = error.after.total_seconds() if error.after else 0.5 * 2**tries * random.uniform(0.5, 1.5)
                tries += 1
                self.sleep(wait)

    def _pace(self, path: str, buckets: tuple[str, ...]) -> None:
        wait = self.pacer.wait(buckets)
        if wait > PATIENCE:
            raise Retryable(f"{self.where(path)}: the allowance of calls is used up", after=wait)
        if wait:
            self.sleep(wait.total_seconds())


def judge(answer: Answer, where: str, settings: str, expect: Collection[int] = ()) -> Answer:
    """Return the answer if it is usable, else raise the error its status stands for."""
    if 200 <= answer.status < 300 or answer.status in expect:
        try:
            answer.json()
        except ValueError as error:
            raise Retryable(f"{where} answered {answer.status} without whole JSON") from error
        return answer
    raise refusal(answer, where, settings)


def retry_after(headers: Mapping[str, str], clock: Clock = now) -> timedelta | None:
    """Return the wait that a Retry-After header asks for, in seconds or as a date; None where it asks for none."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return timedelta(seconds=min(86_400.0, max(0.0, float(text))))
    except ValueError:
        date = _http_date(text)
        return max(timedelta(0), date - clock()) if date else None


def check_origin(url: str, setting: str) -> str:
    """Return the origin `scheme://host[:port]`. Raises ValueError for anything else, and for http off loopback."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{setting} must be an address like https://acme.example.com")
    if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError(f"{setting} must be an origin only: scheme and host, no path and no credentials")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError(f"{setting} must start with https://: plain http is for loopback only")
    return f"{parts.scheme}://{parts.netloc.lower()}"


class HttpxTransport:
    """One pooled client for every thread and identity. It keeps no cookies: a session must not outlive its call."""

    def __init__(self, timeout: float = 60.0) -> None:
        self._client = httpx2.Client(
            timeout=timeout,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": "answerwell"},
        )
        weakref.finalize(self, self._client.close)  # a connector is dropped, not closed

    def __call__(self, request: Request) -> Answer:
        where = request.url
        try:
            response = self._client.request(
                request.method,
                request.url,
                params=dict(request.params),
                headers=dict(request.headers),
                content=request.body,
            )
        except httpx2.TimeoutException as error:
            raise Retryable(f"{where} did not answer in time") from error
        except httpx2.RequestError as error:
            raise Retryable(f"{where} could not be read ({type(error).__name__}); check the address") from error
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content)


def refusal(answer: Answer, where: str, settings: str) -> SyncError:
    status = answer.status
    said = f"{status}{_code(answer)}"
    if status == 429:
        return Retryable(f"{where}: too many calls ({said})", after=retry_after(answer.headers))
    if status >= 500 or status in (408, 409, 425):
        return Retryable(f"{where} failed ({said})", after=retry_after(answer.headers))
    if status in (401, 403):
        return Misconfigured(f"{where}: credentials refused ({said}); check {settings}")
    if 300 <= status < 400:
        host = urlsplit(answer.headers.get("location", "")).netloc or "elsewhere"
        return Misconfigured(f"{where} redirects to {host} ({said}), which gets no credentials; check url")
    return Misconfigured(f"{where} refused the request ({said}); check url and {settings}")


def _code(answer: Answer) -> str:
    """The vendor's own word for the failure, if its envelope has one; never more of the body."""
    try:
        envelope = answer.json()
    except ValueError:
        return ""
    word: object = envelope.get("error")
    if isinstance(word, dict):
        word = word.get("title") or word.get("code")
    errors = envelope.get("errors")
    if word is None and isinstance(errors, list) and errors and isinstance(errors[0], dict):
        word = errors[0].get("code")
    return f" {word[:60]}" if isinstance(word, str) else ""


def _allowances(bucket: str, headers: Mapping[str, str]) -> list[tuple[str, float, float]]:
    found = []
    for left, resets in (("ratelimit-remaining", "ratelimit-reset"), ("x-rate-limit-remaining", "x-rate-limit-reset")):
        if left in headers:
            found.append((bucket, _number(headers[left], 1), _number(headers.get(resets, ""), 0)))
            break
    for name, text in headers.items():
        vendor, mark, allowance = name.partition("-ratelimit-")
        if mark and vendor and "=" in text:
            parts = dict(part.strip().split("=", 1) for part in text.split(";") if "=" in part)
            found.append((allowance, _number(parts.get("remaining", ""), 1), _number(parts.get("resets", ""), 0)))
    return found


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
