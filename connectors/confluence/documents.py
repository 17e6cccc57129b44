"""Documents of contents, files and comments: how each is written, and what its version covers."""

import hashlib
import html
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.confluence import macros, rendered
from connectors.confluence.audience import AudienceLookup, Placement
from connectors.confluence.records import Attachment, Content, PageComment, Space, document_id
from connectors.confluence.site import Site
from connectors.confluence.storage import Included, Met, Named, StorageReader, StorageReading, accounts_in
from connectors.file_types import kind_of
from connectors.files import IN_MEMORY, MAX_BYTES, Unreadable, extract
from connectors.http.transport import Clock, Oversized
from connectors.language import language_of
from connectors.text import Converted, convert
from sync.model import Audience, Change, Document

FORMAT = "2"  # part of every version: a new way to build documents renews them all
NAMES_AGE = timedelta(hours=1)


class AccountNames:
    """What accounts are called, remembered for an hour."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock
        self._known: dict[str, tuple[datetime, str]] = {}

    def learn(self, accounts: Collection[str]) -> None:
        """Look all of these up at once."""
        now = self._clock()
        wanted = [a for a in accounts if a not in self._known or now - self._known[a][0] > NAMES_AGE]
        if wanted:
            found = self._site.names(wanted)
            self._known.update((account, (now, found.get(account, "somebody"))) for account in wanted)

    def __call__(self, account: str) -> str:
        self.learn([account])
        return self._known[account][1]


@dataclass(frozen=True, slots=True)
class Written:
    """A body as Markdown, and what was met while it was written."""

    converted: Converted
    met: Met

    @property
    def markdown(self) -> str:
        return self.converted.markdown

    @property
    def problem(self) -> str:
        return _joined(self.met.problem, self.converted.problem)


class Writer:
    """Writes documents. Pages that others include are read once, and shown in public only if they are public."""

    def __init__(self, site: Site, spaces: dict[str, Space], names: AccountNames, lookup: AudienceLookup) -> None:
        self._site = site
        self._address = site.address
        self._spaces = spaces
        self._names = names
        self._lookup = lookup
        self._titled: dict[tuple[str, str, str], Content | None] = {}

    def change(self, content: Content, placement: Placement) -> Change:
        """Return the change that a listing shows. What only the site can render is left to a fetch."""
        written = self._write(content, placement)
        version = self._version(content, placement, written)
        document = None if written.met.unknown else self._document(content, placement, written, version)
        return Change(
            document_id(content.kind, content.id), version, document, placement.unconfirmed, placement.audience
        )

    def document(self, content: Content, placement: Placement) -> Document:
        """Return the document, rendered by the site where that is needed."""
        written = self._write(content, placement)
        version = self._version(content, placement, written)
        if written.met.unknown:
            page = self._site.rendered(content, public=placement.audience is Audience.PUBLIC)
            written = Written(rendered.convert(page, content.url), written.met)
        return self._document(content, placement, written, version)

    def comments(self, content: Content, placement: Placement, comments: list[PageComment]) -> Document:
        """Return what is said below a content as one document, which is never public."""
        reading = self._reading(content, public=False)
        self._names.learn(
            {c.author for c in comments if not c.name} | {a for c in comments for a in accounts_in(c.storage)}
        )
        url = f"{self._address}/pages/viewpage.action?pageId={content.id}"
        pieces = []
        for comment in comments:
            who = html.escape(comment.name or self._names(comment.author))
            pieces.append(
                f"<p><strong>{who}, {comment.edited_at:%Y-%m-%d}:</strong></p>{reading.body(comment.storage)}"
            )
        converted = convert("".join(pieces), url)
        body = converted.markdown
        breadcrumb = (*placement.breadcrumb, content.title)
        title = f"Comments on {content.title}"
        return Document(
            external_id=document_id("comments", content.id),
            version=_hash([title, breadcrumb, body]),
            title=title,
            body=body,
            url=url,
            updated_at=max(comment.edited_at for comment in comments),
            audience=Audience.INTERNAL,
            language=language_of(body),
            breadcrumb=breadcrumb,
            attributes=self._attributes(content),
            problem=_joined(reading.met.problem, converted.problem),
        )

    def _write(self, content: Content, placement: Placement) -> Written:
        storage = content.storage or ""
        self._names.learn(accounts_in(storage))
        reading = self._reading(content, public=placement.audience is Audience.PUBLIC)
        return Written(convert(reading.body(storage), content.url), reading.met)

    def _reading(self, content: Content, *, public: bool) -> StorageReading:
        space = self._spaces[content.space].key

        def include(named: Named) -> Included | None:
            return self._included(named, public=public)

        reader = StorageReader(self._address, space, content.id, self._names, include, macros.macro)
        posted = f"{content.edited_at:%Y/%m/%d}" if content.kind == "blogpost" else ""
        own = Named(space, content.title, posted, is_post=content.kind == "blogpost")
        return StorageReading(reader, (own.place,))

    def _included(self, named: Named, *, public: bool) -> Included | None:
        if named.place not in self._titled:
            self._titled[named.place] = self._site.content_by_title(
                named.space, named.title, "blogpost" if named.is_post else "page", named.day
            )
        found = self._titled[named.place]
        if found is None or (public and not self._lookup.is_public(found)):
            return None
        return Included(found.id, found.storage or "")

    def _version(self, content: Content, placement: Placement, written: Written) -> str:
        seed = [content.number, content.title, content.url, placement.audience, placement.breadcrumb, placement.labels]
        return _hash([*seed, written.markdown, sorted(written.met.unknown), written.problem])

    def _document(self, content: Content, placement: Placement, written: Written, version: str) -> Document:
        return Document(
            external_id=document_id(content.kind, content.id),
            version=version,
            title=content.title,
            body=written.markdown,
            url=content.url,
            updated_at=content.edited_at,
            audience=placement.audience,
            language=language_of(written.markdown),
            breadcrumb=placement.breadcrumb,
            labels=placement.labels,
            attributes=self._attributes(content),
            problem=written.problem,
        )

    def _attributes(self, content: Content) -> dict[str, str | float | bool]:
        return {"space": self._spaces[content.space].key}


def is_readable(file: Attachment) -> bool:
    """Whether a file is of a kind that has text; pictures and archives are no documents."""
    return bool(kind_of(file.media_type, file.title))


def file_change(file: Attachment, content: Content, placement: Placement, *, speaker_notes: bool) -> Change:
    """Return the change that a listing shows of a file, which is not downloaded for that."""
    version = _file_version(file, content, placement, speaker_notes=speaker_notes)
    return Change(document_id("attachment", file.id), version, None, placement.unconfirmed, placement.audience)


def file_document(
    file: Attachment,
    content: Content,
    placement: Placement,
    space_key: str,
    read: Callable[[Attachment, int], bytes | None],
    *,
    speaker_notes: bool,
) -> Document:
    """Return the document of a file. One without text to be had says why; it is as public as what it hangs on."""
    body, problem = "", ""
    try:
        with IN_MEMORY:
            held = read(file, MAX_BYTES)
            if held is None:
                problem = f"{file.title}: the site lists it, but does not hand it out; upload it again"
            else:
                found = extract(held, file.media_type, file.title, base_url=file.url, speaker_notes=speaker_notes)
                body, problem = found.markdown, found.problem
    except (Oversized, Unreadable) as error:
        problem = str(error)
    return Document(
        external_id=document_id("attachment", file.id),
        version=_file_version(file, content, placement, speaker_notes=speaker_notes),
        title=file.title,
        body=body,
        url=file.url,
        updated_at=file.edited_at,
        audience=placement.audience,
        language=language_of(body),
        breadcrumb=(*placement.breadcrumb, content.title),
        attributes={"space": space_key},
        problem=problem,
    )


def _file_version(file: Attachment, content: Content, placement: Placement, *, speaker_notes: bool) -> str:
    place = [*placement.breadcrumb, content.title]
    noted = speaker_notes and kind_of(file.media_type, file.title) == "pptx"
    return _hash([file.number, file.title, file.media_type, file.container, placement.audience, place, noted])


def _joined(*problems: str) -> str:
    return "; ".join(filter(None, problems))


def _hash(seed: list[object]) -> str:
    return hashlib.sha256(json.dumps([FORMAT, *seed]).encode()).hexdigest()[:32]
