"""Real and nasty HTML through the one converter."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.text import to_markdown

PAGE = "https://acme.zendesk.com/hc/en-us/articles/1"


def markdown(html: str) -> str:
    return to_markdown(html, PAGE)


def test_a_table_keeps_its_cells_line_breaks_and_pipes() -> None:
    html = (
        "<table><tr><th>A</th><th>B</th></tr><tr><td colspan=2>x<br>y</td></tr><tr><td>1|2</td><td>z</td></tr></table>"
    )

    lines = [re.sub(r" +", " ", line) for line in markdown(html).splitlines()]

    assert lines[0] == "| A | B |"
    assert lines[2] == "| x<br>y | |"
    assert lines[3] == r"| 1\|2 | z |"


def test_code_keeps_its_language_its_lines_and_its_angle_brackets() -> None:
    html = '<pre><code class="language-python">if a &lt; b:\n\n\n    print("&lt;script&gt;")</code></pre>'

    assert markdown(html) == '```python\nif a < b:\n\n\n    print("<script>")\n```'


def test_nested_lists_stay_nested() -> None:
    html = "<ul><li>a<ul><li>b<ol><li>c</li></ol></li></ul></li><li>d</li></ul>"

    assert markdown(html) == "- a\n  - b\n    1. c\n- d"


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("/hc/en-us/articles/2", "https://acme.zendesk.com/hc/en-us/articles/2"),
        ("3-next", "https://acme.zendesk.com/hc/en-us/articles/3-next"),
        ("//cdn.acme.com/a b(1).pdf", "https://cdn.acme.com/a%20b%281%29.pdf"),
        ("mailto:help@acme.com", "mailto:help@acme.com"),
    ],
)
def test_links_become_absolute(href: str, target: str) -> None:
    assert markdown(f'see <a href="{href}">this</a>') == f"see [this]({target})"


def test_a_link_without_text_is_called_by_its_file() -> None:
    html = '<a href="/hc/article_attachments/7/price%20list.pdf"> </a>'

    assert markdown(html) == "[price list.pdf](https://acme.zendesk.com/hc/article_attachments/7/price%20list.pdf)"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", " JaVa\nScript:alert(1)", "data:text/html,x", "vbscript:x", "http://[bad", ""]
)
def test_unsafe_links_keep_their_text_only(href: str) -> None:
    assert markdown(f'see <a href="{href}">this</a>') == "see this"


def test_images_keep_their_alt_text_and_inline_data_goes() -> None:
    html = '<p><img src="/a.png" alt="Menu"> <img src="data:image/png;base64,AAAA" alt="Shot"> <img src="/b.png"></p>'

    assert markdown(html) == "![Menu](https://acme.zendesk.com/a.png) Shot"


def test_what_a_reader_can_unfold_is_kept() -> None:
    html = (
        '<div style="display:none">accordion</div><p hidden>tab</p>'
        "<details><summary>More</summary><p>inner</p></details><nav>menu</nav><form>fields <button>Send</button></form>"
    )

    text = markdown(html)

    assert all(word in text for word in ("accordion", "tab", "More", "inner", "menu", "fields", "Send"))


def test_scripts_and_styles_go_and_videos_become_links() -> None:
    html = (
        "<script>alert(1)</script><style>p{}</style><p onclick='x()'>text</p><svg><script>alert(2)</script></svg>"
        '<iframe src="//www.youtube.com/embed/1"></iframe>'
    )

    assert markdown(html) == "text\n\n[Video: https://www.youtube.com/embed/1](https://www.youtube.com/embed/1)"


def test_text_that_looks_like_a_tag_does_not_become_one() -> None:
    html = '<p>write &lt;script&gt; here, a &lt; b</p><img src="/a.png" alt="&lt;script&gt;">'

    text = markdown(html)

    assert "<script" not in text
    assert text.startswith("write &lt;script> here, a < b")


def test_a_callout_says_what_its_colour_said() -> None:
    assert markdown('<div class="callout callout--warning"><p>Hot.</p></div>') == "**Warning:**\n\nHot."


def test_unicode_survives_and_what_cannot_be_stored_goes() -> None:
    text = markdown(
        "<p>😀 👩\u200d👩\u200d👧 שלום \u202bعربي\u202c 日本語 caf\u00e9</p>\ud800\x00<p>a\u00a0b\u200bc</p>"
    )

    assert text == "😀 👩\u200d👩\u200d👧 שלום عربي 日本語 caf\u00e9\n\na bc"


def test_words_split_by_markup_do_not_count_as_lost() -> None:
    assert markdown("H<sub>2</sub>O un<b>believ</b>able") == "H2O un**believ**able"


def test_neighbouring_links_do_not_count_as_lost() -> None:
    html = '<a href="/a">One</a><a href="/b">Two</a>'

    assert markdown(html) == "[One](https://acme.zendesk.com/a)[Two](https://acme.zendesk.com/b)"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div>" * 20_000 + "deep" + "</div>" * 20_000, "deep"),
        ("<ul><li>" * 3_000 + "list", "list"),
        ("<table>" * 3_000 + "cell", "cell"),
        ("<object>" * 2_000 + "x" + "</object>" * 2_000 + "after", "xafter"),
        ("<b>" * 5_000 + "bold", "bold"),
        ("<!-- open", ""),
        ("", ""),
        ("\x00\ud800", ""),
    ],
    ids=["divs", "lists", "tables", "objects", "bolds", "comment", "empty", "unstorable"],
)
def test_deep_and_broken_html_keeps_its_text(html: str, expected: str) -> None:
    assert markdown(html) == expected


def test_huge_input_keeps_every_character() -> None:
    assert markdown("<" * 200_000) == "<" * 200_000
    assert markdown("word " * 1_000_000) == ("word " * 1_000_000).strip()


_FRAGMENTS = st.sampled_from(
    (
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<a href='javascript:x'>",
        "<a href='/x'>",
        "</a>",
        "<img src=data:x alt=y>",
        "<img src=/x alt='<object>'>",
        "<ul><li>",
        "</ul>",
        "<table><tr><td>",
        "</table>",
        "<pre>",
        "</pre>",
        "<code>",
        "</code>",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<svg>",
        "</svg>",
        "<object>",
        "</object>",
        "<embed>",
        "<template>",
        "</template>",
        "<iframe src=//x>",
        "</iframe>",
        "<video src=/v>",
        "</video>",
        "<!--",
        "-->",
        "&lt;script&gt;",
        "&",
        "<",
        ">",
        "```",
        "\n",
        "\x00",
        "\ud800",
        "word",
        "文",
        "<textarea>",
        "</textarea>",
        "<noscript>",
        "</noscript>",
        "<plaintext>",
        "<frameset>",
        "<body>",
        "</html>",
        "<div class=callout--info>",
        "<math>",
        "<mi>",
        "<select><option>",
        "<details><summary>",
        "<blockquote>",
        "<h1>",
        "<title>",
    )
)


@pytest.mark.parametrize(
    "html",
    [
        "`<code>&lt;script&gt;</code>",
        "one ` mark and <code>&lt;script&gt;</code>",
        "<p>a <tt>&lt;img src=x&gt;</tt>`</p>",
        "<p><code>`</code> and <code>&lt;script&gt;</code></p>",
        "<ul><li>``</li></ul><p><kbd>&lt;svg onload=x&gt;</kbd> ``</p>",
    ],
)
def test_a_backtick_in_a_text_does_not_free_what_is_code(html: str) -> None:
    assert not re.search(r"<(script|img|svg)", markdown(html))
    assert "<script>" in markdown("<p><code>&lt;script&gt;</code></p>")
    assert "<script>" in markdown("<p>`</p><pre><code>&lt;script&gt;</code></pre>")


@given(st.lists(st.one_of(_FRAGMENTS, st.text(max_size=8)), max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_input_raises_or_comes_back_as_a_live_tag(pieces: list[str]) -> None:
    text = markdown("".join(pieces))

    text.encode()
    outside_code = re.sub(r"(`+).*?\1", "", text, flags=re.DOTALL)
    assert not re.search(r"<(script|style|iframe|svg|object|img)", outside_code, re.IGNORECASE)
    assert "](javascript:" not in outside_code
