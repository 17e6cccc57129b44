"""The fake's feed of changed articles, with the behaviour that loses or repeats data in careless clients."""

from typing import Any

import httpx2
import pytest

from sandbox.zendesk.records import Role
from tests.sandbox.zendesk_kit import START, Desk

FEED = "/api/v2/help_center/incremental/articles.json"


def feed(desk: Desk, start: float) -> dict[str, Any]:
    body: dict[str, Any] = desk.get(FEED, start_time=int(start)).json()
    return body


def ids(body: dict[str, Any]) -> list[int]:
    return [article["id"] for article in body["articles"]]


def test_the_feed_brings_what_changed_since_in_order_of_change(desk: Desk) -> None:
    first = desk.sandbox.put_article(title="first")
    desk.clock.pass_time(10)
    second = desk.sandbox.put_article(title="second")
    desk.clock.pass_time(10)
    desk.sandbox.vote(first)
    desk.clock.pass_time(100)

    assert ids(feed(desk, START)) == [second, first]
    assert ids(feed(desk, START + 11)) == [first]


def test_a_full_page_continues_at_its_last_change_and_repeats_it(desk: Desk) -> None:
    made = []
    for number in range(5):
        made.append(desk.sandbox.put_article(title=str(number)))
        desk.clock.pass_time(10)
    desk.clock.pass_time(100)
    desk.sandbox.world.export_size = 3

    first = feed(desk, START)
    second = desk.get(first["next_page"]).json()

    assert (ids(first), first["count"], first["end_time"]) == (made[:3], 3, START + 20)
    assert first["next_page"] == f"{desk.url}{FEED}?start_time={int(START + 20)}"
    assert ids(second) == made[2:]
    assert ids(desk.get(second["next_page"]).json()) == made[4:]


def test_a_page_of_one_timestamp_names_itself_as_the_next(desk: Desk) -> None:
    for number in range(4):
        desk.sandbox.put_article(title=str(number))
    desk.clock.pass_time(100)
    desk.sandbox.world.export_size = 3

    page = desk.get(FEED, start_time=int(START))

    assert page.json()["next_page"] == str(page.url)


def test_an_empty_difference_ends_at_one(desk: Desk) -> None:
    desk.sandbox.put_article(title="old")
    desk.clock.pass_time(1000)

    assert feed(desk, START + 1) == {"count": 0, "next_page": None, "end_time": 1, "articles": []}


def test_archived_articles_vanish_from_the_feed(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="gone")
    desk.clock.pass_time(100)

    desk.sandbox.archive_article(article)

    assert feed(desk, START)["count"] == 0


def test_an_unpublished_article_comes_back_as_a_draft(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="A")
    desk.clock.pass_time(10)
    desk.sandbox.set_draft(article, "en-us", True)
    desk.clock.pass_time(100)

    changed = feed(desk, START + 1)["articles"]

    assert [(a["id"], a["draft"]) for a in changed] == [(article, True)]


@pytest.mark.parametrize("bumps", [True, False])
def test_another_locale_moves_the_article_only_where_the_vendor_does_so(desk: Desk, bumps: bool) -> None:
    article = desk.sandbox.put_article(title="A")
    desk.sandbox.world.translation_bumps = bumps
    desk.clock.pass_time(10)
    desk.sandbox.translate(article, "de", "B", "")
    desk.clock.pass_time(100)

    shown = desk.get(f"/api/v2/help_center/articles/{article}/translations.json", locales="de").json()

    assert ids(feed(desk, START + 1)) == [article] * bumps
    assert shown["translations"][0]["updated_at"] == "2026-09-21T14:13:30Z"


def test_a_start_time_within_the_last_minute_is_too_recent(desk: Desk) -> None:
    refused = desk.get(FEED, start_time=int(START - 59))

    assert (refused.status_code, refused.json()["error"]) == (422, "StartTimeTooRecent")
    assert "description" in refused.json()
    assert desk.get(FEED, start_time=int(START - 60)).status_code == 200


@pytest.mark.parametrize("query", ["", "?start_time=", "?start_time=yesterday", "?start_time=1&include=translations"])
def test_the_feed_takes_a_start_time_and_nothing_else(desk: Desk, query: str) -> None:
    assert desk.get(f"{FEED}{query}").status_code == 400


def test_the_feed_is_for_agents(desk: Desk) -> None:
    def status(answer: httpx2.Response) -> int:
        return answer.status_code

    assert status(desk.visit(FEED, start_time=1)) == 401
    desk.sandbox.world.role = Role.END_USER
    assert status(desk.get(FEED, start_time=1)) == 403
    desk.sandbox.world.role = Role.AGENT
    assert status(desk.get(FEED, start_time=1)) == 200


def test_answers_are_dated_by_the_accounts_clock(desk: Desk) -> None:
    assert desk.get(FEED, start_time=1).headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
