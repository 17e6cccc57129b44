"""The fake's tickets: lists, comments, and who may read them."""

from typing import Any

import pytest

from sandbox.zendesk.records import Role
from tests.sandbox.zendesk_kit import Desk

TICKETS = "/api/v2/tickets.json"
DAY = 86400


def comments(desk: Desk, ticket: int, **params: Any) -> dict[str, Any]:
    body: dict[str, Any] = desk.get(f"/api/v2/tickets/{ticket}/comments.json", **params).json()
    return body


def test_the_description_is_the_first_comment(desk: Desk) -> None:
    ticket = desk.sandbox.put_ticket("Broken", "It broke.\n\n<b>Help</b>", [("Sam Agent", "internal", False)])

    shown = desk.get(f"/api/v2/tickets/{ticket}.json").json()["ticket"]
    first, second = comments(desk, ticket)["comments"]

    assert (shown["subject"], shown["description"], shown["is_public"]) == ("Broken", first["body"], True)
    assert (first["author_id"], first["public"], second["public"]) == (shown["requester_id"], True, False)
    assert first["plain_body"] == "It broke.\n\n<b>Help</b>"
    assert "&lt;b&gt;Help&lt;/b&gt;" in first["html_body"]
    assert "updated_at" not in first


def test_comments_are_paged_sorted_and_name_their_authors(desk: Desk) -> None:
    ticket = desk.sandbox.put_ticket("A", "0", requester="Kim")
    for number in range(1, 4):
        desk.clock.pass_time(1)
        desk.sandbox.comment(ticket, str(number))

    first = comments(desk, ticket, **{"page[size]": 3, "include": "users", "sort": "created_at"})
    second = desk.get(first["links"]["next"]).json()
    newest = comments(desk, ticket, **{"page[size]": 2, "sort": "-created_at", "include_inline_images": "true"})

    assert [c["body"] for c in (*first["comments"], *second["comments"])] == ["0", "1", "2", "3"]
    assert [user["name"] for user in first["users"]] == ["Kim", "Sam Agent"]
    assert [c["body"] for c in newest["comments"]] == ["3", "2"]
    assert [c["body"] for c in desk.get(newest["links"]["next"]).json()["comments"]] == ["1", "0"]


def test_the_last_cursor_page_of_tickets_still_has_a_next_link(desk: Desk) -> None:
    desk.sandbox.put_ticket("A", "a")

    page = desk.get(TICKETS, **{"page[size]": 1})

    assert page.json()["meta"]["has_more"] is False
    assert desk.get(page.json()["links"]["next"]).json()["tickets"] == []
    assert "link" not in page.headers


def test_tickets_are_sorted_by_the_cursors_own_word_only(desk: Desk) -> None:
    old = desk.sandbox.put_ticket("old", "")
    desk.clock.pass_time(10)
    new = desk.sandbox.put_ticket("new", "")

    def ids(**params: Any) -> list[int]:
        return [ticket["id"] for ticket in desk.get(TICKETS, **params).json()["tickets"]]

    assert ids(**{"page[size]": 5, "sort": "-updated_at"}) == [new, old]
    assert ids(**{"page[size]": 5, "sort_by": "updated_at", "sort_order": "desc"}) == [old, new]
    assert ids(sort_by="updated_at", sort_order="desc") == [new, old]
    assert desk.get(TICKETS, sort="updated_at").status_code == 400


def test_a_deleted_ticket_is_gone_everywhere_but_among_the_deleted(desk: Desk) -> None:
    kept, deleted = desk.sandbox.put_ticket("kept", ""), desk.sandbox.put_ticket("deleted", "")

    desk.sandbox.delete_ticket(deleted)

    assert desk.get(f"/api/v2/tickets/{deleted}.json").json()["error"] == "RecordNotFound"
    assert desk.get(f"/api/v2/tickets/{deleted}/comments.json").status_code == 404
    assert [t["id"] for t in desk.get(TICKETS).json()["tickets"]] == [kept]
    listed = desk.get("/api/v2/deleted_tickets.json").json()["deleted_tickets"]
    assert [(t["id"], t["deleted_at"]) for t in listed] == [(deleted, "2026-09-21T14:13:20Z")]
    desk.clock.pass_time(31 * DAY)
    assert desk.get("/api/v2/deleted_tickets.json").json()["deleted_tickets"] == []


def test_a_restored_ticket_is_back(desk: Desk) -> None:
    ticket = desk.sandbox.put_ticket("A", "")
    desk.sandbox.delete_ticket(ticket)

    desk.sandbox.restore_ticket(ticket)

    assert desk.get(f"/api/v2/tickets/{ticket}.json").json()["ticket"]["status"] == "open"


def test_tickets_closed_for_long_leave_the_list_but_not_their_own_address(desk: Desk) -> None:
    ticket = desk.sandbox.put_ticket("A", "", status="closed")
    desk.clock.pass_time(121 * DAY)

    assert desk.get(TICKETS).json()["tickets"] == []
    assert desk.get(f"/api/v2/tickets/{ticket}.json").status_code == 200


def test_several_tickets_and_users_are_shown_by_id(desk: Desk) -> None:
    one, two, gone = (desk.sandbox.put_ticket(name, "", requester=name) for name in ("one", "two", "gone"))
    desk.sandbox.delete_ticket(gone)

    shown = desk.get("/api/v2/tickets/show_many.json", ids=f"{two},{one},{gone},999999").json()
    people = desk.get("/api/v2/users/show_many.json", ids=f"{shown['tickets'][0]['requester_id']}").json()

    assert ([t["id"] for t in shown["tickets"]], shown["count"]) == ([two, one], 2)
    assert [(u["name"], u["role"]) for u in people["users"]] == [("two", "end-user")]


@pytest.mark.parametrize("ids", ["", "a", "1,,2", ",".join(map(str, range(101)))])
def test_showing_many_takes_at_most_a_hundred_numbers(desk: Desk, ids: str) -> None:
    assert desk.get("/api/v2/tickets/show_many.json", ids=ids).status_code == 400


def test_redacting_rewrites_a_comment_in_place_and_touches_its_ticket(desk: Desk) -> None:
    ticket = desk.sandbox.put_ticket("A", "a")
    secret = desk.sandbox.comment(ticket, "my card is 4111")
    desk.clock.pass_time(60)

    desk.sandbox.redact(secret)

    held = comments(desk, ticket)["comments"][1]
    assert (held["id"], "4111" in str(held)) == (secret, False)
    assert held["created_at"] == "2026-09-21T14:13:20Z"
    assert desk.get(f"/api/v2/tickets/{ticket}.json").json()["ticket"]["updated_at"] == "2026-09-21T14:14:20Z"


def test_visitors_and_end_users_read_no_tickets(desk: Desk) -> None:
    assert desk.visit(TICKETS).status_code == 401
    desk.sandbox.world.role = Role.END_USER
    assert desk.get(TICKETS).status_code == 403


def test_an_account_without_support_refuses_tickets_in_its_own_words(desk: Desk) -> None:
    desk.sandbox.world.guide_only = True

    answer = desk.get(TICKETS)

    assert (answer.status_code, answer.json()) == (403, {"error": "SupportProductInactive"})
    assert desk.get("/api/v2/help_center/articles.json").status_code == 200


def test_asking_who_one_is_proves_nothing(desk: Desk) -> None:
    url = f"{desk.url}/api/v2/users/me.json"

    assert desk.visit(url).json()["user"]["id"] is None
    wrong = desk.client.get(url, auth=("bot@acme.test/token", "wrong"))
    assert (wrong.status_code, wrong.json()["user"]["name"]) == (200, "Anonymous user")
    assert desk.get(url).json()["user"]["role"] == "admin"
    assert desk.client.get(url, headers={"authorization": "Bearer wrong"}).status_code == 401
