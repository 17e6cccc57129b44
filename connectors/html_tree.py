"""A page's tree made ready for the converter: what no reader may get goes, what only looks say is said in words."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborNode, create_tag

from connectors import hidden_text, html_cost, html_tables, mathml
from connectors.baseline import lowered, raised

DROPPED = frozenset(("script", "style", "template", "svg", "canvas", "link", "meta", "base", "param"))
PLAYERS = frozenset(("iframe", "embed", "video", "audio", "object", "applet"))
VERBATIM = frozenset(("pre", "code", "kbd", "samp", "tt"))
SAFE_SCHEMES = frozenset(("http", "https", "mailto"))
CALLOUTS = {"warning": "Warning", "danger": "Danger", "error": "Danger", "success": "Tip", "tip": "Tip", "info": "Note"}

_IN_TARGET = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E"})
_OPENS_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SHIFTED = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)


def is_deep(body: LexborNode) -> bool:
    """Whether elements lie deeper in each other than those of any page that people made."""
    depths: dict[int, int] = {}
    for node in body.traverse():
        above = node.parent
        depths[node.mem_id] = depth = depths.get(above.mem_id, 0) + 1 if above is not None else 1
        if depth > 2 * html_cost.MAX_DEPTH:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Prepared:
    """`problems`: what was left out, for people. `is_wide`: its tables are too wide to be lined up."""

    problems: tuple[str, ...] = ()
    is_wide: bool = False


def prepare(body: LexborNode, base_url: str) -> Prepared:
    """Change the tree for the converter."""
    problems = _drop(body)
    for end in body.css("pre br"):
        end.replace_with("\n")
    for node in body.css("math"):
        node.replace_with(mathml.text_of(node))
    tables = html_tables.settle(body.css("table"))
    for node in body.css("sup, sub, [style]"):
        _shift(node)
    for box in body.css("p > input[type=checkbox]"):  # the converter knows those of lists
        box.replace_with("[x] " if "checked" in box.attributes else "[ ] ")
    _apply(_survey(body), base_url)
    return Prepared((*problems, tables.problem), tables.is_wide)


def escape(text: str) -> str:
    """Keep text that looks like a tag from becoming one."""
    return _OPENS_TAG.sub("&lt;", text)


def _drop(body: LexborNode) -> list[str]:
    """Take away what is no text, and words to a model that no reader sees."""
    dropped, seen, problems = list[LexborNode](), set[int](), list[str]()
    for node in body.traverse(include_text=True):
        above = node.parent
        if above is not None and above.mem_id in seen:
            seen.add(node.mem_id)
        elif node.tag in DROPPED or node.is_comment_node:
            seen.add(node.mem_id)
            dropped.append(node)
        elif node.is_element_node and hidden_text.is_hidden(node):
            seen.add(node.mem_id)
            if hidden_text.speaks_to_a_model(node.text(deep=True)):
                dropped.append(node)
                problems = [hidden_text.ELEMENT]
    for node in dropped:
        node.decompose()
    return problems


def _shift(node: LexborNode) -> None:
    """Write what stands above or below the line as such: in Markdown it would run into what stands before it."""
    style = _SHIFTED.search(node.attributes.get("style") or "")
    above = node.tag == "sup" or (style is not None and style[1].lower() == "super")
    if not above and node.tag != "sub" and style is None:
        return
    texts = [
        part for part in node.traverse(include_text=True) if part.is_text_node and (part.text_content or "").strip()
    ]
    if len(texts) == 1 and (above or not _is_formula(node)):
        text = texts[0].text_content or ""
        texts[0].replace_with(raised(text) if above else lowered(text))


def _is_formula(node: LexborNode) -> bool:
    """Whether a lowered number is read right as it is: H2O, where a letter stands before it and no digit behind."""
    before, after = node.prev, node.next
    letter = (before.text(deep=True) if before is not None else "")[-1:]
    digit = (after.text(deep=True) if after is not None else "")[:1]
    return node.text(deep=True).strip().isdecimal() and letter.isalpha() and not digit.isdigit()


@dataclass
class _Plan:
    """What to change in the tree; found in one walk, applied after it, so that no walk meets a removed node."""

    text: list[LexborNode] = field(default_factory=list)
    links: list[LexborNode] = field(default_factory=list)
    images: list[LexborNode] = field(default_factory=list)
    players: list[LexborNode] = field(default_factory=list)
    callouts: list[LexborNode] = field(default_factory=list)


def _apply(plan: _Plan, base_url: str) -> None:
    for node in plan.text:
        node.replace_with(escape(node.text_content or ""))
    for node in plan.links:
        _set_url(node, "href", base_url)
        _name_link(node)
    for node in plan.images:
        _set_url(node, "src", base_url)
        alt = (node.attributes.get("alt") or "").strip()
        if not alt or not node.attributes.get("src"):
            node.replace_with(escape(alt))
        else:
            node.attrs["alt"] = escape(alt)
    for node in plan.callouts:
        _label_callout(node)
    for node in plan.players:
        _link_player(node, base_url)


def _survey(body: LexborNode) -> _Plan:
    """Find what to change.

    Code shows as it is. But where a text has a backtick of its own, that may open a span which ends where one of code
    begins, and what is in there looks like a tag again: it is then kept from being one, too.
    """
    plan, dropped, verbatim, blocks = _Plan(), set[int](), set[int](), set[int]()
    inline, has_backticks = list[LexborNode](), False
    for node in body.traverse(include_text=True):
        parent = node.parent
        above = parent.mem_id if parent is not None else 0
        if above in dropped:
            dropped.add(node.mem_id)
            continue
        if above in verbatim or node.tag in VERBATIM:
            verbatim.add(node.mem_id)
        if above in blocks or node.tag == "pre":
            blocks.add(node.mem_id)
        if node.tag == "iframe":
            dropped.add(node.mem_id)  # the content of an iframe is never shown
        if node.is_text_node:
            text = node.text_content or ""
            has_backticks = has_backticks or ("`" in text and above not in blocks)
            if above not in blocks and _OPENS_TAG.search(text):
                (inline if above in verbatim else plan.text).append(node)
        else:
            _assign(node, plan)
    plan.text += inline if has_backticks else []
    return plan


def _assign(node: LexborNode, plan: _Plan) -> None:
    if node.tag in PLAYERS:
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
        node.insert_child(escape(unquote(urlsplit(href).path.rpartition("/")[2]) or href))


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
