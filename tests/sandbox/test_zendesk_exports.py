"""The fake's incremental exports of tickets and of their events."""

from typing import Any

import httpx2
import pytest

from sandbox.zendesk.records import Role
from tests.sandbox.zendesk_kit import START, Desk

EXPORT = "/api/v2/incremental/tickets/cursor.json"
EVENTS = "/api/v2/incremental/ticket_events.json"


def export(desk: Desk, **params: Any) -> dict[str, Any]:
    body: dict[str, Any] = desk.get(EXPORT, **params).json()
    return body


def ids(body: dict[str, Any]) -> list[int]:
    return [ticket["id"] for ticket in body["tickets"]]


def put_tickets(desk: Desk, count: int) -> list[int]:
    """Tickets one second apart, all of them old enough to be exported."""
    made = []
    for number in range(count):
        made.append(desk.sandbox.put_ticket(str(number), "text"))
        desk.clock.pass_time(1)
    desk.clock.pass_time(60)
    return made


def test_the_export_walks_by_cursor_to_the_end_of_the_stream(desk: Desk) -> None:
    made = put_tickets(desk, 5)

    first = export(desk, start_time=int(START), per_page=3)
    second = export(desk, cursor=first["after_cursor"], per_page=3)

    assert (ids(first), first["end_of_stream"]) == (made[:3], False)
    assert (ids(second), second["end_of_stream"]) == (made[3:], True)
    assert first["after_url"] == str(httpx2.URL(f"{desk.url}{EXPORT}", params={"cursor": first["after_cursor"]}))
    assert (first["before_url"], first["before_cursor"]) == (None, None)


def test_the_last_cursor_brings_only_what_changed_later(desk: Desk) -> None:
    made = put_tickets(desk, 2)
    end = export(desk, start_time=int(START))["after_cursor"]

    nothing = export(desk, cursor=end)
    desk.sandbox.comment(made[0], "again")
    desk.clock.pass_time(61)

    assert (ids(nothing), nothing["after_cursor"], nothing["end_of_stream"]) == ([], end, True)
    assert ids(export(desk, cursor=end)) == [made[0]]


def test_what_changed_within_the_last_minute_is_withheld(desk: Desk) -> None:
    ticket = desk.sandbox.put_ticket("A", "")

    desk.clock.pass_time(59)
    early = export(desk, start_time=int(START - 10))
    desk.clock.pass_time(1)

    assert (ids(early), early["end_of_stream"]) == ([], True)
    assert ids(export(desk, cursor=early["after_cursor"])) == [ticket]


def test_the_systems_own_changes_export_a_ticket_whose_update_is_old(desk: Desk) -> None:
    (ticket,) = put_tickets(desk, 1)
    end = export(desk, start_time=int(START))["after_cursor"]
    desk.sandbox.system_update(ticket)
    desk.clock.pass_time(60)

    (shown,) = export(desk, cursor=end)["tickets"]

    assert (shown["updated_at"], shown["generated_timestamp"]) == ("2026-09-21T14:13:20Z", START + 61)


def test_deleted_tickets_are_exported_and_scrubbed_after_a_month(desk: Desk) -> None:
    kept, deleted = put_tickets(desk, 2)
    desk.sandbox.delete_ticket(deleted)
    desk.clock.pass_time(61)

    soft = {ticket["id"]: ticket for ticket in export(desk, start_time=int(START))["tickets"]}
    desk.clock.pass_time(31 * 86400)
    scrubbed = {ticket["id"]: ticket for ticket in export(desk, start_time=int(START))["tickets"]}

    assert (soft[deleted]["status"], soft[deleted]["subject"]) == ("deleted", "1")
    assert (scrubbed[deleted]["status"], scrubbed[deleted]["subject"]) == ("deleted", "SCRUBBED")
    assert ids(export(desk, start_time=int(START), exclude_deleted="true")) == [kept]


def test_the_export_brings_its_people_on_request(desk: Desk) -> None:
    desk.sandbox.put_ticket("A", "", requester="Kim")
    desk.clock.pass_time(60)

    assert [u["name"] for u in export(desk, start_time=1, include="users")["users"]] == ["Kim", "Sam Agent"]
    assert "users" not in export(desk, start_time=1)


def test_an_empty_page_in_the_middle_moves_the_cursor_and_goes_on(desk: Desk) -> None:
    made = put_tickets(desk, 2)
    desk.sandbox.world.empty_pages = 2

    first = export(desk, start_time=1)
    second = export(desk, cursor=first["after_cursor"])
    third = export(desk, cursor=second["after_cursor"])

    assert [ids(first), ids(second), ids(third)] == [[], [], made]
    assert [page["end_of_stream"] for page in (first, second, third)] == [False, False, True]
    assert first["after_cursor"] != second["after_cursor"]


def test_a_stuck_cursor_never_ends(desk: Desk) -> None:
    put_tickets(desk, 2)
    desk.sandbox.world.stuck_cursor = True

    first = export(desk, start_time=1)
    second = export(desk, cursor=first["after_cursor"])

    assert (second["after_cursor"], second["end_of_stream"]) == (first["after_cursor"], False)


@pytest.mark.parametrize("path", [EXPORT, EVENTS])
def test_exports_refuse_a_start_time_that_is_too_recent(desk: Desk, path: str) -> None:
    desk.sandbox.world.start_floor = 300

    answer = desk.get(path, start_time=int(START - 299))

    assert (answer.status_code, answer.json()["error"]) == (422, "InvalidValue")
    assert desk.get(path, start_time=int(START - 300)).status_code == 200


@pytest.mark.parametrize("query", ["", "start_time=1&cursor=a", "start_time=1&per_page=1001", "start_time=1&page=2"])
def test_the_export_refuses_what_it_does_not_know(desk: Desk, query: str) -> None:
    assert desk.get(f"{EXPORT}?{query}").status_code == 400


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", ""])
def test_a_cursor_from_elsewhere_is_refused(desk: Desk, cursor: str) -> None:
    assert desk.get(EXPORT, cursor=cursor).status_code == 422


@pytest.mark.parametrize("path", [EXPORT, EVENTS])
def test_exports_are_for_administrators(desk: Desk, path: str) -> None:
    desk.sandbox.world.role = Role.AGENT

    assert desk.get(path, start_time=1).status_code == 403


def test_events_carry_every_comment_of_every_ticket(desk: Desk) -> None:
    one = desk.sandbox.put_ticket("one", "first words")
    desk.sandbox.comment(one, "private words", public=False)
    desk.clock.pass_time(60)

    body = desk.get(EVENTS, start_time=int(START), include="comment_events").json()

    said = [
        (e["ticket_id"], c["event_type"], c["public"], c["body"])
        for e in body["ticket_events"]
        for c in e["child_events"]
    ]
    assert said == [(one, "Comment", True, "first words"), (one, "Comment", False, "private words")]
    assert (body["count"], body["end_time"], body["end_of_stream"]) == (2, START, True)


def test_events_leave_comments_out_unless_asked(desk: Desk) -> None:
    desk.sandbox.put_ticket("one", "first words")
    desk.clock.pass_time(60)

    body = desk.get(EVENTS, start_time=1).json()

    assert [event["child_events"] for event in body["ticket_events"]] == [[]]


def test_a_full_page_of_events_continues_at_its_last_time_and_repeats_it(desk: Desk) -> None:
    made = put_tickets(desk, 5)
    desk.sandbox.world.export_size = 3

    first = desk.get(EVENTS, start_time=int(START), include="comment_events").json()
    second = desk.get(first["next_page"]).json()

    assert [event["ticket_id"] for event in first["ticket_events"]] == made[:3]
    assert [event["ticket_id"] for event in second["ticket_events"]] == made[2:]
    assert (first["end_of_stream"], second["end_of_stream"]) == (False, True)
    assert second["ticket_events"][0]["child_events"][0]["body"] == "text"


def test_events_show_a_redacted_comment_as_it_reads_now(desk: Desk) -> None:
    ticket = desk.sandbox.put_ticket("one", "first words")
    secret = desk.sandbox.comment(ticket, "my card is 4111")
    desk.sandbox.redact(secret)
    desk.clock.pass_time(60)

    answer = desk.get(EVENTS, start_time=1, include="comment_events")

    assert "4111" not in answer.text
    last = answer.json()["ticket_events"][-1]["child_events"][0]
    assert last["event_type"] == "CommentRedactionEvent"


def test_no_events_end_the_stream_without_a_next_page(desk: Desk) -> None:
    body = desk.get(EVENTS, start_time=1).json()

    assert body == {"ticket_events": [], "count": 0, "end_time": None, "next_page": None, "end_of_stream": True}
