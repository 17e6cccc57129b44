"""The policy that every connector shares, against a small server on loopback."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from starlette.requests import Request as Received
from starlette.responses import JSONResponse, RedirectResponse
from starlette.responses import Response as Sent
from starlette.types import Receive, Scope, Send

from connectors.http import client
from connectors.http.addresses import check_origin, check_public, check_target, host_name, is_public
from connectors.http.auth import Anonymous, Basic
from connectors.http.oauth import CachedToken, ClientCredentials
from connectors.http.rate_limit import VendorLimits
from connectors.http.transport import HttpxTransport, Oversized, Request, Response
from sandbox.wire import Fault, Wire, serve
from sync.errors import Misconfigured, Retryable

SECRET = "s3cr3t-value"
START = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Server:
    """Grants tokens, and serves `/thing` to whoever holds a live one."""

    scope: str = "read write"
    lifetime: int | None = 3600
    granted: int = 0
    live: set[str] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[dict[str, str]] = field(default_factory=list)
    location: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Received(scope, receive)
        self.seen.append(dict(request.headers))
        await (await self.answer(request))(scope, receive, send)

    async def answer(self, request: Received) -> Sent:
        if request.url.path == "/oauth/tokens":
            asked = await request.json()
            if asked["client_secret"] != SECRET:
                return JSONResponse({"error": "invalid_client"}, 401)
            self.granted += 1
            token = f"token-{self.granted}"
            self.live.add(token)
            return JSONResponse({"access_token": token, "scope": self.scope, "expires_in": self.lifetime})
        if request.url.path == "/moved":
            return RedirectResponse(self.location)
        if request.url.path in ("/form", "/file", "/open"):
            return await self.open_to_all(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.live:
            return JSONResponse({"error": "Couldn't authenticate you"}, 401)
        return JSONResponse({"ok": True}, headers=self.headers)

    async def open_to_all(self, request: Received) -> Sent:
        if request.url.path == "/form":
            return JSONResponse({key: str(value) for key, value in (await request.form()).items()})
        if request.url.path == "/file":
            return Sent(b"x" * 1000, media_type="application/pdf")
        return JSONResponse({"ok": True}, headers=self.headers | {"set-cookie": "session=signed-in"})


@dataclass
class Clock:
    time: datetime = START
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def wire(server: Server) -> Wire:
    return Wire(server)


@pytest.fixture
def url(wire: Wire) -> Iterator[str]:
    with serve(wire) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transport() -> HttpxTransport:
    return HttpxTransport(timeout=0.5)


@pytest.fixture
def open_api(url: str, transport: HttpxTransport, clock: Clock) -> client.HttpClient:
    pacing = VendorLimits(clock=clock.now)
    return client.HttpClient("vendor", url, Anonymous(), transport, "client_secret", pacing, clock.sleep)


@pytest.fixture
def signed_in(open_api: client.HttpClient, clock: Clock) -> client.HttpClient:
    return with_secret(open_api, clock, SECRET)


class Seats:
    """A bound that remembers how many were inside at once."""

    def __init__(self, number: int) -> None:
        self._bound = threading.BoundedSemaphore(number)
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0

    def __enter__(self) -> None:
        self._bound.acquire()
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
        self._bound.release()


def with_secret(open_api: client.HttpClient, clock: Clock, secret: str) -> client.HttpClient:
    grant = ClientCredentials(open_api, "/oauth/tokens", "me", SecretStr(secret), "read")
    auth = CachedToken(grant, clock.now)
    return client.HttpClient(
        "vendor", open_api.origin, auth, open_api.transport, "client_secret", open_api.pacing, clock.sleep
    )


def test_one_token_serves_every_call_until_it_expires(
    signed_in: client.HttpClient, server: Server, clock: Clock
) -> None:
    for _ in range(3):
        signed_in.get("/thing")
    assert server.granted == 1

    clock.time += timedelta(hours=1)
    signed_in.get("/thing")

    assert server.granted == 2


def test_a_refused_token_is_renewed_once(signed_in: client.HttpClient, server: Server) -> None:
    signed_in.get("/thing")
    server.live.clear()

    assert signed_in.get("/thing").json() == {"ok": True}
    assert server.granted == 2


def test_a_second_refusal_is_a_matter_of_settings(signed_in: client.HttpClient, wire: Wire) -> None:
    wire.fail(Fault(path="/thing", status=401, body='{"error":"Couldn\'t authenticate you"}', times=None))

    with pytest.raises(Misconfigured, match=r"/thing.*401.*client_secret"):
        signed_in.get("/thing")

    assert (wire.count("/thing"), wire.count("/oauth/tokens")) == (2, 2)


def test_a_refused_secret_names_the_setting_and_not_its_value(open_api: client.HttpClient, clock: Clock) -> None:
    with pytest.raises(Misconfigured, match=r"/oauth/tokens.*client_secret") as caught:
        with_secret(open_api, clock, "wrong-secret").get("/thing")

    assert "wrong-secret" not in str(caught.value) + repr(caught.value.__cause__)


def test_a_token_without_the_scope_we_asked_for_is_refused(signed_in: client.HttpClient, server: Server) -> None:
    server.scope = "write"

    with pytest.raises(Misconfigured, match="scope"):
        signed_in.get("/thing")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path="/open", status=500, times=2),
        Fault(path="/open", status=503, headers={"retry-after": "1"}, times=2),
        Fault(path="/open", status=429, headers={"retry-after": "3"}, times=2),
        Fault(path="/open", manner="cut", times=2),
        Fault(path="/open", manner="half", times=2),
        Fault(path="/open", manner="hang", seconds=2, times=2),
        Fault(path="/open", status=200, body="<html>", times=2),
        Fault(path="/open", status=200, body="[]", times=2),
    ],
    ids=["500", "503", "429", "cut", "half", "hang", "html", "list"],
)
def test_a_passing_failure_is_tried_again_twice(
    open_api: client.HttpClient, wire: Wire, fault: Fault, clock: Clock
) -> None:
    wire.fail(fault)

    assert open_api.get("/open").json() == {"ok": True}
    assert fault.seen == 3

    fault.seen, fault.times = 0, None
    with pytest.raises(Retryable):
        open_api.get("/open")
    assert fault.seen == 3
    assert max(clock.slept) <= 10


def test_a_long_wait_is_left_to_the_schedule(open_api: client.HttpClient, wire: Wire, clock: Clock) -> None:
    wire.fail(Fault(path="/open", status=429, headers={"retry-after": "41"}))

    with pytest.raises(Retryable) as caught:
        open_api.get("/open")

    assert caught.value.after == timedelta(seconds=41)
    assert (wire.count("/open"), clock.slept) == (1, [])


def test_a_wait_may_be_given_as_a_date() -> None:
    answer = Response(429, {"retry-after": "Mon, 23 Nov 2026 12:00:41 GMT"}, b"")

    assert client.retry_after(answer, lambda: START) == timedelta(seconds=41)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-rate-limit": "700", "x-rate-limit-remaining": "0", "ratelimit-remaining": "0", "ratelimit-reset": "41"},
        {"zendesk-ratelimit-exports": "total=10; remaining=0; resets=41"},
    ],
)
def test_an_empty_allowance_waits_until_it_is_filled_again(
    open_api: client.HttpClient, server: Server, wire: Wire, clock: Clock, headers: dict[str, str]
) -> None:
    server.headers = headers
    open_api.get("/open", buckets=("general", "exports"))

    with pytest.raises(Retryable) as caught:
        open_api.get("/open", buckets=("general", "exports"))
    assert caught.value.after == timedelta(seconds=41)
    assert wire.count("/open") == 1

    clock.time += timedelta(seconds=35)
    open_api.get("/open", buckets=("general", "exports"))
    assert clock.slept == [6.0]


def test_another_allowance_is_not_held_up(open_api: client.HttpClient, server: Server, wire: Wire) -> None:
    server.headers = {"zendesk-ratelimit-exports": "total=10; remaining=0; resets=41"}
    open_api.get("/open", buckets=("general", "exports"))

    open_api.get("/open", buckets=("general",))

    assert wire.count("/open") == 2


def test_no_session_cookie_outlives_its_call(open_api: client.HttpClient, server: Server) -> None:
    open_api.get("/open")
    open_api.get("/open")

    assert all("cookie" not in headers for headers in server.seen)


def test_a_redirect_to_another_host_is_not_followed(signed_in: client.HttpClient, server: Server) -> None:
    signed_in.get("/thing")
    elsewhere = Server()
    with serve(elsewhere) as other:
        server.location = f"{other}/thing"
        with pytest.raises(Misconfigured, match="redirects to 127"):
            signed_in.get("/moved")

    assert elsewhere.seen == []


def test_a_form_is_sent_as_one(open_api: client.HttpClient) -> None:
    assert open_api.submit("/form", {"channel": "C1", "limit": 200}).json() == {"channel": "C1", "limit": "200"}


def test_a_file_is_read_whole_or_refused_for_its_size(open_api: client.HttpClient) -> None:
    assert open_api.download("/file", most=1000).body == b"x" * 1000

    with pytest.raises(Oversized, match="/file"):
        open_api.download("/file", most=999)


def test_a_download_follows_redirects_and_shows_credentials_only_to_the_own_origin(
    signed_in: client.HttpClient, server: Server
) -> None:
    server.location = "/thing"

    assert signed_in.download("/moved").json() == {"ok": True}
    assert server.seen[-1]["authorization"].startswith("Bearer token-")


@pytest.mark.parametrize("location", ["https://{other}/open", "https://127.0.0.1/open", "ftp://x/y"])
def test_a_download_is_not_led_into_the_own_network(
    signed_in: client.HttpClient, server: Server, location: str
) -> None:
    elsewhere = Server()
    with serve(elsewhere) as other:
        server.location = location.format(other=other.removeprefix("http://"))
        with pytest.raises(Misconfigured, match="not followed"):
            signed_in.download("/moved")

    assert elsewhere.seen == []


def test_a_source_on_this_machine_may_redirect_to_another_there_which_sees_no_credentials(
    signed_in: client.HttpClient, server: Server
) -> None:
    elsewhere = Server()
    with serve(elsewhere) as other:
        server.location = f"{other}/open"
        signed_in.download("/moved")

    assert "authorization" not in elsewhere.seen[-1]


@pytest.mark.parametrize(
    ("url", "source", "followed"),
    [
        ("http://127.0.0.1:9000/a", "http://localhost:8501", True),
        ("http://localhost/a", "https://acme.zendesk.com", False),
        ("http://[::1]/a", "https://wiki.acme.com", False),
        ("https://127.0.0.1/a", "http://localhost:8501", False),
        ("https://files.acme.internal/a", "https://wiki.acme.com", True),
        ("https://FILES.acme.internal:9443/a", "https://wiki.acme.com", True),
        ("http://files.acme.internal/a", "https://wiki.acme.com", False),
        ("https://10.0.0.7/a", "https://wiki.acme.com", True),
        ("https://10.0.0.8/a", "https://wiki.acme.com", False),
        ("http://192.0.2.1/a", "http://localhost:8501", False),
    ],
)
def test_where_a_source_may_send_us_for_a_file(url: str, source: str, *, followed: bool) -> None:
    trusted = {"files.acme.internal", "10.0.0.7"}
    if followed:
        check_target(url, source, trusted)
        return
    with pytest.raises(Misconfigured, match="not followed") as caught:
        check_target(url, source, trusted)
    assert ("trusted_hosts" in str(caught.value)) == url.startswith("https")


@pytest.mark.parametrize("host", ["https://files.acme.com", "files.acme.com/a", "", "a b", "files.acme.com:9000"])
def test_a_trusted_host_is_a_name_alone(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        host_name(host)


def test_a_trusted_origin_is_shown_the_credentials(signed_in: client.HttpClient, server: Server) -> None:
    elsewhere = Server(live=server.live)
    with serve(elsewhere) as other:
        server.location = f"{other}/thing"
        trusting = replace(signed_in, trusted=frozenset({other}))

        assert trusting.download("/moved").json() == {"ok": True}

    assert elsewhere.seen[-1]["authorization"].startswith("Bearer token-")


def test_a_download_in_circles_ends(open_api: client.HttpClient, server: Server) -> None:
    server.location = "/moved"

    with pytest.raises(Misconfigured, match="in circles"):
        open_api.download("/moved")


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "0.0.0.0", "192.168.1.1"])
def test_a_private_address_is_never_public(host: str) -> None:
    with pytest.raises(Misconfigured, match="private network"):
        check_public(f"https://{host}/latest/meta-data")

    check_public("https://8.8.8.8/")


def test_calls_under_way_at_once_are_bounded(url: str, wire: Wire, transport: HttpxTransport) -> None:
    seats = Seats(2)
    bounded = client.HttpClient("vendor", url, Anonymous(), transport, "url", slots=seats)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: bounded.get("/open"), range(24)))

    assert wire.count("/open") == 24
    assert seats.most <= 2


def test_an_expected_status_is_returned_if_it_is_whole(open_api: client.HttpClient, wire: Wire) -> None:
    wire.fail(Fault(path="/open", status=404, body='{"error":"RecordNotFound"}'))
    assert open_api.get("/open", expect=(404,)).status == 404

    wire.fail(Fault(path="/open", status=404, body="<html>", times=None))
    with pytest.raises(Retryable):
        open_api.get("/open", expect=(404,))


@pytest.mark.parametrize("status", [400, 403, 404, 415, 422])
def test_what_no_retry_can_help_is_a_matter_of_settings(open_api: client.HttpClient, wire: Wire, status: int) -> None:
    wire.fail(Fault(path="/open", status=status, body=json.dumps({"error": {"title": "Forbidden"}})))

    with pytest.raises(Misconfigured, match=f"/open.*{status} Forbidden.*client_secret"):
        open_api.get("/open")
    assert wire.count("/open") == 1


def test_an_address_nobody_answers_is_a_passing_failure(transport: HttpxTransport, clock: Clock) -> None:
    nobody = client.HttpClient("vendor", "http://127.0.0.1:9", Anonymous(), transport, "url", sleep=clock.sleep)

    with pytest.raises(Retryable, match="check the address"):
        nobody.get("/open")


def test_nothing_that_prints_shows_a_secret(open_api: client.HttpClient) -> None:
    basic = Basic("bot@acme.com/token", SecretStr(SECRET))
    request = Request("GET", "https://x", {}, {"Authorization": basic.value()}, SECRET.encode())
    shown = (
        repr(client.HttpClient("vendor", "https://x", basic, open_api.transport, "api_token"))
        + repr(basic)
        + repr(request)
    )

    assert SECRET not in shown
    assert basic.value() not in shown


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://acme.zendesk.com/", "https://acme.zendesk.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_an_origin_is_taken_as_it_is(given: str, origin: str) -> None:
    assert check_origin(given, "url") == origin


@pytest.mark.parametrize(
    "given",
    ["http://acme.zendesk.com", "acme.zendesk.com", "ftp://x", "https://u:p@x", "https://x/api", "https://x?a=b", ""],
)
def test_anything_but_an_origin_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="url must"):
        check_origin(given, "url")


@pytest.mark.parametrize(
    "address",
    [
        *("64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::a00:1", "2002:a00:1::", "2002:808:808::1"),
        *("2001:0:53aa:64c::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "ff0e::1", "224.0.1.1", "239.1.2.3"),
        *("240.0.0.1", "100.64.0.1", "fe80::1%eth0", "fd00::1", "::"),
    ],
)
def test_an_address_that_leads_on_or_to_many_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:80e::200e"])
def test_a_machine_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)
