"""Bodies as they are stored: what they include, what hangs on it, and how much of them is read at all."""

import time

import pytest

from connectors.confluence import macros
from connectors.confluence.storage import Included, Named, StorageReader, StorageReading
from connectors.text import to_markdown

BASE = "https://acme.atlassian.net/wiki"
POST = Named("HELP", "Outage notice June", "2026/06/01", is_post=True)
NOTES = Named("HELP", "Shared notes")
HELD = {
    POST.place: Included("88", "<p>Down until noon.</p>"),
    NOTES.place: Included("77", '<p>see <ac:link><ri:attachment ri:filename="price list.pdf"/></ac:link></p>'),
    Named("OPS", "Notes").place: Included("79", '<ac:image><ri:attachment ri:filename="plan.png"/></ac:image>'),
}


def reading(number: str = "42") -> StorageReading:
    reader = StorageReader(
        BASE, "HELP", number, lambda account: account, lambda named: HELD.get(named.place), macros.macro
    )
    return StorageReading(reader, (("HELP", "this page", "page"),))


def include(reference: str, macro: str = "include") -> str:
    return (
        f'<ac:structured-macro ac:name="{macro}"><ac:parameter ac:name=""><ac:link>{reference}</ac:link></ac:parameter>'
        "</ac:structured-macro>"
    )


PAGE = '<ri:page ri:content-title="Shared notes"/>'


def markdown(storage: str) -> tuple[str, str]:
    read = reading()
    return to_markdown(read.body(storage), f"{BASE}/spaces/HELP/pages/42"), read.met.problem


@pytest.mark.parametrize("macro", ["include", "excerpt-include"])
def test_an_included_blog_post_is_shown(macro: str) -> None:
    reference = '<ri:blog-post ri:content-title="Outage notice June" ri:posting-day="2026/06/01"/>'
    shown, problem = markdown(f"<p>Current notices:</p>{include(reference, macro)}")

    if macro == "include":
        assert (shown, problem) == ("Current notices:\n\nDown until noon.", "")
    else:
        assert (shown, problem) == ("Current notices:", "an excerpt that it includes is not there")


@pytest.mark.parametrize(
    ("reference", "called"),
    [
        ('<ri:blog-post ri:content-title="Outage notice June" ri:posting-day="2026/06/02"/>', "blog post"),
        ('<ri:page ri:content-title="Nowhere"/>', "page"),
        ('<ri:page ri:space-key="OPS" ri:content-title="Shared notes"/>', "page"),
    ],
    ids=["another day", "no page", "another space"],
)
def test_what_cannot_be_included_is_named(reference: str, called: str) -> None:
    shown, problem = markdown(f"<p>a</p>{include(reference)}<p>b</p>")

    assert shown == "a\n\nb"
    assert problem.startswith(f"includes the {called} ")
    assert "not there or not for the same readers" in problem


@pytest.mark.parametrize(
    ("storage", "address"),
    [
        (include(PAGE), f"[price list.pdf]({BASE}/download/attachments/77/price%20list.pdf)"),
        (
            include('<ri:page ri:space-key="OPS" ri:content-title="Notes"/>'),
            f"![plan.png]({BASE}/download/attachments/79/plan.png)",
        ),
        (
            '<ac:link><ri:attachment ri:filename="a.pdf"><ri:page ri:content-title="Other page"/></ri:attachment>'
            "</ac:link>",
            f"[a.pdf]({BASE}/display/HELP/Other+page)",
        ),
        (
            '<ac:link><ri:attachment ri:filename="a.pdf"/></ac:link>',
            f"[a.pdf]({BASE}/download/attachments/42/a.pdf)",
        ),
    ],
    ids=["included", "included image", "on another page", "on this page"],
)
def test_a_link_to_a_file_names_the_content_that_holds_it(storage: str, address: str) -> None:
    assert address in markdown(storage)[0]


def test_what_stands_behind_an_included_page_belongs_to_this_one_again() -> None:
    shown, _ = markdown(include(PAGE) + '<ac:link><ri:attachment ri:filename="a.pdf"/></ac:link>')

    assert "/attachments/77/price%20list.pdf" in shown
    assert "/attachments/42/a.pdf" in shown


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h2>Fees</h2><p>Only <b>ten</b> euro</p>", "before\n\n## Fees\n\nOnly **ten** euro\n\nafter"),
        ("<ul><li>open<li>list", "before\n\n- open\n- list\n\nafter"),
        ("<script>alert(1)</script><p>text</p></div></div>", "before\n\ntext\n\nafter"),
    ],
)
def test_the_html_macro_shows_what_it_means(html: str, expected: str) -> None:
    body = f"<ac:plain-text-body><![CDATA[{html}]]></ac:plain-text-body>"
    shown, problem = markdown(
        f'<p>before</p><ac:structured-macro ac:name="html">{body}</ac:structured-macro><p>after</p>'
    )

    assert (shown, problem) == (expected, "")


@pytest.mark.parametrize("digits", ["9" * 5000, "١٢", "-3", "0", "1e9", ""])
def test_a_span_is_read_whatever_is_written_there(digits: str) -> None:
    storage = f'<table><tr><td colspan="{digits}" rowspan="{digits}">a</td><td>b</td></tr><tr><td>c</td></tr></table>'

    assert "a" in markdown(storage)[0]


BOMBS = {
    "spans": "<table>" + '<tr><td colspan="100" rowspan="100">' + "x" * 50 + "</td></tr>" * 400 + "</table>",
    "wide rows": "<table><tr>" + "<td>x</td>" * 100_000 + "</tr></table>",
    "spans of much": f'<table><tr><th colspan="100" rowspan="100">{"x" * 100_000}</th></tr>'
    + "<tr></tr>" * 99
    + "</table>",
    "nested tables": "<table><tr><td>" * 200 + "x" + "</td></tr></table>" * 200,
    "nested": "<div>" * 3000 + "x" + "</div>" * 3000,
    "open code": "<![CDATA[" * 100_000,
    "open tags": "<" * 300_000,
    "entities": "&" * 300_000 + "&a" * 100_000,
    "includes": include(PAGE) * 5_000,
    "attributes": "<p " + " ".join(f'a{n}="1"' for n in range(50_000)) + ">x</p>",
    "long": "<p>word</p>" * 150_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_body_takes_more_than_its_length_deserves(name: str) -> None:
    read = reading()
    started = time.process_time()

    written = read.body(BOMBS[name])

    assert time.process_time() - started < 30, "minutes, where it is read without a bound"
    assert len(written) < 20_000_000
