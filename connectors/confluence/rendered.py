"""A body as the site renders it, with the boxes, code panels and task lists of its own look put into plain HTML."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode, create_tag

from connectors import html_cost, text
from connectors.text import Converted

DROPPED = ".toc-macro, .children-show-hide, .plugin_pagetree, .recently-updated, .copy-heading-link-container"
CALLOUTS = {"warning": "warning", "note": "info", "tip": "tip", "success": "success", "information": "info"}
_BRUSH = re.compile(r"brush:\s*([\w#+.-]+)")


def convert(html: str, base_url: str) -> Converted:
    """Return a rendered body as Markdown; one that is large or costly to read is read in a process of its own."""
    if html_cost.is_cheap(html):
        return convert_here(html, base_url)
    return text.convert_apart("rendered", html, base_url)


def convert_here(html: str, base_url: str) -> Converted:
    """Convert in this process, whatever it takes."""
    page = LexborHTMLParser(text.clean_text(html))
    for node in page.css(DROPPED):
        node.decompose()
    for node in page.css("pre[data-syntaxhighlighter-params]"):
        _name_language(node)
    for node in page.css("img.emoticon, img.emoji"):
        node.replace_with(node.attributes.get("data-emoji-fallback") or node.attributes.get("alt") or "")
    for node in page.css("ul.inline-task-list > li"):
        box = "[x] " if "checked" in (node.attributes.get("class") or "").split() else "[ ] "
        first = node.first_child
        (first.insert_before if first is not None else node.insert_child)(box)
    for node in page.css(".expand-control-text, .panelHeader, .expand-control"):
        _embolden(node)
    for node in page.css(".confluence-information-macro"):
        _label(node)
    body = page.body
    return text.convert_here((body.inner_html or "") if body is not None else "", base_url)


def _name_language(pre: LexborNode) -> None:
    brush = _BRUSH.search(pre.attributes.get("data-syntaxhighlighter-params") or "")
    code = create_tag("code")
    if brush and brush[1] not in ("none", "plain", "text"):
        code.attrs["class"] = f"language-{brush[1]}"
    code.insert_child(pre.text(deep=True))
    fence = create_tag("pre")
    fence.insert_child(code)
    pre.insert_before(fence)
    pre.decompose()


def _embolden(node: LexborNode) -> None:
    if node.css_first("strong, b") is None and node.text(deep=True).strip():
        strong = create_tag("strong")
        strong.insert_child(node.text(deep=True).strip())
        paragraph = create_tag("p")
        paragraph.insert_child(strong)
        node.insert_before(paragraph)
        node.decompose()


def _label(box: LexborNode) -> None:
    """Give the box the class by which boxes are known elsewhere."""
    kinds = (box.attributes.get("class") or "").lower()
    box.attrs["class"] = next(
        (f"callout callout-{kind}" for mark, kind in CALLOUTS.items() if f"macro-{mark}" in kinds), ""
    )
