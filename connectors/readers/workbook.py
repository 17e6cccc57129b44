"""Excel: each visible sheet as a table of what its cells show; hidden sheets, rows and columns are left out."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from connectors.baseline import lowered, raised
from connectors.readers import number_format
from connectors.readers.outcome import MAX_LENGTH, ReadOutcome, lines, paragraphs, table
from connectors.readers.package import A, Package, R, drawn_text, is_on
from connectors.readers.separated import MAX_COLUMNS, MAX_ROWS

S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DRAWN = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
MAX_SHEETS = 200
MAX_STRINGS = 500_000
LOST = "…"  # stands for a text of the workbook that is beyond what is read
NAMED = 5  # cells that a problem names
LAST_COLUMN = 16_384

_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ADDRESSES = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class Book:
    """What all sheets share."""

    package: Package
    strings: tuple[str, ...]
    formats: list[str]
    since_1904: bool


@dataclass
class Sheet:
    """One sheet as it is read. `rows`: by their numbers, cells by their columns, as HTML."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)  # columns
    cut: bool = False
    length: int = 0
    uncalculated: list[str] = field(default_factory=list)


def read(content: bytes) -> ReadOutcome:
    package = Package(content)
    main = package.main()
    root, related = package.xml(main), package.related(main)
    if root is None:
        return ReadOutcome(problem="holds no sheets")
    dated = root.find(f"{{{S}}}workbookPr")
    book = Book(
        package,
        _strings(package, next((r.target for r in related.values() if r.kind == "sharedStrings"), "")),
        _formats(package.xml(next((r.target for r in related.values() if r.kind == "styles"), ""))),
        dated is not None and is_on(dated.get("date1904")),
    )
    pieces, problems, length = list[str](), list[str](), 0
    for sheet in list(root.iter(f"{{{S}}}sheet"))[:MAX_SHEETS]:
        held = related.get(sheet.get(f"{{{R}}}id", ""))
        if held is None or sheet.get("state", "visible") != "visible":
            continue
        name = " ".join(sheet.get("name", "").split())
        shown, found = _sheet(book, held.target)
        problems += [f"{problem} of {name}" for problem in found]
        if shown:
            pieces.append(f"<h2>{html.escape(name)}</h2>{shown}")
            length += len(shown)
        if length > MAX_LENGTH:
            problems.append(f"sheets after {name} are left out")
            break
    return ReadOutcome(html="".join(pieces), problem="; ".join(problems))


def _strings(package: Package, name: str) -> tuple[str, ...]:
    """The texts that cells name by number, as far as a reader could want them."""
    strings, length = list[str](), 0
    for item in _elements(package, name, "si"):
        if length > MAX_LENGTH or len(strings) == MAX_STRINGS:
            break
        strings.append(_rich(item))
        length += len(strings[-1])
    return tuple(strings)


def _elements(package: Package, name: str, *tags: str) -> Iterator[etree._Element]:
    """Yield elements of a part as they end, and forget them."""
    if name not in package.names:
        return
    wanted = [f"{{{S}}}{tag}" for tag in tags]
    reading = etree.iterparse(
        package.stream(name), tag=wanted, resolve_entities=False, no_network=True, load_dtd=False, recover=True
    )
    for _, element in reading:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _rich(item: etree._Element) -> str:
    """A text of a cell as HTML; how it is pronounced is left out."""
    pieces = []
    for part in item:
        if part.tag == f"{{{S}}}t":
            pieces.append(part.text or "")
        elif part.tag == f"{{{S}}}r":
            text = part.findtext(f"{{{S}}}t") or ""
            shift = part.find(f"{{{S}}}rPr/{{{S}}}vertAlign")
            where = shift.get("val") if shift is not None else ""
            pieces.append(raised(text) if where == "superscript" else lowered(text) if where == "subscript" else text)
    return _unescaped("".join(pieces))


def _unescaped(text: str) -> str:
    """Read `_x000D_`, which stands for a character that XML does not hold."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\r\n", "\n")


def _formats(styles: etree._Element | None) -> list[str]:
    """The format codes of the styles that cells name by number."""
    if styles is None:
        return []
    own = {f.get("numFmtId", ""): f.get("formatCode", "") for f in styles.iter(f"{{{S}}}numFmt")}
    used = styles.find(f"{{{S}}}cellXfs")
    numbers = [xf.get("numFmtId", "0") for xf in used] if used is not None else []
    return [
        own.get(n) or number_format.BUILT_IN.get(int(n) if n.isdecimal() and len(n) < 6 else 0, number_format.GENERAL)
        for n in numbers
    ]


def _sheet(book: Book, name: str) -> tuple[str, list[str]]:
    """What a sheet shows as HTML, and what of it is missing."""
    sheet, related = Sheet(), book.package.related(name)
    below: list[str] = []
    zero_height = False
    for element in _elements(book.package, name, "sheetFormatPr", "col", "row", "mergeCell", "hyperlink", "drawing"):
        match etree.QName(element).localname:
            case "sheetFormatPr":
                zero_height = is_on(element.get("zeroHeight"))
            case "col":
                _note_column(sheet, element)
            case "row":
                _read_row(book, sheet, element, zero_height=zero_height)
                if len(sheet.rows) > MAX_ROWS or sheet.length > MAX_LENGTH:
                    sheet.rows.popitem()
                    sheet.cut = True
                    break
            case "mergeCell":
                _repeat(sheet, element.get("ref", ""))
            case "hyperlink":
                held = related.get(element.get(f"{{{R}}}id", ""))
                _link(sheet, element.get("ref", ""), held.target if held is not None and held.external else "")
            case "drawing":
                held = related.get(element.get(f"{{{R}}}id", ""))
                below += _drawn(book.package, held.target) if held is not None else []
    columns = len({column for row in sheet.rows.values() for column in row})
    sheet.cut |= columns > MAX_COLUMNS
    problems = [f"only {MAX_ROWS:,} rows and {MAX_COLUMNS} columns were read"] if sheet.cut else []
    if sheet.uncalculated:
        some = ", ".join(sheet.uncalculated[:NAMED]) + (" and more" if len(sheet.uncalculated) > NAMED else "")
        problems.append(f"formulas without a value (open it in a spreadsheet program and save it anew): {some}")
    return table(_grid(sheet)) + paragraphs(below), problems


def _grid(sheet: Sheet) -> list[list[str]]:
    """The rows, and of the columns those that hold something, wherever they lie."""
    used = sorted({column for row in sheet.rows.values() for column in row})
    return [[sheet.rows[number].get(column, "") for column in used[:MAX_COLUMNS]] for number in sorted(sheet.rows)]


def _note_column(sheet: Sheet, element: etree._Element) -> None:
    first, last = _number(element.get("min")), _number(element.get("max"))
    if is_on(element.get("hidden")) or element.get("width") == "0":
        sheet.hidden |= set(range(max(1, first), min(last, LAST_COLUMN) + 1))


def _read_row(book: Book, sheet: Sheet, element: etree._Element, *, zero_height: bool) -> None:
    number = _number(element.get("r")) or max(sheet.rows, default=0) + 1
    if is_on(element.get("hidden")) or element.get("ht") == "0" or (zero_height and element.get("ht") is None):
        return
    row: dict[int, str] = {}
    place = 0
    for cell in element.iter(f"{{{S}}}c"):
        place = _place(cell.get("r", ""))[0] or place + 1
        if place in sheet.hidden:
            continue
        said = _cell(book, sheet, cell)
        if said and len(row) >= MAX_COLUMNS:
            sheet.cut = True
            break
        if said:
            row[place] = lines(said)
            sheet.length += len(row[place])
        if sheet.length > MAX_LENGTH:
            break
    if row:
        sheet.rows[number] = row


def _cell(book: Book, sheet: Sheet, cell: etree._Element) -> str:
    """What a reader sees in the cell."""
    kind, value = cell.get("t", "n"), cell.findtext(f"{{{S}}}v") or ""
    style = _number(cell.get("s"))
    code = book.formats[style] if style < len(book.formats) else number_format.GENERAL
    if kind == "n" and value:
        return _numeral(value, code, since_1904=book.since_1904)
    if kind in ("s", "str", "inlineStr"):
        return number_format.shown_text(_cell_text(book, cell, kind, value), code).strip()
    if kind == "b" and value:
        return "TRUE" if value.strip() == "1" else "FALSE"
    if not value and cell.find(f"{{{S}}}f") is not None:
        sheet.uncalculated.append(cell.get("r", ""))
    return value.strip()


def _cell_text(book: Book, cell: etree._Element, kind: str, value: str) -> str:
    if kind == "inlineStr":
        held = cell.find(f"{{{S}}}is")
        return _rich(held) if held is not None else ""
    if kind == "s":
        number = _number(value)
        return book.strings[number] if value and number < len(book.strings) else LOST
    return _unescaped(value)


def _numeral(value: str, code: str, *, since_1904: bool) -> str:
    try:
        return number_format.shown(float(value), code, since_1904=since_1904).strip()
    except ValueError:
        return value


def _repeat(sheet: Sheet, reference: str) -> None:
    """Say a cell that spans rows in each of them."""
    first, _, last = reference.partition(":")
    (left, top), (_, bottom) = _place(first), _place(last)
    said = sheet.rows.get(top, {}).get(left)
    if said is None:
        return
    for number in range(top + 1, min(bottom, top + MAX_ROWS) + 1):
        if number in sheet.rows and left not in sheet.rows[number]:
            sheet.rows[number][left] = said


def _link(sheet: Sheet, reference: str, address: str) -> None:
    column, row = _place(reference.partition(":")[0])
    said = sheet.rows.get(row, {}).get(column)
    if said and "<a " not in said and address.startswith(_ADDRESSES):
        sheet.rows[row][column] = f'<a href="{html.escape(address)}">{said}</a>'


def _drawn(package: Package, name: str) -> list[str]:
    """What the boxes and charts on a sheet say."""
    root, related = package.xml(name), package.related(name)
    if root is None:
        return []
    for shape in list(root.iter(f"{{{DRAWN}}}sp", f"{{{DRAWN}}}graphicFrame")):
        properties = shape.find(f"*/{{{DRAWN}}}cNvPr")
        if properties is not None and is_on(properties.get("hidden")) and (above := shape.getparent()) is not None:
            above.remove(shape)
    texts = [drawn_text(box) for box in root.iter(f"{{{DRAWN}}}txBody") if box.find(f".//{{{A}}}t") is not None]
    return texts + package.drawing_texts(root, related)


def _place(reference: str) -> tuple[int, int]:
    """Read `B7` as column 2, row 7; zeros for what is none."""
    found = _CELL.fullmatch(reference.replace("$", ""))
    if found is None:
        return 0, 0
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column, int(found[2])


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 10 else 0
