"""Storage format to plain HTML: its elements, links and tables; what macros show is said elsewhere."""

import html
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, quote_plus

from lxml import etree

from connectors.confluence import tree
from connectors.confluence.tree import attribute, child, name_of, text_of
from connectors.html_tables import CUT, MAX_SPAN, Budget, span

MAX_INCLUDES = 50
MAX_PROBLEMS = 5  # that are told of one document
MAX_DEPTH = 5  # contents that include each other
MAX_NESTED = 100  # elements in each other, included ones counted
MAX_LENGTH = 8_000_000  # characters that are read of a body and those it includes, and again that are written
VOID: Final = frozenset({"br", "hr", "img", "col"})
TRANSPARENT: Final = frozenset(
    {
        "ac:layout",
        "ac:layout-section",
        "ac:layout-cell",
        "ac:rich-text-body",
        "ac:inline-comment-marker",
        "ac:link-body",
    }
)
SILENT: Final = frozenset(
    {"ac:parameter", "ac:placeholder", "ac:adf-attribute", "script", "style", "ac:task-id", "ac:task-uuid"}
)
EMOTICONS: Final = {
    "tick": "✅", "cross": "❌", "warning": "⚠️", "information": "ℹ️", "question": "❓", "plus": "➕", "minus": "➖",
    "light-on": "💡", "light-off": "💡", "yellow-star": "⭐", "red-star": "⭐", "green-star": "⭐", "blue-star": "⭐",
    "thumbs-up": "👍", "thumbs-down": "👎", "smile": "🙂", "sad": "🙁", "cheeky": "😛", "laugh": "😃", "wink": "😉",
    "heart": "❤️", "broken-heart": "💔",
}  # fmt: skip
KEPT: Final = ("href", "src", "alt", "start", "class", "type", "checked", "style", "hidden")
_HEX = re.compile(r"[0-9a-fA-F]{2,6}(-[0-9a-fA-F]{2,6})*")
_USER = re.compile(r'ri:(?:account-id|userkey)="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Named:
    """What an include names: a page by its space and title, or a blog post by its day (`2026/06/01`) too."""

    space: str
    title: str
    day: str = ""
    is_post: bool = False

    @property
    def place(self) -> tuple[str, str, str]:
        """What tells it from others: titles do not differ by case."""
        return self.space, self.title.casefold(), self.day if self.is_post else "page"


@dataclass(frozen=True, slots=True)
class Included:
    """A content that another one shows: its number, and its body as it is stored."""

    number: str
    storage: str


Include = Callable[[Named], Included | None]
"""Returns what is included, None where it is not there or may not be shown."""


@dataclass(frozen=True)
class StorageReader:
    """For whom and where a body is read. `base`: the site's address; `number`: the content. `named`: an account's name;
    `include`: what it includes; `macro`: what a macro shows."""

    base: str
    space: str
    number: str
    named: Callable[[str], str]
    include: Include
    macro: Callable[["StorageReading", etree._Element], str]


@dataclass
class Met:
    """What was met on the way through a body and those it includes. `unknown`: macros that only the site can show."""

    unknown: set[str] = field(default_factory=set)
    problems: dict[str, None] = field(default_factory=dict)
    included: int = 0
    read: int = 0
    written: int = 0
    tables: Budget = field(default_factory=Budget)

    @property
    def problem(self) -> str:
        """Why what is written is not everything, '' where it is."""
        told = list(self.problems)
        return "; ".join([*told[:MAX_PROBLEMS], *(["and more"] if len(told) > MAX_PROBLEMS else [])])

    def tell(self, problem: str) -> None:
        self.problems[problem] = None

    def write(self, piece: str) -> str:
        """Return the piece, '' once more is written than any document holds."""
        self.written += len(piece)
        if self.written <= MAX_LENGTH:
            return piece
        self.tell(f"longer than {MAX_LENGTH // 1_000_000} million characters; the rest is left out")
        return ""


@dataclass
class StorageReading:
    """One body on its way. `path`: the pages, by space and title, that include each other down to this one."""

    reader: StorageReader
    path: tuple[tuple[str, str, str], ...]
    met: Met = field(default_factory=Met)
    in_cell: bool = False
    depth: int = 0

    def within(self, named: Named, number: str) -> "StorageReading":
        """How to read a content that this one includes: what hangs on it is its own."""
        reader = replace(self.reader, space=named.space, number=number)
        return StorageReading(reader, (*self.path, named.place), self.met, self.in_cell, self.depth)

    def body(self, storage: str) -> str:
        """Return a whole body as HTML."""
        self.met.read += len(storage)
        if len(storage) > tree.MAX_COUNT or self.met.read > MAX_LENGTH:
            self.met.tell(f"longer than {tree.MAX_COUNT // 1_000_000} million characters; the rest is left out")
        if self.met.read > MAX_LENGTH:
            return ""
        try:
            return self.inner(tree.parse(storage))
        except tree.Unparsable:
            self.met.tell("its markup is broken; read as plain text")
            return "".join(
                f"<p>{html.escape(line.strip())}</p>" for line in tree.words(storage).split("\n") if line.strip()
            )

    def inner(self, element: etree._Element) -> str:
        if self.depth > MAX_NESTED:  # deeper than any page that people made
            return self.met.write(html.escape(text_of(element), quote=False))
        self.depth += 1
        pieces = [self.met.write(html.escape(element.text or "", quote=False))]
        for below in element:
            pieces += [self.element(below), self.met.write(html.escape(below.tail or "", quote=False))]
        self.depth -= 1
        return "".join(pieces)

    def element(self, element: etree._Element) -> str:
        name = name_of(element)
        if name in SILENT:
            return ""
        if name in TRANSPARENT:
            return self.inner(element)
        if name in _WRITERS:
            return _WRITERS[name](self, element)
        if name.startswith(("ac:", "ri:", "at:")):
            return self.inner(element)
        return self._plain(element, name)

    def _plain(self, element: etree._Element, name: str) -> str:
        kept = {a: element.get(a) for a in KEPT}
        told = "".join(f' {a}="{html.escape(str(value))}"' for a, value in kept.items() if value is not None)
        inner = self.inner(element)  # even of what cannot hold any: somebody forgot to close it
        return f"<{name}{told}>{inner}" if name in VOID else f"<{name}{told}>{inner}</{name}>"


def accounts_in(storage: str) -> set[str]:
    """Return the accounts that a body mentions."""
    return {html.unescape(account) for account in _USER.findall(storage)}


def _link(reading: StorageReading, element: etree._Element) -> str:
    body = child(element, "ac:link-body", "ac:plain-text-link-body")
    shown = ""
    if body is not None:
        shown = reading.inner(body) if name_of(body) == "ac:link-body" else html.escape(text_of(body), quote=False)
    held = next((below for below in element if name_of(below).startswith("ri:")), None)
    if held is None:  # a place on the same page
        return shown or html.escape(attribute(element, "anchor"))
    if name_of(held) == "ri:user":
        return shown or _mention(reading, held)
    url, called = target(reading, held)
    anchor = attribute(element, "anchor")
    text = shown.strip() or html.escape(called, quote=False)
    return f'<a href="{html.escape(url + (f"#{quote(anchor)}" if anchor else ""))}">{text}</a>' if url else text


def target(reading: StorageReading, reference: etree._Element) -> tuple[str, str]:
    """Return where a reference leads, and what it is called there."""
    base, name = reading.reader.base, name_of(reference)
    space = attribute(reference, "space-key") or reading.reader.space
    title = attribute(reference, "content-title")
    if name == "ri:attachment":
        return _file(reading, reference)
    if name in ("ri:page", "ri:blog-post"):
        day = attribute(reference, "posting-day")
        return f"{base}/display/{quote(space)}/{f'{day}/' if day else ''}{quote_plus(title)}", title
    if name == "ri:content-entity":
        return f"{base}/pages/viewpage.action?pageId={quote(attribute(reference, 'content-id'))}", ""
    if name == "ri:space":
        return f"{base}/display/{quote(space)}", space
    if name == "ri:url":
        return attribute(reference, "value"), attribute(reference, "value")
    return "", attribute(reference, "key") or title


def _file(reading: StorageReading, attachment: etree._Element) -> tuple[str, str]:
    """Where a file is, and what it is called: on this content, or at another one, whose title is no number."""
    file = attribute(attachment, "filename")
    holder = child(attachment, "ri:page", "ri:blog-post")
    if holder is not None:
        return target(reading, holder)[0], file
    held = child(attachment, "ri:content-entity")
    number = quote(attribute(held, "content-id")) if held is not None else reading.reader.number
    return f"{reading.reader.base}/download/attachments/{number}/{quote(file, safe='')}", file


def _mention(reading: StorageReading, user: etree._Element) -> str:
    account = attribute(user, "account-id") or attribute(user, "userkey") or attribute(user, "username")
    return html.escape(f"@{reading.reader.named(account)}", quote=False)


def _image(reading: StorageReading, element: etree._Element) -> str:
    held = next((below for below in element if name_of(below) in ("ri:attachment", "ri:url")), None)
    url, called = target(reading, held) if held is not None else ("", "")
    alt = attribute(element, "alt") or attribute(element, "title") or called.rpartition("/")[2]
    caption = child(element, "ac:caption")
    below = f"<em>{reading.inner(caption)}</em>" if caption is not None else ""
    return f'<img src="{html.escape(url)}" alt="{html.escape(alt)}">' + (f"<p>{below}</p>" if below else "")


def _emoticon(_: StorageReading, element: etree._Element) -> str:
    fallback, code = attribute(element, "emoji-fallback"), attribute(element, "emoji-id")
    if fallback and not fallback.startswith(":"):
        return html.escape(fallback)
    if _HEX.fullmatch(code):
        return "".join(chr(int(part, 16)) for part in code.split("-") if int(part, 16) <= 0x10FFFF)
    name = attribute(element, "name")
    return EMOTICONS.get(name) or html.escape(attribute(element, "emoji-shortname") or f"({name})" if name else "")


def _time(_: StorageReading, element: etree._Element) -> str:
    return html.escape(text_of(element) or element.get("datetime") or "", quote=False)


def _tasks(reading: StorageReading, element: etree._Element) -> str:
    tasks = []
    for task in element:
        if name_of(task) != "ac:task":
            continue
        status, body = child(task, "ac:task-status"), child(task, "ac:task-body")
        box = "[x]" if text_of(status).strip() == "complete" else "[ ]"
        nested = "".join(_tasks(reading, below) for below in task if name_of(below) == "ac:task-list")
        tasks.append(f"<li>{box} {reading.inner(body) if body is not None else ''}{nested}</li>")
    return f"<ul>{''.join(tasks)}</ul>"


def _pre(reading: StorageReading, element: etree._Element) -> str:
    return code(reading, text_of(element), "") if reading.in_cell else f"<pre>{reading.inner(element)}</pre>"


def code(reading: StorageReading, text: str, language: str) -> str:
    """Return a code block; in a cell of a table, which holds no blocks, line by line."""
    if reading.in_cell:
        lines = [
            f"<code>{html.escape(line, quote=False)}</code>" for line in text.strip("\n").split("\n") if line.strip()
        ]
        return f"<p>{'<br>'.join(lines)}</p>"
    named = f' class="language-{html.escape(language)}"' if language else ""
    return f"<pre><code{named}>{html.escape(text.strip(chr(10)), quote=False)}</code></pre>"


def _table(reading: StorageReading, element: etree._Element) -> str:
    """Write a table with a cell in every place: what spans rows is said in each of them."""
    if reading.in_cell:
        return _table_in_cell(reading, element)
    rows = [row for row in element.iter() if name_of(row) == "tr" and _table_of(row) is element]
    reading.in_cell = True
    grid = _grid(reading, rows)
    reading.in_cell = False
    width = max(map(len, grid), default=0)
    lines = [
        "".join(f"<{tag}>{cell}</{tag}>" for tag, cell in [*row, *[("td", "")] * (width - len(row))]) for row in grid
    ]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _grid(reading: StorageReading, rows: list[etree._Element]) -> list[list[tuple[str, str]]]:
    grid: list[list[tuple[str, str]]] = []
    waiting: dict[int, tuple[int, str, str]] = {}  # column -> rows still to fill, tag and text
    for row in rows:
        line: list[tuple[str, str]] = []
        cells = deque(cell for cell in row if name_of(cell) in ("td", "th"))
        while (cells or len(line) in waiting) and not reading.met.tables.spent:
            if len(line) in waiting:
                left, tag, text = waiting.pop(column := len(line))
                if left > 1:
                    waiting[column] = left - 1, tag, text
                line.append((tag, text))
                reading.met.tables.take(1, len(text))
                continue
            cell = cells.popleft()
            across, down = span(cell.get("colspan")), span(cell.get("rowspan"), whole=MAX_SPAN)
            text, tag = reading.inner(cell), name_of(cell)
            for place in range(across):
                told = text if place == 0 or tag == "th" else ""  # a heading is that of all its columns
                if down > 1:
                    waiting[len(line)] = down - 1, tag, told
                line.append((tag, told))
                reading.met.tables.take(1, len(told))
        grid.append(line)
        if reading.met.tables.spent:
            reading.met.tell(CUT)
            break
    return grid


def _table_in_cell(reading: StorageReading, element: etree._Element) -> str:
    rows = [row for row in element.iter() if name_of(row) == "tr" and _table_of(row) is element]
    cells = ([reading.inner(cell) for cell in row if name_of(cell) in ("td", "th")] for row in rows)
    return "<br>".join(" – ".join(filter(None, row)) for row in cells)


def _table_of(row: etree._Element) -> etree._Element | None:
    return next((above for above in row.iterancestors() if name_of(above) == "table"), None)


def _extension(reading: StorageReading, element: etree._Element) -> str:
    """What the new editor adds: a node, and what older readers are shown instead. Both say the same."""
    node, fallback = child(element, "ac:adf-node"), child(element, "ac:adf-fallback")
    content = child(node, "ac:adf-content") if node is not None else None
    if node is not None and content is not None and attribute(node, "type") == "panel":
        kind = next(
            (text_of(a) for a in node if name_of(a) == "ac:adf-attribute" and attribute(a, "key") == "panel-type"), ""
        )
        return callout(reading, kind.title() if kind not in ("", "custom") else "", reading.inner(content))
    if fallback is not None:
        return reading.inner(fallback)
    return reading.inner(content if content is not None else element)


def callout(reading: StorageReading, label: str, body: str) -> str:
    """Return a box, with what its colour says in words; in a cell of a table, which holds no boxes, its text."""
    said = f"<p><strong>{html.escape(label, quote=False)}</strong></p>" if label else ""
    return f"{said}{body}" if reading.in_cell else f"<br><blockquote>{said}{body}</blockquote>"


def _macro(reading: StorageReading, element: etree._Element) -> str:
    return reading.reader.macro(reading, element)


_WRITERS: Final[dict[str, Callable[[StorageReading, etree._Element], str]]] = {
    "ac:structured-macro": _macro,
    "ac:macro": _macro,
    "ac:link": _link,
    "ac:image": _image,
    "ac:emoticon": _emoticon,
    "ac:task-list": _tasks,
    "ac:adf-extension": _extension,
    "time": _time,
    "table": _table,
    "pre": _pre,
    "ri:user": _mention,
}
