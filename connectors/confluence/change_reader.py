"""What the feeds show as edited, as changes: read alone where it is little, in bulk where it is much."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from connectors.confluence import documents
from connectors.confluence.audience import Exact, visible
from connectors.confluence.feed import ZONES
from connectors.confluence.records import KINDS, Content, Facts, Kind, Touched, document_id
from connectors.confluence.site_cache import Library
from connectors.files import kind_of
from sync.errors import Gone, Retryable
from sync.model import Change, Document

FEW = 5


class Edits:
    """Turns one page of a feed into changes. Made anew for each page: nothing that it read is used again."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._site = library.site
        self._exact = library.exact()
        self._writer = library.writer(self._exact)

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
        if len(touched) <= FEW:
            return [self._alone(document_id(kind, t.id), t, kind) for t in touched]
        try:
            several = self._site.several(kind, [t.id for t in touched])
        except Retryable as error:
            if error.after is not None:
                raise
            return [_left(document_id(kind, t.id), t) for t in touched]  # one of them may be why: each is fetched alone
        found = {content.id: content for content in several}
        found = {number: content for number, content in found.items() if content.space in self._library.spaces()}
        facts = self._facts(found.values(), min(t.edited_at for t in touched))
        known = [content for number, content in found.items() if number in facts]
        open_ids = self._open_ids(kind, known)
        changes = [self._by_listing(content, facts[content.id], open_ids) for content in known]
        changes += [
            self._alone(document_id(kind, t.id), t, kind) for t in touched if t.id in found and t.id not in facts
        ]
        return changes + [Change(document_id(kind, t.id), None) for t in touched if t.id not in found]

    def _alone(self, external_id: str, touched: Touched, kind: Kind | None = None) -> Change:
        """Return the change that a fetch would make of it; one that cannot be read now does not hold up the others."""
        try:
            document = read(self._library, external_id, kind, self._exact)
        except Gone:
            return Change(external_id, None)
        except Retryable as error:
            if error.after is not None:
                raise
            return _left(external_id, touched)
        return Change(external_id, document.version, document)

    def _facts(self, contents: Iterable[Content], since: datetime) -> dict[str, Facts]:
        """Return what the search tells of those that it knows to be edited."""
        found: dict[str, Facts] = {}
        for number in {content.space for content in contents}:
            after: str | None = None
            while True:
                listing = self._site.facts(self._library.spaces()[number], after, since - ZONES)
                found.update(listing.rows)
                after = listing.following
                if after is None:
                    break
        for number, facts in found.items():
            self._exact.tell(number, facts)
        return found

    def _open_ids(self, kind: Kind, contents: list[Content]) -> set[str]:
        numbers = [content.id for content in contents if self._library.spaces()[content.space].public]
        return visible(self._site, partial(self._site.open_of, kind, numbers)) if numbers else set()

    def _by_listing(self, content: Content, facts: Facts, open_ids: set[str]) -> Change:
        standing = self._exact.listed(content, facts.labels, open_ids)
        return self._writer.change(content, standing)


def _left(external_id: str, touched: Touched) -> Change:
    """Return the change that leaves it to a fetch."""
    return Change(external_id, f"unread:{touched.number}")


def read(library: Library, external_id: str, kind: Kind | None = None, exact: Exact | None = None) -> Document:
    """Return a document as it is at this moment. Raises Gone for anything that a snapshot would not list."""
    exact = exact or library.exact()
    number, _, below = external_id.partition(":")
    if below not in ("", "comments"):
        raise _gone(library, external_id)
    if number.startswith("att"):
        return _file(library, exact, external_id)
    content = _content(library, number, external_id, kind)
    standing = exact.standing(content, content.labels or ())
    if not below:
        return library.writer(exact).document(content, standing)
    comments = library.site.comments(content) if library.settings.comments else []
    if not comments:
        raise _gone(library, external_id)
    return library.writer(exact).comments(content, standing, comments)


def _file(library: Library, exact: Exact, external_id: str) -> Document:
    number = external_id.removeprefix("att")
    known = library.settings.attachments and _is_number(number)
    file = library.site.file(external_id) if known else None
    if file is None or not documents.is_readable(file):
        raise _gone(library, external_id)
    content = _content(library, file.container, external_id, None)
    standing = exact.standing(content, content.labels or ())
    space = library.spaces()[content.space]
    return documents.file_document(file, content, standing, space.key, library.site.read)


def _content(library: Library, number: str, external_id: str, kind: Kind | None) -> Content:
    content = library.site.content(number, kind) if _is_number(number) else None
    if content is None or library.space(content.space) is None:
        raise _gone(library, external_id)
    if content.kind == "blogpost" and not library.settings.blog_posts:
        raise _gone(library, external_id)
    return content


def _gone(library: Library, external_id: str) -> Gone:
    """Return that it is gone, once it is sure that the site answers for what is in scope at all."""
    library.check_lists()
    return Gone(f"confluence {library.site.address}: {external_id} is not among what the settings include")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
