"""Which format a file is in: by its ending, by what its sender says, and by how it begins."""

import io
import re
import zipfile
from pathlib import PurePosixPath
from typing import Final

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
# fmt: off
TYPES: Final = {
    "application/pdf": "pdf", "application/x-pdf": "pdf",
    f"{_OFFICE}wordprocessingml.document": "docx", f"{_OFFICE}wordprocessingml.template": "docx",
    "application/vnd.ms-word.document.macroenabled.12": "docx",
    "application/vnd.ms-word.template.macroenabled.12": "docx",
    f"{_OFFICE}presentationml.presentation": "pptx", f"{_OFFICE}presentationml.slideshow": "pptx",
    f"{_OFFICE}presentationml.template": "pptx", "application/vnd.ms-powerpoint.presentation.macroenabled.12": "pptx",
    "application/vnd.ms-powerpoint.slideshow.macroenabled.12": "pptx",
    f"{_OFFICE}spreadsheetml.sheet": "xlsx", f"{_OFFICE}spreadsheetml.template": "xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": "xlsx",
    "application/vnd.ms-excel.template.macroenabled.12": "xlsx",
    "text/html": "html", "application/xhtml+xml": "html",
    "text/markdown": "md", "text/x-markdown": "md", "text/plain": "txt",
    "text/csv": "csv", "text/tab-separated-values": "csv", "application/csv": "csv",
    "text/comma-separated-values": "csv",
    "application/msword": "doc", "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": "xlsb",
    "application/rtf": "rtf", "text/rtf": "rtf", "application/x-rtf": "rtf", "text/richtext": "rtf",
    "application/vnd.oasis.opendocument.text": "odt", "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.apple.pages": "pages", "application/x-iwork-pages-sffpages": "pages",
    "application/vnd.apple.numbers": "numbers", "application/x-iwork-numbers-sffnumbers": "numbers",
    "application/vnd.apple.keynote": "key", "application/x-iwork-keynote-sffkey": "key",
    "message/rfc822": "eml", "application/vnd.ms-outlook": "msg", "multipart/related": "mht",
    "application/epub+zip": "epub", "application/vnd.wordperfect": "wpd",
}
ENDINGS: Final = {
    "pdf": "pdf", "docx": "docx", "docm": "docx", "dotx": "docx", "dotm": "docx", "pptx": "pptx", "pptm": "pptx",
    "ppsx": "pptx", "ppsm": "pptx", "potx": "pptx", "potm": "pptx", "xlsx": "xlsx", "xlsm": "xlsx", "xltx": "xlsx",
    "xltm": "xlsx", "html": "html", "htm": "html", "xhtml": "html", "md": "md", "mdx": "md", "markdown": "md",
    "csv": "csv", "tsv": "csv", "txt": "txt", "text": "txt", "log": "txt", "rst": "txt",
    "doc": "doc", "dot": "doc", "xls": "xls", "xlt": "xls", "xlsb": "xlsb", "ppt": "ppt", "pps": "ppt", "rtf": "rtf",
    "odt": "odt", "ott": "odt", "ods": "ods", "odp": "odp", "pages": "pages", "numbers": "numbers", "key": "key",
    "eml": "eml", "msg": "msg", "mht": "mht", "mhtml": "mht", "epub": "epub", "wpd": "wpd", "wps": "wpd",
}
UNREAD: Final = {
    "doc": "a Word file (.docx)", "rtf": "a Word file (.docx)", "odt": "a Word file (.docx)",
    "wpd": "a Word file (.docx)",
    "pages": "a Word file (.docx)", "xls": "an Excel file (.xlsx)", "xlsb": "an Excel file (.xlsx)",
    "ods": "an Excel file (.xlsx)", "numbers": "an Excel file (.xlsx)", "ppt": "a PowerPoint file (.pptx)",
    "odp": "a PowerPoint file (.pptx)", "key": "a PowerPoint file (.pptx)", "eml": "a PDF", "msg": "a PDF",
    "mht": "a PDF", "epub": "a PDF",
}
"""Formats that hold text and are not read, and what to save them as: each such file is a visible problem."""
# fmt: on
PLAIN: Final = frozenset(("txt", "md", "html", "csv"))
ANYTHING: Final = frozenset(
    ("", "text/plain", "application/octet-stream", "binary/octet-stream", "application/x-download")
)
NO_TEXT: Final = ("image/", "audio/", "video/", "font/")

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_PAGE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype\s+html|html)\b",
    re.IGNORECASE,
)
_FOLDERS: Final = {"word": "docx", "ppt": "pptx", "xl": "xlsx"}
_MAIL = re.compile(rb"\A(?:From|MIME-Version|Received|Return-Path|Date|Subject|Message-ID): ", re.IGNORECASE)


def kind_of(media_type: str, name: str) -> str:
    """Return the kind of a file that holds text, read or not, by its ending or else its media type; '' for others."""
    stated = media_type.partition(";")[0].strip().lower()
    ending = ENDINGS.get(PurePosixPath(name.lower()).suffix.removeprefix("."), "")
    if stated.startswith(NO_TEXT) and (not ending or ending in PLAIN):
        return ""
    if ending:
        return ending
    return TYPES.get(stated, "txt" if stated.startswith("text/") else "")


def kind_in(content: bytes, kind: str) -> str:
    """Return the kind that the content is of, where it shows; `kind`, by name and type, where it does not.

    'password' for an Office file that is encrypted.
    """
    start = content[:2048].lstrip()
    if b"%PDF-" in start[:1024]:
        return "pdf"
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if start.startswith(_OLE):
        older = kind if kind in ("xls", "ppt", "msg", "wpd") else "doc"
        return "password" if _ENCRYPTED in content else older
    if start.startswith(b"PK\x03\x04"):
        return _kind_of_zip(content) or kind
    return _kind_of_text(start, kind)


def _kind_of_text(start: bytes, kind: str) -> str:
    """What a text is that is called an old Word or Excel file."""
    if kind in ("doc", "xls") and _PAGE.match(start):
        return "html"  # what many programs call a Word or Excel file
    if kind == "xls" and b"\0" not in start:
        return "csv"  # Windows says so of separated values
    if kind == "doc" and _MAIL.match(start):
        return "mht"
    return kind


def _kind_of_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = set(packed.namelist()[:5000])
            stated = packed.read("mimetype")[:100].decode("ascii", "replace") if _has_type(packed, names) else ""
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, OSError):
        return ""
    if stated in TYPES:
        return TYPES[stated]
    folders = {name.partition("/")[0] for name in names}
    if "[Content_Types].xml" in names:
        if "xl/workbook.bin" in names:
            return "xlsb"
        return next(
            (kind for folder, kind in (("word", "docx"), ("ppt", "pptx"), ("xl", "xlsx")) if folder in folders), ""
        )
    return "pages" if "Index/Document.iwa" in names or "Index.zip" in names else ""


def _has_type(packed: zipfile.ZipFile, names: set[str]) -> bool:
    return "mimetype" in names and packed.getinfo("mimetype").file_size <= 100
