"""Files of Zendesk articles and ticket comments: read into their document, and as public as it is."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.zendesk.article_files import speaks_of_files
from sandbox.wire import Fault
from sandbox.zendesk.articles import NewAttachment
from sync.errors import Retryable
from sync.model import Audience, Document
from tests.connectors.zendesk_world import ZendeskWorld, zendesk_world
from tests.contract.connector import drain, listing, version

PRICES = NewAttachment("prices.csv", b"model;price\nF3;19.90 EUR\n", "text/csv")
MANUAL = NewAttachment("manual.txt", b"Hold the button for seven seconds.", "text/plain")
PIXEL = NewAttachment("pixel.png", b"\x89PNG\r\n", "image/png", inline=True)
OLD_WORD = NewAttachment("terms.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword")


@pytest.fixture
def world() -> Iterator[ZendeskWorld]:
    with zendesk_world() as world:
        yield world


def article(world: ZendeskWorld, body: str, *files: NewAttachment) -> str:
    return f"{world.sandbox.put_article(title='Filters', body=body, attachments=files)}:en-us"


def read(world: ZendeskWorld, external_id: str, **settings: object) -> Document:
    """The document, as its listing and a fetch agree on it."""
    connector = world.connect(**settings)
    listed = listing(connector)[external_id]
    fetched = connector.fetch(external_id)
    assert listed.version == fetched.version
    assert listed.document in (None, fetched)
    return fetched


class TestArticles:
    @pytest.mark.parametrize(
        "body",
        [
            "<p>Prices are in the attached list.</p>",
            "<p>Die Preisliste finden Sie im Anhang.</p>",
            '<p>See <a class="x" href="/hc/en-us/article_attachments/99/prices.csv">here</a>.</p>',
            "<p>Descargue la lista.</p>",
            "<p>Liste des prix (PDF)</p>",
        ],
    )
    def test_what_a_file_says_is_part_of_an_article_that_speaks_of_it(self, world: ZendeskWorld, body: str) -> None:
        found = read(world, article(world, body, PRICES, PIXEL))

        assert "19.90 EUR" in found.body
        assert "## prices.csv" in found.body
        assert (found.audience, found.problem) == (Audience.PUBLIC, "")

    def test_an_article_that_speaks_of_none_costs_no_call_unless_all_are_asked(self, world: ZendeskWorld) -> None:
        put = article(world, "<p>Breathe.</p>", PRICES)

        assert "19.90" not in read(world, put).body
        assert world.wire.count("attachments") == 0
        assert "19.90" in read(world, put, attachments="all").body

    def test_attachments_false_reads_none(self, world: ZendeskWorld) -> None:
        put = article(world, "<p>See the attached list.</p>", PRICES)
        assert "19.90" not in read(world, put, attachments=False).body
        assert world.wire.count("attachments") == 0

    def test_a_listing_downloads_nothing_and_asks_for_files_once(self, world: ZendeskWorld) -> None:
        for _ in range(5):
            article(world, "<p>See the attached list.</p>", PRICES)
        connector = world.connect()
        listing(connector)
        listing(connector)
        assert world.wire.count(r"/articles/\d+/attachments\.json") == 5
        assert world.wire.count("/hc/article_attachments") == 0

    def test_a_replaced_file_and_one_taken_away_are_changes(self, world: ZendeskWorld) -> None:
        put = article(world, "<p>See the attached list.</p>", PRICES)
        connector = world.connect()
        cursor = connector.head()
        before = version(connector, put)
        number = int(put.partition(":")[0])
        for files, expected in (((MANUAL,), "seven seconds"), ((), "See the attached list.")):
            world.later()
            world.sandbox.put_article(id=number, attachments=files)
            world.later()
            changed, cursor = drain(connector, cursor)
            assert changed[put].version not in (None, before)
            found = connector.fetch(put)
            assert expected in found.body
            assert "19.90" not in found.body

    def test_an_article_of_agents_has_its_files_internal(self, world: ZendeskWorld) -> None:
        put = article(world, "<p>See the attached list.</p>", PRICES)
        world.restrict(put)
        found = read(world, put)
        assert (found.audience, "19.90" in found.body) == (Audience.INTERNAL, True)
        assert all(call.authorization for call in world.wire.calls if "/hc/article_attachments" in call.path)

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            (Fault(status=401), "asks to sign in"),
            (Fault(status=403), "asks to sign in"),
            (Fault(status=404), "not handed out"),
            (Fault(status=200, body="<html>Sign in</html>", headers={"content-type": "text/html"}), "asks to sign in"),
            (Fault(status=302, headers={"location": "http://169.254.169.254/latest"}, times=None), "prices.csv"),
        ],
    )
    def test_a_file_that_strangers_cannot_open_is_not_public(
        self, world: ZendeskWorld, fault: Fault, said: str
    ) -> None:
        put = article(world, "<p>See the attached list.</p>", PRICES, MANUAL)
        number = world.sandbox.world.brands["main"].articles[int(put.partition(":")[0])].attachments[0].id
        world.wire.fail(replace(fault, path=f"/hc/article_attachments/{number}"))

        found = read(world, put)

        assert found.audience is Audience.PUBLIC
        assert "19.90" not in found.body
        assert "seven seconds" in found.body
        assert "prices.csv" in found.problem
        assert said in found.problem

    def test_a_format_that_is_not_read_is_named(self, world: ZendeskWorld) -> None:
        found = read(world, article(world, "<p>See the attached terms.</p>", OLD_WORD, MANUAL))
        assert "terms.doc" in found.problem
        assert "seven seconds" in found.body

    def test_an_article_that_was_closed_does_not_wait_for_its_files(self, world: ZendeskWorld) -> None:
        put = article(world, "<p>See the attached list.</p>", PRICES)
        world.wire.fail(Fault(path="/hc/article_attachments", status=503, times=None))
        connector = world.connect()
        with pytest.raises(Retryable):
            connector.fetch(put)
        world.restrict(put)
        found = connector.fetch(put)
        assert found.audience is Audience.INTERNAL
        assert "could not be read" in found.problem

    def test_a_picture_is_no_file(self) -> None:
        assert speaks_of_files("Handbuch", "<p>Bitte herunterladen</p>")
        assert not speaks_of_files("Breathe", '<p><img src="/hc/article_attachments/7"></p>')


class TestTickets:
    def ticket(self, world: ZendeskWorld, *, public: bool = True, files: tuple[NewAttachment, ...] = (MANUAL,)) -> str:
        number = world.sandbox.put_ticket("It beeps", "It beeps at night.")
        world.sandbox.comment(number, "See the file.", public, attachments=files)
        world.later()
        return f"ticket:{number}"

    @pytest.mark.parametrize("others", [0, 12])
    def test_files_of_public_comments_are_read_and_internal(self, world: ZendeskWorld, others: int) -> None:
        for number in range(others):  # so many that comments come from the export
            world.sandbox.put_ticket(f"Subject {number}", "question")
        put = self.ticket(world, files=(MANUAL, PIXEL, OLD_WORD))

        found = read(world, put, include=["tickets"])

        assert "seven seconds" in found.body
        assert found.audience is Audience.INTERNAL
        assert "terms.doc" in found.problem

    def test_files_of_private_comments_are_not_read(self, world: ZendeskWorld) -> None:
        found = read(world, self.ticket(world, public=False), include=["tickets"])
        assert "seven seconds" not in found.body
        assert world.wire.count("/attachments/token/") == 0

    def test_attachments_false_reads_none(self, world: ZendeskWorld) -> None:
        found = read(world, self.ticket(world), include=["tickets"], attachments=False)
        assert "seven seconds" not in found.body

    def test_secure_downloads_are_opened_as_the_configured_client(self, world: ZendeskWorld) -> None:
        world.sandbox.world.secure_downloads = True
        assert "seven seconds" in read(world, self.ticket(world), include=["tickets"]).body

    def test_many_files_are_bounded_and_the_rest_is_named(self, world: ZendeskWorld) -> None:
        files = tuple(NewAttachment(f"{n:02}.txt", f"line {n}.".encode(), "text/plain") for n in range(23))
        found = read(world, self.ticket(world, files=files), include=["tickets"])
        assert "line 19." in found.body
        assert "3 of 23 files are not read" in found.problem
