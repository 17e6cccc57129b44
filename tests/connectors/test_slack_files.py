"""Files that come with messages: what is read, with whose credentials, and what is said of the rest."""

from collections.abc import Iterator
from io import BytesIO

import docx
import pytest
from starlette.types import Receive, Scope, Send

from sandbox.http import Json
from sandbox.wire import Fault, Wire, serve
from sync.errors import Retryable
from sync.model import Document
from tests.connectors.slack_world import SlackWorld, slack_world
from tests.contract.connector import listing


@pytest.fixture
def world() -> Iterator[SlackWorld]:
    with slack_world(page=None) as world:
        world.kind = "fresh"  # the default settings
        yield world


def shared(world: SlackWorld, *files: Json, text: str = "see the file") -> Document:
    """The document of a message with files, as fetch reads it; the listing agrees."""
    world.sandbox.post(world.help, text, files=list(files), subtype="file_share")
    connector = world.connect()
    (external_id,) = listing(connector)
    document = connector.fetch(external_id)
    assert listing(connector)[external_id].version == document.version
    return document


class TestWhatIsRead:
    def test_text_becomes_part_of_the_message(self, world: SlackWorld) -> None:
        notes = world.sandbox.file("notes.md", b"# Steps\n\n- press *hold*", "text/markdown", world.url)
        table = world.sandbox.file("prices.csv", b"plan,price\nbasic,5", "text/csv", world.url)

        document = shared(world, notes, table)

        assert "see the file\n\nAttached: notes.md\n\n# Steps\n\n- press *hold*" in document.body
        assert "| basic" in document.body
        assert document.problem == ""

    def test_a_word_document_is_read(self, world: SlackWorld) -> None:
        written, content = docx.Document(), BytesIO()
        written.add_paragraph("Refunds take five days.")
        written.save(content)
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

        document = shared(world, world.sandbox.file("refunds.docx", content.getvalue(), kind, world.url))

        assert "Refunds take five days." in document.body

    def test_a_snippet_stays_code(self, world: SlackWorld) -> None:
        code = b"if a < b:\n    print('`')"
        file = world.sandbox.file("fix.py", code, "text/plain", world.url, mode="snippet", filetype="python")

        assert "```python\nif a < b:\n    print('`')\n```" in shared(world, file).body

    def test_an_image_is_named_and_no_problem(self, world: SlackWorld) -> None:
        fields = {"alt_txt": "orange light", "permalink": "https://acme.slack.com/files/U1/F1/photo.png"}
        file = world.sandbox.file("photo.png", b"\x89PNG", "image/png", world.url, **fields)

        document = shared(world, file, text="")

        assert "Attached: [photo.png (orange light)](https://acme.slack.com/files/U1/F1/photo.png)" in document.body
        assert document.problem == ""
        assert world.wire.count("files-pri") == 0

    def test_a_file_of_another_company_is_asked_for(self, world: SlackWorld) -> None:
        file = world.sandbox.file("notes.txt", b"their words", "text/plain", world.url)
        hidden = {"id": file["id"], "mode": "hosted", "file_access": "check_file_info", "name": "notes.txt"}

        document = shared(world, {**hidden, "mimetype": "text/plain"})

        assert "their words" in document.body

    def test_a_file_is_loaded_once_however_often_its_thread_is_read(self, world: SlackWorld) -> None:
        file = world.sandbox.file("notes.txt", b"words", "text/plain", world.url)
        world.sandbox.post(world.help, "see", files=[file])
        connector = world.connect()
        (external_id,) = listing(connector)

        for _ in range(3):
            connector.fetch(external_id)

        assert world.wire.count("files-pri") == 1


class TestWhatIsNot:
    def test_without_its_scope_no_file_is_asked_for_and_every_document_says_so(self, world: SlackWorld) -> None:
        world.sandbox.world.scopes.discard("files:read")
        file = world.sandbox.file("notes.txt", b"words", "text/plain", world.url)

        document = shared(world, file)

        assert "files:read" in document.problem
        assert "Attached: notes.txt" in document.body
        assert world.wire.count("files-pri") == 0
        world.sandbox.world.scopes.add("files:read")
        (change,) = listing(world.connect()).values()
        assert change.version != document.version

    def test_the_page_to_sign_in_is_not_taken_for_the_file(self, world: SlackWorld) -> None:
        page = "<html><title>Sign in | Slack</title></html>"
        for name, kind in (("notes.txt", "text/plain"), ("page.html", "text/html")):
            world.wire.fail(Fault("files-pri", status=200, headers={"content-type": "text/html"}, body=page))
            document = shared(world, world.sandbox.file(name, b"words", kind, world.url), text=name)
            assert "files:read" in document.problem
            assert "Sign in" not in document.body
            world.sandbox.world.channels[world.help].messages.clear()

    @pytest.mark.parametrize(
        "fields",
        [
            {"is_external": True, "mode": "external", "url_private": "https://evil.test/x"},
            {"mode": "canvas"},
            {"file_access": "access_denied"},
        ],
    )
    def test_what_is_elsewhere_is_named_only(self, world: SlackWorld, fields: Json) -> None:
        file = world.sandbox.file("plan.txt", b"words", "text/plain", world.url, **fields)

        document = shared(world, file)

        assert "Attached: plan.txt" in document.body
        assert (document.problem, world.wire.count("files-pri")) == ("", 0)

    @pytest.mark.parametrize("mode", ["tombstone", "hidden_by_limit"])
    def test_what_is_gone_is_not_even_named(self, world: SlackWorld, mode: str) -> None:
        file = world.sandbox.file("plan.txt", b"words", "text/plain", world.url, mode=mode)

        assert "plan" not in shared(world, file).body

    def test_a_broken_file_is_a_problem_of_its_document_and_its_text_is_kept(self, world: SlackWorld) -> None:
        document = shared(world, world.sandbox.file("scan.pdf", b"not a pdf", "application/pdf", world.url))

        assert "scan.pdf" in document.problem
        assert "see the file" in document.body

    def test_a_file_that_cannot_be_loaded_now_is_tried_again(self, world: SlackWorld) -> None:
        file = world.sandbox.file("notes.txt", b"words", "text/plain", world.url)
        world.sandbox.post(world.help, "see", files=[file])
        connector = world.connect()
        (external_id,) = listing(connector)
        world.wire.fail(Fault("files-pri", status=503, times=None))

        with pytest.raises(Retryable):
            connector.fetch(external_id)


class TestCredentials:
    def test_the_token_is_shown_to_slack_alone(self, world: SlackWorld) -> None:
        async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"open" if scope["path"] == "/c.txt" else b"stolen"})

        other = Wire(elsewhere)
        with serve(other) as address:
            private = f"https://{address.removeprefix('http://')}/a.txt"
            moved = world.sandbox.file("a.txt", b"", "text/plain", world.url, redirect=private)
            beside = world.sandbox.file("c.txt", b"", "text/plain", world.url, redirect=f"{address}/c.txt")
            foreign = world.sandbox.file("b.txt", b"", "text/plain", world.url)
            foreign |= {"url_private": f"{address}/b.txt", "url_private_download": f"{address}/b.txt"}

            document = shared(world, moved, beside, foreign)

        assert "stolen" not in document.body
        assert "b.txt is not on one of Slack's own hosts" in document.problem
        assert {call.path for call in other.calls} == {"/c.txt"}
        assert [call.authorization for call in other.calls if call.authorization] == []
