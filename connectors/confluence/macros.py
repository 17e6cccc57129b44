"""What each macro shows a reader. Parameters are never text; what no storage holds is left to the site to render."""

import html
from collections.abc import Callable
from typing import Final

from lxml import etree
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from connectors import html_cost, text
from connectors.confluence import storage, tree
from connectors.confluence.storage import Named, StorageReading, callout, code
from connectors.confluence.tree import attribute, child, name_of, text_of

CALLOUTS: Final = {
    "info": "Info",
    "note": "Note",
    "warning": "Warning",
    "tip": "Tip",
    "success": "Success",
    "error": "Error",
}
CODE: Final = frozenset(
    {"code", "noformat", "code-block", "codeblock", "mathblock", "mathinline", "latex", "plantuml", "mermaid"}
)
KEPT: Final = frozenset(
    {"column", "section", "div", "span", "align", "center", "bgcolor", "color", "highlight", "toc-zone", "table-filter"}
    | {"table-joiner", "pivot-table", "chart", "table-chart", "columns", "lozenge", "tabs-group", "numberedheadings"}
    | {"footnote", "tooltip", "show-if", "page-break", "clickable"}
)  # fmt: skip
DROPPED: Final = frozenset(
    {"toc", "children", "pagetree", "pagetreesearch", "livesearch", "search", "recently-updated", "anchor", "labels"}
    | {"recently-updated-dashboard", "contentbylabel", "content-report-table", "blog-posts", "related-labels", "spaces"}
    | {"popular-labels", "contributors", "contributors-summary", "change-history", "attachments", "gallery", "index"}
    | {"create-from-template", "create-space-button", "favpages", "listlabels", "navmap", "tasks-report-macro", "style"}
    | {"profile", "profile-picture", "network", "userlister", "detailssummary", "space-details", "space-attachments"}
    | {"blog-post-list", "pageapproval", "like-button", "gadget", "drawio", "inc-drawio", "gliffy", "lucidchart"}
    | {"loremipsum", "junitreport", "im", "global-reports", "recent-updates", "rss", "roadmap", "easy-heading-free"}
)  # fmt: skip


def macro(reading: StorageReading, element: etree._Element) -> str:
    """Return what the macro shows, as HTML."""
    name = attribute(element, "name").lower()
    if name in CALLOUTS:
        return callout(
            reading, ": ".join(filter(None, (CALLOUTS[name], parameter(element, "title")))), _rich(reading, element)
        )
    if name in CODE:
        return _code(reading, element)
    if name in DROPPED:
        return ""
    if name in _MACROS:
        return _MACROS[name](reading, element)
    if name not in KEPT:
        reading.met.unknown.add(name)
        plain = child(element, "ac:plain-text-body")
        if plain is not None:
            return code(reading, text_of(plain), "")
    return _rich(reading, element)


def parameter(element: etree._Element, name: str) -> str:
    """Return a parameter's text, '' where there is none."""
    return text_of(_parameter(element, name)).strip()


def _parameter(element: etree._Element, name: str) -> etree._Element | None:
    return next((p for p in element if name_of(p) == "ac:parameter" and attribute(p, "name").lower() == name), None)


def _rich(reading: StorageReading, element: etree._Element) -> str:
    body = child(element, "ac:rich-text-body")
    return reading.inner(body) if body is not None else ""


def _titled(reading: StorageReading, element: etree._Element) -> str:
    title = parameter(element, "title")
    return (f"<p><strong>{html.escape(title, quote=False)}</strong></p>" if title else "") + _rich(reading, element)


def _code(reading: StorageReading, element: etree._Element) -> str:
    body = child(element, "ac:plain-text-body")
    text = text_of(body) if body is not None else text_of(child(element, "ac:rich-text-body"))
    title = parameter(element, "title")
    named = f"<p><strong>{html.escape(title, quote=False)}</strong></p>" if title else ""
    language = parameter(element, "language")
    return named + code(reading, text, "" if language in ("none", "text", "plain") else language)


def _panel(reading: StorageReading, element: etree._Element) -> str:
    return callout(reading, parameter(element, "title"), _rich(reading, element))


def _shown_part(reading: StorageReading, element: etree._Element) -> str:
    """An excerpt or page properties, which may be kept for other pages only."""
    return "" if parameter(element, "hidden") == "true" else _rich(reading, element)


def _status(_: StorageReading, element: etree._Element) -> str:
    title = parameter(element, "title")
    return f"[{html.escape(title, quote=False)}]" if title else ""


def _jira(_: StorageReading, element: etree._Element) -> str:
    return html.escape(parameter(element, "key"), quote=False)


def _address(_: StorageReading, element: etree._Element) -> str:
    for name in ("url", "src"):
        held = _parameter(element, name)
        target = child(held, "ri:url") if held is not None else None
        url = attribute(target, "value") if target is not None else parameter(element, name)
        if url:
            return f'<p><a href="{html.escape(url)}">{html.escape(url, quote=False)}</a></p>'
    return ""


def _file(reading: StorageReading, element: etree._Element) -> str:
    held = _parameter(element, "name")
    target = child(held, "ri:attachment") if held is not None else None
    if target is None:
        return html.escape(parameter(element, "name"), quote=False)
    url, called = storage.target(reading, target)
    return f'<a href="{html.escape(url)}">{html.escape(called, quote=False)}</a>'


def _markdown(_: StorageReading, element: etree._Element) -> str:
    return str(
        MarkdownIt("commonmark", {"html": False}).enable("table").render(text_of(child(element, "ac:plain-text-body")))
    )


def _html(_: StorageReading, element: etree._Element) -> str:
    """Foreign HTML, closed where it was left open: what stands behind it is not part of it."""
    written = text_of(child(element, "ac:plain-text-body"))  # of a parsed tree: it holds nothing that is no text
    if not html_cost.is_cheap(written):
        return f"<p>{html.escape(text.convert(written, '').markdown, quote=False)}</p>"
    body = LexborHTMLParser(written).body
    return f"<div>{body.inner_html or ''}</div>" if body is not None else ""


def _include(reading: StorageReading, element: etree._Element) -> str:
    found = _included(reading, element)
    return found[1].body(found[0]) if found else ""


def _excerpt(reading: StorageReading, element: etree._Element) -> str:
    found = _included(reading, element)
    if not found:
        return ""
    held, inside = found
    wanted = parameter(element, "name")
    reading.met.read += len(held)
    try:
        root = tree.parse(held if reading.met.read <= storage.MAX_LENGTH else "")
    except tree.Unparsable:
        reading.met.tell("the markup of a page that it includes is broken")
        return ""
    excerpts = [
        e
        for e in root.iter()
        if attribute(e, "name") == "excerpt" and name_of(e) in ("ac:structured-macro", "ac:macro")
    ]
    chosen = next((e for e in excerpts if not wanted or parameter(e, "name") == wanted), None)
    if chosen is None:
        reading.met.tell("an excerpt that it includes is not there")
        return ""
    return _rich(inside, chosen)


def _included(reading: StorageReading, element: etree._Element) -> tuple[str, StorageReading] | None:
    """Return the storage of the page or post that the macro names, and how to read it; None where it is not shown.

    One that includes itself, through whatever others, is shown once.
    """
    page = next((e for e in element.iter() if name_of(e) in ("ri:page", "ri:blog-post")), None)
    title = (
        attribute(page, "content-title")
        if page is not None
        else parameter(element, "") or parameter(element, "pagetitle")
    )
    named = _named(reading, page, title)
    if not title or named.place in reading.path or len(reading.path) >= storage.MAX_DEPTH:
        return None
    if reading.met.included >= storage.MAX_INCLUDES:
        reading.met.tell(f"includes more than {storage.MAX_INCLUDES} pages; the rest is left out")
        return None
    reading.met.included += 1
    held = reading.reader.include(named)
    if held is None:
        kind = "blog post" if named.is_post else "page"
        reading.met.tell(f"includes the {kind} {title[:100]!r}, which is not there or not for the same readers")
        return None
    return held.storage, reading.within(named, held.number)


def _named(reading: StorageReading, page: etree._Element | None, title: str) -> Named:
    if page is None:
        return Named(reading.reader.space, title)
    space = attribute(page, "space-key") or reading.reader.space
    return Named(space, title, attribute(page, "posting-day"), is_post=name_of(page) == "ri:blog-post")


_MACROS: Final[dict[str, Callable[[StorageReading, etree._Element], str]]] = {
    "panel": _panel,
    "expand": _titled,
    "ui-expand": _titled,
    "ui-tab": _titled,
    "ui-tabs": _titled,
    "tab": _titled,
    "tab-pane": _titled,
    "excerpt": _shown_part,
    "details": _shown_part,
    "status": _status,
    "jira": _jira,
    "jiraissues": _jira,
    "widget": _address,
    "iframe": _address,
    "iframely": _address,
    "multimedia": _file,
    "view-file": _file,
    "viewpdf": _file,
    "viewdoc": _file,
    "viewppt": _file,
    "viewxls": _file,
    "markdown": _markdown,
    "html": _html,
    "html-bobswift": _html,
    "html-macro": _html,
    "include": _include,
    "excerpt-include": _excerpt,
}
