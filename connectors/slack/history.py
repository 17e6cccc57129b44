"""A channel's history, newest first, page by page: which days and threads there are, and how each of them reads."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from connectors.http.transport import Json, Response
from connectors.slack import messages, timestamps
from connectors.slack.client import SlackClient
from connectors.slack.pagination import next_cursor
from sync.errors import Retryable, SyncError

PAGE = 200
UNAVAILABLE = ("not_in_channel", "channel_not_found", "is_archived")


class ChannelUnavailable(SyncError):
    """The conversation cannot be read: the channels have to be listed anew."""

    def __init__(self, message: str, channel: str) -> None:
        super().__init__(message)
        self.channel = channel


@dataclass(frozen=True, slots=True)
class HistoryPlace:
    """Where a walk stands: the vendor's cursor, and in case it expires the oldest ts seen.

    `day` is under way; `digest` is of its messages so far, '' before the first.
    """

    cursor: str = ""
    before: str = ""
    day: str = ""
    digest: str = ""

    def saved(self) -> list[str]:
        return [self.cursor, self.before, self.day, self.digest]

    @classmethod
    def load(cls, saved: list[str] | None) -> Self:
        return cls(*saved) if saved else cls()


@dataclass(frozen=True, slots=True)
class Day:
    """The messages of one day that nobody replied to. `messages`, newest first, is None where the walk forgot some."""

    day: str
    digest: str
    messages: tuple[Json, ...] | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What one page finished: `days`, and the parents of threads. `place` is None at the end of the history.

    `seen`: how many messages it held.
    """

    days: tuple[Day, ...]
    parents: tuple[Json, ...]
    place: HistoryPlace | None
    seen: int


@dataclass
class _Fold:
    """Days in the making."""

    keeps: Callable[[Json], bool]
    floor: int
    place: HistoryPlace
    held: list[Json] | None
    days: list[Day] = field(default_factory=list)
    parents: list[Json] = field(default_factory=list)

    def take(self, message: Json) -> None:
        ts = message["ts"]
        if self.place.before and timestamps.order(ts) >= timestamps.order(self.place.before):
            return  # a page that repeats what the one before it held
        if timestamps.order(ts)[0] < self.floor:
            return
        if timestamps.day_of(ts) != self.place.day:
            self.close()
            self.place, self.held = HistoryPlace(day=timestamps.day_of(ts)), []
        digest = self.place.digest
        if messages.is_parent(message):
            self.parents.append(message)
        elif belongs_to_day(message, self.floor) and self.keeps(message):
            digest = chained(digest, message)
            if self.held is not None:
                self.held.append(message)
        self.place = HistoryPlace("", ts, self.place.day, digest)

    def close(self) -> None:
        if self.place.digest:
            whole = None if self.held is None else tuple(self.held)
            self.days.append(Day(self.place.day, self.place.digest, whole))


class History:
    """Walks histories for many threads. `keeps`: whose words count.

    The messages of a day that goes on after a page are remembered for the next; another process reads them again.
    """

    def __init__(self, client: SlackClient, keeps: Callable[[Json], bool], history: timedelta) -> None:
        self._client = client
        self._keeps = keeps
        self._span = int((history + timedelta(days=2)).total_seconds())  # from a floor to some time after now
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, list[Json]]] = {}

    def walk(self, channel: str, floor: int, place: HistoryPlace, answer: Response | None = None) -> HistoryPage:
        """Fold one page: the given one, or the one at that place. Raises ChannelUnavailable, and what a call raises."""
        held = self._under_way(channel, place)
        envelope = (answer or self.page(channel, floor, place)).json()
        fold = _Fold(self._keeps, floor, place, held)
        found = sorted(envelope["messages"], key=lambda message: timestamps.order(message["ts"]), reverse=True)
        for message in found:
            fold.take(message)
        following = self._following(channel, place, envelope, fold.place)
        if following and found and timestamps.order(found[-1]["ts"]) > timestamps.order(following.before):
            raise Retryable(f"{self._client.where('conversations.history')} does not go back in time in {channel}")
        if following is None:
            fold.close()
        elif fold.held is not None:
            with self._lock:
                self._held[channel] = (fold.place.digest, fold.held)
        return HistoryPage(tuple(fold.days), tuple(fold.parents), following, len(found))

    def _under_way(self, channel: str, place: HistoryPlace) -> list[Json] | None:
        """Return the messages so far of the day that the last page left unfinished; None where they are another now."""
        if not place.digest:
            return []
        with self._lock:
            digest, held = self._held.get(channel, ("", []))
        if digest == place.digest:
            return list(held)
        if self._client.throttled:
            return None  # reading them again takes as long as fetching the day
        shown = self.between(channel, timestamps.order(place.before)[0], _ends(place.day))
        kept = [one for one in shown if timestamps.order(one["ts"]) >= timestamps.order(place.before)]
        fold = _Fold(self._keeps, 0, HistoryPlace(day=place.day), [])
        for message in kept:
            fold.take(message)
        return fold.held if fold.place.digest == place.digest else None

    def page(self, channel: str, floor: int, place: HistoryPlace) -> Response:
        """Return one page as it came, with a list of messages in it."""
        fields = {"channel": channel, "limit": str(PAGE), "oldest": timestamps.just_before(floor)}
        fields["latest"] = timestamps.at(floor + self._span)  # else the oldest messages may come first
        if place.cursor:
            answer = self._ask(channel, {**fields, "cursor": place.cursor})
            if answer.json().get("ok") is True:
                return answer
        return self._ask(channel, fields | ({"latest": place.before} if place.before else {}))

    def day(self, channel: str, second: int) -> list[Json]:
        """Return every message of the day that starts at that second, newest first."""
        return self.between(channel, second, second + 86_400)

    def between(self, channel: str, start: int, end: int) -> list[Json]:
        """Return every top-level message of that time. What was read before a failure is kept for the next try."""
        key = f"{channel}:{start}:{end}"
        with self._lock:
            cursor, found = self._held.pop(key, ("", []))
        found = list(found)
        fields = {"channel": channel, "limit": str(PAGE)}
        fields |= {"oldest": timestamps.just_before(start), "latest": timestamps.at(end)}
        try:
            while True:
                answer = self._ask(channel, fields | ({"cursor": cursor} if cursor else {}))
                envelope = answer.json()
                if envelope.get("ok") is not True:
                    cursor, found = "", []
                    continue
                found += envelope["messages"]
                following = self._following(channel, HistoryPlace(cursor), envelope, HistoryPlace())
                if following is None:
                    return list({message["ts"]: message for message in found}.values())
                cursor = following.cursor
        except Retryable:
            with self._lock:
                self._held[key] = (cursor, found)
            raise

    def _ask(self, channel: str, fields: dict[str, str]) -> Response:
        method = "conversations.history"
        answer = self._client.ask(
            method, fields, expect=(*UNAVAILABLE, *(("invalid_cursor",) if "cursor" in fields else ()))
        )
        envelope = answer.json()
        check_open(envelope, self._client.where(method), channel)
        if envelope.get("ok") is True:
            rows(envelope, self._client.where(method))
            self._client.note(method, PAGE, answer)
        return answer

    def _following(self, channel: str, place: HistoryPlace, envelope: Json, seen: HistoryPlace) -> HistoryPlace | None:
        """Where the next page starts, None at the end: short and empty pages come before it."""
        cursor = next_cursor(envelope)
        if cursor and cursor == place.cursor:
            raise Retryable(f"{self._client.where('conversations.history')} repeats the same page of {channel}")
        if not cursor and envelope.get("has_more") is True and (not seen.before or seen.before == place.before):
            raise Retryable(f"{self._client.where('conversations.history')} has more of {channel}, and not where")
        if not cursor and envelope.get("has_more") is not True:
            return None
        return HistoryPlace(cursor, seen.before, seen.day, seen.digest)


def rows(envelope: Json, where: str) -> list[Json]:
    """Return the messages of an answer. Raises Retryable unless every one has its ts: half an answer is none."""
    found = envelope.get("messages")
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and timestamps.is_ts(one.get("ts")) for one in found
    ):
        raise Retryable(f"{where} answered without messages")
    return found


def _ends(day: str) -> int:
    date = timestamps.day(day)
    return timestamps.starts(date) + 86_400 if date else 0


def belongs_to_day(message: Json, floor: int) -> bool:
    """Whether the message is read with its day: it replies to nothing, or to a thread that is too old to be read."""
    parent = messages.parent_of(message)
    return not messages.is_parent(message) and (not parent or timestamps.order(parent)[0] < floor)


def chained(digest: str, message: Json) -> str:
    """The digest of a day's messages, one more: from the newest to the oldest."""
    return hashlib.sha256((digest + messages.fingerprint(message)).encode()).hexdigest()[:16]


def check_open(envelope: Json, where: str, channel: str) -> None:
    """Raise ChannelUnavailable where the answer says that the conversation cannot be read."""
    if envelope.get("error") in UNAVAILABLE:
        raise ChannelUnavailable(f"{where}: {channel} cannot be read ({envelope['error']})", channel)
