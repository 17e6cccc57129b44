"""A Google Doc's JSON as Markdown: every tab, as a reader without editing rights sees it."""

import html
from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors import text
from connectors.google_docs.paragraph import ParagraphReader, is_proposed, is_verbatim
from connectors.google_docs.tables import grid
from connectors.html_tables import CUT, Budget
from connectors.http.transport import Json
from connectors.text import Converted

HEADINGS = {"TITLE": 1, **{f"HEADING_{n}": n for n in range(1, 7)}}
MAX_DEPTH = 6
MAX_NESTED = 20  # tables in each other


def convert(document: Json, url: str) -> Converted:
    """Return the text of every tab. Suggestions that nobody accepted are no text, whatever mode they were read in."""
    tabs = list(_tabs(document))
    titled = len(tabs) > 1
    budget = Budget()
    converted = text.convert("".join(_tab(tab, url, budget, titled=titled) for tab in tabs), url)
    return replace(converted, problem=converted.problem or CUT) if budget.spent else converted


def to_markdown(document: Json, url: str) -> str:
    """Return the Markdown alone of `convert`."""
    return convert(document, url).markdown


@dataclass(frozen=True, slots=True)
class _Tab:
    """One tab, how deep it lies below others, and what its paragraphs refer to."""

    title: str
    depth: int
    content: list[Json]
    body: Json


def _tabs(document: Json) -> Iterator[_Tab]:
    """Yield the tabs in the order of the sidebar; a document without them is one."""
    if not isinstance(document.get("tabs"), list):
        yield _Tab("", 0, _content(document.get("body")), document)
        return
    waiting: list[tuple[Json, int]] = [(tab, 0) for tab in reversed(document["tabs"])]
    while waiting:
        tab, depth = waiting.pop()
        body = tab.get("documentTab") or {}
        yield _Tab(str((tab.get("tabProperties") or {}).get("title") or ""), depth, _content(body.get("body")), body)
        waiting += [(child, depth + 1) for child in reversed(tab.get("childTabs") or ())]


def _content(part: object) -> list[Json]:
    found = part.get("content") if isinstance(part, dict) else None
    return found if isinstance(found, list) else []


def _tab(tab: _Tab, url: str, budget: Budget, *, titled: bool) -> str:
    runs = ParagraphReader(tab.body, url)
    blocks = _Blocks(tab.body, runs, budget, offset=tab.depth + 1 if titled else 0)
    shown = "".join(blocks.html(tab.content))
    notes = "".join(f"<p>[^{number}]: {blocks.line(_content(note))}</p>" for number, note in runs.footnotes())
    heading = _heading(html.escape(tab.title), tab.depth + 1) if titled and tab.title else ""
    return f"{heading}{shown}{notes}"


def _heading(inner: str, level: int) -> str:
    level = min(level, MAX_DEPTH)
    return f"<h{level}>{inner}</h{level}>"


@dataclass(frozen=True, slots=True)
class _Item:
    """One paragraph of a list. `number`: the one it carries in an ordered list, 0 in any other."""

    level: int
    kind: str
    number: int
    html: str


class _Blocks:
    """Paragraphs, lists, code and tables of one tab. `offset`: how far its headings move down below tab titles."""

    def __init__(self, body: Json, runs: ParagraphReader, budget: Budget, offset: int) -> None:
        self._lists: Json = body.get("lists") or {}
        self._runs = runs
        self._budget = budget
        self._depth = 0
        self._offset = offset
        self._counts: dict[tuple[str, int], int] = {}

    def html(self, content: list[Json]) -> Iterator[str]:
        """Yield the blocks; what belongs together, as the items of a list, comes as one."""
        items: list[_Item] = []
        code: list[str] = []
        for element in content:
            paragraph = _shown(element, "paragraph")
            if paragraph is not None and "bullet" in paragraph:
                yield from _code(code)
                items.append(self._item(paragraph))
            elif paragraph is not None and is_verbatim(paragraph) and _style(paragraph) not in HEADINGS:
                yield from _nested(items)
                code.append(self._runs.plain(paragraph))
            else:
                yield from _nested(items)
                yield from _code(code)
                yield from self._block(element, paragraph)
        yield from _nested(items)
        yield from _code(code)

    def line(self, content: list[Json]) -> str:
        """Return blocks as one line: a footnote."""
        shown = (_shown(element, "paragraph") for element in content)
        return " ".join(self._runs.html(paragraph).strip() for paragraph in shown if paragraph is not None)

    def _block(self, element: Json, paragraph: Json | None) -> Iterator[str]:
        table = _shown(element, "table")
        if paragraph is not None:
            style = _style(paragraph)
            inner = self._runs.html(paragraph, plain=style in HEADINGS).strip()
            if style in HEADINGS and inner:
                yield _heading(inner, HEADINGS[style] + self._offset)
            elif inner:
                yield f"<p>{inner}</p>"
            if self._runs.has_rule(paragraph):
                yield "<hr>"
        elif table is not None:
            yield self._table(table)

    def _table(self, table: Json) -> str:
        rows = [row for row in table.get("tableRows") or () if not is_proposed(row)]
        cells = grid(rows)
        if self._depth > MAX_NESTED:
            return ""
        self._depth += 1
        if len(cells) == 1 and len(cells[0]) == 1:  # a frame around text, as people make notes and code stand out
            framed = "".join(self.html(_content(cells[0][0])))
            self._depth -= 1
            return framed
        shown = [[self._cell(cell) for cell in row] for row in cells]
        self._depth -= 1
        lines = [f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in row)}</tr>" for tag, row in _tagged(shown)]
        return f"<table>{''.join(lines)}</table>"

    def _cell(self, cell: Json | None) -> str:
        """A cell, as often as it stands in the table; '' once tables hold more than any document does."""
        if cell is None or self._budget.spent:
            return ""
        inner = "".join(self.html(_content(cell)))
        self._budget.take(1, len(inner))
        return inner

    def _item(self, paragraph: Json) -> _Item:
        bullet = paragraph["bullet"] or {}
        name, level = str(bullet.get("listId") or ""), int(bullet.get("nestingLevel") or 0)
        glyph = self._glyph(name, level)
        inner = self._runs.html(paragraph).strip()
        if glyph == "checkbox":
            done = " checked" if self._runs.is_struck(paragraph) else ""
            return _Item(level, f"ul {name}", 0, f'<input type="checkbox"{done}>{inner}')
        if glyph != "ordered":
            return _Item(level, f"ul {name}", 0, inner)
        return _Item(level, f"ol {name}", self._count(name, level), inner)

    def _count(self, name: str, level: int) -> int:
        """Return the item's number; a list goes on after what interrupts it, and starts anew below each item."""
        start = int(self._level(name, level).get("startNumber") or 1)
        number = self._counts.get((name, level), start - 1) + 1
        self._counts = {key: n for key, n in self._counts.items() if key[0] != name or key[1] <= level}
        self._counts[name, level] = number
        return number

    def _glyph(self, name: str, level: int) -> str:
        glyph = self._level(name, level)
        if glyph.get("glyphSymbol"):
            return "bullet"
        kind = glyph.get("glyphType") or "NONE"
        if kind == "GLYPH_TYPE_UNSPECIFIED":
            return "checkbox"
        return "bullet" if kind == "NONE" else "ordered"

    def _level(self, name: str, level: int) -> Json:
        levels = ((self._lists.get(name) or {}).get("listProperties") or {}).get("nestingLevels") or []
        found = levels[level] if level < len(levels) else {}
        return found if isinstance(found, dict) else {}


def _shown(element: Json, kind: str) -> Json | None:
    """Return what the element is, None if it is something else or only proposed."""
    found = element.get(kind)
    return found if isinstance(found, dict) and not is_proposed(found) else None


def _style(paragraph: Json) -> str:
    return str((paragraph.get("paragraphStyle") or {}).get("namedStyleType") or "")


def _tagged(rows: list[list[str]]) -> Iterator[tuple[str, list[str]]]:
    return (("td" if number else "th", row) for number, row in enumerate(rows))


def _code(lines: list[str]) -> Iterator[str]:
    """Yield the lines gathered so far as one block of code, and forget them."""
    shown = "\n".join(lines).strip("\n")
    lines.clear()
    if shown.strip():
        yield f"<pre><code>{html.escape(shown)}</code></pre>"


def _nested(items: list[_Item]) -> Iterator[str]:
    """Yield the items gathered so far as lists in lists, and forget them. A skipped level makes no list of its own."""
    pieces: list[str] = []
    stack: list[_Item] = []
    for item in items:
        while stack and (
            stack[-1].level > item.level or (stack[-1].level == item.level and stack[-1].kind != item.kind)
        ):
            pieces.append(f"</li></{stack.pop().kind[:2]}>")
        if stack and stack[-1].level == item.level:
            pieces.append("</li>")
            stack[-1] = item
        else:
            start = f' start="{item.number}"' if item.number else ""
            pieces.append(f"<{item.kind[:2]}{start}>")
            stack.append(item)
        pieces.append(f"<li>{item.html}")
    pieces += [f"</li></{item.kind[:2]}>" for item in reversed(stack)]
    items.clear()
    if pieces:
        yield "".join(pieces)
