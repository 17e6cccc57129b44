"""Office files as people make them, each built here; `words` is what a reader of the open file sees, in any order."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import docx
import pptx
import xlsxwriter
from docx.enum.section import WD_SECTION
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches


@dataclass(frozen=True)
class OfficeFile:
    """A file of a kind that `connectors.readers` knows. `hidden`: words in it that no reader sees."""

    name: str
    kind: str
    content: bytes
    words: str
    hidden: tuple[str, ...] = ()


def letter() -> OfficeFile:
    """Headings, nested lists, a table with merged cells, a link, a header, a footer and a second section."""
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "Breeze Customer Care"
    made.sections[0].footer.paragraphs[0].text = "Version 4, valid from March"
    made.add_heading("Returns", 0)
    made.add_paragraph("You may return every purifier within 30 days.")
    made.add_heading("How it works", 1)
    made.add_paragraph("Pack the device.", style="List Number")
    made.add_paragraph("Print the label.", style="List Number")
    made.add_paragraph("Ask for a refund", style="List Bullet")
    made.add_paragraph("within 14 days", style="List Bullet 2")
    bold = made.add_paragraph("Batteries are ").add_run("never")
    bold.bold = True
    table = made.add_table(rows=3, cols=3)
    for row, cells in enumerate((("Country", "Days", "Fee"), ("Austria", "5", "0 €"), ("Norway", "9", "12,50 €"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    merged = table.add_row().cells
    merged[0].merge(merged[2]).text = "Elsewhere on request"
    _link(made.add_paragraph("See "), "https://acme.example/returns", "our page")
    made.add_section(WD_SECTION.NEW_PAGE)
    made.add_paragraph("Annex: a signed form is needed for gifts.")
    return OfficeFile(
        "letter",
        "docx",
        _saved(made),
        """Breeze Customer Care Version 4, valid from March Returns You may return every purifier within 30 days.
        How it works Pack the device. Print the label. Ask for a refund within 14 days Batteries are never
        Country Days Fee Austria 5 0 € Norway 9 12,50 € Elsewhere on request See our page
        Annex: a signed form is needed for gifts.""",
    )


def manual() -> OfficeFile:
    """Hidden text, a deletion and an insertion under review, a line break, a tab, a formula, superscript."""
    made = docx.Document()
    made.add_heading("Cleaning", 1)
    steps = made.add_paragraph("Open the lid.")
    steps.add_run().add_break()
    steps.add_run("Take out the filter.\tThen wash it.")
    secret = made.add_paragraph("Use water. ").add_run("Internal: the pump is weak.")
    secret.font.hidden = True
    reviewed = made.add_paragraph("Dry it for ")
    _reviewed(reviewed, "w:del", "two")
    _reviewed(reviewed, "w:ins", "five")
    reviewed.add_run(" hours at 10")
    power = reviewed.add_run("2")
    power.font.superscript = True
    return OfficeFile(
        "manual",
        "docx",
        _saved(made),
        "Cleaning Open the lid. Take out the filter. Then wash it. Use water. Dry it for five hours at 10²",
        ("weak", "two"),
    )


def deck() -> OfficeFile:
    """Titles, bullets, a table, a chart with a title, speaker notes, and a slide that is hidden."""
    made = pptx.Presentation()
    first = made.slides.add_slide(made.slide_layouts[1])
    first.shapes.title.text = "Filter plans"
    first.placeholders[1].text = "Basic: one filter a year\nPlus: two filters a year"
    first.notes_slide.notes_text_frame.text = "Do not promise discounts"
    second = made.slides.add_slide(made.slide_layouts[5])
    second.shapes.title.text = "Prices"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for row, cells in enumerate((("Plan", "Price"), ("Plus", "49,90 €"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    third = made.slides.add_slide(made.slide_layouts[5])
    third.shapes.title.text = "Growth"
    data = CategoryChartData()  # type: ignore[no-untyped-call]  # the library has no types here
    data.categories = ["2024", "2025"]
    data.add_series("Customers", (120, 250))  # type: ignore[no-untyped-call]  # likewise
    box = Inches(1), Inches(2), Inches(4), Inches(3)
    chart = third.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *box, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Customers by year"
    fourth = made.slides.add_slide(made.slide_layouts[1])
    fourth.shapes.title.text = "Roadmap, secret"
    fourth._element.set("show", "0")
    return OfficeFile(
        "deck",
        "pptx",
        _saved(made),
        """Filter plans Basic: one filter a year Plus: two filters a year Prices Plan Price Plus 49,90 € Growth
        Customers by year""",
        ("discounts", "Roadmap"),
    )


def prices() -> OfficeFile:
    """Number formats, dates, leading zeros, a merged heading, formulas with results, a hidden row, column and sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("Prices")
    style = {name: book.add_format({"num_format": name}) for name in ('#,##0.00 "EUR"', "0.0 %", "00000", "yyyy-mm-dd")}
    sheet.merge_range("A1:D1", "Spare parts", book.add_format({"bold": True}))
    sheet.write_row("A2", ("Part", "Price", "VAT", "Since"))
    for row, (number, price, vat, since) in enumerate(((1067, 9.5, 0.19, 2024), (42, 1249, 0.07, 2025)), 2):
        sheet.write(row, 0, number, style["00000"])
        sheet.write(row, 1, price, style['#,##0.00 "EUR"'])
        sheet.write(row, 2, vat, style["0.0 %"])
        sheet.write_datetime(row, 3, date(since, 3, 1), style["yyyy-mm-dd"])
    sheet.write(4, 0, "Total")
    sheet.write_formula(4, 1, "=SUM(B3:B4)", style['#,##0.00 "EUR"'], 1258.5)
    sheet.write(5, 0, "purchase margin")
    sheet.set_row(5, None, None, {"hidden": True})
    sheet.write(1, 5, "Supplier")
    sheet.set_column(5, 5, None, None, {"hidden": True})
    secret = book.add_worksheet("Suppliers")
    secret.write(0, 0, "Zhang Ltd")
    secret.hide()
    book.close()
    return OfficeFile(
        "prices",
        "xlsx",
        out.getvalue(),
        """Prices Spare parts Part Price VAT Since 01067 9.50 EUR 19.0 % 2024-03-01 00042 1,249.00 EUR 7.0 % 2025-03-01
        Total 1,258.50 EUR""",
        ("margin", "Supplier", "Zhang"),
    )


def export() -> OfficeFile:
    """Separated values as Windows writes them: semicolons, a `sep=` line, quotes, a line break in a cell, umlauts."""
    text = 'sep=;\r\nArtikel;Preis;Hinweis\r\n"Filter ""F3""";19,90 €;"für Breeze\n300"\r\nGehäuse;7,00 €;\r\n'
    words = 'Artikel Preis Hinweis Filter "F3" 19,90 € für Breeze 300 Gehäuse 7,00 €'
    return OfficeFile("export", "csv", text.encode("cp1252"), words)


def leaflet() -> OfficeFile:
    """A PDF of two pages, written as text."""
    pages = (b"(Safety) Tj T* (Keep the device dry.) Tj", b"(Warranty) Tj T* (Two years from purchase.) Tj")
    return OfficeFile("leaflet", "pdf", _pdf(pages), "Safety Keep the device dry. Warranty Two years from purchase.")


FILES: tuple[Callable[[], OfficeFile], ...] = (letter, manual, deck, prices, export, leaflet)


def _saved(made: "docx.document.Document | pptx.presentation.Presentation") -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _link(paragraph: Paragraph, address: str, text: str) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(address, kind, is_external=True))
    link.append(paragraph.add_run(text)._r)
    paragraph._p.append(link)


def _reviewed(paragraph: Paragraph, change: str, text: str) -> None:
    """Put a change under review into the paragraph: `w:ins` or `w:del`."""
    mark = OxmlElement(change)
    run = OxmlElement("w:r")
    words = OxmlElement("w:delText" if change == "w:del" else "w:t")
    words.text = text
    run.append(words)
    mark.append(run)
    paragraph._p.append(mark)


def _pdf(pages: tuple[bytes, ...]) -> bytes:
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, page in enumerate(pages):
        drawn = b"BT /F1 12 Tf 14 TL 40 180 Td %s ET" % page
        parts += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * number),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        ]
    out, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + table + end
