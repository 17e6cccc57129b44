"""What is Zendesk's own about tickets: calls, completeness, privacy, and the traps of its exports."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.zendesk.connector import Zendesk
from sandbox.wire import Fault
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable
from sync.model import Audience, Cursor, Document
from tests.connectors.zendesk_world import TicketWorld, ticket_world
from tests.contract.connector import drain, listing, pages, version


@pytest.fixture
def world() -> Iterator[TicketWorld]:
    with ticket_world() as world:
        world.account.sandbox.world.export_size = 1000
        yield world


def only(connector: Zendesk) -> Document:
    """The one document of the account, as listing and fetch agree on it."""
    (change,) = listing(connector).values()
    assert change.document == connector.fetch(change.external_id)
    assert change.document is not None
    return change.document


class TestCalls:
    def test_three_hundred_tickets_with_all_comments_take_eight_calls(self, world: TicketWorld) -> None:
        sandbox = world.account.sandbox
        for number in range(300):
            answers = 250 if number < 3 else 2
            said = [("Sam Agent", f"answer {n} of {number}.", n % 5 != 4) for n in range(answers)]
            sandbox.put_ticket(f"Subject {number}", f"question {number}.", said)
            world.account.clock.now += 1
        world.later()
        connector = world.connect()
        cursor = connector.head()

        listed = listing(connector)

        assert world.account.wire.count() <= 8
        bodies = {c.document.title: c.document.body for c in listed.values() if c.document}
        assert len(bodies) == 300
        for number in range(300):
            answers = 250 if number < 3 else 2
            body = bodies[f"Subject {number}"]
            assert f"question {number}." in body
            assert all((f"answer {n} of {number}." in body) == (n % 5 != 4) for n in range(answers))
        world.account.wire.forget()
        assert drain(connector, cursor)[0] == {}
        assert world.account.wire.count() == 1

    def test_a_few_changed_tickets_are_read_alone_and_many_together(self, world: TicketWorld) -> None:
        put = [world.put(f"Subject {number}", "question") for number in range(40)]
        connector = world.connect()
        world.later()
        cursor = connector.head()
        world.edit(put[0], "answer")
        world.account.wire.forget()
        changed, cursor = drain(connector, cursor)
        assert (set(changed), world.account.wire.count("/api/")) == ({put[0]}, 2)

        for external_id in put:
            world.edit(external_id, "another answer")
        world.account.wire.forget()
        changed, cursor = drain(connector, cursor)

        assert (set(changed), world.account.wire.count("/api/")) == (set(put), 2)
        assert all(c.document is not None and "another answer" in c.document.body for c in changed.values())

    def test_old_tickets_are_read_one_by_one_where_their_history_is_long(self, world: TicketWorld) -> None:
        world.account.sandbox.world.export_size = 12
        put = [world.put(f"Subject {number}", "question") for number in range(12)]
        for number in range(100):
            world.edit(put[0], f"answer {number}")
        connector = world.connect()
        world.later()
        cursor = connector.head()
        for external_id in put:
            world.edit(external_id, "last")
        world.account.wire.forget()

        changed, _ = drain(connector, cursor)

        assert set(changed) == set(put)
        assert world.account.wire.count("/ticket_events") == 2
        assert world.account.wire.count("/comments") == 13  # the long one has two pages
        assert changed[put[0]].version == version(connector, put[0])

    def test_a_used_up_allowance_loses_no_progress(self, world: TicketWorld) -> None:
        world.account.sandbox.world.export_size = 12
        for number in range(12):
            external_id = world.put(f"Subject {number}", "question")
            for answer in range(9):
                world.edit(external_id, f"answer {answer}")
        world.later()
        world.account.sandbox.limits.incremental_exports = 4
        connector = world.connect()
        waits = 0
        page = None
        while page is None and waits < 20:
            try:
                page = connector.snapshot(None)
            except Retryable as error:
                world.account.clock.now += (error.after or timedelta(0)).total_seconds()
                waits += 1

        read = [call.query for call in world.account.wire.calls if "ticket_events" in call.path]
        assert waits >= 2
        assert page is not None
        assert len(read) == len(set(read)) >= 10
        assert all("answer 8" in c.document.body for c in page.changes if c.document)
        assert len(page.changes) == 12

    def test_tickets_read_one_by_one_are_not_read_again_after_a_pause(self, world: TicketWorld) -> None:
        world.account.sandbox.world.export_size = 30
        for number in range(40):
            world.account.sandbox.put_ticket(f"Subject {number}", "question")
        world.later()
        world.account.sandbox.limits.account = 12
        connector = world.connect()
        found, cursor, waits = set[str](), None, 0
        while waits < 20:
            try:
                page = connector.snapshot(cursor)
            except Retryable as error:
                world.account.clock.now += (error.after or timedelta(0)).total_seconds()
                waits += 1
                continue
            found |= {change.external_id for change in page.changes}
            cursor = page.cursor
            if not page.more:
                break

        assert len(found) == 40
        assert 2 <= waits <= 8


class TestContent:
    def test_a_conversation_reads_in_order_with_names_and_dates(self, world: TicketWorld) -> None:
        put = world.put("Refund please", "I want my money back.", ("refund", "billing"))
        world.edit(put, "Done. <b>Bye</b>")

        document = only(world.connect())

        assert document.title == "Refund please"
        assert document.body == (
            "**Chris Customer** (2026-09-21):\n\nI want my money back.\n\n"
            "**Sam Agent** (2026-09-21):\n\nDone. &lt;b>Bye&lt;/b>"
        )
        assert document.labels == ("billing", "refund")
        assert document.attributes == {"status": "open", "priority": "normal"}
        assert document.url.endswith(f"/agent/tickets/{put.partition(':')[2]}")
        assert document.audience is Audience.INTERNAL

    def test_private_comments_stay_out_and_do_not_count(self, world: TicketWorld) -> None:
        put = world.put("Subject", "question")
        connector = world.connect()
        before = version(connector, put)
        world.account.sandbox.comment(int(put.partition(":")[2]), "the customer is difficult", public=False)
        world.later()

        assert "difficult" not in repr(only(connector))
        assert version(connector, put) == before

    def test_a_ticket_without_a_public_comment_is_no_document(self, world: TicketWorld) -> None:
        put = world.put("Subject", "internal from the start")
        tickets, number = world.account.sandbox.world.tickets, int(put.partition(":")[2])
        hidden = tuple(replace(comment, public=False) for comment in tickets[number].comments)
        tickets[number] = replace(tickets[number], comments=hidden)
        connector = world.connect()

        assert listing(connector) == {}
        with pytest.raises(Gone):
            connector.fetch(put)

    def test_no_mailbox_is_told(self, world: TicketWorld) -> None:
        sandbox = world.account.sandbox
        number = sandbox.put_ticket(
            "From jo@customer.test", "Write to jo.doe+x@customer.test!", requester="jo@customer.test"
        )
        world.later()

        document = only(world.connect())

        assert "@" not in repr(document)
        assert document.title == "From [email]"
        assert document.body.startswith("**Customer** (")
        assert document.external_id == f"ticket:{number}"

    def test_every_comment_of_a_long_ticket_is_fetched(self, world: TicketWorld) -> None:
        put = world.put("Subject", "question")
        for number in range(250):
            world.account.sandbox.comment(int(put.partition(":")[2]), f"answer {number}.")
        world.later()

        body = only(world.connect()).body

        assert all(f"answer {number}." in body for number in range(250))

    @pytest.mark.parametrize("others", [0, 12])
    def test_a_comment_that_was_made_private_stays_out_of_every_listing(self, world: TicketWorld, others: int) -> None:
        """The event of its making goes on saying that it is public."""
        sandbox = world.account.sandbox
        put = world.put("Subject", "question")
        number = int(put.partition(":")[2])
        comment = sandbox.comment(number, "the margin is 80 percent")
        said = sandbox.comment(number, "thank you")
        for n in range(others):
            sandbox.put_ticket(f"Subject {n}", "question")
        world.later()
        connector = world.connect()
        cursor = connector.head()
        sandbox.make_private(comment)
        sandbox.redact(said)
        world.later()

        listed, (changed, _) = listing(world.connect()), drain(connector, cursor)

        for found in (listed[put], changed[put]):
            assert found.document is not None
            assert "80 percent" not in found.document.body
            assert "thank you" not in found.document.body
            assert found.version == connector.fetch(put).version

    def test_a_redacted_comment_is_a_change(self, world: TicketWorld) -> None:
        put = world.put("Subject", "question")
        comment = world.account.sandbox.comment(int(put.partition(":")[2]), "card 4111 1111 1111 1111")
        world.later()
        connector = world.connect()
        before, cursor = version(connector, put), connector.head()
        world.account.sandbox.redact(comment)
        world.later()

        changed, _ = drain(connector, cursor)

        assert changed[put].version == version(connector, put) != before
        assert "4111" not in only(connector).body


class TestExport:
    def test_an_empty_page_is_not_the_end(self, world: TicketWorld) -> None:
        put = world.put("Subject", "question")
        world.later()
        connector = world.connect()
        world.account.sandbox.world.empty_pages = 2
        assert set(listing(connector)) == {put}

        cursor = connector.head()
        world.edit(put, "answer")
        world.account.sandbox.world.empty_pages = 2
        assert set(drain(connector, cursor)[0]) == {put}

    def test_an_export_that_stands_still_is_left_for_later(self, world: TicketWorld) -> None:
        put = world.put("Subject", "question")
        world.later()
        connector = world.connect()
        cursor = connector.head()
        world.account.sandbox.world.stuck_cursor = True

        for read in (lambda: pages(connector), lambda: drain(connector, cursor), connector.head):
            with pytest.raises(Retryable, match="stands still"):
                read()
        world.account.sandbox.world.stuck_cursor = False
        assert set(listing(connector)) == {put}

    def test_more_events_in_one_second_than_a_page_holds_are_read_ticket_by_ticket(self, world: TicketWorld) -> None:
        world.account.sandbox.world.export_size = 12
        sandbox = world.account.sandbox
        put = [sandbox.put_ticket(f"Subject {n}", "question") for n in range(30)]
        for number in put:
            sandbox.comment(number, "answer")
        world.later()
        connector = world.connect()

        listed = listing(connector)

        assert set(listed) == {f"ticket:{number}" for number in put}
        assert all(c.document is not None and "answer" in c.document.body for c in listed.values())

    def test_a_cursor_that_the_export_forgot_is_expired(self, world: TicketWorld) -> None:
        connector = world.connect()
        place = json.loads(connector.head())
        place["states"] = [{"cursor": "forgotten"}]

        with pytest.raises(CursorExpired):
            connector.changes(Cursor(json.dumps(place)))

    def test_the_source_s_clock_counts_and_not_ours(self, world: TicketWorld) -> None:
        account = world.account
        login = {"email": "bot@acme.test", "api_token": "zendesk-token"}
        ahead = account.asked_by(lambda: account.clock.utc() + timedelta(hours=2), include=["tickets"], **login)
        cursor = ahead.head()
        put = world.put("Subject", "question")

        assert set(drain(ahead, cursor)[0]) == {put}

    def test_a_deleted_ticket_is_gone_only_while_tickets_are_listed(self, world: TicketWorld) -> None:
        put = world.put("Subject", "question")
        world.later()
        connector = world.connect()
        cursor = connector.head()
        world.delete(put)
        assert drain(connector, cursor)[0][put].version is None
        world.account.wire.fail(Fault(path=r"/tickets\.json", status=500, times=None))

        with pytest.raises(Retryable):
            connector.fetch(put)
        world.account.wire.heal()
        with pytest.raises(Gone):
            connector.fetch(put)

    def test_an_account_without_tickets_says_so(self, world: TicketWorld) -> None:
        world.disable()

        with pytest.raises(Misconfigured, match="403 SupportProductInactive"):
            world.connect().head()


def test_articles_and_tickets_are_read_together(world: TicketWorld) -> None:
    article = world.account.put("Title", "<p>text</p>")
    ticket = world.put("Subject", "question")
    world.later()
    connector = world.connect(include=["articles", "tickets"])
    cursor = connector.head()

    assert set(listing(connector)) == {article, ticket}
    assert connector.fetch(article).audience is Audience.PUBLIC
    assert connector.fetch(ticket).audience is Audience.INTERNAL
    world.account.edit(article, "<p>edited</p>")
    world.edit(ticket, "answer")
    world.later()
    changed, cursor = drain(connector, cursor)
    assert set(changed) == {article, ticket}
    world.later()
    world.account.wire.forget()
    assert drain(connector, cursor)[0] == {}
    assert world.account.wire.count("/api/") == 2


def test_tickets_are_unknown_where_they_are_not_included(world: TicketWorld) -> None:
    ticket = world.put("Subject", "question")

    with pytest.raises(Gone):
        world.account.connect().fetch(ticket)
    with pytest.raises(Gone):
        world.connect().fetch(world.account.put("Title", "<p>text</p>"))
