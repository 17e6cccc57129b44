"""Cells say what a spreadsheet program shows, and no more than it shows."""

import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
import xlsxwriter

from connectors.files import Extract
from connectors.readers.number_format import shown, shown_text
from tests.connectors.reading import extract_here

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def book(fill: Callable[[xlsxwriter.Workbook], object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        fill(made)
    return out.getvalue()


def read(content: bytes) -> Extract:
    return extract_here(content, XLSX, "prices.xlsx")


def changed(content: bytes, part: str, old: str, new: str) -> bytes:
    """The file with a part's text changed by hand, as other programs write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as made:
        for name in given.namelist():
            text = given.read(name)
            if name == part:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            made.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.15, "0.0%", "15.0%"),
        (9.5, '#,##0.00 "EUR"', "9.50 EUR"),
        (1067, "00000", "01067"),
        (46082, "dd.mm.yyyy", "01.03.2026"),
        (1.5, "[h]:mm", "36:00"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (-1234.5, "#,##0.00;[Red](#,##0.00)", "(1,234.50)"),
        (0, '0;-0;"none"', "none"),
        (46082.60416666666, "yyyy-mm-dd h:mm:ss", "2026-03-01 14:30:00"),
        (0.75, "h:mm AM/PM", "6:00 PM"),
        (1234567, '0.0,,"M"', "1.2M"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (12.5, "# ?/?", "12 1/2"),
        (1.5e10, "0.00E+00", "1.50E+10"),
        (19, "#,##0.00 [$€-407]", "19.00 €"),
        (1500, '[>=1000]0.0,"k";0', "1.5k"),
        (7, '"No. "000', "No. 007"),
        (2.675, "0.00", "2.68"),
        (0.0007, "mm:ss.0", "01:00.5"),
        (5, ";;;", ""),
        (1234, "@", "1234"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (1.234567890123457e18, "General", "1234567890123460000"),
        (1e-07, "General", "0.0000001"),
        (0.1 + 0.2, "General", "0.3"),
        (float("inf"), "0.00", "inf"),
        (1e300, "yyyy-mm-dd", f"{1e300:.15g}".upper()),
        (3, "0" * 300, "3"),
    ],
)
def test_a_number_is_shown_by_its_format(value: float, code: str, text: str) -> None:
    assert shown(value, code).strip() == text


def test_a_text_is_shown_by_its_format_too() -> None:
    assert (shown_text("7", '"No. "@'), shown_text("7", ";;;"), shown_text("7", "0.00")) == ("No. 7", "", "7")


def test_cells_keep_their_formats_dates_and_leading_zeros() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet("Prices")
        formats = [
            made.add_format({"num_format": code}) for code in ("0.0%", "dd.mm.yyyy", "00000", "[$£-809]#,##0.00")
        ]
        sheet.write_row(0, 0, ["Discount", "From", "Zip", "Price"])
        for column, (value, shown_as) in enumerate(zip((0.15, date(2026, 3, 1), 1067, 1234.5), formats, strict=True)):
            sheet.write(1, column, value, shown_as)

    assert "| 15.0%    | 01.03.2026 | 01067 | £1,234.50 |" in read(book(fill)).markdown


def test_what_is_hidden_is_not_published() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet("Prices")
        sheet.write_column(0, 0, ["Plan", "Team", "SECRET ROW", "Pro", "LOW ROW"])
        sheet.write_column(0, 1, ["SECRET COLUMN", "1", "2", "3"])
        sheet.write_column(0, 2, ["Price", "19", "20", "29"])
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_row(4, 0)
        sheet.set_column(1, 1, None, None, {"hidden": True})
        sheet.write_comment(1, 0, "SECRET COMMENT")
        made.add_worksheet("Hidden").write(0, 0, "SECRET SHEET")
        made.get_worksheet_by_name("Hidden").hide()
        made.add_worksheet("Very").write(0, 0, "SECRET VERY")
        made.get_worksheet_by_name("Very").very_hidden()

    markdown = read(book(fill)).markdown

    assert "SECRET" not in markdown
    assert "LOW ROW" not in markdown
    assert "| Pro  | 29 " in markdown


def test_a_formula_without_a_value_and_an_error_are_seen() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet("Prices")
        sheet.write_row(0, 0, ["Plan", "Total", "Rate"])
        sheet.write_formula(1, 1, "=12*19", None, 228)
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 1, "=12*29", None, 348)

    content = changed(book(fill), "xl/worksheets/sheet1.xml", "<v>348</v>", "<v></v>")
    found = read(content)

    assert "228" in found.markdown
    assert "#DIV/0!" in found.markdown
    assert found.problem.endswith("save it anew): B3 of Prices")


def test_characters_that_a_sheet_spells_are_what_they_mean() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        made.add_worksheet().write_row(0, 0, ["one_x000D_\ntwo", "a_x005F_b", "x"])
        made.get_worksheet_by_name("Sheet1").write_rich_string(
            1, 0, "10", made.add_format({"font_script": 1}), "6", " rows"
        )

    markdown = read(changed(book(fill), "xl/sharedStrings.xml", "_x005F_x000D_", "_x000D_")).markdown

    assert "one<br>two" in markdown
    assert "a_x005F_b" in markdown
    assert "10⁶ rows" in markdown


def test_merged_cells_links_and_boxes_are_kept() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet("Prices")
        sheet.write_row(0, 0, ["Plan", "Region"])
        sheet.merge_range(1, 0, 2, 0, "Team")
        sheet.write_column(1, 1, ["EU", "US"])
        sheet.write_url(3, 0, "https://acme.test/terms", string="Terms")
        sheet.insert_textbox(5, 0, "Prices without tax")
        chart = made.add_chart({"type": "column"})
        chart.add_series({"values": "=Prices!$B$2:$B$3"})
        chart.set_title({"name": "Sales by region"})
        sheet.insert_chart(8, 0, chart)

    markdown = read(book(fill)).markdown

    for piece in ("| Team ", "US", "[Terms](https://acme.test/terms)", "Prices without tax", "Sales by region"):
        assert piece in markdown
    assert markdown.count("| Team ") == 2


def test_a_cell_at_the_far_end_costs_nothing_and_stays() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet("Far")
        sheet.write_row(0, 0, ["Plan", "Price"])
        sheet.write(1_048_575, 16_383, "stray")

    found = read(book(fill))

    assert "| Plan | Price |" in found.markdown
    assert "stray" in found.markdown
    assert found.problem == ""


def test_more_columns_than_are_read_are_told() -> None:
    found = read(book(lambda made: made.add_worksheet("Wide").write_row(0, 0, [f"c{n}" for n in range(90)])))

    assert "c59" in found.markdown
    assert "c60" not in found.markdown
    assert found.problem == "prices.xlsx: only 2,000 rows and 60 columns were read of Wide"


@pytest.mark.parametrize(
    "text",
    [
        'sep=;\nPlan;Price\n"Team;EU";19\n',
        'sep=|\r\nPlan|Price\r\n"Team;EU"|19\r\n',
        '"sep=\t"\nPlan\tPrice\nTeam;EU\t19\n',
    ],
)
def test_the_line_that_names_the_separator_is_no_row(text: str) -> None:
    markdown = extract_here(text.encode(), "text/csv", "plans.csv").markdown

    assert "sep=" not in markdown
    assert "| Team;EU | 19 " in markdown


@pytest.mark.parametrize("length", [131_073, 400_000])
def test_a_long_field_keeps_the_rows_around_it(length: int) -> None:
    text = f'q,a\n"long","{"x" * length}"\nafter,"yes"\n'

    found = extract_here(text.encode(), "text/csv", "a.csv")

    assert "x" * length in found.markdown
    assert "| after |" in found.markdown
    assert len(found.markdown) < 2 * length


def test_leading_zeros_of_separated_values_stay() -> None:
    assert "| 01067 " in extract_here(b"Zip,City\n01067,Dresden\n", "text/csv", "a.csv").markdown
