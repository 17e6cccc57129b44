"""Snapshots: every space in turn, in it the pages, the blog posts, the files and what is said below them."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

from connectors.confluence import documents
from connectors.confluence.documents import Writer
from connectors.confluence.records import Content, Kind, Space, document_id, in_order
from connectors.confluence.site_cache import SiteCache
from connectors.confluence.space_scan import SpaceScan
from connectors.confluence.storage import accounts_in
from connectors.http.transport import Json
from connectors.quarantine import judged
from sync.model import Change

MAX_SCAN_AGE = timedelta(minutes=30)
FILES_PAGE = 200
MAX_COMMENTED = 10  # contents whose comments are read for one page: a call for each, and one for each comment

Part = Callable[[Space, str | None], tuple[list[Change], str | None]]


class Listings:
    """Lists a site page by page. The scan of the space at hand is kept from one page to the next."""

    def __init__(self, cache: SiteCache, *, public_only: bool) -> None:
        self._cache = cache
        self._public_only = public_only
        self._scan: SpaceScan | None = None
        self._used = False
        settings = cache.settings
        parts: list[Part] = [partial(self._contents, "page")]
        parts += [partial(self._contents, "blogpost")] if settings.blog_posts else []
        parts += [self._files] if settings.attachments else []
        parts += [self._comments] if settings.comments and not public_only else []
        self._parts = parts

    def page(self, place: Json | None) -> tuple[list[Change], Json | None]:
        """Return one page, and where the next one starts; None after the last."""
        if place is None:
            self._start_over()
        spaces = [space for space in self._cache.spaces().values() if space.public or not self._public_only]
        if place is None:
            place = _first(spaces)
        changes: list[Change] = []
        while place is not None and not changes:
            changes, place = self._step(spaces, place)
        return changes, place

    def _step(self, spaces: list[Space], place: Json) -> tuple[list[Change], Json | None]:
        number, part = str(place["space"]), int(place["part"])
        later = [space for space in spaces if in_order(space.id) > in_order(number)]
        space = next((space for space in spaces if space.id == number), None)
        if space is None or part >= len(self._parts):  # it left the scope meanwhile
            return [], _first(later)
        changes, at = self._parts[part](space, place["at"])
        self._used = True
        if at is not None:
            return changes, {"space": number, "part": part, "at": at}
        if part + 1 < len(self._parts):
            return changes, {"space": number, "part": part + 1, "at": None}
        return changes, _first(later)

    def _contents(self, kind: Kind, space: Space, after: str | None) -> tuple[list[Change], str | None]:
        scan = self._surveyed(space)
        listing = self._cache.site.contents(space, kind, after, bodies=True)
        scan.saw(listing, kind, after)
        self._cache.names.learn({account for row in listing.rows for account in accounts_in(row.storage or "")})
        writer = self._cache.writer(scan.lookup)
        return [self._judged(writer, scan, row) for row in listing.rows], listing.following

    def _judged(self, writer: Writer, scan: SpaceScan, content: Content) -> Change:
        external_id = document_id(content.kind, content.id)
        placement = scan.placement(content) if content.storage is not None else None
        if placement is None:  # the listing could not tell everything; a fetch does
            return Change(external_id, f"unread:{content.number}")
        judge = partial(writer.change, content, placement)
        return judged(external_id, content.storage, judge, placement.audience, unconfirmed=placement.unconfirmed)

    def _files(self, space: Space, after: str | None) -> tuple[list[Change], str | None]:
        scan = self._surveyed(space)
        files = [file for file in scan.files() if documents.is_readable(file)]
        rest = [file for file in files if after is None or in_order(file.id) > in_order(after)]
        changes = []
        for file in rest[:FILES_PAGE]:
            content = scan.placed(file.container)
            placement = scan.placement(content) if content is not None else None
            if content is None or placement is None:
                changes.append(Change(document_id("attachment", file.id), f"unread:{file.number}"))
            else:
                notes = self._cache.settings.speaker_notes
                changes.append(documents.file_change(file, content, placement, speaker_notes=notes))
        return changes, rest[FILES_PAGE - 1].id if len(rest) > FILES_PAGE else None

    def _comments(self, space: Space, after: str | None) -> tuple[list[Change], str | None]:
        scan = self._surveyed(space)
        rest = [number for number in scan.discussed() if after is None or in_order(number) > in_order(after)]
        writer = self._cache.writer(scan.lookup)
        changes = []
        for number in rest[:MAX_COMMENTED]:
            content = scan.placed(number)
            comments = self._cache.site.comments(content) if content is not None else []
            placement = scan.placement(content) if content is not None and comments else None
            if content is not None and placement is not None:
                document = writer.comments(content, placement, comments)
                changes.append(Change(document.external_id, document.version, document))
        return changes, rest[MAX_COMMENTED - 1] if len(rest) > MAX_COMMENTED else None

    def _surveyed(self, space: Space) -> SpaceScan:
        now = self._cache.clock()
        if self._scan is None or self._scan.space != space or now - self._scan.started > MAX_SCAN_AGE:
            self._scan = SpaceScan(self._cache.site, space, now, self._cache.lookup())
        return self._scan

    def _start_over(self) -> None:
        """Forget what an earlier listing used. What only a failed attempt read is kept: it may have taken long."""
        if self._used:
            self._scan, self._used = None, False
        self._cache.start_over()


def _first(spaces: Iterable[Space]) -> Json | None:
    space = next(iter(spaces), None)
    return {"space": space.id, "part": 0, "at": None} if space is not None else None
