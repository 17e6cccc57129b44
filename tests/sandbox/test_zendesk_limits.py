"""The fake's rate limits: which bucket a call drains, and what it says then."""

from tests.sandbox.zendesk_kit import Desk

LOCALES = "/api/v2/help_center/locales.json"
EXPORT = "/api/v2/incremental/tickets/cursor.json?start_time=1"


def test_no_limit_is_set_until_somebody_sets_it(desk: Desk) -> None:
    answers = [desk.get(LOCALES) for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}
    assert not any("rate" in name for name in answers[0].headers)


def test_an_empty_bucket_says_how_long_to_wait(desk: Desk) -> None:
    desk.sandbox.limits.help_center = 2

    first, second, third = (desk.get(LOCALES) for _ in range(3))
    desk.clock.pass_time(20)
    fourth = desk.get(LOCALES)
    desk.clock.pass_time(int(fourth.headers["retry-after"]))

    assert [a.headers["x-rate-limit-remaining"] for a in (first, second, third)] == ["1", "0", "0"]
    assert (third.status_code, third.headers["retry-after"], fourth.headers["retry-after"]) == (429, "60", "40")
    assert third.json()["error"] == "APIRateLimitExceeded"
    assert desk.get(LOCALES).status_code == 200


def test_the_help_center_has_its_own_bucket(desk: Desk) -> None:
    desk.sandbox.limits.account = 1
    desk.sandbox.limits.help_center = 5

    tickets = [desk.get("/api/v2/tickets.json") for _ in range(2)]

    assert [answer.status_code for answer in tickets] == [200, 429]
    assert desk.get(LOCALES).headers["x-rate-limit"] == "5"


def test_exports_drain_a_bucket_of_ten_a_minute(desk: Desk) -> None:
    desk.sandbox.limits.account = 700
    desk.sandbox.limits.incremental_exports = 10

    answers = [desk.get(EXPORT) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    first = answers[0].headers
    assert first["zendesk-ratelimit-incremental-exports"] == "total=10; remaining=9; resets=60"
    assert (first["ratelimit-limit"], first["ratelimit-remaining"], first["ratelimit-reset"]) == ("700", "699", "60")
    assert desk.get("/api/v2/help_center/incremental/articles.json?start_time=1").status_code == 200


def test_listing_tickets_has_a_bucket_too(desk: Desk) -> None:
    desk.sandbox.limits.tickets_index = 1

    answers = [desk.get("/api/v2/tickets.json") for _ in range(2)]

    assert answers[0].headers["zendesk-ratelimit-tickets-index"] == "total=1; remaining=0; resets=60"
    assert answers[1].status_code == 429


def test_a_refused_call_is_counted_and_wears_the_headers(desk: Desk) -> None:
    desk.sandbox.limits.help_center = 1

    refused = desk.visit("/api/v2/help_center/user_segments.json")

    assert (refused.status_code, refused.headers["x-rate-limit-remaining"]) == (401, "0")
    assert desk.visit(LOCALES).status_code == 429
