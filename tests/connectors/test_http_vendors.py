"""What single vendors need of the shared client: arrays, headers of their own, their limits, links to further pages."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.http.auth import Anonymous, Auth
from connectors.http.client import HttpClient
from connectors.http.link import linked_pages, next_params
from connectors.http.rate_limit import VendorLimits
from connectors.http.transport import Request, Response
from sync.errors import Misconfigured, Retryable

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORIGIN = "https://acme.example"
EPOCH = int(START.timestamp())


@dataclass
class Vendor:
    """Answers each call with the next of its answers, and with the last one from then on."""

    answers: list[Response]
    time: datetime = START
    asked: list[Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)

    def client(self, auth: Auth | None = None) -> HttpClient:
        limits = VendorLimits(clock=self.now)
        return HttpClient("vendor", ORIGIN, auth or Anonymous(), self, "token", limits, self.sleep)


def said(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, headers or {}, json.dumps(body).encode())


class Token:
    def value(self) -> str:
        return "Bearer secret"

    def renew(self, refused: str) -> bool:
        return False


def test_an_array_is_an_answer_where_one_is_expected() -> None:
    vendor = Vendor([said([{"id": 1}, {"id": 2}])])

    assert vendor.client().get_array("/tickets").array() == [{"id": 1}, {"id": 2}]
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("body", [b"[", b'[{"id":1}', b"[1]", b"{}", b"", b"<html>"])
def test_anything_but_a_whole_array_of_objects_is_asked_for_again(body: bytes) -> None:
    vendor = Vendor([Response(200, {}, body)])

    with pytest.raises(Retryable, match="/tickets answered 200 without whole JSON"):
        vendor.client().get_array("/tickets")
    assert len(vendor.asked) == 3


def test_an_expected_refusal_of_an_array_is_an_object() -> None:
    vendor = Vendor([said({"code": "not_found"}, 404)])

    assert vendor.client().get_array("/tickets", expect=(404,)).json() == {"code": "not_found"}


def test_an_object_is_still_no_array_and_an_array_no_object() -> None:
    with pytest.raises(Retryable):
        Vendor([said([])]).client().get("/tickets")
    with pytest.raises(Retryable):
        Vendor([said({})]).client().get_array("/tickets")


def test_a_clients_own_headers_go_with_every_call_to_its_origin() -> None:
    vendor = Vendor([said({})])
    client = replace(vendor.client(), headers={"Notion-Version": "2026-03-11"})

    client.get("/a")
    client.post("/b", {})
    client.submit("/c", {})
    client.download("/d")

    assert [request.headers["Notion-Version"] for request in vendor.asked] == ["2026-03-11"] * 4
    assert vendor.asked[1].headers["Content-Type"] == "application/json"


def test_another_host_sees_neither_the_own_headers_nor_the_credentials() -> None:
    moved = Response(302, {"location": "https://8.8.8.8/file"}, b"")
    vendor = Vendor([moved, Response(200, {}, b"file")])
    client = replace(vendor.client(Token()), headers={"X-Api-Key": "secret"})

    assert client.download("/d").body == b"file"

    assert [dict(request.headers) for request in vendor.asked] == [
        {"X-Api-Key": "secret", "Authorization": "Bearer secret"},
        {},
    ]
    assert "secret" not in repr(client)


@pytest.mark.parametrize(
    "headers",
    [
        {"ratelimit-remaining": "0", "ratelimit-reset": "9"},
        {"x-ratelimit-limit": "167", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH + 9)},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"},
        {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(EPOCH + 3609),
            "date": "Mon, 23 Nov 2026 13:00:00 GMT",
        },
    ],
    ids=["seconds", "moment", "x-seconds", "moment by the server's clock"],
)
def test_an_empty_allowance_is_waited_for(headers: dict[str, str]) -> None:
    vendor = Vendor([said({}, headers=headers), said({})])
    client = vendor.client()

    client.get("/a")
    client.get("/a")

    assert vendor.slept == [9.0]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH - 5)},
        {"x-ratelimit-remaining": "3", "x-ratelimit-reset": str(EPOCH + 9)},
        {"x-ratelimit-remaining": "nan", "x-ratelimit-reset": "inf"},
    ],
    ids=["no reset", "past", "some left", "no numbers"],
)
def test_an_allowance_that_is_not_surely_empty_is_used(headers: dict[str, str]) -> None:
    vendor = Vendor([said({}, headers=headers)])
    client = vendor.client()

    client.get("/a")
    client.get("/a")

    assert vendor.slept == []


def test_too_many_calls_without_retry_after_wait_until_the_reset() -> None:
    headers = {"x-ratelimit-reset": str(EPOCH + 8), "date": "Mon, 23 Nov 2026 12:00:00 GMT"}
    vendor = Vendor([said({"type": "error.list"}, 429, headers), said({"ok": True})])

    assert vendor.client().get("/a").json() == {"ok": True}
    assert vendor.slept == [8.0]


def test_too_many_calls_with_neither_are_tried_again_soon() -> None:
    vendor = Vendor([said({}, 429), said({"ok": True})])

    assert vendor.client().get("/a").json() == {"ok": True}
    assert 0 < sum(vendor.slept) < 1


def test_a_throttle_that_holds_for_the_account_stops_its_other_calls() -> None:
    busy = said({"error": {"code": "serviceNotAvailable"}}, 503, {"retry-after": "41"})
    vendor = Vendor([busy])
    client = replace(vendor.client(), throttled=frozenset({429, 503}))
    with pytest.raises(Retryable):
        client.get("/a")

    with pytest.raises(Retryable, match="used up") as caught:
        client.get("/b")

    assert (len(vendor.asked), caught.value.after) == (1, timedelta(seconds=41))


@pytest.mark.parametrize(
    ("link", "following"),
    [
        (f'<{ORIGIN}/t?page=2&per_page=100>; rel="next"', {"page": ["2"], "per_page": ["100"]}),
        (f'< {ORIGIN}/t?page=2>;rel="next"', {"page": ["2"]}),
        (f"<{ORIGIN}/t?page=2>; REL=next", {"page": ["2"]}),
        (f'<{ORIGIN}/t?page=1>; rel="prev", <{ORIGIN}/t?page=3>; title="3, or next"; rel="next last"', {"page": ["3"]}),
        (f'<{ORIGIN}/t?ids=1,<2>; rel="first", </t?page=2&q=>; rel="next"', {"page": ["2"], "q": [""]}),
        (f'<{ORIGIN}/t?page=1>; rel="prev"', None),
        (f'<{ORIGIN}/t?page=9>; rel="nextish"', None),
        (f"<{ORIGIN}/t?page=9>", None),
        ("", None),
    ],
)
def test_the_next_page_is_where_the_link_says(link: str, following: dict[str, list[str]] | None) -> None:
    assert next_params(Response(200, {"link": link}, b"[]")) == following


def test_every_linked_page_is_read_from_the_own_origin() -> None:
    vendor = Vendor(
        [
            said([{"id": 1}], headers={"link": '<https://elsewhere.example/t?page=2>; rel="next"'}),
            said([], headers={"link": f'<{ORIGIN}/t?page=3>; rel="next"'}),
            said([{"id": 3}]),
        ]
    )

    rows = [row for page in linked_pages(vendor.client(Token()), "/t", {"per_page": 100}) for row in page.array()]

    assert rows == [{"id": 1}, {"id": 3}]
    assert [(request.url, dict(request.params)) for request in vendor.asked] == [
        (f"{ORIGIN}/t", {"per_page": 100}),
        (f"{ORIGIN}/t", {"page": ["2"]}),
        (f"{ORIGIN}/t", {"page": ["3"]}),
    ]


def read(pages: Iterator[Response]) -> int:
    return sum(1 for _ in pages)


def test_a_page_that_names_itself_as_the_next_one_ends_the_reading() -> None:
    vendor = Vendor([said([], headers={"link": f'<{ORIGIN}/t?page=2>; rel="next"'})])

    with pytest.raises(Retryable, match="/t repeats the same page"):
        read(linked_pages(vendor.client(), "/t"))


def test_a_refused_page_ends_the_reading() -> None:
    vendor = Vendor([said([], headers={"link": f'<{ORIGIN}/t?page=2>; rel="next"'}), said({"code": "x"}, 403)])

    with pytest.raises(Misconfigured):
        read(linked_pages(vendor.client(), "/t"))
