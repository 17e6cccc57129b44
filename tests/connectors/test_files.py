"""Files that people upload: their text comes out whole, or the reason why not is told."""

import io
import zipfile
from collections.abc import Sequence

import docx
import pptx
import pytest
import xlsxwriter
from pptx.util import Inches

from connectors.file_types import kind_of
from connectors.files import Unreadable, extract

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def pdf(*pages: Sequence[str]) -> bytes:
    """A PDF with these lines on its pages; a page without lines is a picture of nothing."""
    contents = [
        ("BT /F1 12 Tf 14 TL 72 720 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET").encode("latin-1")
        for lines in pages
    ]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Returning a product", 1)
    document.add_paragraph("Sixty days, für jeden Grund.")
    document.add_paragraph("First", style="List Bullet")
    document.add_paragraph("Second", style="List Bullet")
    table = document.add_table(2, 2)
    for row, cells in zip(table.rows, [("Country", "Days"), ("Österreich", "14")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    return saved(document)


def slides() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Warranty"
    frame = slide.placeholders[1].text_frame
    frame.text = "Two years"
    nested = frame.add_paragraph()
    nested.text, nested.level = "batteries: one year", 1
    table = slide.shapes.add_table(1, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Model", "Blink & go"
    slide.notes_slide.notes_text_frame.text = "Say that repairs are free."
    return saved(deck)


def sheets(rows: int = 2) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        prices = book.add_worksheet("Prices")
        prices.write_row(1, 1, ["Plan", "€ a month"])
        for n in range(rows):
            prices.write_row(2 + n, 1, [f"Plan {n}", 9.5 + n])
        book.add_worksheet("Empty")
        book.add_worksheet("Limits").write_row(0, 0, ["Seats", 25])
    return out.getvalue()


def saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]  # both libraries' documents have it
    return out.getvalue()


def test_a_pdf_gives_the_text_of_its_pages() -> None:
    made = pdf(["Returning a product", "Sixty days, f\\374r jeden Grund."], ["The second page says enough, too."])

    found = extract(made, "application/pdf", "returns.pdf")

    assert found.markdown.split("\n") == [
        "Returning a product",
        "Sixty days, für jeden Grund.",
        "",
        "The second page says enough, too.",
    ]
    assert found.problem == ""


def test_a_word_file_keeps_headings_lists_and_tables() -> None:
    markdown = extract(word(), DOCX, "returns.docx").markdown

    for piece in ("# Returning a product", "für jeden Grund", "- First\n- Second", "| Country", "| Österreich | 14"):
        assert piece in markdown


def test_slides_keep_titles_levels_and_tables_and_notes_where_they_are_wanted() -> None:
    markdown = extract(slides(), PPTX, "warranty.pptx", speaker_notes=True).markdown

    for piece in ("## Warranty", "- Two years", "  - batteries: one year", "Blink & go", "Say that repairs are free."):
        assert piece in markdown


def test_what_only_the_speaker_reads_is_left_out() -> None:
    assert "repairs are free" not in extract(slides(), PPTX, "warranty.pptx").markdown


def test_a_workbook_gives_a_table_for_each_sheet_that_holds_something() -> None:
    markdown = extract(sheets(), XLSX, "prices.xlsx").markdown

    for piece in ("## Prices", "| Plan 0 | 9.5 ", "## Limits", "| Seats | 25 "):
        assert piece in markdown
    assert "Empty" not in markdown


def test_a_workbook_that_is_too_long_is_cut_and_says_so() -> None:
    found = extract(sheets(rows=2500), XLSX, "prices.xlsx")

    assert "Plan 1990" in found.markdown
    assert "Plan 2100" not in found.markdown
    assert "prices.xlsx: only 2,000 rows" in found.problem
    assert "Prices" in found.problem


@pytest.mark.parametrize(
    ("content", "media_type", "name", "expected"),
    [
        (
            b"# T\n\na < b\n\n`<b>` <script>x</script>",
            "text/markdown",
            "a.md",
            "# T\n\na < b\n\n`<b>` &lt;script>x&lt;/script>",
        ),
        (b"---\ntitle: x\n---\nBody\n", "", "a.md", "Body"),
        ("Grüße".encode("utf-16"), "text/plain", "a.txt", "Grüße"),
        ("Grüße".encode("cp1252"), "text/plain", "a.txt", "Grüße"),
        (b"\xef\xbb\xbfhello", "text/plain; charset=utf-8", "a", "hello"),
        (b"<h1>A</h1><a href='/b'>b</a>", "text/html", "a.html", "# A\n\n[b](https://h.test/b)"),
    ],
)
def test_text_is_read_as_it_is_meant(content: bytes, media_type: str, name: str, expected: str) -> None:
    assert extract(content, media_type, name, base_url="https://h.test/x").markdown == expected


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separated_values_are_a_table(separator: str) -> None:
    content = "\n".join(separator.join(row) for row in (("Plan", "Price"), ("Small", "9"), ("Large", "19"))).encode()

    assert "| Large | 19 " in extract(content, "text/csv", "plans.csv").markdown


@pytest.mark.parametrize(
    ("content", "media_type", "name", "why"),
    [
        (pdf([], []), "application/pdf", "scan.pdf", "scanned PDF"),
        (b"%PDF-1.4 nonsense", "application/pdf", "broken.pdf", "broken"),
        (b"nonsense", DOCX, "broken.docx", "broken"),
        (b"PK\x03\x04", PPTX, "broken.pptx", "broken"),
        (b"nonsense", XLSX, "broken.xlsx", "broken"),
        (b"\x00\x01\x02\x03" * 100, "text/plain", "binary.txt", "is not"),
        (b"x", "image/png", "photo.png", "image/png are not read"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, media_type: str, name: str, why: str) -> None:
    with pytest.raises(Unreadable, match=f"^{name}: .*{why}"):
        extract(content, media_type, name)


@pytest.mark.parametrize(
    ("content", "media_type", "name", "expected"),
    [
        (b"Plan;Price\r\nTeam;19\r\n", "application/vnd.ms-excel", "prices", "| Team | 19 "),
        (b"Plan,Price\nTeam,19\n", "application/vnd.ms-excel", "prices.csv", "| Team | 19 "),
        (b"<html><table><tr><th>Plan</th></tr><tr><td>Team</td></tr></table></html>", "", "report.xls", "| Team |"),
        (word(), "application/zip", "returns.docx", "für jeden Grund"),
        (word(), "application/octet-stream", "returns.bin.pdf", "für jeden Grund"),
        (slides(), "application/vnd.ms-powerpoint", "deck.ppsx", "Blink & go"),
        (sheets(), "application/octet-stream", "prices.xls", "| Seats | 25 "),
        (pdf(["A text that is long enough to read."]), "application/x-pdf", "a", "long enough"),
        (pdf(["A text that is long enough to read."]), "text/plain", "a.txt", "long enough"),
    ],
    ids=[
        "csv as Excel",
        "csv by name",
        "HTML as xls",
        "zip",
        "wrong ending",
        "show",
        "new as old",
        "x-pdf",
        "pdf as text",
    ],
)
def test_a_file_is_read_as_what_it_is(content: bytes, media_type: str, name: str, expected: str) -> None:
    assert expected in extract(content, media_type, name).markdown


@pytest.mark.parametrize(
    ("content", "media_type", "name", "why"),
    [
        (
            b"{\\rtf1\\ansi Refunds take \\b five\\b0  days.}",
            "text/plain",
            "refund.txt",
            r"\.rtf are not read; save it as a Word",
        ),
        (b"{\\rtf1 x}", "application/rtf", "refund", "application/rtf are not read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", "old.doc", r"\.doc are not read; save it as a Word file \(\.docx\)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-excel", "old.xls", "save it as an Excel file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            DOCX,
            "a.docx",
            "password protects",
        ),
        (b"From: a@b.test\n\nhello", "message/rfc822", "mail", "message/rfc822 are not read"),
        (b"PK\x05\x06" + bytes(18), "", "notes.odt", r"\.odt are not read"),
    ],
)
def test_a_text_in_a_format_that_is_not_read_says_what_to_do(
    content: bytes, media_type: str, name: str, why: str
) -> None:
    with pytest.raises(Unreadable, match=f"^{name}: .*{why}"):
        extract(content, media_type, name)


def test_pages_that_are_mostly_pictures_are_told() -> None:
    found = extract(pdf(["One page of text, long enough to read."], [], []), "application/pdf", "half.pdf")

    assert "One page of text" in found.markdown
    assert found.problem == "half.pdf: 2 of 3 pages are pictures without text"


def test_a_file_that_unpacks_without_end_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"<a/>" * 70_000_000)

    with pytest.raises(Unreadable, match=r"bomb\.docx"):
        extract(out.getvalue(), DOCX, "bomb.docx")


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(Unreadable, match="takes longer"):
        extract(word(), DOCX, "slow.docx", patience=0.001)


def test_a_file_that_is_too_large_is_not_opened() -> None:
    with pytest.raises(Unreadable, match="larger than 50 MB"):
        extract(b" " * (50 * 1024 * 1024 + 1), "text/plain", "log.txt")


@pytest.mark.parametrize(
    ("media_type", "name", "kind"),
    [
        ("application/octet-stream", "a.PDF", "pdf"),
        ("text/plain", "notes.md", "md"),
        ("text/plain", "notes", "txt"),
        ("text/x-python", "a.py", "txt"),
        ("image/png", "a.txt", ""),
        ("", "archive.zip", ""),
        ("application/vnd.ms-excel", "prices.csv", "csv"),
        ("application/zip", "terms.docx", "docx"),
        ("application/x-pdf", "terms", "pdf"),
        ("application/octet-stream", "terms.docm", "docx"),
        ("application/vnd.ms-powerpoint.presentation.macroenabled.12", "deck", "pptx"),
        ("", "show.ppsx", "pptx"),
        ("text/rtf", "refund", "rtf"),
        ("text/plain", "refund.rtf", "rtf"),
        ("", "old.doc", "doc"),
        ("", "notes.pages", "pages"),
        ("", "mail.eml", "eml"),
        ("application/vnd.oasis.opendocument.spreadsheet", "prices", "ods"),
    ],
)
def test_the_kind_of_a_file_is_known_by_type_and_name(media_type: str, name: str, kind: str) -> None:
    assert kind_of(media_type, name) == kind
