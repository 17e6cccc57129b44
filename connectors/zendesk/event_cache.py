"""The comments of many tickets at once, read from the export of events and kept on disk while tickets are listed."""

import json
import sqlite3
import weakref
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

from connectors.http.client import HttpClient
from connectors.http.transport import Json
from connectors.quarantine import BrokenRecord, attempt
from connectors.zendesk.comment_cache import BUCKETS, EVENTS, KINDS, REWRITES, following_events
from connectors.zendesk.said import Said, said
from sync.errors import Retryable

SETTLES = 120  # seconds: what happened just before the export was read may not be in it


class EventCache:
    """Comments by ticket since `start`, in a private temporary database. `fill` goes on where it stopped.

    `usable`: the export could be read on so far.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.staff: set[int] = set()
        self.usable = True
        self._next: int | None = start
        self._filled_until = 0.0
        self._alone: set[str] = set()
        self._solved: dict[str, float] = {}
        self._database = sqlite3.connect("", check_same_thread=False)  # no name: on disk, and gone when closed
        self._database.execute("CREATE TABLE said (ticket, id, words, PRIMARY KEY (ticket, id))")
        weakref.finalize(self, self._database.close)

    def fill(self, api: HttpClient, pages: int) -> bool:
        """Read as many pages of the export; True once its end was reached, or it turned out that it cannot go on."""
        for _ in range(pages):
            if self._next is None or not self.usable:
                return True
            answer = api.get(EVENTS, {"start_time": self._next, "include": "comment_events"}, buckets=BUCKETS)
            envelope = answer.json()
            events = envelope.get("ticket_events")
            if not isinstance(events, list):
                raise Retryable(f"{api.where(EVENTS)} answered without ticket_events")
            self._keep(events)
            following = following_events(envelope, len(events))
            if following is not None and following <= self._next:
                self.usable = False  # more events in one second than a page holds
                return True
            self._next = following
            now = answer.date or datetime.now(UTC)
            self._filled_until = now.timestamp() - SETTLES
        return self._next is None

    def said(self, ticket: Json) -> list[Said]:
        """Return what was said in a ticket; nothing where that may not be all, and it has to be read alone."""
        number, changed = str(ticket["id"]), ticket.get("generated_timestamp")
        if number in self._alone or not isinstance(changed, int) or changed >= self._filled_until:
            return []
        found = self._database.execute("SELECT words FROM said WHERE ticket = ? ORDER BY id", (number,))
        return [Said(**json.loads(words)) for (words,) in found]

    def solved_at(self, number: int) -> float | None:
        """When the ticket was last solved, where that was since the start."""
        return self._solved.get(str(number))

    def _keep(self, events: list[Json]) -> None:
        kept = []
        for event in events:
            ticket = str(event.get("ticket_id"))
            children = event.get("child_events")
            for child in children if isinstance(children, list) else ():
                if not isinstance(child, dict):
                    self._alone.add(ticket)
                    continue
                kind = child.get("event_type")
                if kind in REWRITES:
                    self._alone.add(ticket)
                elif kind in KINDS:
                    try:
                        one = attempt(partial(said, child, event))
                    except BrokenRecord:
                        self._alone.add(ticket)
                        continue
                    if not one.public:
                        self.staff.add(one.author)
                    kept.append((ticket, str(one.id), json.dumps(asdict(one))))
                else:
                    self._note_change(event, child)
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO said VALUES (?, ?, ?)", kept)

    def _note_change(self, event: Json, child: Json) -> None:
        """Learn from any other event who was an agent, and when a ticket was solved."""
        if isinstance(assigned := child.get("assignee_id"), int):
            self.staff.add(assigned)
        at = event.get("timestamp")
        if child.get("status") == "solved" and isinstance(at, int):
            self._solved[str(event.get("ticket_id"))] = float(at)
