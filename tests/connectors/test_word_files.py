"""Word: what a reader of the document sees arrives, and nothing that is hidden or deleted."""

import io
import zipfile

import docx
import pytest
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from connectors.files import Extract, Unreadable, extract
from tests.connectors.reading import extract_here

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)


def read(document: Document) -> Extract:
    out = io.BytesIO()
    document.save(out)
    return extract_here(out.getvalue(), "", "terms.docx")


def with_body(*paragraphs: str) -> str:
    """The Markdown of a document of these paragraphs, as XML."""
    document = docx.Document()
    for xml in paragraphs:
        document.element.body.insert(len(document.element.body) - 1, parse_xml(xml.replace(">", f" {SPACES}>", 1)))
    return read(document).markdown


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (
            "<m:f><m:num><m:r><m:t>seats*9</m:t></m:r></m:num><m:den><m:r><m:t>12</m:t></m:r></m:den></m:f>",
            "(seats\\*9)/12",
        ),
        ("<m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>6</m:t></m:r></m:sup></m:sSup>", "10⁶"),
        ("<m:sSub><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sub><m:r><m:t>12</m:t></m:r></m:sub></m:sSub>", "x₁₂"),
        ("<m:rad><m:deg/><m:e><m:r><m:t>a+b</m:t></m:r></m:e></m:rad>", "√(a+b)"),
    ],
)
def test_a_formula_is_text(formula: str, text: str) -> None:
    markdown = with_body(f"<w:p>{run('It is ')}<m:oMath>{formula}</m:oMath>{run(' euro.')}</w:p>")

    assert markdown.replace("\\*", "*") == f"It is {text} euro.".replace("\\*", "*")


def test_breaks_hyphens_and_raised_letters_stay() -> None:
    raised = run("99", '<w:vertAlign w:val="superscript"/>')
    markdown = with_body(
        "<w:p><w:r><w:t>first</w:t><w:cr/><w:t>second</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>E</w:t><w:noBreakHyphen/><w:t>mail</w:t></w:r></w:p>",
        f"<w:p>{run('€9')}{raised}</w:p>",
    )

    assert markdown == "first  \nsecond\n\nE\u2011mail\n\n€9⁹⁹"


def test_hidden_and_deleted_text_is_absent() -> None:
    document = docx.Document()
    style = document.styles.add_style("Secret", WD_STYLE_TYPE.CHARACTER)
    style.font.hidden = True
    lines = document.styles.add_style("SecretLines", WD_STYLE_TYPE.PARAGRAPH)
    lines.font.hidden = True
    above = document.styles.add_style("SecretBelow", WD_STYLE_TYPE.PARAGRAPH)
    above.base_style = lines
    paragraph = document.add_paragraph("visible ")
    paragraph.add_run("HIDDEN RUN").font.hidden = True
    paragraph.add_run("HIDDEN STYLE", style="Secret")
    shown = paragraph.add_run("shown again", style="Secret")
    shown.font.hidden = False
    document.add_paragraph("HIDDEN LINE", style="SecretLines")
    document.add_paragraph("HIDDEN BELOW", style="SecretBelow")
    table = document.add_table(2, 1)
    table.cell(0, 0).text, table.cell(1, 0).text = "row", "HIDDEN ROW"
    table.rows[1]._tr.get_or_add_trPr().append(parse_xml(f"<w:hidden {nsdecls('w')}/>"))
    paragraph._p.append(
        parse_xml(
            f'<w:del {nsdecls("w")} w:id="1" w:author="a"><w:r><w:delText>HIDDEN DELETED</w:delText></w:r></w:del>'
        )
    )
    paragraph._p.append(
        parse_xml(f'<w:moveFrom {nsdecls("w")} w:id="2" w:author="a"><w:r><w:t>HIDDEN MOVED</w:t></w:r></w:moveFrom>')
    )
    paragraph._p.append(
        parse_xml(f'<w:ins {nsdecls("w")} w:id="3" w:author="a"><w:r><w:t> inserted</w:t></w:r></w:ins>')
    )
    document.add_comment(paragraph.runs, "HIDDEN COMMENT", author="a")

    markdown = read(document).markdown

    assert "HIDDEN" not in markdown
    assert "visible shown again inserted" in markdown


def test_text_boxes_are_kept_once() -> None:
    def box(text: str) -> str:
        return (
            "<w:drawing><wp:inline><a:graphic><a:graphicData><wps:wsp><wps:txbx><w:txbxContent>"
            f"<w:p>{run(text)}</w:p></w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
        )

    def either(*tellings: str) -> str:
        return f"<w:p><w:r><mc:AlternateContent>{''.join(tellings)}</mc:AlternateContent></w:r></w:p>"

    newer = [f'<mc:Choice Requires="wps">{box(text)}</mc:Choice>' for text in ("boxed", "alone")]
    older = f"<mc:Fallback><w:pict><w:txbxContent><w:p>{run('boxed')}</w:p></w:txbxContent></w:pict></mc:Fallback>"
    markdown = with_body(either(newer[0], older), either(newer[1]), f"<w:p><w:r>{box('bare')}</w:r></w:p>")

    assert markdown == "boxed\n\nalone\n\nbare"


def test_headers_and_footers_are_said_once_and_without_page_numbers() -> None:
    document = docx.Document()
    document.add_paragraph("Sixty days.")
    for _ in range(2):
        section = document.add_section()
        section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
        section.header.paragraphs[0].text = "Policy, version 7"
        section.footer.paragraphs[0].text = "Valid from March"
        section.first_page_header.paragraphs[0].text = "NEVER SHOWN"
        number = section.footer.add_paragraph("Page ")
        number._p.append(
            parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:t>3</w:t></w:r></w:fldSimple>')
        )

    assert read(document).markdown == "Policy, version 7\n\nSixty days.\n\nValid from March"


def test_merged_cells_are_repeated_and_a_table_in_a_cell_stays() -> None:
    document = docx.Document()
    table = document.add_table(3, 2)
    for row, cells in enumerate((("Plan", "Region"), ("Team", "EU"), ("", "US"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    inner = table.cell(2, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "inner a", "inner b"

    markdown = read(document).markdown

    assert "| Team | EU " in markdown
    assert "| Team | US<br>inner a – inner b |" in markdown


def test_the_strict_dialect_hides_what_the_usual_one_hides() -> None:
    document = docx.Document()
    document.add_paragraph("visible").add_run("HIDDEN").font.hidden = True
    made, out = io.BytesIO(), io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as given, zipfile.ZipFile(out, "w") as strict:
        for name in given.namelist():
            text = given.read(name)
            for family in (b"wordprocessingml", b"officeDocument", b"drawingml"):
                text = text.replace(
                    b"http://schemas.openxmlformats.org/" + family + b"/2006/",
                    b"http://purl.oclc.org/ooxml/" + family + b"/",
                )
            strict.writestr(name, text)

    assert extract_here(out.getvalue(), "", "terms.docx").markdown == "visible"


def test_an_inserted_file_is_told() -> None:
    document = docx.Document()
    document.add_paragraph("text")
    out, made = io.BytesIO(), io.BytesIO()
    document.save(made)
    chunk = (
        b'<Relationship Id="rX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk" '
        b'Target="part.html"/></Relationships>'
    )
    with zipfile.ZipFile(made) as given, zipfile.ZipFile(out, "w") as changed:
        for name in given.namelist():
            text = given.read(name)
            changed.writestr(
                name, text.replace(b"</Relationships>", chunk) if name.endswith("document.xml.rels") else text
            )

    assert (
        extract_here(out.getvalue(), "", "a.docx").problem
        == "a.docx: a document that is inserted as a file is left out"
    )


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx"])
def test_parts_that_a_password_protects_say_so(name: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("word/document.xml", b"<a/>")
    content = bytearray(out.getvalue())
    content[6] |= 1
    central = content.index(b"PK\x01\x02")
    content[central + 8] |= 1

    with pytest.raises(Unreadable, match="password"):
        extract(bytes(content), "", name)
