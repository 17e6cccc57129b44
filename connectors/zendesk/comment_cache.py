"""Every comment of an account, read once from the event export and kept on disk while tickets are listed."""

import json
import sqlite3
import weakref
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

from connectors.attachments import AttachedFile
from connectors.dialogue import Comment
from connectors.http.client import HttpClient
from connectors.http.transport import Json
from connectors.quarantine import BrokenRecord, attempt
from connectors.zendesk.pagination import query_of
from connectors.zendesk.ticket_document import comment_of
from sync.errors import Retryable

EVENTS = "/api/v2/incremental/ticket_events.json"
BUCKETS = ("support", "incremental-exports")
EVENTS_PAGE = 1000  # events on a page
KINDS = ("Comment", "VoiceComment")
REWRITES = ("CommentPrivacyChange", "CommentRedactionEvent", "AttachmentRedactionEvent")
"""Events after which an earlier one tells of a comment as it was, and no longer is: private, or blacked out."""


class CommentCache:
    """Comments by ticket in a private temporary database. A failed `fill` goes on where it stopped.

    `used`: a page of tickets was made with it. `alone`: what the export did not show, read ticket by ticket; so are
    tickets of which a comment was changed afterwards, or cannot be read.
    """

    def __init__(self, start: int) -> None:
        self.used = False
        self.alone: dict[int, list[Comment]] = {}
        self._next: int | None = start
        self._single: set[object] = set()
        self._database = sqlite3.connect("", check_same_thread=False)  # no name: on disk, and gone when closed
        self._database.execute(
            "CREATE TABLE comments (ticket, id, author, created, public, text, files, PRIMARY KEY (ticket, id))"
        )
        weakref.finalize(self, self._database.close)

    def fill(self, api: HttpClient, pages: int | None = None) -> bool:
        """Read the export to its end; False if that takes more pages than given, or if the export cannot go on."""
        read = 0
        while self._next is not None:
            if read == pages:
                return False
            asked: Json = {"start_time": self._next, "include": "comment_events"}
            envelope = api.get(EVENTS, asked, buckets=BUCKETS).json()
            events = envelope.get("ticket_events")
            if not isinstance(events, list):
                raise Retryable(f"{api.where(EVENTS)} answered without ticket_events")
            self._keep(events)
            following = following_events(envelope, len(events))
            if following is not None and following <= self._next:
                return False  # more events in one second than a page holds
            self._next = following
            read += 1
        return True

    def comments(self, ticket: int) -> list[Comment]:
        """Return the ticket's comments; none of one that has to be read alone."""
        if ticket in self._single:
            return []
        found = self._database.execute(
            "SELECT id, author, created, public, text, files FROM comments WHERE ticket = ?", (ticket,)
        )
        return [
            Comment(number, author, datetime.fromtimestamp(created, UTC), bool(public), text, _loaded(files))
            for number, author, created, public, text, files in found
        ]

    def _keep(self, events: list[Json]) -> None:
        kept = []
        for event in events:
            for child in event.get("child_events") or ():
                if child.get("event_type") in REWRITES:
                    self._single.add(event.get("ticket_id"))
                elif child.get("event_type") in KINDS:
                    try:
                        c = attempt(partial(comment_of, child, event))
                    except BrokenRecord:
                        self._single.add(event.get("ticket_id"))
                        continue
                    files = json.dumps([asdict(file) for file in c.files])
                    row = (event.get("ticket_id"), c.id, c.author, c.created_at.timestamp(), c.public, c.text, files)
                    kept.append(row)
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO comments VALUES (?, ?, ?, ?, ?, ?, ?)", kept)


def _loaded(files: str) -> tuple[AttachedFile, ...]:
    return tuple(AttachedFile(**file) for file in json.loads(files))


def following_events(envelope: Json, count: int) -> int | None:
    """Return where the next page starts, None at the end."""
    ended = envelope.get("end_of_stream")
    if ended is True or count == 0 or (ended is None and count < EVENTS_PAGE):
        return None
    return int(query_of(envelope.get("next_page"), "start_time") or envelope.get("end_time") or 0)
