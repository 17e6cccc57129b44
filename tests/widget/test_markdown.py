"""The safe part of Markdown, drawn as elements; whatever else somebody writes stays text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page

from session_api.widget import bundle
from tests.widget import kit
from tests.widget.kit import OPENED, Chat, Chromium, Site, page_with, visiting
from tests.widget.payloads import PAYLOADS
from tests.widget.scripted import Cite, Stage

pytestmark = pytest.mark.browser

TRAP = "window.pwned = () => { window.executed = true; };"
ALLOWED = {
    "A",
    "ARTICLE",
    "BLOCKQUOTE",
    "BR",
    "BUTTON",
    "CODE",
    "DIV",
    "EM",
    "H3",
    "H4",
    "HR",
    "LI",
    "OL",
    "P",
    "path",
    "PRE",
    "S",
    "SECTION",
    "SPAN",
    "STRONG",
    "SUP",
    "svg",
    "TABLE",
    "TBODY",
    "TD",
    "TH",
    "THEAD",
    "TR",
    "UL",
}
ATTRIBUTES = {
    "aria-hidden",
    "aria-label",
    "aria-pressed",
    "class",
    "d",
    "data-kind",
    "data-state",
    "dir",
    "hidden",
    "href",
    "part",
    "rel",
    "role",
    "start",
    "tabindex",
    "target",
    "title",
    "type",
    "viewBox",
}
LIST = (
    "node => [...node.querySelectorAll('*')].map((n) => [n.tagName, [...n.attributes].map((a) => [a.name, a.value])])"
)
DRAW = """
<script type="module">
import { drawing } from "./markdown.js";
import { withSources } from "./conversation.js";
window.draw = (texts, settled) => {
  const node = document.createElement("div");
  document.body.replaceChildren(node);
  const tools = { texts: {}, copy() {}, citation: (n) => document.createTextNode(`(${n})`) };
  const update = drawing(node, tools);
  texts.forEach((text, at) => update(text, { open: !settled || at < texts.length - 1 }));
  return node.innerHTML;
};
window.sources = (text, annotations) => withSources({ parts: [{ text, annotations }] });
</script>
"""


@dataclass
class Drawing:
    page: Page

    def __call__(self, text: str) -> str:
        """Return the HTML of a finished text, without what is of no interest here."""
        html: str = self.page.evaluate("text => draw([text], true)", text)
        return (
            html.replace(' dir="auto"', "")
            .replace('l dir="ltr"', "l")
            .replace(' target="_blank" rel="noopener noreferrer"', "")
        )

    def growing(self, *texts: str) -> str:
        """Return the HTML while the last of the texts is not yet complete."""
        html: str = self.page.evaluate("texts => draw(texts, false)", list(texts))
        return html.replace(' dir="auto"', "")


@pytest.fixture(scope="module")
def page(chromium: Chromium) -> Iterator[Page]:
    """A page where texts are drawn, each in place of the one before."""
    with kit.site() as site:
        yield from _drawing_page(chromium, site)


def _drawing_page(chromium: Chromium, site: Site) -> Iterator[Page]:
    for module in ("dom", "markdown", "api", "conversation"):
        source = (bundle.STATIC / f"{module}.js").read_text(encoding="utf-8")
        site.put(f"/{module}.js", source, content_type="text/javascript")
    opened = chromium.new_page()
    opened.add_init_script(TRAP)
    opened.goto(site.put("/", f"<!doctype html><body>{DRAW}</body>"))
    opened.wait_for_function("Boolean(window.draw)")
    yield opened
    opened.close()


@pytest.fixture
def draw(page: Page) -> Drawing:
    return Drawing(page)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Plain words", "<p>Plain words</p>"),
        (
            "**bold** and *soft* and _soft_ and ~~gone~~",
            "<p><strong>bold</strong> and <em>soft</em> and <em>soft</em> and <s>gone</s></p>",
        ),
        ("***both***", "<p><strong><em>both</em></strong></p>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
        ("Line\nbreak", "<p>Line<br>break</p>"),
        ("One\n\nTwo", "<p>One</p><p>Two</p>"),
        ("## Heading ##", "<h4>Heading</h4>"),
        ("- a\n- b\n  - c\n- d", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"),
        ("Steps:\n1. a\n2. b", "<p>Steps:</p><ol><li>a</li><li>b</li></ol>"),
        ("3. c\n4. d", '<ol start="3" dir="ltr"><li>c</li><li>d</li></ol>'),
        ("1. a\n   - x\n   - y\n2. b", "<ol><li>a<ul><li>x</li><li>y</li></ul></li><li>b</li></ol>"),
        ("1. a\n\n   more\n\n2. b", "<ol><li><p>a</p><p>more</p></li><li>b</li></ol>"),
        ("- a\n1. b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
        ("It was built in\n1984. A good year.", "<p>It was built in<br>1984. A good year.</p>"),
        ("> quoted\n> twice", "<blockquote><p>quoted<br>twice</p></blockquote>"),
        ("`a * b` and ``a ` b``", '<p><code dir="ltr">a * b</code> and <code dir="ltr">a ` b</code></p>'),
        ("---", "<hr>"),
        ("[Returns](https://acme.com/a_(b))", '<p><a href="https://acme.com/a_(b)">Returns</a></p>'),
        ("[*soft*](https://acme.com)", '<p><a href="https://acme.com/"><em>soft</em></a></p>'),
        (
            "See https://acme.com/a?b=c_d_e.",
            '<p>See <a href="https://acme.com/a?b=c_d_e">https://acme.com/a?b=c_d_e</a>.</p>',
        ),
        ("<mailto:help@acme.com>", '<p><a href="mailto:help@acme.com">help@acme.com</a></p>'),
        ("![A lamp](https://acme.com/lamp.png)", '<p><a href="https://acme.com/lamp.png">A lamp</a></p>'),
        ("[nowhere](/relative) [x](ftp://a.b)", "<p><span>nowhere</span> <span>x</span></p>"),
        ("[open](https://acme.com and more", '<p>[open](<a href="https://acme.com/">https://acme.com</a> and more</p>'),
        (r"\*not soft\* \[not a link\](x)", "<p>*not soft* [not a link](x)</p>"),
        ("a &amp; b &lt;c&gt; &nope;", "<p>a &amp; b &lt;c&gt; &amp;nope;</p>"),
        ("<b>no</b>", "<p>&lt;b&gt;no&lt;/b&gt;</p>"),
        ("2 < 3 and **5 > 4**", "<p>2 &lt; 3 and <strong>5 &gt; 4</strong></p>"),
        (
            "| a | b |\n|---|:-:|\n| 1 | x \\| y |",
            "<th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>x | y</td>",
        ),
        ("Ends\r\nlike\r\nWindows", "<p>Ends<br>like<br>Windows</p>"),
        ("", ""),
    ],
)
def test_what_is_written_is_drawn(draw: Drawing, text: str, html: str) -> None:
    if text.startswith("|"):
        assert html in draw(text)
    else:
        assert draw(text) == html


def test_code_keeps_every_character(draw: Drawing) -> None:
    html = draw("```python\nif a < b:\n    print('**no**')\n\n# [x](y)\n```\nAfter")

    assert "<code>if a &lt; b:\n    print('**no**')\n\n# [x](y)</code>" in html
    assert html.endswith("<p>After</p>")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Some **bold wor", "<p>Some <strong>bold wor</strong></p>"),
        ("Run `acme --re", '<p>Run <code dir="ltr">acme --re</code></p>'),
        ("See [the retur", "<p>See <span>the retur</span></p>"),
        ("See [the returns](https://acme.c", "<p>See <span>the returns</span></p>"),
        ("Look:\n\n| Region | Da", "<p>Look:</p>"),
    ],
)
def test_what_is_not_yet_complete_looks_as_it_will(draw: Drawing, text: str, html: str) -> None:
    assert draw.growing(text) == html


def test_blocks_that_did_not_change_keep_their_elements(draw: Drawing) -> None:
    same = draw.page.evaluate(
        """async () => {
          const { drawing } = await import("./markdown.js");
          const node = document.createElement("div");
          const update = drawing(node, { texts: {}, copy() {}, citation: () => "" });
          update("# One\\n\\nTwo", { open: true });
          const first = node.firstChild;
          update("# One\\n\\nTwo and\\n\\nThree", { open: true });
          update("# One\\n\\nTwo and\\n\\nThree.", { open: false });
          return first === node.firstChild && node.childNodes.length === 3;
        }"""
    )

    assert same


@pytest.mark.parametrize(
    "text",
    [
        "*" * 20_000,
        "[" * 20_000,
        "`" * 20_000,
        "a `" * 9_000,
        "**a " * 6_000,
        "> " * 9_000,
        "- " * 9_000,
        "[](" * 6_000,
        "&" * 20_000,
        "_a" * 9_000,
        "|" * 20_000,
        "\n" * 20_000,
        "  \n- x\n\n" * 3_000,
        "http://" * 3_000,
        "<" * 20_000,
        "~~a" * 6_000,
        "![" * 9_000,
    ],
)
def test_no_text_keeps_the_page_busy(draw: Drawing, text: str) -> None:
    """Twenty thousand characters of the worst take two seconds of the page's CPU time at most, on any machine."""
    session = draw.page.context.new_cdp_session(draw.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _script_seconds(session)

    draw.page.evaluate("text => draw([text], true)", text)
    took = _script_seconds(session) - before
    session.detach()

    assert 0 < took < 2


def _script_seconds(session: CDPSession) -> float:
    """The CPU time that the page's tasks took so far; other programs do not count."""
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def test_citations_stand_where_they_were_said_and_each_source_is_listed_once(draw: Drawing) -> None:
    def note(title: str, index: int | None) -> dict[str, Any]:
        return {
            "type": "annotation",
            "index": index,
            "source": {"type": "url", "url": f"https://acme.com/{title}", "title": title},
        }

    told = draw.page.evaluate(
        "([text, notes]) => sources(text, notes)",
        ["Ok 🎉👍🏽 yes no", [note("b", 10), note("a", 7), note("b", 10), note("c", None), note("a", 99)]],
    )

    assert told["text"] == "Ok 🎉👍🏽 \ue0001\ue001yes\ue0002\ue001 no\ue0001\ue001"
    assert [source["title"] for source in told["sources"]] == ["a", "b", "c"]


def test_no_payload_becomes_anything_but_text_whole_or_half(page: Page) -> None:
    for payload in PAYLOADS:
        growing = [payload[:end] for end in range(1, len(payload), 3)]
        page.evaluate("texts => draw(texts, true)", [*growing, payload])
        check(page.evaluate(f"({LIST})(document.body.firstChild)"), payload)

    assert not page.evaluate("window.executed")


def check(drawn: list[tuple[str, list[tuple[str, str]]]], payload: str) -> None:
    """Fail on any element, attribute or address that the widget does not make itself."""
    for tag, attributes in drawn:
        assert tag in ALLOWED, (tag, payload)
        for name, value in attributes:
            assert name in ATTRIBUTES, (name, payload)
            if name == "href":
                assert value.startswith(("https://", "http://", "mailto:", "tel:")), (value, payload)
                assert not re.match(r"https?://[^/]*@", value), (value, payload)


def test_no_payload_executes_in_answers_titles_sources_or_questions(
    chromium: Chromium, stage: Stage, site: Site, server: str, words: dict[str, str]
) -> None:
    """On a page without any policy that could help."""
    parts = [PAYLOADS[at : at + 28] for at in range(0, len(PAYLOADS), 28)]
    stage.chat.answers = [
        [
            part
            for payload in some
            for part in (f"\n\n{payload}\n\n", Cite(payload, payload), Cite(payload, "https://acme.com/" + payload))
        ]
        for some in parts
    ]
    with visiting(chromium, site.put("/", page_with(server)), words, init=OPENED + TRAP) as chat:
        chat.page.on("dialog", lambda dialog: chat.errors.append(dialog.message))
        chat.open()
        for some in parts:
            chat.button("new").click()
            chat.ask(some[0] + some[-1])
            check(chat.panel.locator(".messages").evaluate(LIST), "in the chat")
            hover_and_focus_everything(chat)
        chat.button("history").click()
        chat.panel.locator(".threads li").nth(len(parts) - 1).wait_for()
        chat.button("person").click()

        assert len(parts) == 8
        assert not chat.page.evaluate("window.executed")
        chat.page.evaluate("pwned()")
        assert chat.page.evaluate("window.executed"), "the trap itself must work"


def hover_and_focus_everything(chat: Chat) -> None:
    chat.panel.locator(".messages").evaluate(
        "node => node.querySelectorAll('*').forEach((n) => { n.focus && n.focus();"
        " for (const type of ['pointerenter', 'mouseover', 'error', 'load'])"
        " n.dispatchEvent(new Event(type)); })"
    )
