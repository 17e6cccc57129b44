"""Slack: the threads of its channels, and by day the messages that nobody replied to. Always internal."""

import time
from collections.abc import Callable
from typing import TypeVar

from connectors.cursor import CursorCodec
from connectors.http.rate_limit import QuotaStore
from connectors.http.transport import Clock, Json, Sleep, Transport, now
from connectors.slack.client import SlackClient
from connectors.slack.documents import name_of
from connectors.slack.feed import ChannelFeed
from connectors.slack.history import ChannelUnavailable, HistoryPlace
from connectors.slack.reader import ChannelReader
from connectors.slack.settings import SlackSettings
from sync.errors import CursorExpired, Gone, Retryable
from sync.model import Change, Cursor, Document, Page

Found = TypeVar("Found")

MAX_READS = 20  # of one page of the snapshot


class Slack:
    """Reads the channels of one workspace, one after the other, each from its newest message to its oldest.

    A cursor made under other settings is expired: see `CursorCodec`. The state of a snapshot: `from` the second it
    reads back to, `todo` the channels left, `at` where the first of them stands, `read` its threads still to be read.
    """

    def __init__(
        self,
        settings: SlackSettings,
        *,
        allowances: QuotaStore | None = None,
        clock: Clock = now,
        sleep: Sleep = time.sleep,
        timeout: float = 60.0,
        transport: Transport | None = None,
    ) -> None:
        client = SlackClient(settings.url, settings.bot_token, allowances, clock, sleep, timeout, transport)
        self._reader = ChannelReader(client, settings, clock)
        self._feed = ChannelFeed(self._reader)
        self._cursors = CursorCodec("slack", settings.scope)

    def head(self) -> Cursor:
        return self._cursors.dump(self._feed.head())

    def snapshot(self, after: Cursor | None) -> Page:
        changes: list[Change] = []
        if after is None:
            todo = sorted(self._reader.channels.now().channels)
            state: Json = {"from": self._reader.floor(), "todo": todo, "at": None, "read": []}
            changes += self._reader.gaps()
        else:
            state = self._cursors.load(after, "from")
        calls = 0
        while state["todo"] and calls < MAX_READS and (not changes or state["read"]):
            try:
                changes += self._watched(lambda: self._step(state))
            except Retryable:
                if not calls:
                    raise
                break
            calls += 1
        return Page(tuple(changes), self._cursors.dump(state), bool(state["todo"]))

    def changes(self, after: Cursor) -> Page:
        state = self._cursors.load(after, "known")
        changes, state, more = self._watched(lambda: self._feed.changes(state))
        return Page(tuple(changes), self._cursors.dump(state), more)

    def fetch(self, external_id: str) -> Document:
        listing, name = self._reader.channels.lately(), name_of(external_id)
        if external_id in listing.gaps:
            return next(
                change.document
                for change in self._reader.gaps()
                if change.external_id == external_id and change.document is not None
            )
        channel = listing.channels.get(name.channel) if name else None
        if name is None or channel is None:
            raise Gone(f"slack: {external_id} is not among what the source reads")
        try:
            return self._reader.document(channel, name)
        except ChannelUnavailable as error:
            if channel.id in self._reader.channels.now().channels:
                raise Retryable(f"{error}, though it is listed as one of the app's") from error
            raise Gone(str(error)) from error

    def _step(self, state: Json) -> list[Change]:
        """Make one call for the channel under way, and leave the channel when it is through."""
        channel = self._reader.channels.lately().channels.get(state["todo"][0])
        if channel is None:
            raise CursorExpired(f"slack: {state['todo'][0]} is not read any more")
        if state["read"]:
            read = self._reader.thread(channel, state["read"][0])
            state["read"].pop(0)
            found = [Change(read[1].external_id, read[1].version, read[1])] if read else []
        else:
            place = HistoryPlace.load(state["at"])
            ahead = self._feed.take_prefetched(channel.id) if state["at"] is None else None
            page = self._reader.history.walk(channel.id, state["from"], place, ahead)
            parents = [parent for parent in page.parents if self._reader.is_thread(parent)]
            fresh = [parent["ts"] for parent in parents if self._reader.is_fresh(parent)]
            found = [self._reader.day(channel, day) for day in page.days]
            found += [self._reader.quiet_thread(channel, one) for one in parents if one["ts"] not in fresh]
            state["read"], state["at"] = fresh, page.place.saved() if page.place else ["end"]
        if not state["read"] and state["at"] == ["end"]:
            state["todo"].pop(0)
            state["at"] = None
        return found

    def _watched(self, read: Callable[[], Found]) -> Found:
        """Read; a channel that closed meanwhile makes the listing start anew, unless it is listed as open."""
        try:
            return read()
        except ChannelUnavailable as error:
            if error.channel in self._reader.channels.now().channels:
                raise Retryable(f"{error}, though it is listed as one of the app's") from error
            raise CursorExpired(str(error)) from error
