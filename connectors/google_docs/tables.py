"""A table's cells in their places: what is merged stands in every row that it spans."""

from connectors.google_docs.paragraph import is_proposed
from connectors.http.transport import Json

Grid = list[list[Json | None]]


def grid(rows: list[Json]) -> Grid:
    """Return the cells row by row, None where a cell to the left covers the place.

    A cell that spans rows is said again in each, so that every row stands for itself. The vendor lists covered cells
    too, empty: a row's cells are in their columns as they stand.
    """
    found: Grid = [[cell for cell in row.get("tableCells") or () if not is_proposed(cell)] for row in rows]
    width = max((len(row) for row in found), default=0)
    placed: Grid = [[*row, *[None] * (width - len(row))] for row in found]
    for number, row in enumerate(found):
        for column, cell in enumerate(row):
            if cell is not None and placed[number][column] is cell:
                _cover(placed, number, column, cell)
    return placed


def _cover(placed: Grid, number: int, column: int, cell: Json) -> None:
    style = cell.get("tableCellStyle") or {}
    tall, wide = int(style.get("rowSpan") or 1), int(style.get("columnSpan") or 1)
    for below in range(number, min(number + tall, len(placed))):
        for right in range(column, min(column + wide, len(placed[below]))):
            if (below, right) != (number, column):
                placed[below][right] = cell if right == column else None
