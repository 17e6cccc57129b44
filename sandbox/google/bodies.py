"""The body of a Google Doc as its API writes it: built piece by piece, or from Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from sandbox.http import Json

MONOSPACE = {"weightedFontFamily": {"fontFamily": "Roboto Mono", "weight": 400}}
BULLETS = ({"glyphSymbol": "●"}, {"glyphSymbol": "○"}, {"glyphSymbol": "■"})
NUMBERS = ({"glyphType": "DECIMAL"}, {"glyphType": "ALPHA"}, {"glyphType": "ROMAN"})
CHECKBOXES = ({"glyphType": "GLYPH_TYPE_UNSPECIFIED"},) * 3


@dataclass
class Body:
    """One tab's content, and what its paragraphs refer to."""

    content: list[Json] = field(default_factory=list)
    lists: Json = field(default_factory=dict)
    footnotes: Json = field(default_factory=dict)
    inline_objects: Json = field(default_factory=dict)
    positioned_objects: Json = field(default_factory=dict)

    def new_list(self, levels: Sequence[Json], start: int = 1) -> str:
        """Register a list with the glyph of each level, and return its id."""
        name = f"kix.list{len(self.lists)}"
        nesting = [
            {"bulletAlignment": "START", "glyphFormat": f"%{depth}.", "startNumber": start, **level}
            for depth, level in enumerate(levels)
        ]
        self.lists[name] = {"listProperties": {"nestingLevels": nesting}}
        return name


def tab(name: str, title: str, body: Body, children: Sequence[Json] = ()) -> Json:
    """Return a tab; `children` are the tabs below it."""
    properties: Json = {"tabId": name, "title": title}
    inside: Json = {"body": {"content": [{"endIndex": 1, "sectionBreak": {"sectionStyle": {}}}, *body.content]}}
    for key, value in (
        ("lists", body.lists),
        ("footnotes", body.footnotes),
        ("inlineObjects", body.inline_objects),
        ("positionedObjects", body.positioned_objects),
    ):
        if value:
            inside[key] = value
    below = [child | {"tabProperties": child["tabProperties"] | {"parentTabId": name}} for child in children]
    return {"tabProperties": properties, "documentTab": inside} | ({"childTabs": below} if below else {})


def run(content: str, style: Json | None = None, **marks: Any) -> Json:
    """A run of text; `marks` are what the API puts beside it, as suggestedInsertionIds."""
    return {"textRun": {"content": content, "textStyle": style or {}} | marks}


def paragraph(
    *elements: Json, style: str = "NORMAL_TEXT", heading: str = "", bullet: tuple[str, int] | None = None, **marks: Any
) -> Json:
    """A paragraph; the newline at its end belongs to its last run."""
    inside: Json = {"elements": _ended(list(elements)), "paragraphStyle": {"namedStyleType": style}} | marks
    if heading:
        inside["paragraphStyle"]["headingId"] = heading
    if bullet is not None:
        name, level = bullet
        inside["bullet"] = {"listId": name, "textStyle": {}} | ({"nestingLevel": level} if level else {})
    return {"paragraph": inside}


def table(rows: Sequence[Sequence[Json]]) -> Json:
    """A table of cells; a cell that another one covers stands there all the same, empty."""
    return {
        "table": {
            "rows": len(rows),
            "columns": max((len(row) for row in rows), default=0),
            "tableRows": [{"tableCells": list(row)} for row in rows],
        }
    }


def cell(*content: Json, rows: int = 1, columns: int = 1) -> Json:
    return {"content": list(content) or [paragraph()], "tableCellStyle": {"rowSpan": rows, "columnSpan": columns}}


def from_markdown(text: str) -> Body:
    """Return what a person would get who typed the text with the editor's own headings, lists and tables."""
    body = Body()
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    _Writer(body).write(tokens)
    return body


class _Writer:
    """Walks the tokens of a Markdown text and writes paragraphs and tables into a body."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._lists: list[str] = []
        self._style = "NORMAL_TEXT"
        self._rows: list[list[Json]] | None = None

    def write(self, tokens: list[Token]) -> None:
        for token in tokens:
            kind = token.type
            if kind in ("bullet_list_open", "ordered_list_open"):
                self._open_list(ordered=kind.startswith("ordered"))
            elif kind in ("bullet_list_close", "ordered_list_close"):
                self._lists.pop()
            elif kind == "heading_open":
                self._style = f"HEADING_{token.tag[1]}"
            elif kind in ("fence", "code_block"):
                self._code(token.content)
            elif kind == "inline":
                self._inline(token)
            else:
                self._frame(kind)

    def _open_list(self, *, ordered: bool) -> None:
        levels = NUMBERS if ordered else BULLETS
        self._lists.append(self._body.new_list(levels))

    def _frame(self, kind: str) -> None:
        if kind == "table_open":
            self._rows = []
        elif kind == "tr_open" and self._rows is not None:
            self._rows.append([])
        elif kind == "table_close" and self._rows is not None:
            self._body.content.append(table(self._rows))
            self._rows = None
        elif kind == "hr":
            self._body.content.append(paragraph({"horizontalRule": {"textStyle": {}}}))

    def _code(self, content: str) -> None:
        for line in content.rstrip("\n").split("\n"):
            self._body.content.append(paragraph(run(line, MONOSPACE)))

    def _inline(self, token: Token) -> None:
        elements = _runs(token.children or [])
        if self._rows is not None:
            self._rows[-1].append(cell(paragraph(*elements)))
            return
        bullet = (self._lists[-1], len(self._lists) - 1) if self._lists else None
        heading = f"h.{len(self._body.content):012d}" if self._style != "NORMAL_TEXT" else ""
        self._body.content.append(paragraph(*elements, style=self._style, heading=heading, bullet=bullet))
        self._style = "NORMAL_TEXT"


def _runs(children: list[Token]) -> list[Json]:
    found: list[Json] = []
    style: Json = {}
    names = {"strong": "bold", "em": "italic", "s": "strikethrough"}
    for child in children:
        word, _, end = child.type.rpartition("_")
        if word in names:
            style = (
                style | {names[word]: True} if end == "open" else {k: v for k, v in style.items() if k != names[word]}
            )
        elif child.type == "link_open":
            style = style | {"link": {"url": str(child.attrs.get("href", ""))}}
        elif child.type == "link_close":
            style = {k: v for k, v in style.items() if k != "link"}
        elif child.type == "code_inline":
            found.append(run(child.content, style | MONOSPACE))
        elif child.type in ("softbreak", "hardbreak"):
            found.append(run(" " if child.type == "softbreak" else "\v", style))
        elif child.content:
            found.append(run(child.content, style))
    return found


def _ended(elements: list[Json]) -> list[Json]:
    last = elements[-1].get("textRun") if elements else None
    if last is None or last.get("suggestedInsertionIds"):
        return [*elements, run("\n")]
    return [*elements[:-1], {"textRun": last | {"content": last["content"] + "\n"}}]
