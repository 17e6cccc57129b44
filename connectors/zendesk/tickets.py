"""The tickets of a Zendesk account: always internal, public comments only."""

from datetime import timedelta

from connectors import attachments
from connectors.attachments import AttachedFile
from connectors.cache import TtlCache
from connectors.dialogue import Comment
from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json, now
from connectors.quarantine import BrokenRecord, attempt, judged, unreadable
from connectors.zendesk.comment_cache import CommentCache
from connectors.zendesk.pagination import page, record, rows, time_of
from connectors.zendesk.ticket_document import comment_of, document, files_of, people, ticket_id
from connectors.zendesk.ticket_export import EXPORT_AGE, TicketExport
from sync.errors import Gone, Misconfigured
from sync.model import Change, Document

BUCKET = "support"
FILES_BUCKET = "files"  # its allowance is larger than that of other calls
CHANGES_PAGE = 100  # read one by one, they still fit into a minute's allowance
MAX_SINGLE_READS = 10
MAX_EVENT_PAGES = 2


class Tickets:
    """Reads the export, which shows every ticket that changed, deleted ones included."""

    def __init__(self, signed_in: HttpClient, *, files: bool = True, clock: Clock = now) -> None:
        self.key = "tickets"
        self._api = signed_in
        self._files = files
        self._clock = clock
        self._listing = TicketExport(signed_in, clock)
        self._cache: CommentCache | None = None
        self._root: TtlCache[bool] = TtlCache(clock, timedelta(minutes=1))

    def head(self) -> Json:
        """Return the end of the export, found from a few minutes ago on."""
        state: Json = {"start": self._epoch() - EXPORT_AGE}
        while True:
            _, _, state, more = self._export(state, {})
            if not more:
                return state

    def snapshot(self, after: Json | None) -> tuple[list[Change], Json | None]:
        """Return one page of the whole export, and where the next one starts; None after the last."""
        if after is None and self._cache is not None and self._cache.used:
            self._cache = None  # one that only failed attempts filled goes on: it may have taken many turns
        tickets, names, state, more = self._export(after or {"start": 0}, {"include": "users"})
        live = {number: ticket for number, ticket in tickets.items() if ticket.get("status") != "deleted"}
        if self._cache is None and len(live) > MAX_SINGLE_READS:
            self._cache = CommentCache(0)
        comments = self._comments(live, names, self._cache, pages=None)
        if self._cache is not None:
            self._cache.used = True
        if not more:
            self._cache = None
        changes = [self._judged(ticket, comments[number], names) for number, ticket in live.items()]
        return [change for change in changes if change.version is not None], state if more else None

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        """Return what the export shows since `state`, the next state, and whether it has more."""
        tickets, names, following, more = self._export(state, {"include": "users", "per_page": CHANGES_PAGE})
        live = {number: ticket for number, ticket in tickets.items() if ticket.get("status") != "deleted"}
        cache = CommentCache(self._oldest(live)) if len(live) > MAX_SINGLE_READS else None
        comments = self._comments(live, names, cache, pages=MAX_EVENT_PAGES)
        return [self._judged(row, comments.get(number), names) for number, row in tickets.items()], following, more

    def fetch(self, number: int) -> Document:
        """Return the ticket as it is now. Raises Gone: deleted, or nothing in it is public."""
        ticket = record(self._api, f"/api/v2/tickets/{number}.json", "ticket", {}, bucket=BUCKET)
        names: dict[int, str] = {}
        found = None
        if ticket is None:
            self._root.get("", self._check_root)
        else:
            comments = self._read_comments(number, names)
            found = document(ticket, comments, names, self._api.origin)
            found = found and attachments.read_into(found, self._files_of(comments), self._download)
        if found is None:
            raise Gone(f"{self._api.where(f'/api/v2/tickets/{number}.json')}: deleted, or without a public comment")
        return found

    def _export(self, state: Json, asked: Json) -> tuple[dict[int, Json], dict[int, str], Json, bool]:
        """Return the tickets of one page, the people they name, the next state, and whether there is more."""
        shown = self._listing.page(state, asked)
        return shown.tickets, people(shown.users), shown.following, shown.more

    def _comments(
        self, live: dict[int, Json], names: dict[int, str], cache: CommentCache | None, pages: int | None
    ) -> dict[int, list[Comment] | None]:
        """Return the comments of each ticket: from the event export where that is cheaper, else one by one.

        None of a ticket: they cannot be read.
        """
        complete = cache is not None and cache.fill(self._api, pages)
        found: dict[int, list[Comment] | None] = {}
        for number in live:
            known = cache.comments(number) if cache and complete else cache.alone.get(number) if cache else None
            found[number] = known or self._readable_comments(number, names)  # every ticket has a comment
            if cache and not known:
                cache.alone[number] = found[number] or []
        return found

    def _readable_comments(self, number: int, names: dict[int, str]) -> list[Comment] | None:
        try:
            return attempt(lambda: self._read_comments(number, names))
        except BrokenRecord:
            return None

    def _read_comments(self, number: int, names: dict[int, str]) -> list[Comment]:
        """Return all comments of one ticket, none if it is gone; adds the names of their authors."""
        path = f"/api/v2/tickets/{number}/comments.json"
        params = {"include": "users", "sort": "created_at"}
        found: dict[int, Comment] = {}
        after: Json | None = None
        while True:
            answer, shown, after = page(self._api, path, "comments", params, after, bucket=BUCKET, expect=(404,))
            if answer.status == 404:
                self._refuse_unless_missing(answer.json(), path)
                return []
            found.update((row["id"], comment_of(row)) for row in shown)
            names.update(people(answer.json().get("users")))
            if after is None:
                return list(found.values())

    def _judged(self, ticket: Json, comments: list[Comment] | None, names: dict[int, str]) -> Change:
        """Return the change of a ticket; `comments` None: they cannot be read, or it has none that count any more."""
        external_id = ticket_id(ticket["id"])
        if comments is None and ticket.get("status") != "deleted":
            return unreadable(external_id, ticket)
        return judged(external_id, ticket, lambda: self._change(ticket, comments or [], names))

    def _change(self, ticket: Json, comments: list[Comment], names: dict[int, str]) -> Change:
        """Return what a listing shows; files are not downloaded for that, they are left to a fetch."""
        found, files = document(ticket, comments, names, self._api.origin), self._files_of(comments)
        if found is None:
            return Change(ticket_id(ticket["id"]), None)
        return Change(found.external_id, attachments.versioned(found.version, files), None if files else found)

    def _files_of(self, comments: list[Comment]) -> tuple[AttachedFile, ...]:
        return files_of(comments) if self._files else ()

    def _download(self, file: AttachedFile) -> bytes:
        return attachments.download(self._api, file, buckets=(FILES_BUCKET,))

    def _check_root(self) -> bool:
        """Make sure that tickets are still listed, so that one that is not found is truly gone."""
        path = "/api/v2/tickets.json"
        answer = self._api.get(path, {"page[size]": 1}, buckets=(BUCKET,))
        rows(answer, "tickets", self._api.where(path))
        return True

    def _refuse_unless_missing(self, envelope: Json, path: str) -> None:
        if envelope.get("error") != "RecordNotFound":
            raise Misconfigured(f"{self._api.where(path)} is no address there (404); check url")

    def _oldest(self, live: dict[int, Json]) -> int:
        made = min(int(time_of(ticket.get("created_at")).timestamp()) for ticket in live.values())
        return max(0, min(made - 1, self._epoch() - EXPORT_AGE))

    def _epoch(self) -> int:
        return int(self._clock().timestamp())
