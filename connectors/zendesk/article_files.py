"""The files of a help center's articles: which an article has, and what they say."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Literal

from connectors import attachments
from connectors.attachments import AttachedFile
from connectors.cache import TtlCache
from connectors.files import Unreadable
from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json
from connectors.zendesk.attached_file import attached_file
from connectors.zendesk.pagination import page
from connectors.zendesk.translations import ArticleTranslation
from sync.errors import Retryable
from sync.model import Audience, Document

BUCKET = "help_center"
AGE = timedelta(days=1)

Mode = Literal[False, True, "all"]
"""Whose files are asked for: nobody's, those of articles that speak of one, every article's."""

_LINKED = re.compile(r"href\s{0,9}=\s{0,9}[\"'][^\"'<>]{0,500}article_attachments/", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,10000}>")
_NAMED = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|csv)\b|\b(?:pdf|attach|download|anhang|anhäng|angehäng|beigefügt|herunter\W?lad|anlagen?\b"
    r"|adjunt|descarg|ci-joint|pièces? jointe|télécharg|allegat|scarica|bijlage|anexo|baixar)",
    re.IGNORECASE,
)


def speaks_of_files(title: str, html: str) -> bool:
    """Whether the text links or mentions a file: no listing of articles tells whether one has any."""
    return bool(_LINKED.search(html) or _NAMED.search(f"{title} {_TAG.sub(' ', html)}"))


class ArticleFiles:
    """Asks for an article's files once a day and edit, one call each. `anonymous`: as whom public files are read."""

    def __init__(self, signed_in: HttpClient, anonymous: HttpClient, mode: Mode, clock: Clock) -> None:
        self._api = signed_in
        self._anonymous = anonymous
        self._mode = mode
        self._listed: TtlCache[list[Json]] = TtlCache(clock, AGE)

    def of(self, translation: ArticleTranslation) -> tuple[AttachedFile, ...]:
        """Return the files with text of an article in one locale."""
        text = translation.text
        if not self._mode or (self._mode != "all" and not speaks_of_files(text.title, text.html)):
            return ()
        rows = self._listed.get(f"{translation.article}@{translation.touched}", self._lister(translation.article))
        shown = [row for row in rows if str(row.get("locale") or translation.locale).lower() == translation.locale]
        return attachments.readable([attached_file(row) for row in shown])

    def read_into(self, document: Document, files: tuple[AttachedFile, ...]) -> Document:
        """Return the document with what its files say: in public, what opens without signing in.

        Raises Retryable for a public document alone: an article that was closed must not stay public for a file.
        """
        if document.audience is Audience.PUBLIC:
            return attachments.read_into(document, files, self._openly)
        try:
            return attachments.read_into(document, files, self._signed_in)
        except Retryable as error:
            return replace(document, problem=f"its files could not be read: {error}")

    def _openly(self, file: AttachedFile) -> bytes:
        try:
            return attachments.download(self._anonymous, file, buckets=(BUCKET,))
        except Unreadable as error:
            raise Unreadable(f"{error}; only what anyone can open is read into a public article") from error

    def _signed_in(self, file: AttachedFile) -> bytes:
        return attachments.download(self._api, file, buckets=(BUCKET,))

    def _lister(self, article: int) -> Callable[[], list[Json]]:
        return partial(self._list, f"/api/v2/help_center/articles/{article}/attachments.json")

    def _list(self, path: str) -> list[Json]:
        found: list[Json] = []
        after: Json | None = None
        while True:
            _, rows, after = page(self._api, path, "article_attachments", {}, after, bucket=BUCKET, expect=(404,))
            found += rows
            if after is None:
                return found
