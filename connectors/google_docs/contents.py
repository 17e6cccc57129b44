"""The text of a file, by the way that its type asks for; where there is none, or not all, why."""

from connectors.files import IN_MEMORY, Unreadable, extract
from connectors.google_docs.document import convert
from connectors.google_docs.drive import Drive, NotFound
from connectors.google_docs.errors import Withheld
from connectors.google_docs.files import DOC, SHEET, SLIDES, DriveFile
from connectors.http.client import HttpClient
from connectors.http.transport import Json, Oversized, Params
from sync.errors import Misconfigured, Retryable

ROOT = "/v1/documents"
BUCKET = ("docs",)
OFFICE = "application/vnd.openxmlformats-officedocument."
XLSX = f"{OFFICE}spreadsheetml.sheet"
PPTX = f"{OFFICE}presentationml.presentation"
PLAIN = "read as plain text, which may hold hidden slides; make the presentation smaller"
MODES = ("PREVIEW_WITHOUT_SUGGESTIONS", "DEFAULT_FOR_CURRENT_ACCESS")

Text = tuple[str, str]
"""Markdown, and why that is not everything, '' where it is."""


class Contents:
    """Reads the text of files through Docs and Drive."""

    def __init__(self, drive: Drive, docs: HttpClient, *, speaker_notes: bool) -> None:
        self._drive = drive
        self._docs = docs
        self._speaker_notes = speaker_notes

    def of(self, file: DriveFile, *, public: bool) -> Text:
        """Return the text. What only this document refuses is its problem; raises NotFound, and what passes."""
        if not file.readable:
            return "", "its owner does not let it be downloaded or copied; allow it, or take the document out of scope"
        try:
            return self._read(file, public=public)
        except Withheld as error:
            return "", error.why
        except (Unreadable, Oversized) as error:
            return "", str(error)

    def probe(self) -> None:
        """Raise Misconfigured where the Docs API does not answer us, whatever the document."""
        self._docs.get(f"{ROOT}/none", {"includeTabsContent": "true"}, expect=(400, 404), buckets=BUCKET)

    def _read(self, file: DriveFile, *, public: bool) -> Text:
        if file.mime == DOC:
            converted = convert(self._document(file), file.url)
            return converted.markdown, converted.problem
        with IN_MEMORY:
            if file.mime == SLIDES:
                return self._slides(file, public=public)
            if file.mime == SHEET:
                return self._extracted(self._exported(file, XLSX), XLSX, f"{file.name}.xlsx", file.url)
            return self._extracted(self._drive.content(file), file.mime, file.name, file.url)

    def _document(self, file: DriveFile) -> Json:
        """Return the document as JSON. Some refuse the preview without suggestions: these are then left out by us."""
        for mode in MODES[:-1]:
            try:
                return self._ask(file, mode)
            except Withheld:
                continue
        return self._ask(file, MODES[-1])

    def _ask(self, file: DriveFile, mode: str) -> Json:
        path = f"{ROOT}/{file.id}"
        params: Params = {"includeTabsContent": "true", "suggestionsViewMode": mode}
        answer = self._docs.get(path, params, expect=(400, 404), buckets=BUCKET)
        where = self._docs.where(path)
        if answer.status == 404:
            raise NotFound(f"{where} is not there (404), though Drive lists it; check docs_url")
        if answer.status == 400:
            raise Withheld(f"{where}: not a document that can be read (400)", "Google cannot show it", "conversion")
        found = answer.json()
        if found.get("documentId") != file.id or not ("tabs" in found or "body" in found):
            raise Retryable(f"{where} answered without the document")
        return found

    def _slides(self, file: DriveFile, *, public: bool) -> Text:
        """Return slides with their titles and tables; internal ones as plain text where they cannot be had so.

        Plain text does not tell hidden slides and comments from what an audience sees: it is never made public.
        """
        try:
            return self._extracted(self._exported(file, PPTX), PPTX, f"{file.name}.pptx", file.url)
        except (Withheld, Unreadable, Oversized):
            if public:
                raise
            plain = self._drive.exported(file, "text/plain")
        markdown, problem = self._extracted(plain, "text/plain", f"{file.name}.txt", file.url)
        return markdown, "; ".join(filter(None, (problem, PLAIN)))

    def _exported(self, file: DriveFile, mime: str) -> bytes:
        """Return the export, through its link where it is too large for the usual way."""
        try:
            return self._drive.exported(file, mime)
        except Withheld as error:
            if error.reason != "exportSizeLimitExceeded":
                raise
            link = self._drive.export_link(file, mime)
            if not link:
                raise
            return self._linked(link, error)

    def _linked(self, link: str, refused: Withheld) -> bytes:
        try:
            return self._drive.linked(link)
        except Oversized:
            raise
        except Misconfigured:
            raise refused from None

    def _extracted(self, content: bytes, mime: str, name: str, url: str) -> Text:
        found = extract(content, mime, name, base_url=url, speaker_notes=self._speaker_notes)
        return found.markdown, found.problem
