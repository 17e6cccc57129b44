"""Who may read what: restrictions up the tree, visitors, and what one page shows of another."""

from collections.abc import Iterator

import pytest

from sandbox.confluence.records import BOT
from sandbox.wire import Fault
from sync.errors import Misconfigured, Retryable
from sync.model import Audience
from tests.connectors.confluence_world import ConfluenceWorld, confluence_world, data_center_world
from tests.contract.connector import drain, listing, noticed

PUBLIC, INTERNAL = Audience.PUBLIC, Audience.INTERNAL


def include(title: str, space: str = "") -> str:
    key = f' ri:space-key="{space}"' if space else ""
    return (
        '<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link>'
        f'<ri:page{key} ri:content-title="{title}" /></ac:link></ac:parameter></ac:structured-macro>'
    )


def excerpt_include(title: str) -> str:
    return include(title).replace('"include"', '"excerpt-include"')


@pytest.fixture(params=["cloud", "data center"])
def world(request: pytest.FixtureRequest) -> Iterator[ConfluenceWorld]:
    with confluence_world() if request.param == "cloud" else data_center_world() as world:
        yield world


@pytest.fixture
def cloud() -> Iterator[ConfluenceWorld]:
    with confluence_world() as world:
        yield world


def by_listing(world: ConfluenceWorld, external_id: str, **settings: object) -> tuple[Audience | None, bool]:
    change = listing(world.connect(**settings))[external_id]
    return (change.document.audience if change.document else None), change.unconfirmed


def agreed(world: ConfluenceWorld, external_id: str, **settings: object) -> Audience:
    """Who may read it, as listing and fetch agree."""
    document = world.connect(**settings).fetch(external_id)
    assert listing(world.connect(**settings))[external_id].version == document.version
    return document.audience


class TestRestrictions:
    def test_a_restriction_anywhere_above_makes_a_page_internal(self, world: ConfluenceWorld) -> None:
        top = world.sandbox.put_page("Top")
        middle = world.sandbox.put_page("Middle", parent=top)
        page = str(world.sandbox.put_page("Page", "<p>a</p>", parent=middle))
        assert agreed(world, page) is PUBLIC

        for restricted in (top, middle, int(page)):
            world.sandbox.restrict(restricted)
            assert agreed(world, page) is INTERNAL
            assert by_listing(world, page) == (INTERNAL, False)
            world.sandbox.unrestrict(restricted)
        assert agreed(world, page) is PUBLIC

    def test_a_restriction_to_a_group_alone_is_one(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        world.sandbox.restrict(int(page), (BOT, "group:everyone"))
        assert agreed(world, page) is INTERNAL

    def test_the_list_for_visitors_cannot_make_a_restricted_page_public(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        world.sandbox.restrict(int(page), (BOT, ""))  # a site that shows it to visitors all the same

        assert agreed(world, page) is INTERNAL

    def test_a_page_below_one_that_we_may_not_see_is_internal(self, world: ConfluenceWorld) -> None:
        hidden = world.sandbox.put_page("Hidden")
        page = str(world.sandbox.put_page("Page", "<p>a</p>", parent=hidden))
        world.sandbox.restrict(hidden, ("alice",))

        assert page not in listing(world.connect())  # hidden with what stands above it

    def test_a_restricted_folder_restricts_what_stands_in_it(self, cloud: ConfluenceWorld) -> None:
        folder = cloud.sandbox.put_page("Folder", kind="folder")
        page = str(cloud.sandbox.put_page("Page", "<p>a</p>", parent=folder))
        assert agreed(cloud, page) is PUBLIC
        assert cloud.connect().fetch(page).breadcrumb == ("Help", "Folder")

        cloud.sandbox.restrict(folder)

        assert agreed(cloud, page) is INTERNAL

    def test_an_ancestor_that_nobody_can_tell_of_makes_a_page_internal(self, cloud: ConfluenceWorld) -> None:
        board = cloud.sandbox.put_page("Board", kind="whiteboard")  # this site has no address for whiteboards
        page = str(cloud.sandbox.put_page("Page", "<p>a</p>", parent=board))
        not_found = '{"errors":[{"status":404,"code":"NOT_FOUND","title":"Not Found","detail":null}]}'
        cloud.wire.fail(Fault(path="/whiteboards/", status=404, body=not_found, times=None))

        assert agreed(cloud, page) is INTERNAL
        assert by_listing(cloud, page) == (INTERNAL, True)

    def test_a_page_below_an_archived_one_stays_public_if_nothing_restricts_that(self, cloud: ConfluenceWorld) -> None:
        above = cloud.sandbox.put_page("Archived", status="archived")
        page = str(cloud.sandbox.put_page("Page", "<p>a</p>", parent=above))
        assert agreed(cloud, page) is PUBLIC

        cloud.sandbox.restrict(above)

        assert agreed(cloud, page) is INTERNAL

    def test_a_restriction_is_found_by_the_look_at_audiences_and_takes_its_files_with_it(
        self, world: ConfluenceWorld
    ) -> None:
        page = world.put("Page", "<p>a</p>")
        file = f"att{world.sandbox.attach(int(page), 'manual.txt', b'Press the button.', 'text/plain')}"
        assert world.connect().fetch(file).audience is PUBLIC
        world.later()
        cursor = world.connect().head()
        world.restrict(page)

        changed = noticed(world.connect(), cursor)

        assert {page, file} <= set(changed)
        for external_id in (page, file):
            fetched = world.connect().fetch(external_id)
            assert (fetched.audience, fetched.version) == (INTERNAL, changed[external_id].version)

    def test_many_edits_at_once_are_judged_as_single_ones(self, world: ConfluenceWorld) -> None:
        put = [world.put(f"Title {number}", "<p>a</p>") for number in range(12)]
        world.later()
        cursor = world.connect().head()
        for external_id in put:
            world.edit(external_id, "<p>b</p>")
        world.restrict(put[0])
        world.later()

        changed, _ = drain(world.connect(), cursor)

        told = {external_id: change.document.audience for external_id, change in changed.items() if change.document}
        assert told == {external_id: INTERNAL if external_id == put[0] else PUBLIC for external_id in put}


class TestVisitors:
    @pytest.mark.parametrize("refusal", [0, 401, 403, 404])
    def test_a_closed_space_is_internal_once_each_page_is_refused(self, cloud: ConfluenceWorld, refusal: int) -> None:
        page = cloud.put("Page", "<p>a</p>")
        cloud.sandbox.world.refusal = refusal  # type: ignore[assignment]  # each is one
        cloud.close()

        assert by_listing(cloud, page) == (INTERNAL, True)
        assert cloud.connect().fetch(page).audience is INTERNAL

    def test_a_listing_for_visitors_that_fails_raises(self, cloud: ConfluenceWorld) -> None:
        cloud.put("Page", "<p>a</p>")
        for status in (429, 500, 503):
            cloud.wire.heal()
            cloud.wire.fail(Fault(path=r"spaces/\d+/pages\?limit=250&status=current$", status=status, times=None))
            with pytest.raises(Retryable):
                listing(cloud.connect())

    def test_a_site_that_refuses_us_too_has_not_closed_its_spaces(self, cloud: ConfluenceWorld) -> None:
        cloud.put("Page", "<p>a</p>")
        cloud.put("Page two", "<p>a</p>")
        connector = cloud.connect()
        connector.head()
        cloud.wire.fail(Fault(path=r"spaces/\d+/pages\?limit=250&status=current$", status=401, body="{}", times=None))
        cloud.wire.fail(Fault(path=r"api/v2/spaces\?", status=401, body="{}", times=None))
        with pytest.raises(Misconfigured):
            listing(connector)

    def test_only_spaces_for_it_are_public(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")

        assert agreed(world, page, public_spaces=[]) is INTERNAL
        assert agreed(world, page, public_spaces=["OPS", "HE*"]) is PUBLIC


class TestIncludes:
    def test_a_public_page_shows_only_what_is_public_of_others(self, world: ConfluenceWorld) -> None:
        secret = world.sandbox.put_page("Secret", "<p>the margin is 40 percent</p>")
        world.sandbox.put_page("Open", f"<p>open words</p>{include('Secret')}")
        world.sandbox.restrict(secret)
        page = world.put("Page", include("Open") + include("Secret") + excerpt_include("Secret"))
        inside = world.connect(public_spaces=[]).fetch(page)
        outside = world.connect().fetch(page)

        assert agreed(world, page) is PUBLIC
        assert "open words" in outside.body
        assert "margin" not in outside.body
        assert "margin" in inside.body

    def test_a_page_of_a_closed_space_is_not_shown_by_an_open_one(self, world: ConfluenceWorld) -> None:
        world.sandbox.add_space("OPS")
        world.sandbox.put_page("Runbook", "<p>call the night shift</p>", space="OPS")
        page = world.put("Page", f"<p>a</p>{include('Runbook', 'OPS')}")

        assert "night" not in world.connect().fetch(page).body
        assert "night" not in world.connect(spaces=["HELP", "OPS"]).fetch(page).body
        assert "night" in world.connect(public_spaces=[]).fetch(page).body
        assert "night" in world.connect(spaces=["HELP", "OPS"], public_spaces=["HELP", "OPS"]).fetch(page).body

    def test_a_blog_post_is_included_by_its_day(self, world: ConfluenceWorld) -> None:
        world.sandbox.put_page("Outage", "<p>down until noon</p>", kind="blogpost")
        day = f"{world.clock.utc():%Y/%m/%d}"
        post = f'<ri:blog-post ri:content-title="Outage" ri:posting-day="{day}"/>'
        page = world.put("Page", include("Outage").replace('<ri:page ri:content-title="Outage" />', post))

        document = world.connect().fetch(page)

        assert (document.body, document.problem) == ("down until noon", "")

    def test_pages_that_include_each_other_end(self, world: ConfluenceWorld) -> None:
        first = world.put("First", f"<p>one</p>{include('Second')}")
        world.put("Second", f"<p>two</p>{include('First')}{include('Second')}")

        document = world.connect().fetch(first)

        assert document.body.split() == ["one", "two"]

    def test_pages_that_include_many_that_include_many_are_bounded(self, world: ConfluenceWorld) -> None:
        for level in range(4):
            world.put(f"Level {level}", f"<p>x</p>{include(f'Level {level + 1}') * 30}")
        page = world.put("Top", include("Level 0") * 30)

        document = world.connect().fetch(page)

        assert document.problem.startswith("includes more than 50 pages")
        assert document.body.count("x") <= 51

    def test_an_edit_of_an_included_page_renews_what_shows_it(self, world: ConfluenceWorld) -> None:
        shown = world.put("Shown", "<p>first words</p>")
        page = world.put("Page", include("Shown"))
        before = listing(world.connect())[page].version

        world.edit(shown, "<p>second words</p>")

        change = listing(world.connect())[page]
        assert change.version != before
        assert change.document is not None
        assert "second words" in change.document.body

    def test_an_excerpt_is_shown_alone(self, world: ConfluenceWorld) -> None:
        body = "<ac:rich-text-body><p>in short</p></ac:rich-text-body>"
        excerpt = f'<ac:structured-macro ac:name="excerpt">{body}</ac:structured-macro>'
        world.put("Source", f"<p>at length</p>{excerpt}")
        page = world.put("Page", excerpt_include("Source"))

        assert world.connect().fetch(page).body == "in short"

    def test_a_macro_that_only_the_site_can_show_is_rendered_as_the_reader_may_see_it(
        self, world: ConfluenceWorld
    ) -> None:
        page = world.put("Page", '<p>a</p><ac:structured-macro ac:name="faq-list" />')

        change = listing(world.connect())[page]
        outside, inside = world.connect().fetch(page), world.connect(public_spaces=[]).fetch(page)

        assert (change.document, change.version) == (None, outside.version)
        assert "for a visitor" in outside.body
        assert f"for {BOT}" in inside.body
        assert world.wire.count(r"anonymous_export_view|expand=body.export_view") >= 1
