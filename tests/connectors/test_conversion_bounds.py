"""Foreign bytes are read within bounds: what is made to take hours or gigabytes ends, and says so."""

import io
import os
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors import apart, files_worker, text
from connectors.files import Unreadable, extract
from connectors.html_cost import MAX_LENGTH, is_cheap

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SHEET = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
RELATION = '<Relationship Id="r{}" Type="http://x/{}" Target="{}"/>'


def packed(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def docx(body: str) -> bytes:
    return packed(**{
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": RELATIONS.format(RELATION.format(1, "officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
    })  # fmt: skip


def xlsx(rows: str, strings: str) -> bytes:
    sheets = RELATION.format(1, "worksheet", "sheet1.xml") + RELATION.format(2, "sharedStrings", "strings.xml")
    return packed(**{
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": RELATIONS.format(RELATION.format(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {SHEET}><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": RELATIONS.format(sheets),
        "xl/strings.xml": f"<sst {SHEET}>{strings}</sst>",
        "xl/sheet1.xml": f"<worksheet {SHEET}><sheetData>{rows}</sheetData></worksheet>",
    })  # fmt: skip


def pdf(content: bytes) -> bytes:
    squeezed = zlib.compress(zlib.compress(content, 9), 9)
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    return (
        b"%%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>\nendobj\n"
        b"4 0 obj\n<< /Length %d %b >>\nstream\n%b\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n%%%%EOF"
        % (len(squeezed), filters, squeezed)
    )


PARAGRAPH = "<w:p><w:r><w:t>x</w:t></w:r></w:p>"
ENDLESS: dict[str, Callable[[], bytes]] = {
    "paragraphs.docx": lambda: docx(PARAGRAPH * 2_000_000),
    "deep.docx": lambda: docx("<w:tbl><w:tr><w:tc>" * 20_000),
    "cells.xlsx": lambda: xlsx("<row>" + "<c><v>1</v></c>" * 5_000_000 + "</row>", ""),
    "operators.pdf": lambda: pdf(b"BT (x) Tj ET\n" * 4_000_000),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_file_that_unpacks_to_more_than_a_document_ends(name: str) -> None:
    content = ENDLESS[name]()

    assert len(content) < 500_000
    with pytest.raises(Unreadable, match=f"^{name}: (takes more time or memory|takes longer|is broken|scanned PDF)"):
        extract(content, "", name)


CUT: dict[str, tuple[Callable[[], bytes], str]] = {
    "text.docx": (lambda: docx(f"<w:p><w:r><w:t>{'x' * 8_500_000}</w:t></w:r></w:p>"), "characters are kept"),
    "rows.xlsx": (lambda: xlsx("<row><c><v>1</v></c></row>" * 300_000, ""), "only 2,000 rows"),
    "spans.docx": (
        lambda: docx(
            "<w:tbl>"
            + "<w:tr><w:tc><w:tcPr><w:gridSpan w:val='999'/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr>"
            * 900
            + "</w:tbl>"
        ),
        "more than 50,000 cells",
    ),
    "one.xlsx": (
        lambda: xlsx('<row><c t="s"><v>0</v></c></row>' * 2000, f"<si><t>{'x' * 1_000_000}</t></si>"),
        "were read of a",
    ),
    "long.txt": (lambda: b"word " * 1_700_000, "characters are kept"),
    "ticks.md": (lambda: b"`" * 8_100_000, "characters are kept"),
    "columns.csv": (lambda: b"a," * 2_000_000, "first 60 columns"),
}


@pytest.mark.parametrize("name", CUT)
def test_what_is_longer_than_a_document_is_cut_and_says_so(name: str) -> None:
    make, problem = CUT[name]

    found = extract(make(), "", name)

    assert problem in found.problem
    assert len(found.markdown) <= 8_002_000


COSTLY = {
    "nested": "<div>" * 20_000 + "word",
    "quotes": "<blockquote>a" * 9_000,
    "definitions": "<dl><dt>a<dd>" * 9_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">word",
    "reopened": "<p>" + "".join(f"<b class={n}>" for n in range(4_000)) + "</p>" + "<p>word" * 20_000,
    "bodies": "".join(f"<body a{n}=1>" for n in range(15_000)) + "word",
    "open quotes": '<a "' * 45_000,
    "long": "<p>word</p>" * 60_000,
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_page_that_is_made_to_cost_is_read_apart(name: str) -> None:
    assert not is_cheap(COSTLY[name]) or name == "open quotes"

    found = text.convert(COSTLY[name], "")

    assert "word" in found.markdown or "word" not in COSTLY[name]
    assert len(found.markdown) < 2_000_000


def test_any_real_page_is_read_here() -> None:
    folder = Path(__file__).parents[1] / "fidelity" / "zendesk"
    pages = [page.read_text("utf-8") for page in folder.glob("*.html")]

    assert all(map(is_cheap, pages))
    assert is_cheap("".join(pages) * 3)
    assert not is_cheap("x" * (MAX_LENGTH + 1))


def test_no_more_than_a_few_conversions_run_at_once() -> None:
    waiting = [threading.Thread(target=extract, args=(b"a,b\n1,2\n", "", "a.csv")) for _ in range(6)]
    most = 0
    for thread in waiting:
        thread.start()
    while any(thread.is_alive() for thread in waiting):
        most = max(most, len(_children()))
        waiting[-1].join(0.001)

    assert most <= apart.AT_ONCE


def test_a_conversion_may_not_have_more_memory_than_is_left_for_it() -> None:
    assert files_worker.MAX_MEMORY * apart.AT_ONCE <= 1024**3


def _children() -> list[str]:
    """The processes that this one started and that still run."""
    listed = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [child for each in listed for child in each.read_text().split() if _is_reader(child)]


def _is_reader(child: str) -> bool:
    try:
        return b"files_worker" in Path(f"/proc/{child}/cmdline").read_bytes()
    except OSError:
        return False
