"""What Confluence's feeds tell, what they keep silent, and what belongs to a source."""

from collections.abc import Callable, Iterator

import pytest

from sandbox.wire import Fault
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable
from sync.model import Audience, Cursor
from tests.connectors.confluence_world import ConfluenceWorld, blog_world, confluence_world
from tests.contract.connector import drain, listing, noticed, version

NOT_FOUND = '{"errors":[{"status":404,"code":"NOT_FOUND","title":"Not Found","detail":null}]}'


@pytest.fixture
def world() -> Iterator[ConfluenceWorld]:
    with confluence_world() as world:
        yield world


class TestFeed:
    def test_a_page_moved_renamed_above_or_relabelled_is_found_by_the_look_at_audiences(
        self, world: ConfluenceWorld
    ) -> None:
        section = world.sandbox.put_page("Section")
        page = str(world.sandbox.put_page("Page", "<p>a</p>", parent=section))
        world.later()
        cursor = world.connect().head()
        versions = {version(world.connect(), page)}
        edits: list[Callable[[], object]] = [
            lambda: world.sandbox.move(int(page), world.sandbox.put_page("Folder", kind="folder")),
            lambda: world.relabel(page, ("new",)),
            lambda: world.restrict(page),
        ]
        for edit in edits:
            edit()
            seen = noticed(world.connect(), cursor)[page].version
            assert seen == world.connect().fetch(page).version
            versions.add(str(seen))

        assert len(versions) == 4
        assert world.connect().fetch(page).breadcrumb == ("Help", "Folder")

    def test_a_parent_that_is_renamed_renames_the_way_to_what_stands_below(self, world: ConfluenceWorld) -> None:
        section = world.sandbox.put_page("Section")
        page = str(world.sandbox.put_page("Page", "<p>a</p>", parent=section))
        before = version(world.connect(), page)

        world.sandbox.edit(section, title="Chapter")

        assert version(world.connect(), page) != before
        assert world.connect().fetch(page).breadcrumb == ("Help", "Chapter")

    def test_an_id_stays_when_a_page_is_renamed(self, world: ConfluenceWorld) -> None:
        [page] = world.fill(1)
        before = world.connect().fetch(page).url
        world.sandbox.edit(int(page), title="Another title")

        assert set(listing(world.connect())) == {page}
        assert world.connect().fetch(page).url != before

    @pytest.mark.parametrize("offset", [-12.0, 0.0, 5.5, 14.0])
    def test_an_attachment_is_found_in_whatever_time_zone_the_search_reads(
        self, world: ConfluenceWorld, offset: float
    ) -> None:
        [page] = world.fill(1)
        world.sandbox.world.caller_offset = offset
        world.later()
        cursor = world.connect().head()
        world.later()
        attached = world.sandbox.attach(int(page), "manual.txt", b"Press the button.", "text/plain")

        changed, cursor = drain(world.connect(), cursor)

        assert set(changed) == {f"att{attached}"}
        assert drain(world.connect(), cursor)[0] == {}

    def test_what_the_search_learns_late_is_found_late(self, world: ConfluenceWorld) -> None:
        [page] = world.fill(1)
        world.later()
        cursor = world.connect().head()
        world.sandbox.world.index_lag = 300
        late = world.sandbox.attach(int(page), "late.txt", b"Late.", "text/plain")
        world.clock.now += 60
        changed, cursor = drain(world.connect(), cursor)
        assert changed == {}
        world.sandbox.world.index_lag = 0
        early = world.sandbox.attach(int(page), "early.txt", b"Early.", "text/plain")
        changed, cursor = drain(world.connect(), cursor)
        assert set(changed) == {f"att{late}", f"att{early}"}

    def test_a_page_that_the_search_does_not_know_yet_is_complete_all_the_same(self, world: ConfluenceWorld) -> None:
        world.sandbox.world.index_lag = 3600
        [page] = world.fill(1)
        world.relabel(page, ("new",))

        change = listing(world.connect())[page]

        assert change.document is not None
        assert (change.document.audience, change.document.labels) == (Audience.PUBLIC, ("new",))

    def test_more_pages_than_are_worth_looking_up_alone_are_left_to_fetch(self, world: ConfluenceWorld) -> None:
        world.sandbox.world.index_lag = 3600
        world.fill(60)

        found = listing(world.connect())

        assert sum(change.document is None for change in found.values()) == 10

    def test_a_search_that_does_not_take_the_query_is_done_without(self, world: ConfluenceWorld) -> None:
        world.sandbox.world.search_types = frozenset({"page", "blogpost"})
        connector = world.connect()
        cursor = connector.head()
        post = world.sandbox.put_page("News", "<p>a</p>", kind="blogpost")
        page = world.put("Page", "<p>b</p>")

        changed, _ = drain(connector, cursor)

        assert {str(post), page} <= set(changed)

    def test_a_new_space_that_matches_a_pattern_starts_a_snapshot(self, world: ConfluenceWorld) -> None:
        connector = world.connect(spaces=["HELP", "TEAM-*"])
        cursor = connector.head()
        world.sandbox.add_space("TEAM-1")
        world.sandbox.add_space("~bot", type="personal")
        world.clock.now += 13 * 3600

        with pytest.raises(CursorExpired):
            drain(connector, cursor)

    def test_a_walk_down_the_list_that_took_too_long_starts_at_the_top(self, world: ConfluenceWorld) -> None:
        connector = world.connect(attachments=False)
        cursor = connector.head()
        put = world.fill(30)
        world.sandbox.world.page_cap = 10
        first = connector.changes(cursor)
        assert first.more
        broken = Cursor(first.cursor.replace('"next":"', '"next":"broken'))

        changed, _ = drain(connector, broken)

        assert set(changed) == set(put)


class TestScope:
    def test_only_the_named_and_matching_spaces_are_read(self, world: ConfluenceWorld) -> None:
        for key, kind in (("TEAM-1", "global"), ("OTHER", "global"), ("~sam", "personal")):
            world.sandbox.add_space(key, type=kind)
            world.sandbox.put_page(key, space=key)
        world.put("Help", "")

        found = listing(world.connect(spaces=["HELP", "TEAM-*", "~*"]))

        assert {change.document.title for change in found.values() if change.document} == {"Help", "TEAM-1"}

    def test_a_personal_space_is_read_where_it_is_named(self, world: ConfluenceWorld) -> None:
        world.sandbox.add_space("~sam", type="personal")
        put = world.sandbox.put_page("Sam", space="~sam")

        assert set(listing(world.connect(spaces=["~sam"]))) == {str(put)}

    @pytest.mark.parametrize("spaces", [["HELP", "NONE"], ["NONE-*"]])
    def test_a_space_that_is_not_there_is_no_empty_space(self, world: ConfluenceWorld, spaces: list[str]) -> None:
        with pytest.raises(Misconfigured, match="spaces"):
            world.connect(spaces=spaces).snapshot(None)

    def test_a_page_in_a_space_out_of_scope_is_gone(self, world: ConfluenceWorld) -> None:
        world.sandbox.add_space("OTHER")
        put = world.sandbox.put_page("Elsewhere", space="OTHER")

        with pytest.raises(Gone):
            world.connect().fetch(str(put))

    def test_what_is_in_an_archived_space_is_gone(self, world: ConfluenceWorld) -> None:
        [page] = world.fill(1)
        world.sandbox.archive_space("HELP")

        assert world.connect().snapshot(None).changes == ()
        with pytest.raises(Gone):
            world.connect().fetch(page)

    def test_nothing_is_gone_when_the_account_lost_the_space(self, world: ConfluenceWorld) -> None:
        [page] = world.fill(1)
        knowing = world.connect()
        knowing.fetch(page)
        world.sandbox.hide_space("HELP")

        for read in (
            lambda: knowing.fetch(page),
            lambda: world.connect().fetch(page),
            lambda: world.connect().snapshot(None),
        ):
            with pytest.raises(Misconfigured, match="HELP"):
                read()

    def test_a_404_that_is_not_about_the_page_is_no_proof(self, world: ConfluenceWorld) -> None:
        [page] = world.fill(1)
        for body in ('{"message":"no endpoint"}', "<html>not here</html>"):
            world.wire.heal()
            world.wire.fail(Fault(path=r"/pages/\d+", status=404, body=body, times=None))
            with pytest.raises((Misconfigured, Retryable)):
                world.connect().fetch(page)
        world.wire.heal()
        world.wire.fail(Fault(path=r"/(pages|blogposts)/\d+", status=404, body=NOT_FOUND, times=None))
        with pytest.raises(Gone):
            world.connect().fetch(page)

    def test_drafts_archived_and_trashed_pages_are_no_documents(self, world: ConfluenceWorld) -> None:
        for status in ("draft", "archived", "trashed", "deleted"):
            put = world.sandbox.put_page(status, status=status)
            with pytest.raises(Gone):
                world.connect().fetch(str(put))

        assert listing(world.connect()) == {}

    def test_blog_posts_can_be_left_out(self) -> None:
        with blog_world() as world:
            put = world.put("News", "<p>a</p>")
            assert set(listing(world.connect())) == {put}

            assert listing(world.connect(blog_posts=False)) == {}
            with pytest.raises(Gone):
                world.connect(blog_posts=False).fetch(put)
