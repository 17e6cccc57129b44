"""The conversations of a workspace as a help desk's: who asked, who answered, and how it ended."""

import re
import time
from datetime import datetime, timedelta
from typing import Final

from connectors.cache import TtlCache
from connectors.cursor import CursorCodec, scope_of
from connectors.http.rate_limit import QuotaStore
from connectors.http.transport import Clock, HttpxTransport, Json, Sleep, Transport, now
from connectors.intercom import conversation_document, signed_links
from connectors.intercom.account import client_of
from connectors.intercom.article_document import moment
from connectors.intercom.conversation_document import CUSTOMERS, SAID, messages, parts_of, tags_of
from connectors.intercom.conversation_feed import ConversationFeed
from connectors.intercom.conversations import ConversationReader
from connectors.intercom.pagination import next_cursor, rows, whole
from connectors.intercom.settings import IntercomSettings
from connectors.language import language_of
from connectors.quarantine import BrokenRecord, attempt
from connectors.quoted_mail import own_words
from connectors.text import from_plain, to_markdown
from connectors.translation import one_line
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
from sync.errors import CursorExpired, Gone
from sync.model import Cursor

PAGE = 50  # each of them is a call of its own
MACROS = "/macros"
SOLVED = "closed"
AUTOMATED: Final = frozenset({"automated", "operator_initiated"})
VOICE: Final = frozenset({"phone_call", "phone_switch"})
GOOD, BAD = 4, 2  # of five

_MARKUP = re.compile(r"<(?:p|div|h\d|ul|ol|img|pre|table|blockquote|br)\b", re.IGNORECASE)


class IntercomDesk:
    """Reads conversations by the feed of their edits: one that is closed is solved.

    A cursor made under other settings is expired: see `CursorCodec`.
    """

    def __init__(
        self,
        settings: IntercomSettings,
        *,
        allowances: QuotaStore | None = None,
        clock: Clock = now,
        sleep: Sleep = time.sleep,
        timeout: float = 60.0,
        transport: Transport | None = None,
    ) -> None:
        sent_by = transport or HttpxTransport(timeout)
        self._api = client_of(settings, sent_by, clock=clock, sleep=sleep, allowances=allowances)
        self._feed = ConversationFeed(self._api)
        self._reader = ConversationReader(self._api, clock)
        self._cursors = CursorCodec("intercom", scope_of(["helpdesk", settings.origin]))
        self._teams: TtlCache[dict[str, str]] = TtlCache(clock, timedelta(hours=1))

    def conversations(self, after: Cursor | None, since: datetime) -> ConversationPage:
        """Return one page of what was edited since, oldest edit first; what is not closed, or deleted, is gone."""
        state = self._feed.since(int(since.timestamp())) if after is None else self._cursors.load(after, "since")
        try:
            page = self._feed.read(state, PAGE)
        except (KeyError, TypeError) as error:
            raise CursorExpired("intercom: the cursor is not of the conversations") from error
        found: list[Conversation] = []
        gone = [ConversationId(number) for number in page.deleted]
        for row in page.edited:
            number = ConversationId(str(row["id"]))
            one = self._solved(number) if row.get("state") == SOLVED else None
            if one is None:
                gone.append(number)
            else:
                found.append(one)
        return ConversationPage(tuple(found), self._cursors.dump(page.state), page.more, tuple(gone))

    def conversation(self, number: ConversationId) -> Conversation:
        row = self._reader.read(number)
        teams = self._teams.get("", self._find_teams) if whole(row.get("team_assignee_id")) else {}
        found = conversation_of(row, self._reader.url_of(number), teams)
        if not any(message.text or message.files for message in found.messages):
            raise Gone(f"intercom: nothing in conversation {number} is public")
        return found

    def vocabulary(self) -> Vocabulary:
        """Return the tags, the teams, the attributes with a closed list, and the macros, without their blanks."""
        tags = rows(self._api.get("/tags"), "data", self._api.where("/tags"))
        path = "/conversations/attributes"
        attributes = rows(self._api.get(path), "data", self._api.where(path))
        return Vocabulary(
            tags=tuple(sorted({one_line(tag.get("name")) for tag in tags})),
            groups=tuple(sorted(self._teams.get("", self._find_teams).values())),
            fields={
                one_line(row.get("name")): _labels(row)
                for row in attributes
                if row.get("data_type") == "list" and row.get("archived") is not True
            },
            macros=self._macros(),
        )

    def _solved(self, number: ConversationId) -> Conversation | None:
        """Return the conversation if it is solved now; None for one that was reopened or deleted meanwhile.

        None, too, for one that cannot be read: those beside it have nothing to do with it.
        """
        try:
            found = attempt(lambda: self.conversation(number))
        except (Gone, BrokenRecord):
            return None
        return found if found.solved_at is not None else None

    def _macros(self) -> tuple[str, ...]:
        found: list[str] = []
        after: str | None = None
        while True:
            answer = self._api.get(MACROS, {"per_page": 150} | ({"starting_after": after} if after else {}))
            where = self._api.where(MACROS)
            found += [
                to_markdown(signed_links.without(str(row.get("body") or "")), "") for row in rows(answer, "data", where)
            ]
            after = next_cursor(answer, where)
            if after is None:
                return tuple(text for text in found if text)

    def _find_teams(self) -> dict[str, str]:
        """Return the teams' names by id."""
        found = rows(self._api.get("/teams"), "teams", self._api.where("/teams"))
        return {str(row["id"]): one_line(row.get("name")) for row in found}


def conversation_of(row: Json, url: str, teams: dict[str, str]) -> Conversation:
    """Return the conversation that a record with its parts is."""
    source = row.get("source") if isinstance(row.get("source"), dict) else {}
    state, team = str(row.get("state") or ""), whole(row.get("team_assignee_id")) or 0
    subject = conversation_document.subject_of(row)
    said = tuple(_message(number, part, source or {}) for number, (part, _, _) in enumerate(messages(row)))
    return Conversation(
        id=ConversationId(str(row["id"])),
        subject=subject,
        messages=said,
        status=state,
        tags=tuple(sorted({one_line(tag) for tag in tags_of(row)})),
        group=teams.get(str(team), str(team)) if team else "",
        language=language_of("\n".join([subject, *(one.text for one in said if one.author is Author.CUSTOMER)])),
        created_at=moment(row.get("created_at")),
        solved_at=_solved_at(row) if state == SOLVED else None,
        satisfaction=_satisfaction(row.get("conversation_rating")),
        url=url,
        customer=_customer(row),
        marks=_marks(row, source or {}),
    )


def _message(number: int, part: Json, source: Json) -> Message:
    """A message as it reads; of a note nothing but that there is one, of a redacted one no words."""
    is_first = part.get("part_type") is None
    public = is_first or part.get("part_type") in SAID
    shown = public and part.get("redacted") is not True
    files = part.get("attachments")
    return Message(
        id=str(part.get("id") or number),
        author=_author(part, source if is_first else {}),
        public=public,
        at=moment(part.get("created_at")),
        text=_own_words(str(part.get("body") or "")) if shown else "",
        files=len(files) if shown and isinstance(files, list) else 0,
    )


def _author(part: Json, source: Json) -> Author:
    author = part.get("author")
    told = author if isinstance(author, dict) else {}
    if told.get("type") in CUSTOMERS:
        return Author.CUSTOMER
    machine = told.get("from_ai_agent") is True or told.get("is_ai_answer") is True
    if machine or told.get("type") not in ("admin", "team") or source.get("delivered_as") in AUTOMATED:
        return Author.BOT
    return Author.AGENT


def _own_words(body: str) -> str:
    """Return what the author wrote, without the mail that is quoted below it and without a signature."""
    text = signed_links.without(body).strip()
    return own_words(to_markdown(text, "")) if _MARKUP.match(text) else from_plain(own_words(text))


def _solved_at(row: Json) -> datetime:
    """Return when it was closed last: by its parts, which may be cut, by its statistics, or by its last edit."""
    closed = [whole(part.get("created_at")) or 0 for part in parts_of(row) if part.get("part_type") == "close"]
    statistics = row.get("statistics")
    told = whole(statistics.get("last_close_at")) if isinstance(statistics, dict) else None
    return moment(told or max(closed, default=0) or row.get("updated_at"))


def _satisfaction(rating: object) -> Satisfaction | None:
    score = whole(rating.get("rating")) if isinstance(rating, dict) else None
    if score is None or BAD < score < GOOD:
        return None
    return Satisfaction.GOOD if score >= GOOD else Satisfaction.BAD


def _customer(row: Json) -> Customer:
    authors = [part.get("author") for part, _, _ in messages(row)]
    people = [author for author in authors if isinstance(author, dict) and author.get("type") in CUSTOMERS]
    return Customer(
        names=tuple(dict.fromkeys(str(one["name"]) for one in people if one.get("name"))),
        addresses=tuple(dict.fromkeys(str(one["email"]).lower() for one in people if one.get("email"))),
    )


def _marks(row: Json, source: Json) -> frozenset[Mark]:
    redacted = source.get("redacted") is True or any(part.get("redacted") is True for part in parts_of(row))
    spoken = source.get("type") in VOICE or source.get("delivered_as") in VOICE
    merged = any("merge" in str(part.get("part_type")) for part in parts_of(row))
    found = ((Mark.REDACTED, redacted), (Mark.VOICE, spoken), (Mark.MERGED, merged))
    return frozenset(mark for mark, is_so in found if is_so)


def _labels(row: Json) -> tuple[str, ...]:
    options = row.get("options")
    listed = options if isinstance(options, list) else []
    return tuple(
        one_line(option.get("label"))
        for option in listed
        if isinstance(option, dict) and option.get("archived") is not True
    )
