"""The fake Intercom refuses what the vendor refuses, and has the vendor's traps."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.http.transport import Request, Response
from sandbox.intercom import IntercomSandbox
from sandbox.intercom.talks import AGENT, CUSTOMER
from sandbox.wire import Wire
from tests.connectors.zendesk_world import Clock
from tests.in_process import IN_PROCESS, InProcess

SIGNED_IN = {"Authorization": "Bearer intercom-token", "Intercom-Version": "2.16"}


@dataclass
class Asked:
    """One workspace, asked as an app of it."""

    sandbox: IntercomSandbox
    clock: Clock
    wire: InProcess

    def get(self, path: str, headers: dict[str, str] = SIGNED_IN, **params: Any) -> Response:
        return self.wire(Request("GET", IN_PROCESS + path, params, headers))

    def search(self, body: str) -> Response:
        return self.wire(Request("POST", f"{IN_PROCESS}/conversations/search", {}, SIGNED_IN, body.encode()))


@pytest.fixture
def asked() -> Asked:
    clock = Clock()
    sandbox = IntercomSandbox(clock=clock)
    return Asked(sandbox, clock, InProcess(Wire(sandbox.app), 5.0))


def code(answer: Response) -> tuple[int, str]:
    return answer.status, str(answer.json()["errors"][0]["code"])


@pytest.mark.parametrize(
    ("path", "headers", "params", "refusal"),
    [
        ("/articles", {}, {}, (401, "unauthorized")),
        ("/articles", {"Authorization": "Bearer other"}, {}, (401, "unauthorized")),
        ("/articles", {**SIGNED_IN, "Intercom-Version": "2.99"}, {}, (400, "intercom_version_invalid")),
        ("/articles", SIGNED_IN, {"per_page": 251}, (400, "parameter_invalid")),
        ("/articles", SIGNED_IN, {"state": "published"}, (400, "parameter_invalid")),
        ("/articles/7", SIGNED_IN, {}, (404, "not_found")),
        ("/articles/x", SIGNED_IN, {}, (404, "not_found")),
        ("/nowhere", SIGNED_IN, {}, (404, "not_found")),
        ("/conversations/search", SIGNED_IN, {}, (404, "not_found")),
        ("/conversations", SIGNED_IN, {"per_page": 151}, (400, "parameter_invalid")),
        ("/conversations", SIGNED_IN, {"starting_after": "made up"}, (400, "parameter_invalid")),
        ("/conversations/deleted", SIGNED_IN, {"per_page": 61}, (400, "parameter_invalid")),
        ("/conversations/deleted", {**SIGNED_IN, "Intercom-Version": "2.15"}, {}, (400, "intercom_version_invalid")),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_the_vendors_words(
    asked: Asked, path: str, headers: dict[str, str], params: dict[str, Any], refusal: tuple[int, str]
) -> None:
    assert code(asked.get(path, headers, **params)) == refusal


@pytest.mark.parametrize("version", [None, "1.0", "2.7", "2.15"])
def test_an_old_version_does_not_tell_who_may_read(asked: Asked, version: str | None) -> None:
    asked.sandbox.put_article("Title", "<p>a</p>")
    named = {} if version is None else {"Intercom-Version": version}
    headers = {"Authorization": SIGNED_IN["Authorization"], **named}

    [row] = asked.get("/articles", headers).json()["data"]

    assert not {"help_center_audience", "body_markdown"} & row.keys()
    assert "help_center_audience" in asked.get("/articles").json()["data"][0]


def test_pages_drift_and_their_next_one_names_another_host(asked: Asked) -> None:
    numbers = [asked.sandbox.put_article(f"Title {n}", "<p>a</p>", at=int(asked.clock.now) + n) for n in range(4)]
    first = asked.get("/articles", per_page=2).json()
    asked.sandbox.delete_article(numbers[3])
    second = asked.get("/articles", page=2, per_page=2).json()

    assert urlsplit(first["pages"]["next"]).netloc == "api.intercom.io"
    shown = [row["id"] for page in (first, second) for row in page["data"]]
    assert shown == [str(numbers[3]), str(numbers[2]), str(numbers[0])]  # the one between them was pulled over
    assert second["total_count"] == 3


def test_numbers_of_pages_come_back_as_they_were_sent(asked: Asked) -> None:
    asked.sandbox.put_internal("Title", "<p>a</p>")

    assert asked.get("/internal_articles", page=1, per_page=2).json()["pages"]["page"] == "1"
    assert asked.get("/internal_articles").json()["pages"]["page"] == 1


def test_signed_addresses_change_every_quarter_of_an_hour_and_expire(asked: Asked) -> None:
    asked.sandbox.put_article("Title", '<img src="{{7/a.png}}">')
    number = asked.sandbox.put_conversation("<p>a</p>", files=[("a.txt", b"words", "text/plain")])

    def body() -> str:
        return str(asked.get("/articles").json()["data"][0]["body"])

    before, file = body(), asked.get(f"/conversations/{number}").json()["source"]["attachments"][0]["url"]
    assert before == body()
    assert asked.wire(Request("GET", file)).body == b"words"
    asked.clock.now += 4000
    assert before != body()
    assert asked.wire(Request("GET", file)).status == 403


def test_one_answer_shows_the_500_newest_parts_and_counts_all(asked: Asked) -> None:
    number = asked.sandbox.put_conversation("<p>a</p>", [(CUSTOMER, f"<p>{n}</p>") for n in range(501)])

    told = asked.get(f"/conversations/{number}", display_as="plaintext").json()

    parts = told["conversation_parts"]["conversation_parts"]
    assert (len(parts), parts[0]["body"], told["conversation_parts"]["total_count"]) == (500, "1", 501)
    assert told["statistics"]["count_conversation_parts"] == 502


@pytest.mark.parametrize(("since", "found"), [(-1, 1), (0, 0)])
def test_later_than_a_second_leaves_that_second_out(asked: Asked, since: int, found: int) -> None:
    asked.sandbox.put_conversation("<p>a</p>")
    value = int(asked.clock.now) + since

    answer = asked.search(f'{{"query":{{"field":"updated_at","operator":">","value":{value}}}}}')

    assert answer.json()["total_count"] == found


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("not json", "parameter_invalid"),
        ("{}", "parameter_invalid"),
        ('{"query":{"field":"mood","operator":"=","value":1}}', "parameter_invalid"),
        ('{"query":{"field":"state","operator":">=","value":1}}', "parameter_invalid"),
        ('{"query":{"operator":"AND","value":[]}}', "parameter_invalid"),
        (
            '{"query":{"field":"id","operator":"=","value":"1"},"sort":{"field":"updated_at","order":"asc"}}',
            "invalid_sort_order",
        ),
    ],
)
def test_a_search_that_is_none_is_refused(asked: Asked, body: str, refusal: str) -> None:
    assert code(asked.search(body)) == (400, refusal)


def test_what_is_deleted_is_listed_newest_first_unless_asked_otherwise(asked: Asked) -> None:
    numbers = [asked.sandbox.put_conversation("<p>a</p>", ((AGENT, "<p>b</p>"),)) for _ in range(3)]
    for number in numbers:
        asked.clock.now += 10
        asked.sandbox.delete_conversation(number)

    newest = [row["id"] for row in asked.get("/conversations/deleted").json()["conversations"]]
    oldest = [row["id"] for row in asked.get("/conversations/deleted", order="asc").json()["conversations"]]

    assert newest == oldest[::-1] == [str(number) for number in reversed(numbers)]
    assert code(asked.get(f"/conversations/{numbers[0]}")) == (404, "not_found")


def test_a_full_window_says_when_it_is_empty_and_never_how_long_to_wait(asked: Asked) -> None:
    asked.sandbox.limits.limit = 1
    first, second = asked.get("/articles"), asked.get("/articles")

    assert (first.headers["x-ratelimit-remaining"], second.status) == ("0", 429)
    assert "retry-after" not in second.headers
    assert int(second.headers["x-ratelimit-reset"]) > asked.clock.now
    asked.clock.now += 10
    assert asked.get("/articles").ok
