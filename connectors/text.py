"""HTML to Markdown that loses no text: what the converter would drop, a plain fallback keeps."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from html_to_markdown import (
    CodeBlockStyle,
    ConversionError,
    ConversionOptions,
    HeadingStyle,
    HiddenContent,
    HighlightStyle,
    InlineDataMedia,
    LinkStyle,
    ListIndentType,
    NewlineStyle,
    OutputFormat,
    PreprocessingOptions,
    PreprocessingPreset,
    TierStrategy,
    UrlEscapeStyle,
    WhitespaceMode,
)
from html_to_markdown import convert as converted
from selectolax.lexbor import LexborHTMLParser, LexborNode

from connectors import apart, hidden_text, html_cost, html_tree
from connectors.file_options import Options
from sync import invisible

RECALL = 0.97
MAX_LENGTH = 8_000_000  # characters of Markdown
OPTIONS = ConversionOptions(
    bullets="-",
    inline_data_media=InlineDataMedia.DROP_ELEMENT,
    hidden_content=HiddenContent.ALL,  # accordions and tabs are hidden until a reader opens them
    br_in_tables=True,
    extract_metadata=False,
    # by default it drops nav and form text
    preprocessing=PreprocessingOptions(enabled=False, preset=PreprocessingPreset.STANDARD),
    # The defaults, spelled out: given as names they are looked up for every document, for longer than it is converted.
    heading_style=HeadingStyle.ATX,
    list_indent_type=ListIndentType.SPACES,
    highlight_style=HighlightStyle.DOUBLE_EQUAL,
    whitespace_mode=WhitespaceMode.NORMALIZED,
    newline_style=NewlineStyle.SPACES,
    code_block_style=CodeBlockStyle.BACKTICKS,
    url_escape_style=UrlEscapeStyle.ANGLE,
    link_style=LinkStyle.INLINE,
    output_format=OutputFormat.MARKDOWN,
    tier_strategy=TierStrategy.AUTO,
)
WIDE = replace(OPTIONS, compact_tables=True)
# fmt: off
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "img", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "ul",
})
# fmt: on
SAFE_SCHEMES = html_tree.SAFE_SCHEMES
CUT: Final = f"only the first {MAX_LENGTH:,} characters are kept; split it"

_TARGET = re.compile(r"\]\([^()\s]*\)")
_WORD = re.compile(r"\w+")
_FENCE = re.compile(r" {0,3}(`{3,1000}|~{3,1000})")
_TICKS = re.compile(r"`+")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_SCRIPT = re.compile(r"<(script|style|template)\b.*?(?:</\1\b|\Z)", re.DOTALL | re.IGNORECASE)
_ANY_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<[^>]*(?:>|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Converted:
    """A text as Markdown. `problem`: what of it was left out, and why; '' where nothing was."""

    markdown: str
    problem: str = ""


def convert(html: str, base_url: str) -> Converted:
    """Return the text of the page as Markdown, with absolute links; never raises, never returns live HTML.

    Falls back to plain lines of text where the converter gives up or loses words. A page that is large, or made to be
    hard to read, is read in a process of its own, within bounds.
    """
    return convert_here(html, base_url) if html_cost.is_cheap(html) else convert_apart("html", html, base_url)


def convert_apart(kind: str, html: str, base_url: str) -> Converted:
    """Convert in a process of its own; where that takes too much, only the words are left."""
    try:
        found = apart.run(kind, html.encode("utf-8", "replace"), Options(base_url, "charset=utf-8"))
    except apart.Failed as error:
        words = _SCRIPT.sub("\n", html[:MAX_LENGTH])
        return Converted(from_plain(_ANY_TAG.sub("\n", words)), f"only its words are kept: its markup {error}")
    return Converted(found.get("markdown", ""), found.get("problem", ""))


def to_markdown(html: str, base_url: str) -> str:
    """Return the Markdown alone of `convert`."""
    return convert(html, base_url).markdown


def convert_here(html: str, base_url: str) -> Converted:
    """Convert in this process, whatever it takes."""
    body = LexborHTMLParser(clean_text(html)).body
    if body is None:
        return Converted("")
    if html_tree.is_deep(body):  # deeper than any page: the converter takes time for each level of each element
        return bounded(_tidy(html_tree.escape(_plain(body))), html)
    prepared = html_tree.prepare(body, base_url)
    found = bounded(_tidy(_written(body, WIDE if prepared.is_wide else OPTIONS)), html)
    return Converted(found.markdown, "; ".join(filter(None, [*prepared.problems, found.problem])))


def bounded(markdown: str, source: str) -> Converted:
    """Return the Markdown, cut where it is too long, and what is to be said of it and of the text it was made from."""
    problems = [hidden_text.problem_of(source), CUT if len(markdown) > MAX_LENGTH else ""]
    return Converted(closed(markdown[:MAX_LENGTH]), "; ".join(filter(None, problems)))


def _written(body: LexborNode, options: ConversionOptions) -> str:
    plain = _plain(body)
    try:
        result = converted(body.inner_html or "", options)
    except ConversionError:
        return html_tree.escape(plain)
    markdown = result.content or ""
    return html_tree.escape(plain) if result.warnings or not _keeps(plain, markdown) else markdown


def from_plain(plain: str) -> str:
    """Return plain text so that Markdown shows it: nothing in it becomes a tag, and no code is touched."""
    return closed(_tidy(html_tree.escape(clean_text(plain))))


def from_markdown(markdown: str) -> str:
    """Return Markdown in which nothing outside of code can become a tag, without its front matter."""
    lines, fence = [], ""
    for line in _FRONT_MATTER.sub("", clean_text(markdown)).split("\n"):
        opened = _FENCE.match(line)
        if fence:
            fence = "" if opened and line.strip() == opened[1] and opened[1].startswith(fence) else fence
        elif opened and not ("`" in fence and "`" in line[opened.end() :]):
            fence = opened[1]
        else:
            line = "".join(  # noqa: PLW2901  the line as it is kept
                part if is_code else html_tree.escape(part) for part, is_code in _code_spans(line)
            )
        lines.append(line)
    return closed(_tidy("\n".join(lines)))


def closed(markdown: str) -> str:
    """Return Markdown whose last block of code ends, so that what is written below it is none."""
    fence = ""
    for line in markdown.split("\n"):
        opened = _FENCE.match(line)
        if fence:
            fence = "" if opened and line.strip() == opened[1] and opened[1].startswith(fence) else fence
        elif opened:
            fence = opened[1]
    return f"{markdown}\n{fence}" if fence else markdown


def clean_text(text: str) -> str:
    """Return text that can be stored anywhere and hides nothing: no NUL, lone surrogate, control or unseen letter."""
    return invisible.removed(text)


def _code_spans(line: str) -> list[tuple[str, bool]]:
    """Cut a line into what is inline code and what is not: code ends at as many backticks as it began with."""
    runs = list(_TICKS.finditer(line))
    following: dict[int, int] = {}
    ends = [0] * len(runs)  # the next run of the same length, 0 for none
    for place in range(len(runs) - 1, -1, -1):
        length = len(runs[place][0])
        ends[place], following[length] = following.get(length, 0), place
    parts, done, place = list[tuple[str, bool]](), 0, 0
    while place < len(runs):
        if end := ends[place]:
            parts += [
                (line[done : runs[place].start()], False),
                (line[runs[place].start() : runs[end].end()], True),
            ]
            done, place = runs[end].end(), end
        place += 1
    return [*parts, (line[done:], False)]


def _plain(body: LexborNode) -> str:
    pieces: list[str] = []
    for node in body.traverse(include_text=True):
        if node.is_text_node:
            pieces.append(node.text_content or "")
        elif node.tag in BLOCKS:
            pieces.append("\n")
            if node.tag == "img":
                pieces.append((node.attributes.get("alt") or "") + "\n")
    return "".join(pieces)


def _keeps(plain: str, markdown: str) -> bool:
    """Whether the words of the source survived; where markup splits or joins words, whether their letters did."""
    found = _TARGET.sub("]", markdown)
    return _share(_WORD.findall(plain), _WORD.findall(found)) >= RECALL or (
        _share(_trigrams(plain), _trigrams(found)) >= RECALL
    )


def _share(wanted: list[str], found: list[str]) -> float:
    want, have = Counter(wanted), Counter(found)
    return sum(min(n, have[w]) for w, n in want.items()) / len(wanted) if wanted else 1.0


def _trigrams(text: str) -> list[str]:
    letters = "".join(_WORD.findall(text))
    return [letters[i : i + 3] for i in range(max(1, len(letters) - 2))]


def _tidy(markdown: str) -> str:
    """Leave code as it stands; elsewhere at most one empty line, and no spaces before it."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        if fence:
            if line.strip("` ") == "" and line.strip().startswith(fence):
                fence = ""
        elif opened := _FENCE.match(line):
            fence = opened[1]
        elif not line.strip() and lines and not lines[-1].strip():
            continue
        lines.append(line)
    return "\n".join(lines).strip("\n ")
