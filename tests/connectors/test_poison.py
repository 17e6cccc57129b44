"""Every connector keeps the poison contract: a record that breaks what reads it is one document's problem."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.markdown_folder.connector import MarkdownFolder
from connectors.markdown_folder.settings import MarkdownFolderSettings
from tests.connectors.confluence_world import ConfluenceWorld, blog_world, confluence_world, data_center_world
from tests.connectors.google_docs_world import GoogleWorld, google_world
from tests.connectors.intercom_world import ConversationWorld, IntercomWorld, InternalWorld, intercom_world
from tests.connectors.slack_world import SlackWorld, slack_world
from tests.connectors.zendesk_world import TicketWorld, ZendeskWorld, ticket_world, zendesk_world
from tests.contract.connector import listing
from tests.contract.poison import WAYS, PoisonContract, PoisonWorld


class _NeverPublic(PoisonContract):
    def closing(self, world: PoisonWorld) -> None:
        """Nothing in it is public."""


class TestZendeskArticles(PoisonContract):
    @pytest.fixture
    def world(self) -> Iterator[ZendeskWorld]:
        with zendesk_world() as world:
            yield world


class TestZendeskTickets(_NeverPublic):
    @pytest.fixture
    def world(self) -> Iterator[TicketWorld]:
        with ticket_world() as world:
            yield world


class TestConfluencePages(PoisonContract):
    @pytest.fixture
    def world(self) -> Iterator[ConfluenceWorld]:
        with confluence_world() as world:
            yield world


class TestConfluenceBlogPosts(PoisonContract):
    @pytest.fixture
    def world(self) -> Iterator[ConfluenceWorld]:
        with blog_world() as world:
            yield world


class TestConfluenceDataCenter(PoisonContract):
    @pytest.fixture
    def world(self) -> Iterator[ConfluenceWorld]:
        with data_center_world() as world:
            yield world


class TestGoogleDocs(PoisonContract):
    vital = frozenset({("mimeType",)})  # without it a folder looks like a file, and all that is in it like gone

    @pytest.fixture
    def world(self) -> Iterator[GoogleWorld]:
        with google_world() as world:
            yield world


class TestSlack(_NeverPublic):
    @pytest.fixture(params=["fresh", "quiet", "day"])
    def world(self, request: pytest.FixtureRequest) -> Iterator[SlackWorld]:
        with slack_world(request.param) as world:
            yield world


class TestIntercomArticles(PoisonContract):
    @pytest.fixture
    def world(self) -> Iterator[IntercomWorld]:
        with intercom_world() as world:
            yield world


class TestIntercomInternalArticles(_NeverPublic):
    @pytest.fixture
    def world(self) -> Iterator[IntercomWorld]:
        with intercom_world(InternalWorld) as world:
            yield world


class TestIntercomConversations(_NeverPublic):
    @pytest.fixture
    def world(self) -> Iterator[IntercomWorld]:
        with intercom_world(ConversationWorld) as world:
            yield world


@pytest.mark.parametrize("way", [one for one, value in WAYS.items() if isinstance(value, str)])
@pytest.mark.parametrize("place", ["name", "front matter", "text"])
def test_a_file_of_a_folder_that_cannot_be_read_is_one_documents_problem(tmp_path: Path, way: str, place: str) -> None:
    value = str(WAYS[way]).encode("utf-8", "surrogatepass")
    (tmp_path / "good.md").write_text("# Good\n\ngood")
    name = value.replace(b"/", b"-").replace(b"\x00", b"")[:200] + b"x.md" if place == "name" else b"bad.md"
    text = b"---\ntitle: " + value + b"\nlabels: [" + value + b"]\n---\n" if place == "front matter" else value
    with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:  # noqa: PTH118, PTH123  bytes
        file.write(text)
    connector = MarkdownFolder(MarkdownFolderSettings(folder=tmp_path))

    listed = listing(connector)

    assert len(listed) == 2
    assert listed["good.md"].document is not None
    assert all(one.encode().decode() == one for one in listed)
    assert {connector.fetch(one).external_id for one in listed} == set(listed)
