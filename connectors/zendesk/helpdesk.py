"""The conversations of a Zendesk account: its solved and closed tickets."""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from connectors.cache import TtlCache
from connectors.cursor import CursorCodec, scope_of
from connectors.http.client import HttpClient
from connectors.http.rate_limit import QuotaStore
from connectors.http.transport import Clock, HttpxTransport, Json, Sleep, Transport, now
from connectors.language import language_of
from connectors.quarantine import BrokenRecord, attempt
from connectors.text import to_markdown
from connectors.zendesk.connector import ZendeskAccount
from connectors.zendesk.event_cache import EventCache
from connectors.zendesk.pagination import everything, page, record, rows, time_of
from connectors.zendesk.said import Person, Said, author_of, message, people, said
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.ticket_export import TicketExport
from helpdesk.model import (
    Author,
    Conversation,
    ConversationId,
    ConversationPage,
    Customer,
    Mark,
    Message,
    Satisfaction,
    Vocabulary,
)
from sync.errors import Gone, Misconfigured
from sync.model import Cursor

BUCKET = "support"
PAGE = 200  # tickets on a page: each page is one commit
SOLVED = frozenset({"solved", "closed"})
MAX_SINGLE_READS = 10
EVENT_PAGES = 20  # read at a time, two minutes at ten a minute: an export may take longer than a turn
BEFORE = timedelta(days=30)  # how long before a listing's start most of its tickets began
USERS_AT_ONCE = 100
MAX_ID = 2**63 - 1
log = structlog.get_logger()

MERGED_TAG = "closed_by_merge"


class ZendeskDesk:
    """Reads solved tickets by the export, and their comments by the export of events where that is cheaper.

    Both exports are open to admins only. While the events are still being read, pages are empty and their cursor stays:
    the same desk goes on, another one begins to read them anew.
    """

    def __init__(
        self,
        settings: ZendeskSettings,
        *,
        allowances: QuotaStore | None = None,
        clock: Clock = now,
        sleep: Sleep = time.sleep,
        timeout: float = 60.0,
        transport: Transport | None = None,
    ) -> None:
        account = ZendeskAccount(settings, allowances, clock, sleep, transport or HttpxTransport(timeout))
        self._api: HttpClient = account.signed_in(settings.url)
        self._export = TicketExport(self._api, clock)
        self._cursors = CursorCodec("zendesk", scope_of([settings.url, "conversations"]))
        self._cache: EventCache | None = None
        self._people: dict[int, Person] = {}
        self._root: TtlCache[bool] = TtlCache(clock, timedelta(minutes=1))
        self._groups: TtlCache[dict[object, str]] = TtlCache(clock, timedelta(hours=1))

    def conversations(self, after: Cursor | None, since: datetime) -> ConversationPage:
        state: Json = {"start": max(0, min(int(since.timestamp()), self._export.newest_start()))}
        if after is None:
            self._cache = None
        else:
            state = self._cursors.load(after, "state")["state"]
        shown = self._export.page(state, {"include": "users", "per_page": PAGE})
        self._people.update(people(shown.users))
        solved = {number: ticket for number, ticket in shown.tickets.items() if str(ticket.get("status")) in SOLVED}
        if not self._events_read(solved, since):
            return ConversationPage((), self._cursors.dump({"state": state}), more=True)
        told = self._told(solved)
        found = [self._read(ticket, told[number]) for number, ticket in solved.items()]
        kept = tuple(one for one in found if one is not None)
        gone = shown.tickets.keys() - {int(one.id) for one in kept}
        if not shown.more:
            self._cache, self._people = None, {}
        cursor = self._cursors.dump({"state": shown.following})
        return ConversationPage(kept, cursor, shown.more, tuple(ConversationId(str(number)) for number in sorted(gone)))

    def conversation(self, number: ConversationId) -> Conversation:
        path = f"/api/v2/tickets/{number}.json"
        ticket = record(self._api, path, "ticket", {}, bucket=BUCKET) if number.isdecimal() else None
        if ticket is None:
            self._root.get("", self._check_root)
            raise Gone(f"{self._api.where(path)}: there is no such ticket")
        found = None if ticket.get("status") == "deleted" else self._conversation(ticket, self._comments(ticket["id"]))
        if found is None:
            raise Gone(f"{self._api.where(path)}: deleted, or without a public comment")
        return found

    def vocabulary(self) -> Vocabulary:
        tags = self._named("/api/v2/tags.json", "tags")
        fields = everything(self._api, "/api/v2/ticket_fields.json", "ticket_fields", {}, bucket=BUCKET)
        macros = everything(self._api, "/api/v2/macros/active.json", "macros", {}, bucket=BUCKET)
        return Vocabulary(
            tags=tuple(sorted(str(row.get("name") or "") for row in tags)),
            groups=tuple(sorted(self._groups.get("", self._read_groups).values())),
            fields={str(row.get("title") or row["id"]): _values(row) for row in fields if _values(row)},
            macros=tuple(words for row in macros if (words := _macro(row))),
        )

    def _events_read(self, solved: Mapping[int, Json], since: datetime) -> bool:
        """Read on in the export of events where many tickets are wanted; False: it goes on."""
        if len(solved) <= MAX_SINGLE_READS:
            return True
        if self._cache is None:
            start = int((since - BEFORE).timestamp())
            self._cache = EventCache(max(0, min(start, self._export.newest_start())))
        return self._cache.fill(self._api, EVENT_PAGES)

    def _told(self, solved: Mapping[int, Json]) -> dict[int, list[Said]]:
        """The comments of each ticket: from the events where many are wanted, else one ticket at a time."""
        cache = self._cache
        usable = cache is not None and cache.usable and len(solved) > MAX_SINGLE_READS
        told: dict[int, list[Said]] = {}
        for number, ticket in solved.items():
            began = time_of(ticket.get("created_at")).timestamp()
            known = cache.said(ticket) if cache and usable and began > cache.start else []
            told[number] = known or self._readable(number)  # every ticket has a comment
        self._learn(one.author for comments in told.values() for one in comments)
        return told

    def _read(self, ticket: Json, comments: list[Said]) -> Conversation | None:
        """None of a ticket that says nothing in public, or that cannot be read."""
        try:
            return attempt(partial(self._conversation, ticket, comments))
        except BrokenRecord:
            return None

    def _conversation(self, ticket: Json, comments: list[Said]) -> Conversation | None:
        staff = (self._cache.staff if self._cache else set()) | {one.author for one in comments if not one.public}
        ordered = sorted(comments, key=lambda one: (one.at, one.id))
        authors = {one.id: author_of(one, ticket, staff, self._people) for one in ordered}
        messages = tuple(message(one, authors[one.id]) for one in ordered)
        if not any(one.public for one in messages):
            return None
        customers = {one.author for one in ordered if authors[one.id] is Author.CUSTOMER} | {ticket.get("requester_id")}
        return Conversation(
            id=ConversationId(str(ticket["id"])),
            subject=" ".join(str(ticket.get("subject") or "").split()),
            messages=messages,
            status=str(ticket.get("status") or ""),
            tags=tuple(sorted({str(tag) for tag in ticket.get("tags") or ()})),
            group=self._group(ticket),
            language=_language(messages),
            created_at=time_of(ticket.get("created_at")),
            solved_at=self._solved_at(ticket),
            satisfaction=_satisfaction(ticket),
            url=f"{self._api.origin}/agent/tickets/{ticket['id']}",
            customer=self._customer(ticket, customers),
            marks=_marks(ticket, ordered),
        )

    def _solved_at(self, ticket: Json) -> datetime | None:
        """When it was solved, as its events tell; else its last change."""
        if str(ticket.get("status")) not in SOLVED:
            return None
        known = self._cache.solved_at(ticket["id"]) if self._cache else None
        return datetime.fromtimestamp(known, UTC) if known else time_of(ticket.get("updated_at"))

    def _customer(self, ticket: Json, numbers: Iterable[object]) -> Customer:
        """Who the customers are: as users, and as the mail names them that the ticket came by."""
        via = ticket.get("via")
        source = via.get("source") if isinstance(via, dict) else None
        sender = source.get("from") if isinstance(source, dict) else None
        mail = sender if isinstance(sender, dict) else {}
        known = [self._people[number] for number in numbers if isinstance(number, int) and number in self._people]
        names = {one.name for one in known} | {str(mail.get("name") or "")}
        addresses = {one.email for one in known} | {str(mail.get("address") or "").lower()}
        return Customer(tuple(sorted(names - {""})), tuple(sorted(addresses - {""})))

    def _readable(self, number: int) -> list[Said]:
        """None of a ticket whose comments cannot be read: it is then left out."""
        try:
            return attempt(partial(self._comments, number))
        except BrokenRecord:
            return []

    def _comments(self, number: int) -> list[Said]:
        """Return all comments of one ticket, none if it is gone; learns who their authors are."""
        path = f"/api/v2/tickets/{number}/comments.json"
        found: dict[int, Said] = {}
        after: Json | None = None
        while True:
            params = {"include": "users", "sort": "created_at"}
            answer, shown, after = page(self._api, path, "comments", params, after, bucket=BUCKET, expect=(404,))
            if answer.status == 404:
                if answer.json().get("error") != "RecordNotFound":
                    raise Misconfigured(f"{self._api.where(path)} is no address there (404); check url")
                return []
            found.update((row["id"], said(row)) for row in shown)
            users = answer.json().get("users")
            self._people.update(people(users if isinstance(users, list) else ()))
            if after is None:
                return list(found.values())

    def _learn(self, authors: Iterable[int]) -> None:
        """Find out who these are today, a hundred at a time; who is not found stays unknown."""
        unknown = sorted(one for one in set(authors) - self._people.keys() if 0 < one <= MAX_ID)
        path = "/api/v2/users/show_many.json"
        for first in range(0, len(unknown), USERS_AT_ONCE):
            asked = ",".join(map(str, unknown[first : first + USERS_AT_ONCE]))
            answer = self._api.get(path, {"ids": asked}, buckets=(BUCKET,))
            self._people.update(people(rows(answer, "users", self._api.where(path))))

    def _group(self, ticket: Json) -> str:
        """What the ticket's group is called, or its number where we may not know; only where a ticket has one."""
        number = ticket.get("group_id")
        if not number:
            return ""
        try:
            return self._groups.get("", self._read_groups).get(number, str(number))
        except Misconfigured as error:
            log.warning("groups_unreadable", error=str(error))
            self._groups.get("", dict)
            return str(number)

    def _read_groups(self) -> dict[object, str]:
        groups = everything(self._api, "/api/v2/groups.json", "groups", {}, bucket=BUCKET)
        return {row["id"]: str(row.get("name") or "") for row in groups}

    def _named(self, path: str, name: str) -> list[Json]:
        """Return records that have a name instead of an id."""
        answer = self._api.get(path, {"page[size]": 100}, buckets=(BUCKET,))
        found = answer.json().get(name)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def _check_root(self) -> bool:
        """Make sure that tickets are still listed, so that one that is not found is truly gone."""
        path = "/api/v2/tickets.json"
        rows(self._api.get(path, {"page[size]": 1}, buckets=(BUCKET,)), "tickets", self._api.where(path))
        return True


def _marks(ticket: Json, comments: Iterable[Said]) -> frozenset[Mark]:
    via = ticket.get("via") or {}
    source = via.get("source") if isinstance(via, dict) else None
    relations = {one.relation for one in comments} | {str(source.get("rel") if isinstance(source, dict) else "")}
    channel = str(via.get("channel") if isinstance(via, dict) else via)
    told = {
        Mark.MERGED: "merge" in relations or MERGED_TAG in (ticket.get("tags") or ()),
        Mark.FOLLOW_UP: "follow_up" in relations,
        Mark.SIDE_CONVERSATION: channel == "side_conversation",
        Mark.VOICE: any(one.voice for one in comments),
        Mark.REDACTED: any(one.redacted for one in comments),
    }
    return frozenset(mark for mark, holds in told.items() if holds)


def _language(messages: Iterable[Message]) -> str:
    """That of what customers wrote, or else of what was answered them."""
    public = [one for one in messages if one.public]
    asked = "\n\n".join(one.text for one in public if one.author is Author.CUSTOMER)
    return language_of(asked) or language_of("\n\n".join(one.text for one in public if one.author is Author.AGENT))


def _satisfaction(ticket: Json) -> Satisfaction | None:
    rating = ticket.get("satisfaction_rating")
    score = str(rating.get("score") or "") if isinstance(rating, dict) else ""
    return next((one for one in Satisfaction if score.startswith(one)), None)


def _values(field: Json) -> tuple[str, ...]:
    options = field.get("custom_field_options") or field.get("system_field_options") or ()
    return tuple(str(option.get("value") or "") for option in options)


def _macro(row: Json) -> str:
    """The text that a macro writes, '' for one that writes none."""
    for action in row.get("actions") or ():
        if str(action.get("field")) in {"comment_value", "comment_value_html"}:
            value = action.get("value")
            words = str(value[-1] if isinstance(value, list) and value else value or "")
            return to_markdown(words, "") if action["field"] == "comment_value_html" else words
    return ""
