"""What fakes share: nothing unknown, malformed or doubled gets past it, and an answer leaves as its fake means it."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request as HttpRequest

from sandbox import http
from sandbox.http import ANY, EVENT_STREAM, Answer, App, Endpoint, Endpoints, Problem, Request
from sandbox.limits import FixedWindow, SlidingWindow
from sandbox.wire import serve
from tests import loopback


def refusal(name: str, value: str | None, expected: str) -> Problem:
    return Problem(400, {"name": name, "value": value, "expected": expected})


def asked(**params: str) -> Request[None, None]:
    return Request(None, None, "https://acme.test", "/api/pages/7", {"id": "7"}, params, refusal)


def test_an_endpoint_is_found_by_its_method_and_path() -> None:
    def row(path: str, method: str) -> Endpoint[str, str, None]:
        return Endpoint(path, str.upper, None, method=method)

    page, anything = row("/pages/{id:int}", "GET"), row("/call/{name}", ANY)
    table = Endpoints([page, anything])

    assert table.find("GET", "/pages/7") == (page, {"id": "7"})
    assert table.find("PATCH", "/call/x.y") == (anything, {"name": "x.y"})
    assert [table.find("POST", "/pages/7"), table.find("GET", "/pages/x"), table.find("GET", "/pages")] == [None] * 3
    assert table.knows("/pages/7")
    assert not table.knows("/pages/x")


@pytest.mark.parametrize("pairs", [[("limit", "1"), ("limit", "1")], [("limit", "1"), ("offset", "2")]])
def test_a_parameter_that_is_unknown_or_comes_twice_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(Problem):
        http.known_params(pairs, frozenset({"limit"}), lambda names: Problem(400, {"names": names}))

    assert http.known_params(pairs[:1], frozenset({"limit", "more"}), lambda _: Problem(500)) == {"limit": "1"}


def test_parameters_are_read_as_what_they_are() -> None:
    request = asked(size="20", kind="a,b", flag="true", sort="name")

    assert (request.id, request.number("size", 5, 50), request.number("page", 1)) == (7, 20, 1)
    assert request.several_of("kind", ("a", "b", "c")) == {"a", "b"}
    assert request.several_of("status", ("open",), frozenset({"open"})) == {"open"}
    assert (request.flag("flag"), request.flag("other")) == (True, None)
    assert (request.one_of("sort", ("name",)), request.text("none")) == ("name", "")
    assert request.link({"page": "2"}) == "https://acme.test/api/pages/7?page=2"


@pytest.mark.parametrize("value", ["0", "-1", "51", "1.5", "ten", "", "\u0663", " 3"])
def test_a_number_that_is_none_or_out_of_range_is_refused(value: str) -> None:
    with pytest.raises(Problem) as refused:
        asked(size=value).number("size", 5, 50)

    assert refused.value.answer.body == {"name": "size", "value": value, "expected": "a whole number from 1 to 50"}


def test_a_number_without_a_default_must_be_there_and_zero_is_taken_where_it_may_be() -> None:
    with pytest.raises(Problem):
        asked().number("since", None, least=0)

    assert asked(since="0").number("since", None, least=0) == 0


@pytest.mark.parametrize(("name", "value"), [("kind", "a,x"), ("kind", "a,"), ("flag", "yes"), ("flag", "True")])
def test_a_word_that_is_not_allowed_is_refused(name: str, value: str) -> None:
    request = asked(**{name: value})

    with pytest.raises(Problem):
        request.several_of(name, ("a", "b")) if name == "kind" else request.flag(name)


@pytest.mark.parametrize("cursor", ["", "x", "ü", "e30x", base64.urlsafe_b64encode(b"\xff").decode()])
def test_a_cursor_is_opened_by_whom_it_came_from_and_any_other_is_refused(cursor: str) -> None:
    assert http.opened(http.opaque({"after": ["a", 1]}), Problem(500)) == {"after": ["a", 1]}

    with pytest.raises(Problem):
        http.opened(cursor, Problem(400))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer abc", ("Bearer", "abc")),
        ("Basic Ym90OnNlY3JldA==", ("Basic", "bot:secret")),
        ("Basic not-base64", ("", "")),
        ("", ("", "")),
    ],
)
def test_credentials_are_what_the_header_carries(header: str, expected: tuple[str, str]) -> None:
    scope = {"type": "http", "headers": [(b"authorization", header.encode())]}

    assert http.credentials(HttpRequest(scope)) == expected


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Problem):
        http.json_object(body, Problem(400))

    assert http.json_object(b'{"a": 1}', Problem(500)) == {"a": 1}


def test_every_kind_of_answer_leaves_as_it_is_meant() -> None:
    async def words() -> AsyncIterator[str]:
        for word in ("one ", "two"):
            yield word

    answers: dict[str, Any] = {
        "/list": Answer([1, 2]),
        "/made": Answer({"id": 1}, 201, {"date": "now"}),
        "/file": Answer(content=b"bytes", headers={"content-type": "image/png"}),
        "/stream": Answer(content=words(), headers=EVENT_STREAM),
    }

    async def answer(request: HttpRequest) -> Answer:
        if request.url.path not in answers:
            raise Problem(404, {"error": "none"}, {"retry-after": "1"})
        found: Answer = answers[request.url.path]
        return found

    with serve(App(answer, lambda _: {"date": "then", "x-vendor": "yes"})) as url:
        got = {path: loopback.http.get(f"{url}{path}") for path in (*answers, "/other")}

    assert {path: found.text for path, found in got.items()} == {
        "/list": "[1, 2]",
        "/made": '{"id": 1}',
        "/file": "bytes",
        "/stream": "one two",
        "/other": '{"error": "none"}',
    }
    assert [found.status_code for found in got.values()] == [200, 201, 200, 200, 404]
    assert [found.headers["date"] for found in got.values()] == ["then", "now", "then", "then", "then"]
    assert {found.headers["x-vendor"] for found in got.values()} == {"yes"}
    assert got["/other"].headers["retry-after"] == "1"
    assert got["/stream"].headers["content-type"].startswith("text/event-stream")


def test_a_fixed_window_gives_all_back_when_its_minute_is_over() -> None:
    window = FixedWindow()

    counted = [window.take("a", now) for now in (100.0, 130.0, 159.0, 160.0)]

    assert counted == [(1, 60), (2, 30), (3, 1), (1, 60)]
    assert window.take("b", 160.0) == (1, 60)


def test_a_sliding_window_says_when_what_was_refused_would_fit() -> None:
    window = SlidingWindow()

    taken = [window.take("a", 2, now) for now in (0.0, 10.0, 30.0, 60.0, 60.0)]

    assert taken == [None, None, 30.0, None, 10.0]
    assert window.take("b", 5, 60.0, count=5) is None
    assert window.take("b", 5, 61.0, count=2) == 59.0
    assert window.take("c", 0, 61.0) == 60.0
