"""Threads: reading one whole, and telling whether it changed by what history shows of its parent."""

import hashlib
import json
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.http.transport import Json
from connectors.slack import messages, timestamps
from connectors.slack.client import SlackClient
from connectors.slack.history import UNAVAILABLE, check_open, rows
from connectors.slack.pagination import next_cursor
from sync.errors import Retryable

METHOD = "conversations.replies"
PAGE = 999
FRESH = timedelta(hours=1)
LATER = 4


@dataclass(frozen=True, slots=True)
class Thread:
    """A parent and its replies, oldest first."""

    parent: Json
    replies: tuple[Json, ...]


class Threads:
    """Reads threads, for many at a time. What was read before a failure is kept for the next try."""

    def __init__(self, client: SlackClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._partial: dict[str, tuple[dict[str, Json], str]] = {}

    def read(self, channel: str, ts: str) -> Thread | None:
        """Return a thread, None where there is none of that ts. Raises ChannelUnavailable, and what a call raises."""
        key = f"{channel}:{ts}"
        with self._lock:
            found, cursor = self._partial.pop(key, ({}, ""))
        try:
            while True:
                envelope = self._page(channel, ts, cursor)
                if envelope is None:
                    return None
                found = {**found, **{one["ts"]: one for one in rows(envelope, self._client.where(METHOD))}}
                following = self._following(key, cursor, envelope)
                if not following:
                    return self._whole(channel, ts, found)
                cursor = following
        except Retryable:
            with self._lock:
                self._partial[key] = (found, cursor)
            raise

    def _page(self, channel: str, ts: str, cursor: str) -> Json | None:
        """Return one page, None where the thread is not found; a cursor that expired raises, and is forgotten."""
        fields = {"channel": channel, "ts": ts, "limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
        answer = self._client.ask(METHOD, fields, expect=(*UNAVAILABLE, "thread_not_found", "invalid_cursor"))
        envelope, where = answer.json(), self._client.where(METHOD)
        check_open(envelope, where, channel)
        if envelope.get("error") == "thread_not_found":
            return None
        if envelope.get("ok") is not True:
            return self._page(channel, ts, "") if cursor else None
        self._client.note(METHOD, PAGE, answer)
        return envelope

    def _following(self, key: str, cursor: str, envelope: Json) -> str:
        """Where the next page starts, '' at the end."""
        following = next_cursor(envelope)
        if (following and following == cursor) or (not following and envelope.get("has_more") is True):
            raise Retryable(f"{self._client.where(METHOD)} has more of {key}, and not where")
        return following

    def _whole(self, channel: str, ts: str, found: dict[str, Json]) -> Thread:
        parent = found.pop(ts, None)
        if parent is None:
            raise Retryable(f"{self._client.where(METHOD)} answered without the parent {channel}:{ts}")
        replies = sorted(found.values(), key=lambda message: timestamps.order(message["ts"]))
        return Thread(parent, tuple(replies))


def latest(parent: Json) -> datetime:
    """When the thread last got a reply."""
    ts = str(parent.get("latest_reply") or "")
    return timestamps.moment(ts if timestamps.is_ts(ts) else parent["ts"])


def last_touched(message: Json) -> datetime:
    """When history last shows that anything happened to a message, a thread's newest reply included."""
    return max(messages.edited_at(message), latest(message))


def is_fresh(parent: Json, now: datetime, rescan: timedelta) -> bool:
    """Whether people are still at it: its replies are read again at every look, for they are edited soon or never."""
    return rescan > timedelta(0) and now - latest(parent) < FRESH


def outline(seed: Sequence[str], parent: Json) -> str:
    """What differs whenever history shows another parent, another number of replies or another newest one."""
    seen = [*seed, messages.fingerprint(parent), parent.get("reply_count"), parent.get("latest_reply")]
    return _digest(seen)


def version(outlined: str, parent: Json, replies: Sequence[Json] | None, now: datetime, rescan: timedelta) -> str:
    """The version of a thread. `replies` count while it is fresh; later they are not looked at, only its age is.

    An edited reply shows nowhere but in the thread: so the version changes when the thread is four times as old, until
    `rescan` after its last reply, and it is read again.
    """
    if replies is not None and is_fresh(parent, now, rescan):
        return _digest([outlined, [messages.fingerprint(reply) for reply in replies]])
    age = min(now - latest(parent), rescan)
    ages = int(math.log(age / FRESH, LATER)) if age > FRESH else 0
    return _digest([outlined, ages])


def completed(parent: Json, replies: Sequence[Json]) -> Json:
    """The parent with what it says of its replies, where an answer leaves that out."""
    if parent.get("reply_count") is not None or not replies:
        return parent
    return {**parent, "reply_count": len(replies), "latest_reply": replies[-1]["ts"]}


def answered_by_people(parent: Json, is_bot: Callable[[str], bool]) -> bool:
    """Whether anybody but integrations replied, as far as the parent says."""
    users = [str(user) for user in parent.get("reply_users") or ()]
    everyone = len(users) >= int(parent.get("reply_users_count") or 0)
    return not (users and everyone) or not all(user.startswith("B") or is_bot(user) for user in users)


def _digest(seen: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:32]
