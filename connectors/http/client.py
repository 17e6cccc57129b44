"""Client: calls to a vendor, paced and tried again, with errors by remedy.

Policy knows only `Request` and `Response`; what turns one into the other is a `Transport`: the vendor's SDK, or
`HttpxTransport`.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode, urljoin, urlsplit

from connectors.http.addresses import Resolve, check_target, origin_of, resolve
from connectors.http.auth import Auth
from connectors.http.rate_limit import VendorLimits, until_reset
from connectors.http.transport import MAX_BYTES, Json, Params, Request, Response, Sleep, Transport, http_date, now
from sync.errors import Misconfigured, Retryable, SyncError
from sync.metrics import COUNTERS

MAX_RETRIES = 2
MAX_WAIT = timedelta(seconds=10)  # longer waits go to the schedule: no worker slot is held meanwhile
MAX_REDIRECTS = 5

Refuse = Callable[[Response, str, str], SyncError | None]
"""Says what stands behind an answer from `where`, given the settings to check; None for one that is usable."""


def refused(answer: Response, where: str, settings: str) -> SyncError | None:
    """What stands behind an answer whose status says it all."""
    return None if answer.ok else refusal(answer, where, settings)


@dataclass(frozen=True)
class HttpClient:
    """Calls one origin as one identity.

    Passing failures are tried again at most twice, with short waits; a longer wait raises Retryable(after) at once.
    `settings` names what to check when the credentials are refused. `refuse`: how this vendor says no. `trusted`:
    origins beside the own that may see the credentials. `hosts`: of this network, to which files may be redirected all
    the same, without credentials. `slots` bounds the calls under way at once. `headers`: sent
    with every call to these origins. `throttled`: statuses whose Retry-After holds for every call of the account.
    """

    vendor: str
    origin: str
    auth: Auth = field(repr=False)
    transport: Transport = field(repr=False)
    settings: str
    pacing: VendorLimits = field(default_factory=VendorLimits, repr=False)
    sleep: Sleep = field(default=time.sleep, repr=False)
    refuse: Refuse = refused
    trusted: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    slots: AbstractContextManager[object] | threading.BoundedSemaphore = field(
        default_factory=nullcontext[None], repr=False
    )
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    throttled: frozenset[int] = frozenset({429})
    resolver: Resolve = field(default=resolve, repr=False)

    def get(
        self, path: str, params: Params | None = None, *, expect: Collection[int] = (), buckets: tuple[str, ...] = ("",)
    ) -> Response:
        """Return an answer whose body is a JSON object; `expect`: statuses returned beside 2xx instead of raised."""
        return self._ask(self._request("GET", path, params=params or {}), path, expect, buckets)

    def get_array(
        self, path: str, params: Params | None = None, *, expect: Collection[int] = (), buckets: tuple[str, ...] = ("",)
    ) -> Response:
        """Return an answer whose body is a JSON array of objects; with an expected status, as `get` does."""
        build = self._request("GET", path, params=params or {})
        return self._ask(build, path, expect, buckets, read=Response.array)

    def post(
        self, path: str, body: Json, *, expect: Collection[int] = (), buckets: tuple[str, ...] = ("",)
    ) -> Response:
        """Send JSON where reading or signing in takes a POST; the answer is as that of `get`."""
        kind = "application/json"
        return self._ask(self._request("POST", path, json.dumps(body).encode(), kind), path, expect, buckets)

    def submit(
        self, path: str, fields: Params, *, expect: Collection[int] = (), buckets: tuple[str, ...] = ("",)
    ) -> Response:
        """Send a form where reading or signing in takes one; the answer is as that of `get`."""
        body, kind = urlencode(fields, doseq=True, errors="replace").encode(), "application/x-www-form-urlencoded"
        return self._ask(self._request("POST", path, body, kind), path, expect, buckets)

    def download(
        self,
        url: str,
        *,
        most: int = MAX_BYTES,
        expect: Collection[int] = (),
        buckets: tuple[str, ...] = ("",),
    ) -> Response:
        """Return what is at the address or path, whatever it is. Raises Oversized above `most` bytes.

        Redirects are followed, to a private network only as `check_target` allows; credentials go to the own origin and
        `trusted` alone.
        """
        start = urljoin(self.origin, _sendable(url))
        where = f"{self.vendor} {start.partition('?')[0]}"

        def send(value: str) -> Response:
            return self._follow(start, value, most)

        return self._call(send, lambda answer: self._usable(answer, where, expect), where, buckets)

    def where(self, path: str) -> str:
        """Name the place in an error: vendor and address, without the query."""
        return f"{self.vendor} {self.origin}{path}"

    def _request(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", *, params: Params | None = None
    ) -> Callable[[str], Request]:
        headers = {"Accept": "application/json", **self.headers} | ({"Content-Type": kind} if kind else {})
        url, asked = (
            self.origin + _sendable(path),
            {name: _sendable_value(value) for name, value in (params or {}).items()},
        )
        return lambda value: Request(method, url, asked, headers | ({"Authorization": value} if value else {}), body)

    def _ask(
        self,
        build: Callable[[str], Request],
        path: str,
        expect: Collection[int],
        buckets: tuple[str, ...],
        read: Callable[[Response], object] = Response.json,
    ) -> Response:
        where = self.where(path)

        def judge(answer: Response) -> Response:
            usable = self._usable(answer, where, expect)
            return _whole(usable, where, read if usable.ok else Response.json)

        return self._call(lambda value: self.transport(build(value)), judge, where, buckets)

    def _usable(self, answer: Response, where: str, expect: Collection[int]) -> Response:
        error = None if answer.status in expect else self.refuse(answer, where, self.settings)
        if error is not None:
            raise error
        return answer

    def _call(
        self,
        send: Callable[[str], Response],
        judge: Callable[[Response], Response],
        where: str,
        buckets: tuple[str, ...],
    ) -> Response:
        tries, renewed = 0, False
        while True:
            self._pace(where, buckets)
            value = self.auth.value()
            try:
                with self.slots:
                    answer = _counted(self.vendor, send, value)
                self.pacing.learn(buckets[0], answer.headers)
                if answer.status == 401 and not renewed and self.auth.renew(value):
                    renewed = True
                    continue
                if answer.status in self.throttled and (pause := retry_after(answer)):
                    self.pacing.close(buckets[-1], pause)  # for every thread and process that shares the allowance
                return judge(answer)
            except Retryable as error:
                if tries == MAX_RETRIES or (error.after or timedelta(0)) > MAX_WAIT:
                    raise
                wait = error.after.total_seconds() if error.after else 0.5 * 2**tries * random.uniform(0.5, 1.5)
                tries += 1
                self.sleep(wait)

    def _pace(self, where: str, buckets: tuple[str, ...]) -> None:
        waited = timedelta(0)
        while wait := self.pacing.admit(buckets):
            waited += wait
            if waited > MAX_WAIT:
                raise Retryable(f"{where}: the allowance of calls is used up", after=wait)
            COUNTERS.count("rate_limit_wait_seconds", wait.total_seconds(), limit=self.vendor)
            self.sleep(wait.total_seconds())

    def _follow(self, url: str, value: str, most: int) -> Response:
        """Read the address, and where it redirects to; who may see the credentials is decided at each step."""
        for _ in range(MAX_REDIRECTS + 1):
            known = origin_of(url) == self.origin or origin_of(url) in self.trusted
            addresses = () if known else check_target(url, self.origin, self.hosts, self.resolver)
            headers = {**self.headers, **({"Authorization": value} if value else {})} if known else {}
            answer = self.transport(Request("GET", url, headers=headers, most=most, addresses=addresses))
            location = answer.headers.get("location", "")
            if not 300 <= answer.status < 400 or not location:
                return answer
            url = _joined(url, location, self.vendor)
        raise Misconfigured(f"{self.vendor} {origin_of(url)} redirects in circles")


def _sendable(text: str) -> str:
    """Return text with whole letters only: half a surrogate pair, from a vendor's own record, cannot be sent."""
    return text.encode("utf-8", "replace").decode()


def _sendable_value(value: str | int | Sequence[str]) -> str | int | Sequence[str]:
    if isinstance(value, int):
        return value
    return _sendable(value) if isinstance(value, str) else [_sendable(one) for one in value]


def _joined(url: str, location: str, vendor: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Misconfigured(f"{vendor} {origin_of(url)} redirects to what is no address") from error


def _counted(vendor: str, send: Callable[[str], Response], value: str) -> Response:
    status = "none"
    try:
        answer = send(value)
        status = str(answer.status)
        return answer
    finally:
        COUNTERS.count("calls", vendor=vendor, status=status)


def _whole(answer: Response, where: str, read: Callable[[Response], object]) -> Response:
    try:
        read(answer)
    except ValueError as error:
        raise Retryable(f"{where} answered {answer.status} without whole JSON") from error
    return answer


def retry_after(answer: Response, clock: Callable[[], datetime] = now) -> timedelta | None:
    """Return the wait that a Retry-After header asks for, in seconds or as a date; None where it asks for none.

    Too many calls without that header wait until the allowance is filled again, where the answer says when.
    """
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return until_reset(answer.headers, clock()) if answer.status == 429 else None
    try:
        return timedelta(seconds=min(86_400.0, max(0.0, float(text))))
    except ValueError:
        date = http_date(text)
        return max(timedelta(0), date - clock()) if date else None


def refusal(answer: Response, where: str, settings: str) -> SyncError:
    """Return the error that a status other than 2xx stands for."""
    status = answer.status
    said = f"{status}{_code(answer)}"
    if status == 429:
        return Retryable(f"{where}: too many calls ({said})", after=retry_after(answer))
    if status >= 500 or status in (408, 409, 425):
        return Retryable(f"{where} failed ({said})", after=retry_after(answer))
    if status in (401, 403):
        return Misconfigured(f"{where}: credentials refused ({said}); check {settings}")
    if 300 <= status < 400:
        host = urlsplit(answer.headers.get("location", "")).netloc or "elsewhere"
        return Misconfigured(f"{where} redirects to {host} ({said}), which gets no credentials; check url")
    return Misconfigured(f"{where} refused the request ({said}); check url and {settings}")


def _code(answer: Response) -> str:
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
