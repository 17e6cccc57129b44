"""HTML to Markdown that loses no text: what the converter would drop, a plain fallback keeps."""

import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

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
    convert,
)
from selectolax.lexbor import LexborHTMLParser, LexborNode, create_tag

RECALL = 0.97
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
DROPPED = frozenset(("script", "style", "template", "svg", "canvas", "link", "meta", "base", "param"))
PLAYERS = frozenset(("iframe", "embed", "video", "audio", "object", "applet"))
VERBATIM = frozenset(("pre", "code", "kbd", "samp", "tt"))
# fmt: off
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "img", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "ul",
})
# fmt: on
SAFE_SCHEMES = frozenset(("http", "https", "mailto"))
CALLOUTS = {"warning": "Warning", "danger": "Danger", "error": "Danger", "success": "Tip", "tip": "Tip", "info": "Note"}

_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\ufeff\ud800-\udfff]")
_IN_TARGET = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E"})
_TARGET = re.compile(r"\]\([^()\s]*\)")
_WORD = re.compile(r"\w+")
_OPENS_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_FENCE = re.compile(r" *(`{3,})")
_CODE_SPAN = re.compile(r"(`+[^`]+`+)")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)


def to_markdown(html: str, base_url: str) -> str:
    """Return the text of the page as Markdown, with absolute links; never raises, never returns live HTML.

    Falls back to plain lines of text where the converter gives up or loses words.
    """
    body = LexborHTMLParser(clean_text(html)).body
    if body is None:
        return ""
    _prepare(body, base_url)
    plain = _plain(body)
    try:
        result = convert(body.inner_html or "", OPTIONS)
    except ConversionError:
        return _tidy(_escape(plain))
    markdown = result.content or ""
    if result.warnings or not _keeps(plain, markdown):
        return _tidy(_escape(plain))
    return _tidy(markdown)


def from_plain(plain: str) -> str:
    """Return plain text so that Markdown shows it: nothing in it becomes a tag, and no code is touched."""
    return _tidy(_escape(clean_text(plain)))


def from_markdown(markdown: str) -> str:
    """Return Markdown in which nothing outside of code can become a tag, without its front matter."""
    lines, fence = [], ""
    for line in _FRONT_MATTER.sub("", clean_text(markdown)).split("\n"):
        opened = _FENCE.match(line)
        if fence:
            fence = "" if opened and line.strip() == opened[1] and opened[1].startswith(fence) else fence
        elif opened:
            fence = opened[1]
        else:
            line = "".join(  # noqa: PLW2901  the line as it is kept
                part if part.startswith("`") else _escape(part) for part in _CODE_SPAN.split(line)
            )
        lines.append(line)
    return _tidy("\n".join(lines))


def clean_text(text: str) -> str:
    """Return text that can be stored anywhere: no NUL, lone surrogate, control or invisible break; plain newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return _UNWANTED.sub("", text)


@dataclass
class _Plan:
    """What to change in the tree; found in one walk, applied after it, so that no walk meets a removed node."""

    drop: list[LexborNode] = field(default_factory=list)
    text: list[LexborNode] = field(default_factory=list)
    links: list[LexborNode] = field(default_factory=list)
    images: list[LexborNode] = field(default_factory=list)
    players: list[LexborNode] = field(default_factory=list)
    callouts: list[LexborNode] = field(default_factory=list)


def _prepare(body: LexborNode, base_url: str) -> None:
    plan = _survey(body)
    for node in plan.drop:
        node.decompose()
    for node in plan.text:
        node.replace_with(_escape(node.text_content or ""))
    for node in plan.links:
        _set_url(node, "href", base_url)
        _name_link(node)
    for node in plan.images:
        _set_url(node, "src", base_url)
        alt = (node.attributes.get("alt") or "").strip()
        if not alt or not node.attributes.get("src"):
            node.replace_with(_escape(alt))
        else:
            node.attrs["alt"] = _escape(alt)
    for node in plan.callouts:
        _label_callout(node)
    for node in plan.players:
        _link_player(node, base_url)


def _survey(body: LexborNode) -> _Plan:
    plan, dropped, verbatim = _Plan(), set[int](), set[int]()
    for node in body.traverse(include_text=True):
        parent = node.parent
        above = parent.mem_id if parent is not None else 0
        if above in dropped:
            dropped.add(node.mem_id)
            continue
        if above in verbatim or node.tag in VERBATIM:
            verbatim.add(node.mem_id)
        if node.tag in DROPPED or node.tag == "iframe" or node.is_comment_node:
            dropped.add(node.mem_id)  # the content of an iframe is never shown
        if node.is_text_node:
            if above not in verbatim and _OPENS_TAG.search(node.text_content or ""):
                plan.text.append(node)
        else:
            _assign(node, plan)
    return plan


def _assign(node: LexborNode, plan: _Plan) -> None:
    if node.tag in DROPPED or node.is_comment_node:
        plan.drop.append(node)
    elif node.tag in PLAYERS:
        plan.players.append(node)
    elif node.tag in ("a", "area"):
        plan.links.append(node)
    elif node.tag == "img":
        plan.images.append(node)
    elif "callout" in (node.attributes.get("class") or ""):
        plan.callouts.append(node)


def _set_url(node: LexborNode, attribute: str, base_url: str) -> None:
    """Make the address absolute, or take it away where a reader must not or cannot follow it."""
    url = _absolute(node.attributes.get(attribute) or "", base_url)
    if url:
        node.attrs[attribute] = url
    elif attribute in node.attributes:
        del node.attrs[attribute]


def _name_link(node: LexborNode) -> None:
    """Call a link without text by the file that it leads to."""
    href = node.attributes.get("href")
    if href and not node.text(deep=True).strip() and node.css_first("img") is None:
        node.insert_child(_escape(unquote(urlsplit(href).path.rpartition("/")[2]) or href))


def _absolute(url: str, base_url: str) -> str:
    if not url.strip():
        return ""
    try:
        parts = urlsplit(urljoin(base_url, url.strip()))
        return parts.geturl().translate(_IN_TARGET) if parts.scheme.lower() in SAFE_SCHEMES else ""
    except ValueError:
        return ""


def _label_callout(node: LexborNode) -> None:
    """Say in words what the box said by its colour."""
    kind = (node.attributes.get("class") or "").lower()
    label = next((word for mark, word in CALLOUTS.items() if re.search(rf"callout-*{mark}", kind)), "")
    first = node.first_child
    if label and first is not None:
        strong = create_tag("strong")
        strong.insert_child(f"{label}:")
        paragraph = create_tag("p")
        paragraph.insert_child(strong)
        first.insert_before(paragraph)


def _link_player(node: LexborNode, base_url: str) -> None:
    source = node.attributes.get("src")
    if not source:
        inner = node.css_first("source[src]")
        source = inner.attributes.get("src") if inner is not None else ""
    url = _absolute(source or "", base_url)
    if url:
        link = create_tag("a")
        link.attrs["href"] = url
        link.insert_child(f"Video: {url}" if node.tag != "audio" else f"Audio: {url}")
        paragraph = create_tag("p")
        paragraph.insert_child(link)
        node.insert_before(paragraph)
    if node.tag in ("iframe", "embed") or node.first_child is None:
        node.decompose()
    else:
        node.unwrap()  # what it shows to a reader who cannot play it is text too


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


def _escape(text: str) -> str:
    """Keep text that looks like a tag from becoming one."""
    return _OPENS_TAG.sub("&lt;", text)


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
