"""Slides: what an audience sees arrives as it was set, and nothing that is hidden."""

import io

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.presentation import Presentation
from pptx.util import Inches

from tests.connectors.reading import extract_here

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def deck(*titles: str) -> Presentation:
    made = pptx.Presentation()
    for title in titles:
        made.slides.add_slide(made.slide_layouts[1]).shapes.title.text = title
    return made


def read(made: Presentation, *, speaker_notes: bool = False) -> str:
    out = io.BytesIO()
    made.save(out)
    return extract_here(out.getvalue(), PPTX, "deck.pptx", speaker_notes=speaker_notes).markdown


@pytest.mark.parametrize("end", ["\v", "\f", "\x85", "\u2028"], ids=["soft", "form feed", "next line", "separator"])
def test_a_soft_break_glues_no_words(end: str) -> None:
    made = deck("Opening hours")
    frame = made.slides[0].placeholders[1].text_frame
    frame.text = "Friday\v9 to 17"
    if end != "\v":
        frame.paragraphs[0].runs[0].text = "Friday"
        frame.paragraphs[0]._p.remove(frame.paragraphs[0]._p.findall(".//{*}br")[0])
        frame.paragraphs[0].runs[0].text = "Friday" + (end if end in "\x85\u2028" else "\v")

    words = read(made).split()

    assert words[-4:] == ["Friday", "9", "to", "17"]


def test_a_soft_break_is_a_line_break_in_titles_lists_and_cells() -> None:
    made = deck("Opening\vhours")
    slide = made.slides[0]
    slide.placeholders[1].text_frame.text = "Friday\v9 to 17"
    slide.shapes.add_table(2, 1, Inches(1), Inches(4), Inches(4), Inches(1)).table.cell(1, 0).text = "Mon\v8"

    markdown = read(made)

    assert markdown.startswith("## Opening hours\n\nFriday  \n9 to 17")
    assert "Mon<br>8" in markdown


def test_hidden_slides_shapes_and_notes_are_absent() -> None:
    made = deck("Shown", "SECRET SLIDE", "Shown too")
    made.slides[1].element.set("show", "0")
    box = made.slides[0].shapes.add_textbox(Inches(1), Inches(1), Inches(1), Inches(1))
    box.text_frame.text = "SECRET SHAPE"
    box._element.find(".//{*}cNvPr").set("hidden", "1")
    made.slides[2].notes_slide.notes_text_frame.text = "SECRET NOTE"

    markdown = read(made)

    assert markdown == "## Shown\n\n## Shown too"
    assert "SECRET NOTE" in read(made, speaker_notes=True)
    assert "SECRET SLIDE" not in read(made, speaker_notes=True)


def test_charts_formulas_raised_and_merged_text_are_kept() -> None:
    made = deck("Plans")
    shapes = made.slides[0].shapes
    data = CategoryChartData()  # type: ignore[no-untyped-call]  # the library has no types
    data.categories = ["EU"]
    data.add_series("Sales", (1,))  # type: ignore[no-untyped-call]  # likewise
    frame = shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(1), Inches(3), Inches(3), data)
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "Sales by region"
    paragraph = made.slides[0].placeholders[1].text_frame.paragraphs[0]
    paragraph.add_run().text = "10"
    paragraph.add_run().text = "6"
    paragraph.runs[1]._r.get_or_add_rPr().set("baseline", "30000")
    table = shapes.add_table(3, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    for row, cells in enumerate((("Plan", "Region"), ("Team", "EU"), ("", "US"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))

    markdown = read(made)

    for piece in ("Sales by region", "10⁶", "| Team | EU ", "| Team | US "):
        assert piece in markdown


def test_shapes_in_a_newer_dialect_are_read_once() -> None:
    made = deck("Rate")
    names = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
        'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )
    shape = (
        '<p:sp><p:nvSpPr><p:cNvPr id="9" name="x"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p>'
        "<a:r><a:t>Rate is </a:t></a:r>{}</a:p></p:txBody></p:sp>"
    )
    letters = "<m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den>"
    formula = f"<a14:m><m:oMath><m:f>{letters}</m:f></m:oMath></a14:m>"
    made.slides[0].shapes._spTree.append(
        parse_xml(
            f'<mc:AlternateContent {names}><mc:Choice Requires="a14">{shape.format(formula)}</mc:Choice>'
            f"<mc:Fallback>{shape.format('')}</mc:Fallback></mc:AlternateContent>"
        )
    )

    assert read(made) == "## Rate\n\nRate is a/b"
