"""What the feeds show as edited, as changes: read alone where it is little, in bulk where it is much."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from connectors.confluence import documents
from connectors.confluence.audience import AudienceLookup, visible
from connectors.confluence.feed import ZONES
from connectors.confluence.records import KINDS, Content, Facts, Kind, Touched, document_id
from connectors.confluence.site_cache import SiteCache
from connectors.file_types import kind_of
from connectors.quarantine import BrokenRecord, attempt, judged
from sync.errors import Gone, Retryable
from sync.model import Change, Document

MAX_SINGLE_LOADS = 5


class ChangeReader:
    """Turns one page of a feed into changes. Made anew for each page: nothing that it read is used again."""

    def __init__(self, cache: SiteCache) -> None:
        self._cache = cache
        self._site = cache.site
        self._lookup = cache.lookup()
        self._writer = cache.writer(self._lookup)

    def changes(self, touched: list[Touched]) -> list[Change]:
        found: list[Change] = []
        for kind in KINDS:
            found += self._contents(kind, [t for t in touched if t.kind == kind])
        # A file is downloaded by a fetch, which runs beside others: nothing of it is read here.
        files = [t for t in touched if t.kind == "attachment" and kind_of(t.media_type, t.title)]
        found += [_left(document_id("attachment", t.id), t) for t in files]
        discussed = {t.container: t for t in touched if t.kind == "comment"}
        return found + [self._alone(document_id("comments", number), t) for number, t in sorted(discussed.items())]

    def _contents(self, kind: Kind, touched: list[Touched]) -> list[Change]:
        if len(touched) <= MAX_SINGLE_LOADS:
            return [self._alone(document_id(kind, t.id), t, kind) for t in touched]
        try:
            contents_by_id = self._site.contents_by_id(kind, [t.id for t in touched])
        except Retryable as error:
            if error.after is not None:
                raise
            return [_left(document_id(kind, t.id), t) for t in touched]  # one of them may be why: each is fetched alone
        found = {content.id: content for content in contents_by_id}
        found = {number: content for number, content in found.items() if content.space in self._cache.spaces()}
        facts = self._facts(found.values(), min(t.edited_at for t in touched))
        known = [content for number, content in found.items() if number in facts]
        anonymous_ids = self._open_ids(kind, known)
        changes = [self._by_listing(content, facts[content.id], anonymous_ids) for content in known]
        changes += [
            self._alone(document_id(kind, t.id), t, kind) for t in touched if t.id in found and t.id not in facts
        ]
        return changes + [Change(document_id(kind, t.id), None) for t in touched if t.id not in found]

    def _alone(self, external_id: str, touched: Touched, kind: Kind | None = None) -> Change:
        """Return the change that a fetch would make of it; one that cannot be read now does not hold up the others."""
        try:
            document = attempt(partial(read, self._cache, external_id, kind, self._lookup))
        except Gone:
            return Change(external_id, None)
        except Retryable as error:
            if error.after is not None:
                raise
            return _left(external_id, touched)
        except BrokenRecord:
            return _left(external_id, touched)
        return Change(external_id, document.version, document)

    def _facts(self, contents: Iterable[Content], since: datetime) -> dict[str, Facts]:
        """Return what the search tells of those that it knows to be edited."""
        found: dict[str, Facts] = {}
        for number in {content.space for content in contents}:
            after: str | None = None
            while True:
                listing = self._site.facts(self._cache.spaces()[number], after, since - ZONES)
                found.update(listing.rows)
                after = listing.following
                if after is None:
                    break
        for number, facts in found.items():
            self._lookup.tell(number, facts)
        return found

    def _open_ids(self, kind: Kind, contents: list[Content]) -> set[str]:
        numbers = [content.id for content in contents if self._cache.spaces()[content.space].public]
        return visible(self._site, partial(self._site.anonymous_among, kind, numbers)) if numbers else set()

    def _by_listing(self, content: Content, facts: Facts, anonymous_ids: set[str]) -> Change:
        placement = self._lookup.listed(content, facts.labels, anonymous_ids)
        external_id, judge = document_id(content.kind, content.id), partial(self._writer.change, content, placement)
        return judged(external_id, content.storage, judge, placement.audience, unconfirmed=placement.unconfirmed)


def _left(external_id: str, touched: Touched) -> Change:
    """Return the change that leaves it to a fetch."""
    return Change(external_id, f"unread:{touched.number}")


def read(
    cache: SiteCache, external_id: str, kind: Kind | None = None, lookup: AudienceLookup | None = None
) -> Document:
    """Return a document as it is at this moment. Raises Gone for anything that a snapshot would not list."""
    lookup = lookup or cache.lookup()
    number, _, below = external_id.partition(":")
    if below not in ("", "comments"):
        raise _gone(cache, external_id)
    if number.startswith("att"):
        return _file(cache, lookup, external_id)
    content = _content(cache, number, external_id, kind)
    placement = lookup.placement(content, content.labels or ())
    if not below:
        return cache.writer(lookup).document(content, placement)
    comments = cache.site.comments(content) if cache.settings.comments else []
    if not comments:
        raise _gone(cache, external_id)
    return cache.writer(lookup).comments(content, placement, comments)


def _file(cache: SiteCache, lookup: AudienceLookup, external_id: str) -> Document:
    number = external_id.removeprefix("att")
    known = cache.settings.attachments and _is_number(number)
    file = cache.site.file(external_id) if known else None
    if file is None or not documents.is_readable(file):
        raise _gone(cache, external_id)
    content = _content(cache, file.container, external_id, None)
    placement = lookup.placement(content, content.labels or ())
    space = cache.spaces()[content.space]
    return documents.file_document(
        file, content, placement, space.key, cache.site.read, speaker_notes=cache.settings.speaker_notes
    )


def _content(cache: SiteCache, number: str, external_id: str, kind: Kind | None) -> Content:
    content = cache.site.content(number, kind) if _is_number(number) else None
    if content is None or cache.space(content.space) is None:
        raise _gone(cache, external_id)
    if content.kind == "blogpost" and not cache.settings.blog_posts:
        raise _gone(cache, external_id)
    return content


def _gone(cache: SiteCache, external_id: str) -> Gone:
    """Return that it is gone, once it is sure that the site answers for what is in scope at all."""
    cache.check_lists()
    return Gone(f"confluence {cache.site.address}: {external_id} is not among what the settings include")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
