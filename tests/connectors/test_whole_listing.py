"""A source without a change feed: every look is one complete listing, which resumes; its shortfall deletes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.http.transport import Json
from sync.engine import Outcome
from sync.errors import Incomplete
from sync.model import Change, Cursor, Page
from sync.operations.converge import converge
from sync.operations.dry_run import preview
from sync.state import queries
from tests.connectors.shelves_world import Shelves, ShelvesConnector, ShelvesWorld
from tests.contract.connector import AudienceContract, ContainerContract, LabelContract, SourceContract, drain, pages
from tests.sync.world import Crash, Installation, SourceWorld, Trip

ONE_LISTING = ["one 0", "one 2", "one 4", "two 0", "two 2"]


@pytest.fixture
def world() -> ShelvesWorld:
    return ShelvesWorld()


class TestWholeListing(SourceContract, LabelContract, ContainerContract, AudienceContract):
    """It keeps the contract of every source."""


class Feed:
    """A part with a feed: its changes are read once, and a snapshot shows none of them."""

    key = "feed"

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked
        self.news: list[Change] = []

    def head(self) -> Json:
        self.asked.append("head of the feed")
        return {"seen": len(self.news)}

    def snapshot(self, after: Json | None) -> tuple[list[Change], Json | None]:
        self.asked.append("feed listed")
        return [], None

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        self.asked.append("feed read")
        return self.news[state["seen"] :], {"seen": len(self.news)}, False


def shelves(*, one: int = 5, two: int = 3) -> Shelves:
    account = Shelves()
    for number in range(one):
        account.put(f"a{number:02}", f"text {number}", "one")
    for number in range(two):
        account.put(f"b{number:02}", f"text {number}", "two")
    return account


def following(account: Shelves) -> Installation:
    """An installation that is about to read the account for the first time."""
    installation = Installation("sqlite:///:memory:", SourceWorld())
    attend(installation, ShelvesConnector(account))
    return installation


def attend(installation: Installation, connector: ShelvesConnector) -> None:
    source = installation.engine.sources["s"]
    installation.engine.sources["s"] = replace(
        source, connector=connector, changes_after=connector.changes_after, snapshot_every=timedelta(days=1)
    )


def searchable(installation: Installation) -> list[str]:
    return sorted(installation.searchable("public"))


@pytest.mark.parametrize("later", [0, 90_000])
def test_each_turn_lists_everything_once(later: int) -> None:
    account = shelves()
    installation = following(account)

    installation.turn()
    assert account.asked == ONE_LISTING
    account.asked.clear()
    installation.clock.forward(later)  # a complete listing that is due is the same listing
    installation.turn()

    assert account.asked == ONE_LISTING
    account.asked.clear()
    preview(installation.state, [installation.engine.sources["s"]], installation.indexes)
    assert account.asked == ONE_LISTING


def test_what_changed_between_two_turns_is_followed() -> None:
    account = shelves()
    installation = following(account)
    installation.turn()
    account.put("a01", "edited", "one")
    account.take("a04")
    account.put("c00", "new", "two")
    account.put("b01", "text 1, moved", "one")
    del account.shelves["two"]["b01"]

    installation.turn()

    assert searchable(installation) == ["a00", "a01", "a02", "a03", "b00", "b01", "b02", "c00"]
    assert b"edited" in installation.searchable("public")["a01"][0][0]
    assert account.asked[-1] == "fetch a04"


@pytest.mark.parametrize("complete", [True, False])
def test_a_listing_is_resumed_by_the_next_turn_at_the_page_where_it_was_cut(*, complete: bool) -> None:
    account = shelves()
    installation = following(account)
    if not complete:
        installation.turn()
        account.asked.clear()
        for name in ("a00", "a02", "b00"):
            account.put(name, "edited", account.shelf_of(name))
    account.answered = lambda page: installation.clock.forward(150)  # half a turn's budget is two pages

    installation.turn()
    assert account.pages == ["one 0", "one 2"]
    account.answered = lambda _: None
    installation.turn()

    assert account.pages == ONE_LISTING
    assert len(searchable(installation)) == 8


def test_a_sync_goes_on_until_the_listing_is_read_to_its_end() -> None:
    account = shelves()
    installation = following(account)
    converge(installation.engine)
    for name in ("a00", "a02", "b00"):
        account.put(name, "edited", account.shelf_of(name))
    account.take("b02")  # on the last page, which the first turn does not reach
    account.answered = lambda page: installation.clock.forward(150)

    [summary] = converge(installation.engine)

    assert summary.converged
    assert searchable(installation) == ["a00", "a01", "a02", "a03", "a04", "b00", "b01"]


@pytest.mark.parametrize("first", [True, False])
def test_a_shortfall_is_never_a_deletion_and_is_listed_again_from_its_beginning(*, first: bool) -> None:
    account = shelves(one=6)
    installation = following(account)
    if not first:
        installation.turn()
    before = searchable(installation)

    def pull_another_over_the_border(page: str) -> None:
        if page == "one 0":
            account.answered = lambda _: None
            account.take("a00")

    account.answered = pull_another_over_the_border
    account.overcount = 1
    failed = installation.turn()

    assert isinstance(failed.failure, Incomplete)
    assert "counts" in str(failed.failure)
    assert installation.believed_gone() == []
    assert set(before) <= set(searchable(installation))
    assert account.pages.count("one 0") >= 3
    account.overcount = 0
    account.asked.clear()
    installation.turn()
    assert account.pages[0] == "one 0"
    assert searchable(installation) == ["a01", "a02", "a03", "a04", "a05", "b00", "b01", "b02"]


def test_a_sync_that_meets_a_shortfall_converges_by_itself() -> None:
    account = shelves(one=6)
    installation = following(account)
    account.overcount = 1

    def mend(_: str) -> None:
        if len(account.pages) > 12:
            account.overcount = 0

    account.answered = mend
    [summary] = converge(installation.engine)

    assert summary.converged
    assert len(searchable(installation)) == 9


def test_a_listing_that_was_edited_meanwhile_begins_anew_by_itself() -> None:
    account = shelves(one=6)
    connector = ShelvesConnector(account)
    first = connector.snapshot(None)
    account.take("a00")  # a02 moves to the page that was read

    rest = pages(connector, first.cursor)

    shown = {change.external_id: change.version for page in (first, *rest) for change in page.changes}
    assert [name for name, version in shown.items() if version is None] == ["a00"]
    assert {"a01", "a02", "a05", "b02"} <= shown.keys()


@pytest.mark.parametrize("at", range(2, 90, 7))
def test_killed_anywhere_in_a_listing_nothing_is_lost_or_twice(at: int) -> None:
    account = shelves()
    trip = Trip(at)
    installation = Installation("sqlite:///:memory:", SourceWorld(), trip)
    attend(installation, ShelvesConnector(account))
    killed = 0
    for _ in range(4):
        try:
            installation.turn()
        except Crash:
            killed += 1
            installation.restart()
        account.put("a01", f"edited {killed}", "one")
        if "a04" in account.shelves["one"]:
            account.take("a04")
    installation.turn()
    installation.turn()

    assert killed == 1
    assert searchable(installation) == ["a00", "a01", "a02", "a03", "b00", "b01", "b02"]
    assert all(len(files) == 1 for files in installation.searchable("public").values())
    assert installation.state.ask("SELECT * FROM garbage") == []


def test_an_article_that_two_pages_show_is_one_document() -> None:
    account = shelves(one=2)
    account.shelves["two"]["a00"] = account.shelves["one"]["a00"]

    listed = [change.external_id for page in pages(ShelvesConnector(account)) for change in page.changes]

    assert sorted(listed) == ["a00", "a01", "b00", "b01", "b02"]


def test_a_part_with_a_feed_is_followed_beside_it_from_before_the_first_page() -> None:
    account = shelves()
    feed = Feed(account.asked)
    connector = ShelvesConnector(account, feed)
    first = connector.snapshot(None)
    feed.news.append(Change("c1", "1"))
    last = [first, *pages(connector, first.cursor)][-1]

    changed, cursor = drain(connector, connector.changes_after(last.cursor))

    assert changed.keys() == {"c1"}
    assert account.asked == ["head of the feed", *ONE_LISTING, "feed listed", *ONE_LISTING, "feed read"]
    assert drain(connector, cursor)[0] == {}


def test_a_mixed_source_is_walked_once_by_its_first_turn_and_each_after_it() -> None:
    account = shelves()
    feed = Feed(account.asked)
    installation = following(account)
    attend(installation, ShelvesConnector(account, feed))

    installation.turn()
    installation.turn()

    assert account.asked == ["head of the feed", *ONE_LISTING, "feed listed", *ONE_LISTING, "feed read"]


def test_pages_that_show_nothing_new_are_passed_over_but_not_without_end() -> None:
    account = shelves(one=100, two=0)
    connector = ShelvesConnector(account)
    page = connector.changes(connector.changes_after(pages(connector)[-1].cursor))

    assert (page.changes, page.more) == ((), True)
    assert len(drain(connector, page.cursor)[0]) == 0


def test_what_a_listing_keeps_is_given_to_the_next() -> None:
    account = shelves()
    connector = ShelvesConnector(account)
    cursor = connector.changes_after(pages(connector)[-1].cursor)

    _, cursor = drain(connector, cursor)

    assert '"listings":2' in cursor


def test_a_thousand_documents_cost_the_cursor_few_bytes_each() -> None:
    account = shelves(one=1000, two=0)
    last: Page = pages(ShelvesConnector(account))[-1]

    assert len(Cursor(last.cursor)) < 20 * 1000


def test_documents_of_one_folder_that_looks_empty_are_asked_for_before_the_source_is_held() -> None:
    account = shelves(one=40, two=30)
    installation = following(account)
    installation.turn()
    hidden, account.shelves["two"] = account.shelves["two"], {}
    there = dict(list(hidden.items())[:12])
    account.shelves["two, under another name"] = there  # fetch finds twelve of them, the listing shows none
    account.asked.clear()
    listing = dict(account.shelves)
    del listing["two, under another name"]
    lister = Shelves(shelves=listing, asked=account.asked)
    connector = ShelvesConnector(lister)
    connector.fetch = ShelvesConnector(account).fetch  # type: ignore[method-assign]  # a vendor whose listing forgets
    attend(installation, connector)

    result = installation.turn()

    assert result.outcome is Outcome.DONE
    assert [call for call in account.asked if call.startswith("fetch")] == [f"fetch {name}" for name in hidden]
    assert set(installation.believed_gone()) <= hidden.keys() - there.keys()
    assert there.keys() <= set(searchable(installation))
    assert queries.held_removals(installation.state, "s") == []


def test_those_that_the_source_confirms_stay_held_and_are_asked_once() -> None:
    account = shelves(one=40, two=30)
    installation = following(account)
    installation.turn()
    account.shelves["two"] = {}

    installation.turn()
    installation.turn()

    assert len(queries.held_removals(installation.state, "s")) == 30
    assert len([call for call in account.asked if call.startswith("fetch")]) == 30
    assert len(searchable(installation)) == 70
