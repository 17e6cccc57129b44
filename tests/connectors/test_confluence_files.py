"""Attachments and comments as documents of their own."""

from collections.abc import Iterator

import pytest

from sandbox.wire import Fault
from sync.errors import Gone
from sync.model import Audience
from tests.connectors.confluence_world import ConfluenceWorld, confluence_world, data_center_world
from tests.contract.connector import drain, is_gone, listing

TEXT = "text/plain"


@pytest.fixture(params=["cloud", "data center"])
def world(request: pytest.FixtureRequest) -> Iterator[ConfluenceWorld]:
    with confluence_world() if request.param == "cloud" else data_center_world() as world:
        yield world


@pytest.fixture
def cloud() -> Iterator[ConfluenceWorld]:
    with confluence_world() as world:
        yield world


def attach(world: ConfluenceWorld, page: str, name: str, content: bytes = b"Words.", media_type: str = TEXT) -> str:
    return f"att{world.sandbox.attach(int(page), name, content, media_type)}"


class TestFiles:
    def test_a_file_is_a_document_below_its_page(self, world: ConfluenceWorld) -> None:
        page = world.put("Manuals", "<p>a</p>")
        file = attach(world, page, "Breeze 300.md", b"# Breeze\n\n- press *the* button", "text/markdown")

        change, document = listing(world.connect())[file], world.connect().fetch(file)

        assert (change.document, change.version) == (None, document.version)
        assert document.body == "# Breeze\n\n- press *the* button"
        assert (document.title, document.breadcrumb) == ("Breeze 300.md", ("Help", "Manuals"))
        assert document.url.endswith(f"/download/attachments/{page}/Breeze%20300.md")
        assert document.audience is Audience.PUBLIC

    def test_pictures_and_archives_are_no_documents(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        for name, media_type in (("a.png", "image/png"), ("a.zip", "application/zip")):
            assert is_gone(world.connect(), attach(world, page, name, b"x", media_type))

    def test_attachments_can_be_left_out(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        file = attach(world, page, "a.txt")

        assert set(listing(world.connect(attachments=False))) == {page}
        with pytest.raises(Gone):
            world.connect(attachments=False).fetch(file)

    def test_a_file_that_cannot_be_read_says_why(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        file = attach(world, page, "broken.pdf", b"%PDF-1.4 broken", "application/pdf")

        document = world.connect().fetch(file)

        assert document.body == ""
        assert document.problem.startswith("broken.pdf: ")

    def test_a_file_that_is_listed_and_not_handed_out_is_a_problem_and_not_gone(self, world: ConfluenceWorld) -> None:
        file = attach(world, world.put("Page", "<p>a</p>"), "a.txt")
        world.wire.fail(Fault(path="/download/", status=404, body="{}", times=None))

        assert "upload it again" in world.connect().fetch(file).problem

    def test_a_new_file_and_a_new_version_are_found_though_their_page_is_untouched(
        self, world: ConfluenceWorld
    ) -> None:
        page = world.put("Page", "<p>a</p>")
        world.later()
        cursor = world.connect().head()
        world.later()
        file = attach(world, page, "a.txt", b"First.")
        changed, cursor = drain(world.connect(), cursor)
        first = changed[file].version
        assert set(changed) == {file}
        world.later()
        assert attach(world, page, "a.txt", b"Second.") == file

        changed, cursor = drain(world.connect(), cursor)

        assert changed[file].version not in (None, first)
        assert world.connect().fetch(file).body == "Second."
        assert drain(world.connect(), cursor)[0] == {}

    def test_a_new_picture_is_no_news(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        world.later()
        cursor = world.connect().head()
        world.later()
        attach(world, page, "a.png", b"x", "image/png")

        assert drain(world.connect(), cursor)[0] == {}

    def test_a_file_goes_with_its_page_and_is_as_public_as_that(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        file = attach(world, page, "a.txt")
        world.restrict(page)
        assert world.connect().fetch(file).audience is Audience.INTERNAL
        assert listing(world.connect())[file].version == world.connect().fetch(file).version

        world.delete(page)
        assert is_gone(world.connect(), file)
        world.restore(page)
        world.sandbox.set_status(int(file.removeprefix("att")), "trashed")
        assert is_gone(world.connect(), file)

    def test_more_files_than_one_list_holds_are_all_found(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        files = {attach(world, page, f"{number}.txt") for number in range(25)}
        world.sandbox.world.page_cap = world.sandbox.world.search_cap = 10

        found = listing(world.connect())

        assert set(found) == files | {page}
        [one, *_] = files
        assert found[one].version == world.connect().fetch(one).version

    def test_files_are_found_without_a_list_and_without_a_search(self, cloud: ConfluenceWorld) -> None:
        page, post = cloud.put("Page", "<p>a</p>"), str(cloud.sandbox.put_page("News", kind="blogpost"))
        files = {attach(cloud, page, f"{number}.txt") for number in range(12)} | {attach(cloud, post, "news.txt")}
        cloud.sandbox.world.page_cap = 10
        cloud.sandbox.world.search_types = frozenset({"page", "blogpost"})

        assert files <= set(listing(cloud.connect()))

    def test_a_file_of_a_space_out_of_scope_is_none_of_ours(self, world: ConfluenceWorld) -> None:
        world.sandbox.add_space("OTHER")
        file = attach(world, str(world.sandbox.put_page("Else", space="OTHER")), "a.txt")

        assert is_gone(world.connect(), file)

    @pytest.mark.parametrize("external_id", ["att", "attx", "att1:comments", "att-1", "9" * 40, "1:2"])
    def test_what_is_no_id_is_gone(self, world: ConfluenceWorld, external_id: str) -> None:
        with pytest.raises(Gone):
            world.connect().fetch(external_id)


class TestComments:
    def test_footer_comments_are_a_document_that_is_never_public(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        root = world.sandbox.comment(int(page), "<p>Does it <strong>hum</strong>?</p>")
        world.sandbox.comment(int(page), "<p>Only at night.</p>", reply_to=root)
        world.sandbox.comment(int(page), "<p>typo here</p>", inline=True)
        connector = world.connect(comments=True)

        found = listing(connector)
        document = connector.fetch(f"{page}:comments")

        assert found[f"{page}:comments"].document == document
        assert document.audience is Audience.INTERNAL
        assert "Does it **hum**?" in document.body
        assert "Only at night." in document.body
        assert "typo" not in document.body
        assert "hum" not in connector.fetch(page).body
        assert set(listing(world.connect())) == {page}

    def test_a_new_comment_is_found_though_its_page_is_untouched(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        world.later()
        connector = world.connect(comments=True)
        cursor = connector.head()
        world.later()
        world.sandbox.comment(int(page), "<p>Thanks!</p>")

        changed, _ = drain(connector, cursor)

        assert set(changed) == {f"{page}:comments"}
        assert changed[f"{page}:comments"].version == connector.fetch(f"{page}:comments").version

    def test_nothing_said_is_no_document(self, world: ConfluenceWorld) -> None:
        page = world.put("Page", "<p>a</p>")
        assert is_gone(world.connect(comments=True), f"{page}:comments")
        assert is_gone(world.connect(), f"{page}:comments")
