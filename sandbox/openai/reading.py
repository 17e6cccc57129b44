"""Reading: a passage as the pieces that can be quoted alone, each as it would be read aloud."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sandbox.openai import text as texts

SENTENCE_END = re.compile(r"(?<=[.!?])(?:\*\*|[)\"”“»])*\s+(?=[^\W\d_]|[\d*\"„“«(])")
ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*+]|(?P<number>\d{1,3})[.)])\s+(?:\[[ xX]\]\s+)?")
ROW = re.compile(r"^\s*\|.*\|\s*$")
RULE = re.compile(r"^\s*\|[\s:|-]+\|\s*$")
CELL_END = re.compile(r"(?<!\\)\|")
QUOTE = re.compile(r"^\s*(?:>\s?)+")
FENCE = re.compile(r"^\s*(?:```|~~~)")
PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
BARE_ADDRESS = re.compile(r"^<?https?://\S+>?$")
LABEL = re.compile(r"^\*\*[^*]{1,80}\*\*:?$|^\*\*[^*]{1,80}:\*\*$")

MAX_HEAD = 8  # lines of title, breadcrumb and address


class Kind(StrEnum):
    """What a piece was on its page."""

    SENTENCE = "sentence"
    STEP = "step"
    POINT = "point"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, list item or table row. `group`: those of one paragraph, list or table have it in common.

    `about`: the heading it stands below; of a row, what its table's first column is called. `key`: of a row, the cell
    that says what it is about.
    """

    text: str
    kind: Kind
    group: int
    about: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that says something: what it is, and whether a new piece begins with it."""

    text: str
    kind: Kind
    begins: bool


def pieces(passage: str) -> list[Piece]:
    """Cut a passage; headings, breadcrumbs, addresses, pictures and code are no pieces."""
    found: list[Piece] = []
    heading = ""
    for group, block in enumerate(_blocks(_below_address(passage.splitlines()))):
        if texts.HEADING.match(block[0]):
            heading = block[0].strip().lstrip("#").rpartition("›")[2].strip()
        elif ROW.match(block[0]):
            found += _rows(block, group, heading)
        elif LABEL.match(block[0].strip()) and len(block) == 1:
            heading = block[0].strip(" *:\n")
        else:
            found += _prose(block, group, heading)
    return found


def _below_address(lines: Sequence[str]) -> Sequence[str]:
    """Leave out what stands above a page's own address: where it is filed. Its title stays."""
    for at, line in enumerate(lines[:MAX_HEAD]):
        if BARE_ADDRESS.match(line.strip()):
            return [*(one for one in lines[:at] if texts.HEADING.match(one)), *lines[at + 1 :]]
    return lines


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield what stands together: a heading, a table, or the lines between two blank ones."""
    block: list[str] = []
    fenced = False
    for line in [*(QUOTE.sub("", line) for line in lines), ""]:
        fence = bool(FENCE.match(line))
        apart = fenced or fence or _furniture(line)
        turns = bool(block) and bool(ROW.match(line)) != bool(ROW.match(block[-1]))
        if (apart or turns or texts.HEADING.match(line)) and block:
            yield block
            block = []
        if not apart:
            block.append(line)
            if texts.HEADING.match(line):
                yield block
                block = []
        fenced ^= fence


def _prose(block: list[str], group: int, heading: str) -> list[Piece]:
    found = []
    for line in _joined(block):
        sentences = SENTENCE_END.split(line.text) if line.kind is Kind.SENTENCE else [line.text]
        found += [Piece(one.strip(), line.kind, group, heading) for one in sentences if one.strip()]
    return found


def _joined(block: list[str]) -> list[_Line]:
    """Return items and running text, each in one line however it was broken."""
    lines: list[_Line] = []
    for line in block:
        item = ITEM.match(line)
        kind = Kind.SENTENCE if item is None else Kind.STEP if item["number"] else Kind.POINT
        text = PICTURE.sub("", line[item.end() :] if item else line).strip()
        if item is None and lines:
            lines[-1] = _Line(f"{lines[-1].text} {text}", lines[-1].kind, begins=True)
        elif text:
            lines.append(_Line(text, kind, begins=True))
    return lines


def _rows(block: list[str], group: int, heading: str) -> list[Piece]:
    ruled = len(block) > 1 and RULE.match(block[1])
    head = _cells(block[0]) if ruled and len(block) > 2 else []
    rows = block[2:] if head else [line for line in block if not RULE.match(line)]
    found = []
    for cells in map(_cells, rows):
        key, *_ = [cell for cell in cells if cell] or [""]
        if key:
            found.append(Piece(_spoken(cells, head), Kind.ROW, group, head[0] if head else heading, key.strip("*")))
    return found


def _spoken(cells: list[str], head: list[str]) -> str:
    """A row as it would be read aloud: what it is about, and under which head what is said of it."""
    about = f"**{cells[0].strip('*')}**"
    said = [(head[at].strip("*") if at < len(head) else "", cell) for at, cell in enumerate(cells) if at and cell]
    if not said:
        return cells[0]
    if len(said) == 1 and re.search(r"[^\W\d_]", said[0][1]):
        return f"{about}: {said[0][1]}"
    return f"{about} – {'; '.join(f'{name}: {cell}' if name else cell for name, cell in said)}"


def _cells(line: str) -> list[str]:
    cells = CELL_END.split(line.strip().strip("|"))
    return [cell.replace("<br>", ", ").replace("\\|", "|").strip() for cell in cells]


def _furniture(line: str) -> bool:
    """Whether a line says nothing of itself: blank, a breadcrumb, an address, a picture, a rule."""
    plain = PICTURE.sub("", line).strip()
    if ROW.match(line):
        return False
    breadcrumb = " › " in plain and plain[-1] not in ".!?:" and not texts.HEADING.match(line) and not ITEM.match(line)
    return breadcrumb or bool(BARE_ADDRESS.match(plain)) or not any(sign.isalnum() for sign in plain)
