"""Google Docs: the documents, sheets, slides and uploaded files of folders and shared drives."""

import time

from connectors.cursor import CursorCodec
from connectors.google_docs import errors
from connectors.google_docs.account import ServiceAccount
from connectors.google_docs.audience import document_of, needs_grants, reach_of, version_of
from connectors.google_docs.channels import WatchChannels
from connectors.google_docs.configured_roots import ConfiguredRoots
from connectors.google_docs.contents import Contents
from connectors.google_docs.drive import Drive, NotFound
from connectors.google_docs.drive_cache import DriveCache
from connectors.google_docs.feed import DriveFeed
from connectors.google_docs.files import DriveFile
from connectors.google_docs.folder_walk import FolderWalk, WalkState, state_of
from connectors.google_docs.scope import Place, Places
from connectors.google_docs.sdk import GoogleTransport
from connectors.google_docs.settings import GoogleDocsSettings, is_id
from connectors.http.client import HttpClient
from connectors.http.oauth import CachedToken
from connectors.http.rate_limit import QuotaStore, VendorLimits
from connectors.http.transport import Clock, HttpxTransport, Json, Sleep, Transport, now
from connectors.quarantine import judged
from sync.errors import CursorExpired, Gone
from sync.model import Audience, Change, Cursor, Document, Page
from sync.rate_limit import Rate

READS = Rate(300)  # of the Docs API, a minute and user
MAX_STEPS = 8  # listings for one page of a snapshot that has shown nothing yet
LINKED = frozenset({"https://docs.google.com"})  # where export links lead, and must know who asks


class GoogleDocs:
    """Reads what one service account may see of the folders, drives and files that the settings name.

    A cursor made under other settings is expired: see `CursorCodec`. `channels` asks Google to call when something
    changes.
    """

    def __init__(
        self,
        settings: GoogleDocsSettings,
        *,
        allowances: QuotaStore | None = None,
        clock: Clock = now,
        sleep: Sleep = time.sleep,
        timeout: float = 60.0,
        transport: Transport | None = None,
    ) -> None:
        self._clock = clock
        self._cursors = CursorCodec("google_docs", settings.stamp)
        self.drive, docs = _connect(settings, allowances, clock, sleep, transport or HttpxTransport(timeout))
        audiences = bool(settings.public_folders)
        self._cache = DriveCache(self.drive, clock)
        self.places = Places(settings.scope, self.drive, self._cache)
        self._roots = ConfiguredRoots(settings.scope, self.drive, self.places, self._cache, clock)
        self._feed = DriveFeed(settings.scope, self.drive, self.places, self._cache, audiences=audiences)
        self._listing = FolderWalk(self.drive, self.places, self._cache, trashed=False)
        self._recheck = FolderWalk(self.drive, self.places, self._cache, trashed=True)
        self._public_editable = settings.public_editable
        self._speaker_notes = settings.speaker_notes
        self.contents = Contents(self.drive, docs, speaker_notes=settings.speaker_notes)
        self.channels = WatchChannels(self.drive, settings.webhook_url, settings.webhook_token, clock)
        self._latest = ""
        self._listed_to = ""
        self._walked_to = ""
        self._knew_all = False

    def keep_push(self, held: str) -> str:
        """Return the note of an open watch channel; '' where no address is set that Google could call."""
        return self.channels.kept(held)

    def head(self) -> Cursor:
        self._latest = self.drive.start()
        self._cache.doubt()
        return self._cursor(token=self._latest)

    def snapshot(self, after: Cursor | None) -> Page:
        state = self._start() if after is None else self._state(self._cursors.load(after))
        whole = after is None or after == self._listed_to
        changes: list[Change] = []
        for _ in range(MAX_STEPS):
            if state.finished or changes:
                break
            rows, state = self._listing.step(state)
            changes = [change for file in rows if (change := self._judged(file)).version is not None]
        cursor = self._cursor(walk=state.json())
        self._listed_to = cursor if whole else ""
        self._cache.complete = whole and state.finished
        return Page(tuple(changes), cursor, not state.finished)

    def changes(self, after: Cursor) -> Page:
        place = self._cursors.load(after)
        token, state, more = place.get("token"), self._state(place), bool(place.get("more"))
        if not isinstance(token, str) or not token:
            raise CursorExpired("google_docs: the cursor has no place in the feed")
        if not state.finished:
            rows, state = self._recheck.step(state)
            changes = [self._judged(file) for file in rows if file.is_document]
        else:
            page = self._feed.read(token)
            token, state, more = page.token, page.walk, page.more
            changes = [*(Change(name, None) for name in page.gone), *(self._judged(file) for file in page.files)]
            self._latest = token
        walk = {} if state.finished else {"walk": state.json(), "more": more}
        cursor = self._cursor(token=token, **walk)
        self._note_walk(after, cursor, finished=state.finished)
        return Page(tuple(changes), cursor, more or not state.finished)

    def fetch(self, external_id: str) -> Document:
        if not is_id(external_id):
            raise Gone(f"google_docs: {external_id[:60]!r} is no id of a file")
        listed = self._cache.take(external_id)
        placed = self._placed(listed) if listed is not None else None
        if placed is not None:
            try:
                return self._document(*placed)
            except NotFound:
                pass  # since the listing; what Drive says now decides
        return self._document(*self._asked(external_id))

    def _asked(self, external_id: str) -> tuple[DriveFile, Place]:
        """Return the file as Drive shows it now. Raises Gone for one that is not there, or out of scope."""
        file = self.drive.file(external_id)
        if file is None:
            self._roots.check()
            raise Gone(f"google_docs: there is no file {external_id}, or it is not shared with us any more")
        placed = self._placed(file)
        if placed is None:
            if not file.trashed and file.is_document:
                self._roots.check()
            raise Gone(f"google_docs: {file.id} is in the trash, out of scope, or of a type without text")
        return placed

    def _document(self, file: DriveFile, place: Place) -> Document:
        reach = reach_of(file, place, self._clock(), public_editable=self._public_editable)
        body, problem = self.contents.of(file, public=reach.audience is Audience.PUBLIC)
        return document_of(file, place, reach, body, problem, speaker_notes=self._speaker_notes)

    def _judged(self, file: DriveFile) -> Change:
        return judged(file.id, repr(file), lambda: self._judge(file))

    def _judge(self, file: DriveFile) -> Change:
        """Return what a listing says of the file: its version, or that it is believed gone."""
        placed = self._placed(file)
        if placed is None:
            return Change(file.id, None)
        file, place = placed
        reach = reach_of(file, place, self._clock(), public_editable=self._public_editable)
        version = version_of(file, place, reach, speaker_notes=self._speaker_notes)
        return Change(file.id, version, audience=reach.audience)

    def _placed(self, file: DriveFile) -> tuple[DriveFile, Place] | None:
        """Return the file and its place, with who may read it where that matters; None where it is out of scope."""
        place = self.places.of(file) if file.is_document and not file.trashed else None
        if place is None:
            return None
        if needs_grants(file, place) and file.grants is None and not file.unreadable:
            file = self.drive.with_grants(file)
            self._cache.amend(file)
        return file, place

    def _note_walk(self, after: Cursor, cursor: Cursor, *, finished: bool) -> None:
        """Know every folder in scope again only after a walk that this process saw from its start to its end."""
        if self._walked_to and after == self._walked_to:
            self._cache.complete = finished and self._knew_all
        elif not finished:
            self._knew_all = self._cache.complete and not self._cursors.load(after).get("walk")
            self._cache.complete = False
        self._walked_to = "" if finished else cursor

    def _start(self) -> WalkState:
        self._cache.forget(self._latest or self.drive.start())
        self._listing.start_over()
        return self._roots.start()

    def _cursor(self, **place: object) -> Cursor:
        return self._cursors.dump(place)

    def _state(self, place: Json) -> WalkState:
        try:
            return state_of(place.get("walk", {}))
        except ValueError as error:
            raise CursorExpired("google_docs: the cursor is not one of ours") from error


def _connect(
    settings: GoogleDocsSettings, allowances: QuotaStore | None, clock: Clock, sleep: Sleep, wire: Transport
) -> tuple[Drive, HttpClient]:
    transport = GoogleTransport(wire)
    auth = CachedToken(ServiceAccount(settings.credentials_file, settings.subject, transport, sleep), clock)
    account = f"google_docs:{settings.credentials_file}:{settings.subject}"
    pacing = VendorLimits(allowances, account, {"docs": READS}, clock=clock)
    trusted = frozenset({*LINKED, settings.drive_url, settings.docs_url})

    def api(origin: str) -> HttpClient:
        return HttpClient(
            "google_docs", origin, auth, transport, "credentials_file and what is shared with the service account",
            pacing, sleep, errors.refused, trusted,
        )  # fmt: skip

    return Drive(api(settings.drive_url), audiences=bool(settings.public_folders)), api(settings.docs_url)
