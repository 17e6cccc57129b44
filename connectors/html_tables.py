"""Tables as Markdown can hold them: a cell in every place, no blocks in cells, and no table around a layout."""

from dataclasses import dataclass

from selectolax.lexbor import LexborNode, create_tag

MAX_CELLS = 50_000
MAX_WRITTEN = 2_000_000  # characters that all cells of a page have, each as often as it stands in its grid
MAX_SPAN = 100
MAX_PADDED = 500_000  # characters of tables whose columns are lined up by spaces; wider ones are written without
CUT = f"its tables hold more than {MAX_CELLS:,} cells or {MAX_WRITTEN:,} characters; the rest is left out"

_SECTIONS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = frozenset(("ul", "ol", "dl", "pre", "blockquote", "table"))  # in what is no grid: one row, or one column


@dataclass
class Budget:
    """What the tables of one page may still hold."""

    cells: int = MAX_CELLS
    written: int = MAX_WRITTEN
    padded: int = MAX_PADDED

    @property
    def spent(self) -> bool:
        return self.cells < 0 or self.written < 0

    def take(self, cells: int, length: int) -> None:
        """Count so many cells, the first of them of this length."""
        self.cells -= cells
        self.written -= length


@dataclass(frozen=True, slots=True)
class Settled:
    """`problem`: what is left out, '' where nothing is. `is_wide`: too wide for columns that are lined up."""

    problem: str
    is_wide: bool


def span(value: str | None, whole: int = 1) -> int:
    """Read a colspan or rowspan, whatever is written there. `whole`: what 0 means."""
    digits = (value or "1").strip()
    if not (digits.isascii() and digits.isdecimal()):
        return 1
    return min(MAX_SPAN, int(digits) or whole) if len(digits) < 10 else MAX_SPAN


def settle(tables: list[LexborNode]) -> Settled:
    """Change the tables of a page, given from the outermost inwards, to what Markdown can hold.

    A cell that spans rows is said in each of them. A table that only lays a page out becomes its contents, block by
    block; a table in a cell becomes lines of it.
    """
    budget = Budget()
    held = {table.mem_id: [row for row in table.css("tr") if _table_above(row) == table.mem_id] for table in tables}
    layouts = {table.mem_id for table in tables if _is_layout(table, held[table.mem_id])}
    for table in reversed(tables):
        rows = held[table.mem_id]
        if table.mem_id in layouts:
            _unfold(table, rows)
            continue
        for row in rows:
            for cell in _cells(row):
                _flatten(cell)
        if _stands_in_cell(table, layouts):
            _line_up(table, rows)
        else:
            _fill(rows, budget)
    return Settled(CUT if budget.spent else "", budget.padded < 0)


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in ("td", "th")]


def _table_above(node: LexborNode) -> int:
    above = node.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above.mem_id if above is not None else 0


def _stands_in_cell(table: LexborNode, layouts: set[int]) -> bool:
    above = table.parent
    while above is not None and (above.tag != "table" or above.mem_id in layouts):
        above = above.parent
    return above is not None


def _is_layout(table: LexborNode, rows: list[LexborNode]) -> bool:
    """Whether the table is there for its looks: one cell, said to be so, or whole sections in its cells."""
    cells = [cell for row in rows for cell in _cells(row)]
    if (table.attributes.get("role") or "") in ("presentation", "none"):
        return True
    if len(cells) == 1:
        inside = [node.tag for node in cells[0].traverse()]
        return inside.count("p") > 1 or not (_SECTIONS | _BLOCKS).isdisjoint(inside)
    if any(cell.tag == "th" for cell in cells):
        return False
    blocks = _SECTIONS if 1 < len(rows) < len(cells) else _SECTIONS | _BLOCKS
    return any(node.tag in blocks for cell in cells for node in cell.traverse())


def _unfold(table: LexborNode, rows: list[LexborNode]) -> None:
    caption = table.css_first("caption")
    if caption is not None:
        table.insert_before(_block(caption))
    for row in rows:
        for cell in _cells(row):
            table.insert_before(_block(cell))
    table.decompose()


def _block(node: LexborNode) -> LexborNode:
    block = create_tag("div")
    for child in list(node.iter(include_text=True)):
        block.insert_child(child)  # a copy
    return block


def _flatten(cell: LexborNode) -> None:
    """Write code in a cell, which holds no blocks, line by line."""
    for block in cell.css("pre"):
        lines = [line for line in block.text(deep=True).strip("\n").split("\n") if line.strip()]
        block.replace_with(_lines([_code(line) for line in lines]))


def _code(line: str) -> LexborNode:
    code = create_tag("code")
    code.insert_child(line)
    return code


def _lines(parts: list[LexborNode]) -> LexborNode:
    block = create_tag("div")
    for number, part in enumerate(parts):
        if number:
            block.insert_child(create_tag("br"))
        block.insert_child(part)
    return block


def _line_up(table: LexborNode, rows: list[LexborNode]) -> None:
    """Put a table that stands in a cell into lines of it."""
    lines = []
    for row in rows:
        line = create_tag("span")
        for cell in _cells(row):
            if line.first_child is not None:
                line.insert_child(" –" if cell.css_first("p, div") is not None else " – ")
            _copy_inline(cell, line)
        lines.append(line)
    table.replace_with(_lines(lines))


def _copy_inline(cell: LexborNode, line: LexborNode) -> None:
    """Copy what is in the cell, its paragraphs as one."""
    for child in list(cell.iter(include_text=True)):
        if child.tag in ("p", "div"):
            if line.first_child is not None:
                line.insert_child(" ")
            _copy_inline(child, line)
        else:
            line.insert_child(child)


Waiting = dict[int, tuple[int, LexborNode]]
"""What fills a column: in how many more rows, and with which cell."""


def _fill(rows: list[LexborNode], budget: Budget) -> None:
    """Put a cell into every place that one spans, as far as the budget goes."""
    waiting: Waiting = {}
    widths: dict[int, int] = {}
    group = 0
    for row in rows:
        above = row.parent.mem_id if row.parent is not None else 0
        if above != group:
            waiting, group = {}, above
        if budget.spent:
            row.decompose()
        else:
            waiting = _fill_row(row, waiting, widths, budget)
    budget.padded -= len(rows) * sum(widths.values())


def _fill_row(row: LexborNode, waiting: Waiting, widths: dict[int, int], budget: Budget) -> Waiting:
    """Fill one row, and return what is left to be filled in the next ones."""
    left: Waiting = {}
    column = 0
    cells = _cells(row)
    while (cells or column in waiting) and not budget.spent:
        if column in waiting:
            down, cell = waiting.pop(column)
            _place(cell.clone(), row, cells)
        else:
            cell = cells.pop(0)
            down = span(cell.attributes.get("rowspan"), whole=MAX_SPAN)
            _bound_spans(cell)
        across, length = span(cell.attributes.get("colspan")), len(cell.text(deep=True))
        budget.take(across, length)
        widths[column] = max(length, widths.get(column, 0))
        if down > 1:
            left[column] = (down - 1, cell)
        column += across
    for cell in cells:
        cell.decompose()
    return left | waiting


def _place(cell: LexborNode, row: LexborNode, following: list[LexborNode]) -> None:
    if following:
        following[0].insert_before(cell)
    else:
        row.insert_child(cell)


def _bound_spans(cell: LexborNode) -> None:
    if "rowspan" in cell.attributes:
        del cell.attrs["rowspan"]
    if "colspan" in cell.attributes:
        cell.attrs["colspan"] = str(span(cell.attributes.get("colspan")))
