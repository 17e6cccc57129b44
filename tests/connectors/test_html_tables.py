"""Tables, raised and lowered text, and formulas of a page, as Markdown holds them."""

import re

import pytest

from connectors.html_tables import CUT
from connectors.text import convert


def rows(html: str) -> list[str]:
    markdown = convert(html, "").markdown
    return [re.sub(r" +", " ", line) for line in markdown.split("\n") if line.startswith("|") and "---" not in line]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<tr><th>Plan</th><th>Region</th><th>Price</th></tr><tr><td rowspan=2>Team</td><td>EU</td><td>19</td></tr>"
            "<tr><td>US</td><td>21</td></tr>",
            ["| Plan | Region | Price |", "| Team | EU | 19 |", "| Team | US | 21 |"],
        ),
        (
            "<tr><td>a</td><td rowspan=3>b</td></tr><tr><td>c</td></tr><tr><td>d</td></tr>",
            ["| a | b |", "| c | b |", "| d | b |"],
        ),
        (
            "<tr><td rowspan=2>a</td><td>b</td><td rowspan=2>c</td></tr><tr><td>d</td></tr>",
            ["| a | b | c |", "| a | d | c |"],
        ),
        (
            "<tr><th>h</th><th>i</th><th>j</th></tr><tr><td rowspan=2 colspan=2>a</td><td>b</td></tr>"
            "<tr><td>c</td></tr>",
            ["| h | i | j |", "| a | | b |", "| a | | c |"],
        ),
        (
            "<tbody><tr><td rowspan=0>a</td><td>b</td></tr><tr><td>c</td></tr></tbody>"
            "<tbody><tr><td>d</td><td>e</td></tr></tbody>",
            ["| a | b |", "| a | c |", "| d | e |"],
        ),
    ],
    ids=["first column", "last column", "two", "both ways", "to the end of its group"],
)
def test_a_cell_that_spans_rows_is_said_in_each(html: str, expected: list[str]) -> None:
    assert rows(f"<table>{html}</table>") == expected


@pytest.mark.parametrize(
    "cell",
    [
        "<pre>stop app\nstart app</pre>",
        "<pre><code>stop app<br>start app</code></pre>",
        "<div><pre>\nstop app\n\nstart app\n</pre></div>",
    ],
)
def test_two_commands_in_a_cell_stay_two(cell: str) -> None:
    assert rows(f"<table><tr><th>Step</th><th>Run</th></tr><tr><td>1</td><td>{cell}</td></tr></table>")[1] == (
        "| 1 | `stop app`<br>`start app` |"
    )


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\v"])
def test_no_separator_cuts_a_row_or_code(end: str) -> None:
    shown = rows(f"<table><tr><th>Plan</th><th>Note</th></tr><tr><td>Team{end}(EU)</td><td>19</td></tr></table>")

    assert shown[1] == "| Team (EU) | 19 |"
    if end in "\u2028\u2029":
        assert convert(f"<pre>a{end}b</pre>", "").markdown == "```\na b\n```"


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td>{}</td></tr></table>",
        '<table role="presentation"><tr><td>{}</td><td></td></tr></table>',
        "<table><tr><td><table><tr><td>{}</td></tr></table></td></tr></table>",
        "<table><tr><td>{}</td></tr><tr><td><p>end</p></td></tr></table>",
    ],
    ids=["one cell", "said to be layout", "nested", "one column"],
)
def test_a_table_that_lays_a_page_out_keeps_headings_and_lists(html: str) -> None:
    inner = "<h2>Returns</h2><p>Sixty days.</p><ul><li>unused</li><li>boxed</li></ul>"

    assert convert(html.format(inner), "").markdown.startswith("## Returns\n\nSixty days.\n\n- unused\n- boxed")


def test_a_table_in_a_cell_becomes_lines_of_it() -> None:
    inner = "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"

    assert rows(f"<table><tr><th>h</th></tr><tr><td>{inner}</td></tr></table>") == ["| h |", "| a – b<br>c – d |"]


def test_a_table_on_a_layout_is_a_table() -> None:
    inner = "<h2>Fees</h2><table><tr><th>Plan</th><th>Fee</th></tr><tr><td>Team</td><td>19</td></tr></table>"

    assert rows(f"<table><tr><td>{inner}</td></tr></table>") == ["| Plan | Fee |", "| Team | 19 |"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("€9<sup>99</sup>", "€9⁹⁹"),
        ("10<sup>6</sup> rows", "10⁶ rows"),
        ("10<sup>-3</sup> and 2<sup>n+1</sup>", "10⁻³ and 2ⁿ⁺¹"),
        ("x<sup>2k</sup>, y<sup>k</sup>", "x^2k, y^k"),
        ("a month<sup>1</sup>", "a month¹"),
        ("1<sup>st</sup>, Acme<sup>TM</sup>, 2<sup>º</sup>", "1st, Acme™, 2º"),
        ("H<sub>2</sub>O, CO<sub>2</sub>", "H2O, CO2"),
        ("10<sub>2</sub>, x<sub>1</sub>5", "10₂, x₁5"),
        ('10<span style="vertical-align: super">6</span>', "10⁶"),
        ('month<sup><a href="https://a.test/#1">1</a></sup>', "month[¹](https://a.test/#1)"),
        ("<math><msup><mn>10</mn><mn>6</mn></msup></math>", "10⁶"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>12</mn></mfrac></math>", "(a+b)/12"),
    ],
)
def test_what_stands_above_or_below_the_line_is_no_digit_of_what_stands_on_it(html: str, text: str) -> None:
    assert convert(f"<p>{html}</p>", "").markdown == text


@pytest.mark.parametrize(
    "html",
    [
        "<table>" + '<tr><td colspan="1000" rowspan="1000">a' * 150 + "</table>",
        "<table><tr>" + f"<td rowspan=100>{'x' * 1000}</td>" * 100 + "</tr>" + "<tr></tr>" * 99 + "</table>",
        "<table>"
        + '<tr><th colspan="'
        + "9" * 5000
        + '">h</th></tr>'
        + "<tr>"
        + "<td>x</td>" * 9000
        + "</tr></table>" * 3,
    ],
    ids=["both ways", "much in each", "digits"],
)
def test_a_grid_counts_its_bytes(html: str) -> None:
    assert len(html) < 200_000

    found = convert(html, "")

    assert len(found.markdown) < 5_000_000
    if "rowspan" in html:
        assert found.problem == CUT


def test_one_wide_cell_pads_no_column() -> None:
    html = f"<table><tr><td>{'x' * 40_000}</td></tr>{'<tr><td>y</td></tr>' * 5_000}</table>"

    assert len(convert(html, "").markdown) < 4 * len(html)
