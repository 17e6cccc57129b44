"""Separated values as one table."""

import csv
import io
import re
from typing import Any

from connectors.readers.outcome import MAX_LENGTH, ReadOutcome, lines, table

MAX_ROWS = 2000
MAX_COLUMNS = 60
SAMPLE = 8192

_SAYS = re.compile(r"\A\"?sep=(.)\"?[ \t]*(?:\n|\Z)", re.IGNORECASE)


def read(text: str) -> ReadOutcome:
    """Read rows until one cannot be: what stands before it is kept, and the problem says so."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    says = _SAYS.match(text)
    if says is not None:
        text = text[says.end() :]
    csv.field_size_limit(MAX_LENGTH)
    rows, problems = list[list[str]](), list[str]()
    try:
        for row in csv.reader(io.StringIO(text), _dialect(text, says[1] if says else "")):
            if len(rows) == MAX_ROWS:
                problems.append(f"only the first {MAX_ROWS:,} rows were read")
                break
            rows.append(row)
    except csv.Error:
        problems.append(f"only the first {len(rows):,} rows could be read")
    if any(len(row) > MAX_COLUMNS for row in rows):
        problems.append(f"only the first {MAX_COLUMNS} columns were read")
    return ReadOutcome(
        html=table(trimmed([[lines(cell.strip()) for cell in row[:MAX_COLUMNS]] for row in rows])),
        problem="; ".join(problems),
    )


def trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Return rows of one width without those, and without the columns at the end, that hold nothing."""
    kept = [row for row in rows if any(row)]
    width = max((number for row in kept for number, cell in enumerate(row, start=1) if cell), default=0)
    return [(row + [""] * width)[:width] for row in kept]


def _dialect(text: str, separator: str) -> Any:
    class Stated(csv.excel):
        delimiter = separator or ","

    if separator:
        return Stated
    try:
        return csv.Sniffer().sniff(text[:SAMPLE], delimiters=",;\t|")
    except csv.Error:
        return csv.excel
