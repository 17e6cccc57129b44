"""PDF: the text of each page, of its notes and of the fields of its forms."""

import contextlib
import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from connectors.readers.outcome import MAX_LENGTH, ReadOutcome, UnreadableBytes

FEW_LETTERS = 20
MAX_PAGES = 5000
MAX_NOTES = 2000  # annotations of one page
HIDDEN = 2 | 32  # the flags of an annotation: hidden, and not for the screen


def read(content: bytes) -> ReadOutcome:
    """Read every page that can be; a problem names those that cannot, and those that are pictures."""
    document = _opened(content)
    number = len(document)
    texts, pictures, broken = dict[int, str](), list[int](), list[int]()
    length = 0
    for place in range(min(number, MAX_PAGES)):
        try:
            text, is_picture = _page(document, place)
        except pypdfium2.PdfiumError:
            broken.append(place + 1)
            continue
        texts[place] = text
        length += len(text)
        if is_picture:
            pictures.append(place + 1)
        if length > MAX_LENGTH:
            break
    letters = sum(map(_letters, texts.values()))
    blank = [place for place, text in texts.items() if _letters(text) < FEW_LETTERS]
    if number and not texts:
        raise UnreadableBytes("PDF: none of its pages can be read; it is broken")
    if len(blank) == number and letters < FEW_LETTERS:
        raise UnreadableBytes("scanned PDF: pictures of pages, no text in them; run text recognition over it")
    return ReadOutcome(
        plain="\n\n".join(text for text in texts.values() if text),
        problem="; ".join(_missing(number, len(texts) + len(broken), broken, pictures, len(blank))),
    )


def _opened(content: bytes) -> Any:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        why = "a password protects it; save it without one" if "password" in str(error).lower() else "it is broken"
        raise UnreadableBytes(f"PDF: {why}") from error
    with contextlib.suppress(pypdfium2.PdfiumError):  # without its form, the text of the pages is left
        document.init_forms()
    return document


def _missing(number: int, seen: int, broken: list[int], pictures: list[int], blank: int) -> Iterator[str]:
    if seen < number:
        yield f"only the first {seen:,} of {number:,} pages were read"
    if broken:
        yield f"{_pages(broken)} cannot be read"
    if blank * 2 > number:
        yield f"{blank} of {number} pages are pictures without text"
    elif pictures:
        yield f"{_pages(pictures)} {'is a picture' if len(pictures) == 1 else 'are pictures'} without text"


def _pages(numbers: list[int]) -> str:
    some = ", ".join(map(str, numbers[:10])) + (" and more" if len(numbers) > 10 else "")
    return f"page {some}" if len(numbers) == 1 else f"pages {some}"


def _page(document: Any, place: int) -> tuple[str, bool]:
    """A page's text, and whether it is a picture. A word hyphenated at the end of a line is whole again."""
    page = document[place]
    try:
        whole = page.get_textpage()
        text = str(whole.get_text_range()).replace("\r\n", "\n").replace("\ufffe\n", "").replace("\ufffe", "").strip()
        is_picture = _letters(text) < FEW_LETTERS and any(
            found.type == pdfium.FPDF_PAGEOBJ_IMAGE for found in page.get_objects(max_depth=2)
        )
        said = [note for note in _notes(document, page) if note not in text]
        return "\n\n".join(filter(None, [text, *dict.fromkeys(said)])), is_picture
    finally:
        page.close()


def _notes(document: Any, page: Any) -> Iterator[str]:
    """Yield what stands in text boxes that were put onto the page, and in the fields of a form."""
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_NOTES)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if not pdfium.FPDFAnnot_GetFlags(annotation) & HIDDEN:
            if kind == pdfium.FPDF_ANNOT_FREETEXT:
                yield from filter(None, [_string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")])
            elif kind == pdfium.FPDF_ANNOT_WIDGET and document.formenv:
                yield from filter(None, [_field(document.formenv, annotation)])
        pdfium.FPDFPage_CloseAnnot(annotation)


def _field(form: Any, annotation: Any) -> str:
    """A field's label and what was filled in; '' for an empty one, and for one that shows dots for a password."""
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    texts = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
    if kind not in texts or pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & 0x2000:
        return ""
    value = _string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
    label = _string(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
    return f"{label}: {value}" if label and value else value


def _string(ask: Any, *of: Any) -> str:
    """Ask twice, as the library wants: for the length, then for the text."""
    length = ask(*of, None, 0)
    if not 2 < length <= 1_000_000:
        return ""
    held = ctypes.create_string_buffer(length)
    ask(*of, ctypes.cast(held, ctypes.POINTER(ctypes.c_ushort)), length)
    return held.raw.decode("utf-16-le", "replace").rstrip("\0").replace("\r\n", "\n").replace("\r", "\n").strip()


def _letters(text: str) -> int:
    return sum(1 for letter in text if letter.isalnum())
