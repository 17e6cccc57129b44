"""/api/admin/questions: everything that was asked, page by page, and four numbers that stay apart."""

import csv
import io
from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from answering.events import AnswerOutcome
from cli.state_schema import SCHEMAS
from session_api.admin import question_report
from session_api.admin.dependencies import Operations
from session_api.app import Services, create_app
from session_api.state.question_log import QuestionFilter
from sync.config import Inventory
from sync.state.database import State
from tests import loopback
from tests.session_api.asked import a_week, ask
from tests.session_api.operating import TOKEN, Queue


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    with closing(State.open("sqlite://", schemas=SCHEMAS)) as opened:
        a_week(opened)
        yield opened


@pytest.fixture(scope="module")
def api(state: State) -> Iterator[httpx2.Client]:
    operations = Operations(state, Inventory({}, {}), [TOKEN], Queue)
    app = create_app(Services(state, lambda *_: None, broker_answers=lambda: True, operations=operations))
    with (
        loopback.serve(app) as url,
        loopback.client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as client,
    ):
        yield client


def test_the_newest_come_first_with_everything_that_is_known(api: httpx2.Client) -> None:
    body = api.get("/api/admin/questions").raise_for_status().json()

    words = [one["question"] for one in body["questions"]]
    assert words[:2] == ["Hello", "A person!"]
    assert "Long ago?" not in words
    refund = next(one for one in body["questions"] if one["question"] == "Refund?")
    assert refund["outcome"] == "answered"
    assert refund["sources"] == [{"title": "Refunds", "url": "https://help.acme.com/refunds"}]
    assert (refund["rating"], refund["cost_usd"], refund["latency_ms"], refund["first_text_ms"]) == (
        "positive",
        0.002,
        900,
        300,
    )
    assert body["next"] is None


def test_the_numbers_stay_apart(api: httpx2.Client) -> None:
    totals = api.get("/api/admin/questions", params={"limit": 1}).json()["totals"]

    assert totals == {
        "asked": 9,
        "answered_with_source": 2,
        "answered_without_source": 1,
        "abandoned": 1,
        "escalated": 1,
        "unanswered": 3,
        "conversation": 1,
        "confirmed_helpful": 1,
        "not_helpful": 1,
        "cost_usd": 0.0065,
        "reasons": {"nothing_found": 1, "model_unavailable": 1, "daily_usd": 1},
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"unanswered": "true"}, {"Do you ship to Mars?", "Broken", "Too dear"}),
        ({"unanswered": "true", "since": "90d"}, {"Do you ship to Mars?", "Broken", "Too dear", "Long ago?"}),
        ({"outcome": "cancelled"}, {"Left"}),
        ({"outcome": ["greeted", "handed_off"]}, {"Hello", "A person!"}),
        ({"rating": "negative"}, {"Refund at once?"}),
    ],
)
def test_filters(api: httpx2.Client, asked: dict[str, str], expected: set[str]) -> None:
    found = api.get("/api/admin/questions", params=asked).raise_for_status().json()["questions"]
    assert {one["question"] for one in found} == expected


def test_pages_follow_each_other_without_loss_or_repeat(api: httpx2.Client) -> None:
    found, before = list[int](), ""
    while True:
        page = api.get(f"/api/admin/questions?limit=2&since=90d{before}").json()
        found += [one["id"] for one in page["questions"]]
        before = f"&before={page['next']}"
        if page["next"] is None:
            break
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 10


@pytest.mark.parametrize(
    "asked", [{"since": "yesterday"}, {"outcome": "happy"}, {"before": "10" * 20}, {"before": "0"}, {"limit": "0"}]
)
def test_what_cannot_be_meant_is_refused(api: httpx2.Client, asked: dict[str, str]) -> None:
    answer = api.get("/api/admin/questions", params=asked)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"]


def test_nobody_without_the_token_reads_what_visitors_wrote(api: httpx2.Client) -> None:
    assert api.get("/api/admin/questions", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_spreadsheet_takes_nothing_that_a_visitor_wrote_for_a_formula(state: State) -> None:
    report = question_report.report(state, QuestionFilter(), limit=50)
    rows = list(csv.DictReader(io.StringIO(question_report.as_csv(report["questions"]))))
    assert len(rows) == 10
    assert [row["comment"] for row in rows if row["comment"]] == ["'=HYPERLINK(1)"]


def test_metrics_tell_outcomes_ratings_cost_and_latency() -> None:
    with closing(State.open("sqlite://", schemas=SCHEMAS)) as state:
        a_week(state)
        ask(state, "Again?", AnswerOutcome.ABSTAINED)
        operations = Operations(state, Inventory({}, {}), [TOKEN], Queue)
        app = create_app(Services(state, lambda *_: None, broker_answers=lambda: True, operations=operations))
        with loopback.serve(app) as url, loopback.client(base_url=url) as client:
            text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).raise_for_status().text

    numbers = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert numbers["answerwell_questions_total", "answered", "yes"] >= 2
    assert numbers["answerwell_questions_total", "abstained", "no"] >= 3
    assert numbers["answerwell_ratings_total", "positive"] >= 1
    assert numbers["answerwell_question_cost_usd_total",] > 0
    assert numbers["answerwell_answer_seconds_count", "answered"] >= 3
    assert numbers["answerwell_first_text_seconds_count",] >= 3
    assert "Refund" not in text
