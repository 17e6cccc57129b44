"""The text of one file, read in a process of its own: `python files_worker.py KIND` from stdin, JSON to stdout.

It answers {"html": …} or {"plain": …}, with "problem" where that is not everything; {"unreadable": …} where there is
nothing. It imports nothing of ours, and no more than its kind needs, so that it starts fast and dies alone.
"""

import html
import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

MAX_MEMORY = 1536 * 1024 * 1024
MAX_SECONDS = 60
MAX_UNPACKED = 256 * 1024 * 1024
MAX_TEXT = 8_000_000  # characters
MAX_ROWS = 2000
MAX_COLUMNS = 60
FEW_LETTERS = 20

Outcome = dict[str, str]


def main() -> None:
    """Answer for the file on stdin. Ends with status 1 when the limits or the file end it."""
    _limit()
    content = sys.stdin.buffer.read()
    answer = READERS[sys.argv[1]](content)
    for key in ("html", "plain"):
        if len(answer.get(key, "")) > MAX_TEXT:
            answer[key] = answer[key][:MAX_TEXT]
            answer["problem"] = f"only the first {MAX_TEXT:,} characters were read"
    sys.stdout.write(json.dumps(answer))


def read_pdf(content: bytes) -> Outcome:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        why = "a password protects it" if "password" in str(error).lower() else "it is broken"
        return {"unreadable": f"PDF: {why}"}
    pages = [_page(document[number]) for number in range(len(document))]
    blank = sum(1 for text in pages if _letters(text) < FEW_LETTERS)
    if blank == len(pages) and sum(map(_letters, pages)) < FEW_LETTERS:
        return {"unreadable": "scanned PDF: pictures of pages, no text in them; run text recognition over it"}
    told = {"problem": f"{blank} of {len(pages)} pages are pictures without text"} if blank * 2 > len(pages) else {}
    return {"plain": "\n\n".join(text for text in pages if text)} | told


def read_docx(content: bytes) -> Outcome:
    import mammoth

    _unpackable(content)
    picture = mammoth.images.img_element(lambda _: {})
    return {"html": str(mammoth.convert_to_html(io.BytesIO(content), convert_image=picture).value)}


def read_pptx(content: bytes) -> Outcome:
    import pptx

    _unpackable(content)
    slides = pptx.Presentation(io.BytesIO(content)).slides
    return {"html": "".join(_slide(slide, number) for number, slide in enumerate(slides, start=1))}


def read_xlsx(content: bytes) -> Outcome:
    import python_calamine

    _unpackable(content)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    pieces, cut = [], []
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        rows = [row for row, _ in zip(sheet.iter_rows(), range(MAX_ROWS + 1), strict=False)]
        if len(rows) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in rows):
            cut.append(name)
        if table := _table(_cells(rows[:MAX_ROWS])):
            pieces.append(f"<h2>{html.escape(name)}</h2>{table}")
    told = {"problem": f"only {MAX_ROWS:,} rows and {MAX_COLUMNS} columns were read of: {', '.join(cut)}"}
    return {"html": "".join(pieces)} | (told if cut else {})


def read_csv(content: bytes) -> Outcome:
    import csv

    text = content.decode("utf-8")
    try:
        dialect: Any = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = [row for row, _ in zip(csv.reader(io.StringIO(text), dialect), range(MAX_ROWS + 1), strict=False)]
    told = {"problem": f"only the first {MAX_ROWS:,} rows were read"} if len(rows) > MAX_ROWS else {}
    return {"html": _table(_cells(rows[:MAX_ROWS]))} | told


READERS = {"pdf": read_pdf, "docx": read_docx, "pptx": read_pptx, "xlsx": read_xlsx, "csv": read_csv}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere the limit is refused, or counts what is only reserved
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


def _unpackable(content: bytes) -> None:
    """Refuse a file that a few bytes blow up to more than any document has."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
            raise ValueError("unpacks to more than a document has")


def _page(page: Any) -> str:
    """A page's text; a word that was hyphenated at the end of a line is whole again."""
    text = str(page.get_textpage().get_text_range()).replace("\r\n", "\n")
    return text.replace("\ufffe\n", "").replace("\ufffe", "").strip()


def _letters(text: str) -> int:
    return sum(1 for letter in text if letter.isalnum())


def _slide(slide: Any, number: int) -> str:
    title = slide.shapes.title
    heading = " ".join(title.text_frame.text.split()) if title is not None and title.has_text_frame else ""
    pieces = [f"<h2>{html.escape(heading or f'Slide {number}')}</h2>"]
    pieces += [_shape(shape) for shape in _flat(slide.shapes) if title is None or shape.shape_id != title.shape_id]
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        pieces += [f"<p>{html.escape(line)}</p>" for line in notes.splitlines() if line.strip()]
    return "".join(pieces)


def _flat(shapes: Iterable[Any]) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _flat(shape.shapes)
        else:
            yield shape


def _shape(shape: Any) -> str:
    if getattr(shape, "has_table", False):
        return _table([[cell.text for cell in row.cells] for row in shape.table.rows])
    if not shape.has_text_frame:
        return ""
    found = [(paragraph.level, paragraph.text.strip()) for paragraph in shape.text_frame.paragraphs]
    lines = [(level, text) for level, text in found if text]
    if len(lines) == 1:
        return f"<p>{html.escape(lines[0][1])}</p>"
    return _nested(lines)


def _nested(lines: list[tuple[int, str]]) -> str:
    """Lines and their levels as lists in lists; a level that is skipped makes no list of its own."""
    pieces, open_levels = [], list[int]()
    for level, text in lines:
        while open_levels and open_levels[-1] > level:
            pieces.append("</li></ul>")
            open_levels.pop()
        if open_levels and open_levels[-1] == level:
            pieces.append("</li>")
        else:
            pieces.append("<ul>")
            open_levels.append(level)
        pieces.append(f"<li>{html.escape(text)}")
    return "".join(pieces) + "</li></ul>" * len(open_levels)


def _cells(rows: Iterable[Iterable[Any]]) -> list[list[str]]:
    """Cells as a reader sees them; rows and columns that hold nothing at the edges are left out."""
    shown = [[_cell(value) for value in row][:MAX_COLUMNS] for row in rows]
    shown = [row for row in shown if any(row)]
    width = max((number for row in shown for number, cell in enumerate(row, start=1) if cell), default=0)
    return [(row + [""] * width)[:width] for row in shown]


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _table(rows: list[list[str]]) -> str:
    if not any(any(row) for row in rows):
        return ""
    lines = ["".join(f"<td>{_lines(cell)}</td>" for cell in row) for row in rows]
    head = lines[0].replace("<td>", "<th>").replace("</td>", "</th>")
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines[1:])}</table>"


def _lines(text: str) -> str:
    return "<br>".join(html.escape(line) for line in text.splitlines())


if __name__ == "__main__":
    main()
