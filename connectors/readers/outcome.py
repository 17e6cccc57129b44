"""What a reader found in a file."""

import html
from dataclasses import dataclass

MAX_LENGTH = 8_000_000  # characters of HTML or text that one file gives


class UnreadableBytes(Exception):
    """There is no text to be had from the file, and why."""


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """A file's text, as HTML or as plain text. `problem`: why that is not everything, '' where it is."""

    html: str = ""
    plain: str = ""
    problem: str = ""


def lines(text: str) -> str:
    """Return text as HTML that keeps its line breaks, of whatever kind."""
    for end in ("\r\n", "\r", "\v", "\f", "\x85"):
        text = text.replace(end, "\n")
    return "<br>".join(html.escape(line) for line in text.strip("\n").split("\n"))


def paragraphs(texts: list[str]) -> str:
    return "".join(f"<p>{lines(text)}</p>" for text in texts if text.strip())


def table(rows: list[list[str]]) -> str:
    """Return cells, each HTML already, as a table whose first row is its head."""
    if not any(any(row) for row in rows):
        return ""
    written = [
        f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in row)}</tr>"
        for tag, row in zip(_tags(rows), rows, strict=True)
    ]
    return f"<table>{''.join(written)}</table>"


def _tags(rows: list[list[str]]) -> list[str]:
    return ["th", *["td"] * (len(rows) - 1)]
