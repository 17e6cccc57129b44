"""What is Confluence Cloud's own: how many calls, lists and their pages, and the ways in."""

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors import CONNECTORS
from connectors.confluence.connector import Confluence
from connectors.confluence.settings import ConfluenceSettings
from sandbox.confluence import CLOUD_ID
from sandbox.wire import Fault
from sync.errors import CursorExpired, Misconfigured
from sync.model import Audience, Cursor
from tests.connectors.confluence_world import ConfluenceWorld, confluence_world
from tests.contract.connector import drain, listing, pages


@pytest.fixture
def world() -> Iterator[ConfluenceWorld]:
    with confluence_world() as world:
        yield world


def audiences(connector: Confluence) -> set[Audience | None]:
    return {c.document.audience if c.document else None for c in listing(connector).values()}


class Held:
    """An app whose answers wait for the gate, and that counts the requests that wait."""

    def __init__(self, app: ASGIApp, gate: threading.Event) -> None:
        self._app = app
        self._gate = gate
        self._waiting = 0
        self.most = 0
        self.five, self.six = threading.Event(), threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._waiting += 1
        self.most = max(self.most, self._waiting)
        for number, event in ((5, self.five), (6, self.six)):
            if self._waiting >= number:
                event.set()
        await asyncio.to_thread(self._gate.wait)
        await self._app(scope, receive, send)
        self._waiting -= 1


class TestCalls:
    @pytest.fixture
    def world(self) -> Iterator[ConfluenceWorld]:
        """Over a connection: the vendor's SDK must not call more often than it is asked."""
        with confluence_world(socket=True) as world:
            yield world

    @pytest.mark.parametrize("attachments", [True, False])
    def test_a_hundred_and_one_pages_take_eight_calls_at_most_and_no_change_two(
        self, world: ConfluenceWorld, attachments: bool
    ) -> None:
        world.fill(101)
        connector = world.connect(attachments=attachments)
        cursor = connector.head()
        found = listing(connector)

        assert {c.document.audience for c in found.values() if c.document} == {Audience.PUBLIC}
        assert len(found) == 101
        assert world.wire.count() == (8 if attachments else 7)
        for number in range(4):
            world.wire.forget()
            changed, cursor = drain(connector if number % 2 else world.connect(attachments=attachments), cursor)
            assert changed == {}
            assert world.wire.count() <= 2
            world.clock.now += 90

    def test_nothing_changed_takes_two_calls_whatever_was_edited_before(self, world: ConfluenceWorld) -> None:
        put = world.fill(150)
        connector = world.connect()
        cursor = connector.head()
        world.later()
        for external_id in put:
            world.edit(external_id, "<p>edited</p>")
            world.clock.now += 1
        changed, cursor = drain(connector, cursor)
        assert set(changed) == set(put)

        for _ in range(8):
            world.clock.now += 100
            world.wire.forget()
            changed, cursor = drain(connector, cursor)
            assert changed == {}
            assert world.wire.count() == 2

    def test_files_and_posts_younger_than_any_page_are_seen_at_the_head(self, world: ConfluenceWorld) -> None:
        [page] = world.fill(1)
        world.clock.now += 90 * 86400
        for number in range(5):
            world.sandbox.attach(int(page), f"{number}.txt", b"Words.", "text/plain")
            world.sandbox.put_page(f"Post {number}", kind="blogpost")
            world.clock.now += 3600
        cursor = world.connect().head()
        assert world.wire.count() == 3
        world.wire.forget()

        assert drain(world.connect(), cursor)[0] == {}
        assert world.wire.count() == 2

    def test_many_spaces_share_the_list_of_edits(self, world: ConfluenceWorld) -> None:
        for number in range(5):
            world.sandbox.add_space(f"TEAM-{number}")
        connector = world.connect(spaces=["HELP", "TEAM-*"], attachments=False)
        cursor = connector.head()
        put = world.sandbox.put_page("Here", space="TEAM-3")

        changed, cursor = drain(connector, cursor)

        assert set(changed) == {str(put)}
        world.wire.forget()
        drain(connector, cursor)
        assert world.wire.count() == 2

    def test_one_edit_is_loaded_alone_and_many_in_bulk(self, world: ConfluenceWorld) -> None:
        put = world.fill(60)
        connector = world.connect()
        world.later()
        cursor = connector.head()
        world.edit(put[0], "<p>edited</p>")
        world.wire.forget()
        changed, cursor = drain(connector, cursor)
        assert set(changed) == {put[0]}
        assert world.wire.count() <= 6

        world.later()
        for external_id in put:
            world.edit(external_id, "<p>edited again</p>")
        world.later()
        world.wire.forget()
        changed, _ = drain(connector, cursor)

        assert len(changed) == 60
        assert {c.document.audience for c in changed.values() if c.document} == {Audience.PUBLIC}
        assert world.wire.count() <= 8

    def test_an_internal_space_costs_neither_restrictions_nor_visits(self, world: ConfluenceWorld) -> None:
        [put] = world.fill(1)
        connector = world.connect(public_spaces=[])
        assert audiences(connector) == {Audience.INTERNAL}
        world.wire.forget()

        assert connector.fetch(put).audience is Audience.INTERNAL

        assert world.wire.count() == 1
        assert connector.audiences(None).changes == ()

    def test_what_is_public_is_asked_without_credentials(self, world: ConfluenceWorld) -> None:
        [put] = world.fill(1)
        connector = world.connect()
        pages(connector)
        connector.fetch(put)

        visits = [call for call in world.wire.calls if not call.authorization]

        assert [call.path.rpartition("/")[2] for call in visits] == ["pages", put]

    def test_no_more_than_five_calls_are_under_way(self, world: ConfluenceWorld) -> None:
        put = world.fill(12)
        connector = world.connect()
        connector.fetch(put[0])
        gate = threading.Event()
        world.wire.app = held = Held(world.sandbox.app, gate)
        threads = [threading.Thread(target=connector.fetch, args=(external_id,)) for external_id in put]
        for thread in threads:
            thread.start()
        held.five.wait(30)
        held.six.wait(0.3)  # a sixth would come now
        gate.set()
        for thread in threads:
            thread.join()

        assert held.most == 5


class TestLists:
    def test_every_page_of_a_list_is_read_though_some_are_empty(self, world: ConfluenceWorld) -> None:
        put = world.fill(30)
        world.sandbox.world.page_cap = 10
        world.sandbox.world.blank_pages = True

        assert set(listing(world.connect())) == set(put)

    def test_a_search_may_end_with_a_link_to_nothing(self, world: ConfluenceWorld) -> None:
        world.fill(30)
        world.sandbox.world.search_cap = 7
        world.sandbox.world.trailing_next = True

        assert audiences(world.connect()) == {Audience.PUBLIC}

    def test_the_next_page_of_a_search_expands_what_the_first_did(self, world: ConfluenceWorld) -> None:
        put = world.fill(30)
        world.sandbox.world.search_cap = 7
        for external_id in put:
            world.relabel(external_id, ("one",))
        world.restrict(put[-1])

        found = listing(world.connect())

        assert {c.document.labels for c in found.values() if c.document} == {("one",)}
        assert [e for e, c in found.items() if c.document and c.document.audience is Audience.INTERNAL] == [put[-1]]
        assert world.wire.count(r"/content/\d+") == 0  # nothing had to be looked up alone

    def test_a_listing_that_times_out_is_asked_for_less(self, world: ConfluenceWorld) -> None:
        put = world.fill(60)
        world.sandbox.world.heaviest = 20

        found = listing(world.connect())

        assert set(found) == set(put)
        assert all(change.document for change in found.values())

    def test_a_body_that_fails_its_page_is_loaded_alone_and_the_others_come_through(
        self, world: ConfluenceWorld
    ) -> None:
        put = world.fill(40)
        world.sandbox.world.poison = int(put[20])

        found = listing(world.connect())

        assert set(found) == set(put)
        without = [external_id for external_id, change in found.items() if change.document is None]
        assert put[20] in without
        assert len(without) <= 10
        assert world.connect().fetch(put[20]).body == "text"

    def test_a_body_that_fails_does_not_hold_up_the_feed(self, world: ConfluenceWorld) -> None:
        connector = world.connect()
        cursor = connector.head()
        put = world.fill(12)
        world.sandbox.world.poison = int(put[3])

        changed, _ = drain(connector, cursor)

        assert set(changed) == set(put)
        assert {change.document for change in changed.values()} == {None}
        assert all(change.version for change in changed.values())

    def test_a_page_that_fails_alone_does_not_hold_up_the_feed(self, world: ConfluenceWorld) -> None:
        connector = world.connect()
        cursor = connector.head()
        put = world.fill(3)
        world.wire.fail(Fault(path=rf"/pages/{put[1]}\?", status=500, times=None))

        changed, _ = drain(connector, cursor)

        assert {external_id for external_id, change in changed.items() if change.document} == {put[0], put[2]}
        assert changed[put[1]].version

    def test_an_edit_that_makes_no_version_is_seen_by_its_time(self, world: ConfluenceWorld) -> None:
        [page] = world.fill(1)
        cursor = world.connect().head()
        world.clock.now += 60
        world.sandbox.world.change(int(page), storage="<p>live</p>", modified_at=world.clock.now, subtype="live")

        changed, _ = drain(world.connect(), cursor)

        assert changed[page].document is not None

    def test_a_cursor_of_the_vendor_that_does_not_go_on_starts_the_snapshot_again(self, world: ConfluenceWorld) -> None:
        world.fill(30)
        world.sandbox.world.page_cap = 10
        page = world.connect().snapshot(None)

        with pytest.raises(CursorExpired):
            world.connect().snapshot(Cursor(page.cursor.replace('"at":"', '"at":"broken')))

    def test_more_pages_than_anybody_nests_are_no_endless_tree(self, world: ConfluenceWorld) -> None:
        first, second = (world.sandbox.put_page(title) for title in ("First", "Second"))
        world.sandbox.move(first, second)
        world.sandbox.move(second, first)

        found = listing(world.connect())

        assert set(found) == {str(first), str(second)}
        assert world.connect().fetch(str(first)).title == "First"


class TestEntrance:
    def test_a_scoped_token_goes_through_the_gateway_and_visits_through_the_site(self, world: ConfluenceWorld) -> None:
        world.sandbox.world.page_cap = 10
        put = world.fill(30)
        attached = world.sandbox.attach(int(put[0]), "manual.txt", b"Press the button.", "text/plain")
        scoped = {"api_token": "confluence-scoped", "cloud_id": CLOUD_ID, "gateway_url": world.url}
        connector = world.connect(**scoped)
        cursor = connector.head()

        found = listing(connector)

        assert set(found) == {*put, f"att{attached}"}
        assert audiences(connector) == {Audience.PUBLIC, None}
        assert connector.fetch(f"att{attached}").body == "Press the button."
        assert connector.fetch(put[0]).url.startswith(f"{world.url}/wiki/spaces/HELP/")
        assert drain(connector, cursor)[0].keys() <= {f"att{attached}"}
        signed_in = {call.path.split("/")[1] for call in world.wire.calls if call.authorization}
        assert signed_in == {"ex", "media"}

    def test_a_refused_token_names_the_settings(self, world: ConfluenceWorld) -> None:
        with pytest.raises(Misconfigured, match=r"401.*email and api_token.*year"):
            world.connect(api_token="expired").snapshot(None)
        with pytest.raises(Misconfigured, match="scopes and cloud_id"):
            world.connect(cloud_id=CLOUD_ID, gateway_url=world.url).snapshot(None)

    @pytest.mark.parametrize(("after", "slept"), [(3, [3.0]), (None, None)])
    def test_a_refusal_for_the_rate_is_waited_out(
        self, world: ConfluenceWorld, after: int | None, slept: list[float] | None
    ) -> None:
        [page] = world.fill(1)
        connector = world.connect()
        world.sandbox.world.throttled = [after]

        assert connector.fetch(page).external_id == page

        assert world.slept == slept or (slept is None and 0.2 < world.slept[0] < 1)

    def test_the_log_holds_neither_credentials_nor_bodies(
        self, world: ConfluenceWorld, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        put = world.put("Title", "<p>nobody may know</p>")
        connector = world.connect()
        pages(connector)
        connector.fetch(put)

        assert "Basic " not in caplog.text
        assert "nobody may know" not in caplog.text

    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"email": "a@b.c"},
            {"email": "a@b.c", "api_token": "x", "token": "y"},
            {"token": "x", "deployment": "cloud"},
            {"token": "x", "cloud_id": "1"},
            {"email": "a@b.c", "api_token": "x", "spaces": []},
            {"email": "a@b.c", "api_token": "x", "spaces": ['A" or space="B']},
            {"email": "a@b.c", "api_token": "x", "url": "http://acme.atlassian.net"},
            {"email": "a@b.c", "api_token": "x", "url": "https://acme.atlassian.net/else"},
            {"email": "a@b.c", "api_token": "x", "gateway_url": "http://example.com"},
        ],
    )
    def test_settings_that_cannot_work_are_refused(self, settings: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            ConfluenceSettings.model_validate({"url": "https://acme.atlassian.net", "spaces": ["HELP"], **settings})

    def test_the_kind_is_known_by_its_name(self) -> None:
        kind = CONNECTORS["confluence"]
        told = {"url": "https://acme.atlassian.net", "email": "a@b.c", "api_token": "x", "spaces": ["HELP"]}

        assert isinstance(kind.connect(kind.settings.model_validate(told)), Confluence)
