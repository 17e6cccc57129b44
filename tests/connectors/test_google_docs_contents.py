"""The text of every type of file, and what is said where there is none, or not all."""

import io
from collections.abc import Iterator

import docx
import pptx
import pypdfium2
import pytest

from sandbox.google.bodies import Body, from_markdown, paragraph, run, tab
from sandbox.wire import Fault
from sync.errors import Gone, Misconfigured, Retryable
from sync.model import Audience, Document
from tests.connectors.google_docs_world import GoogleWorld, google_world
from tests.contract.connector import listing

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def world() -> Iterator[GoogleWorld]:
    with google_world() as world:
        yield world


def fetched(world: GoogleWorld, external_id: str) -> Document:
    """The document, whose version a listing gives too."""
    document = world.connect().fetch(external_id)
    assert listing(world.connect())[external_id].version == document.version
    return document


def scanned() -> bytes:
    """A PDF whose only page has no text."""
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 200)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_every_tab_and_the_tabs_below_arrive(world: GoogleWorld) -> None:
    inner = tab("t.2", "Deeper", from_markdown("third"))
    tabs = [tab("t.0", "One", from_markdown("first"), [tab("t.1", "Below", from_markdown("second"), [inner])])]
    document = fetched(world, world.sandbox.put_doc("Doc", tabs, world.folder))

    assert document.body == "# One\n\nfirst\n\n## Below\n\nsecond\n\n### Deeper\n\nthird"
    assert (document.url, document.problem) == (
        f"https://docs.google.com/document/d/{document.external_id}/edit",
        "",
    )


@pytest.mark.parametrize("editor", [True, False], ids=["editor", "reader"])
@pytest.mark.parametrize("refused", [True, False], ids=["preview refused", "preview given"])
def test_suggestions_are_never_text(world: GoogleWorld, editor: bool, refused: bool) -> None:
    body = Body(
        [paragraph(run("five", suggestedDeletionIds=["d"]), run("SECRET", suggestedInsertionIds=["i"]), run(" days"))]
    )
    external_id = world.sandbox.put_doc("Doc", [tab("t.0", "One", body)], world.folder, editor=editor)
    if refused:
        world.sandbox.world.preview_refused.add(external_id)

    assert fetched(world, external_id).body == "five days"


def test_a_document_that_may_not_be_read_at_all_is_a_problem(world: GoogleWorld) -> None:
    external_id = world.put("Doc", "text")
    denied = '{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}'
    world.wire.fail(Fault(path="/v1/documents/", status=403, body=denied, times=None))

    document = fetched(world, external_id)

    assert (document.body, document.problem) == ("", "the service account may not read it")


def test_every_sheet_is_a_table(world: GoogleWorld) -> None:
    tables: dict[str, list[list[object]]] = {"Prices": [["Model", "EUR"], ["F1", 9.5]], "Sizes": [["a"], ["b"]]}
    document = fetched(world, world.sandbox.put_sheet("Prices", tables, world.folder))

    assert "## Prices" in document.body
    assert "| F1    | 9.5 |" in document.body
    assert "## Sizes" in document.body
    assert document.problem == ""


def test_a_sheet_that_is_cut_says_so(world: GoogleWorld) -> None:
    rows: list[list[object]] = [[n, "row"] for n in range(3000)]
    document = fetched(world, world.sandbox.put_sheet("Long", {"All": rows}, world.folder))

    assert "| 1999" in document.body
    assert "2,000 rows" in document.problem
    assert "All" in document.problem


def test_an_export_above_the_limit_comes_by_its_link(world: GoogleWorld) -> None:
    world.sandbox.world.export_limit = 100
    external_id = world.sandbox.put_sheet("Prices", {"One": [["Model"], ["F1"]]}, world.folder)

    document = fetched(world, external_id)

    assert "F1" in document.body
    assert document.problem == ""
    assert world.wire.count("/exported") == 1


def test_an_export_that_no_link_gives_either_is_a_problem(world: GoogleWorld) -> None:
    world.sandbox.world.export_limit = 100
    external_id = world.sandbox.put_sheet("Prices", {"One": [["Model"], ["F1"]]}, world.folder)
    world.wire.fail(Fault(path="^/export[?]", status=404, body="{}", times=None))

    document = fetched(world, external_id)

    assert (document.body, document.problem) == ("", "it is too large to be exported")


def test_slides_keep_their_titles_and_their_notes_where_these_are_wanted(world: GoogleWorld) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Refunds", "Within five days"
    slide.notes_slide.notes_text_frame.text = "Say it slowly"
    file = io.BytesIO()
    deck.save(file)

    external_id = world.sandbox.put_slides("Deck", "plain", file.getvalue(), world.folder)
    shown, noted = (world.connect(speaker_notes=wanted).fetch(external_id) for wanted in (False, True))

    assert shown.body == "## Refunds\n\nWithin five days"
    assert noted.body == "## Refunds\n\nWithin five days\n\nSay it slowly"
    assert shown.version != noted.version


@pytest.mark.parametrize("pptx_bytes", [b"not a presentation", b"x" * 200], ids=["unreadable", "too large"])
def test_slides_are_plain_text_where_there_is_no_better(world: GoogleWorld, pptx_bytes: bytes) -> None:
    world.sandbox.world.export_limit = 100
    document = fetched(world, world.sandbox.put_slides("Deck", "Refunds\nfive days", pptx_bytes, world.folder))

    assert document.body == "Refunds\nfive days"
    assert "may hold hidden slides" in document.problem


def test_plain_text_of_slides_is_never_public(world: GoogleWorld) -> None:
    world.sandbox.world.export_limit = 100
    external_id = world.sandbox.put_slides("Deck", "Refunds\nhidden slide", b"x" * 200, world.folder)
    world.sandbox.share(external_id)

    document = world.connect().fetch(external_id)

    assert (document.audience, document.body) == (Audience.PUBLIC, "")
    assert document.problem


def test_uploaded_files_are_read_by_their_types(world: GoogleWorld) -> None:
    word = docx.Document()
    word.add_heading("Refunds", 1)
    word.add_paragraph("Within five days.")
    file = io.BytesIO()
    word.save(file)
    put = {
        "a.docx": world.sandbox.put_file("a.docx", file.getvalue(), DOCX, world.folder),
        "b.html": world.sandbox.put_file(
            "b.html", b"<h1>Refunds</h1><p>Within five days.</p>", "text/html", world.folder
        ),
        "c.md": world.sandbox.put_file("c.md", b"# Refunds\n\nWithin five days.", "text/markdown", world.folder),
        "d.txt": world.sandbox.put_file("d.txt", b"# Refunds\n\nWithin five days.", "text/plain", world.folder),
    }

    for name, external_id in put.items():
        document = fetched(world, external_id)
        assert (document.title, document.body) == (name, "# Refunds\n\nWithin five days.")
        assert document.problem == ""


@pytest.mark.parametrize(
    ("name", "content", "mime", "said"),
    [
        ("old.doc", b"\xd0\xcf", "application/msword", "application/msword are not read"),
        ("broken.docx", b"PK broken", DOCX, "broken"),
        ("scan.pdf", b"", "application/pdf", "scanned PDF"),
    ],
)
def test_a_file_without_readable_text_is_a_problem(
    world: GoogleWorld, name: str, content: bytes, mime: str, said: str
) -> None:
    document = fetched(world, world.sandbox.put_file(name, content or scanned(), mime, world.folder))

    assert document.body == ""
    assert said in document.problem


@pytest.mark.parametrize("kind", ["doc", "upload"])
def test_what_may_not_be_downloaded_is_a_problem(world: GoogleWorld, kind: str) -> None:
    upload = world.sandbox.put_file("a.md", b"text", "text/markdown", world.folder)
    external_id = upload if kind == "upload" else world.put("Doc", "text")
    before = fetched(world, external_id)
    world.sandbox.set(external_id, downloadable=False)

    document = fetched(world, external_id)

    assert (before.body, document.body) == ("text", "")
    assert "does not let it be downloaded" in document.problem
    assert document.version != before.version


@pytest.mark.parametrize(
    "reason",
    ["cannotDownloadFile", "insufficientFilePermissions", "appNotAuthorizedToFile", "cannotDownloadAbusiveFile"],
)
def test_a_refusal_of_one_file_for_good_is_its_problem_and_asked_once(world: GoogleWorld, reason: str) -> None:
    upload = world.sandbox.put_file("a.md", b"text", "text/markdown", world.folder)
    connector = world.connect()
    connector.head()
    listing(connector)
    body = f'{{"error":{{"code":403,"message":"no","errors":[{{"reason":"{reason}","domain":"global"}}]}}}}'
    world.wire.fail(Fault(path="alt=media", status=403, body=body, times=None))

    document = connector.fetch(upload)

    assert document.body == ""
    assert document.problem
    assert world.wire.count("alt=media") == 1
    assert world.slept == []


def test_a_document_that_went_away_since_the_listing_is_gone(world: GoogleWorld) -> None:
    sheet = world.sandbox.put_sheet("Sheet", {"One": [["a"]]}, world.folder)
    upload = world.sandbox.put_file("a.md", b"text", "text/markdown", world.folder)
    gone = [world.put("Doc", "text"), sheet, upload]
    connector = world.connect()
    listing(connector)
    connector.fetch(world.put("Other", "text"))  # the feed has just been asked
    for external_id in gone:
        world.sandbox.remove(external_id)

    for external_id in gone:
        with pytest.raises(Gone):
            connector.fetch(external_id)


def test_a_document_that_only_docs_does_not_find_is_not_gone(world: GoogleWorld) -> None:
    external_id = world.put("Doc", "text")
    missing = '{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}'
    world.wire.fail(Fault(path="/v1/documents/", status=404, body=missing, times=None))

    with pytest.raises(Retryable, match="docs_url"):
        world.connect().fetch(external_id)


def test_an_api_that_is_switched_off_stops_the_source(world: GoogleWorld) -> None:
    external_id = world.put("Doc", "text")
    world.sandbox.world.docs_disabled = True

    with pytest.raises(Misconfigured, match="enable the Google Drive API and the Google Docs API"):
        world.connect().fetch(external_id)


def test_a_document_says_its_language_and_its_place(world: GoogleWorld) -> None:
    german = "Wir erstatten den vollen Preis innerhalb von fünf Werktagen auf das Konto zurück."
    document = fetched(world, world.sandbox.put_doc("Rückgabe", german, world.folder))

    assert (document.language, document.breadcrumb, document.attributes) == ("de", ("Help",), {"folder": "Help"})
    assert document.title == "Rückgabe"
    assert document.updated_at == world.clock.utc()


def test_a_long_text_arrives(world: GoogleWorld) -> None:
    document = fetched(world, world.sandbox.put_doc("Huge", "A sentence that is repeated.\n\n" * 10_000, world.folder))

    assert document.body.count("A sentence that is repeated.") == 10_000


def test_an_empty_document_is_empty(world: GoogleWorld) -> None:
    assert fetched(world, world.sandbox.put_doc("Empty", "", world.folder)).body == ""
