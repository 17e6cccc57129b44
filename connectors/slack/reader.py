"""What both listings and `fetch` have in common: one workspace, read under one operator's settings."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.cache import TtlCache
from connectors.http.transport import Clock, Json
from connectors.slack import messages, threads, timestamps
from connectors.slack.channels import ChannelDirectory, SlackChannel
from connectors.slack.client import SlackClient
from connectors.slack.documents import FORMAT, DocumentBuilder, DocumentName, day_id, gap_document, thread_id
from connectors.slack.files import Files
from connectors.slack.history import Day, History, belongs_to_day, chained
from connectors.slack.settings import SlackSettings
from connectors.slack.threads import Threads
from connectors.slack.users import Users
from sync.errors import Gone, Retryable
from sync.model import Change, Document

HOME_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Home:
    """The workspace's address, and whether the token may read files."""

    url: str
    files: bool


class ChannelReader:
    """Makes documents and changes of what channels hold. For many threads."""

    def __init__(self, client: SlackClient, settings: SlackSettings, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._home: TtlCache[Home] = TtlCache(clock, HOME_AGE)
        self.channels = ChannelDirectory(client, settings, clock)
        self._users = Users(client, self.channels.name, clock, settings.team_id)
        self.history = History(client, self.keeps, settings.history)
        self._threads = Threads(client)
        self._documents = DocumentBuilder(self._users, Files(client))

    def floor(self) -> int:
        """The second from which on messages are read: the start of a day in UTC, so that days are whole."""
        return timestamps.starts((self._clock() - self._settings.history).date())

    def keeps(self, message: Json) -> bool:
        """Whether a message's words are part of a document."""
        return messages.speaks(message) and not self._dropped(message)

    def is_thread(self, parent: Json) -> bool:
        """Whether a thread is listed: of an integration's, where those are dropped, only what people replied to."""
        return not self._dropped(parent) or threads.answered_by_people(parent, self._users.is_bot)

    def is_fresh(self, parent: Json) -> bool:
        return threads.is_fresh(parent, self._clock(), self._settings.rescan)

    def outline(self, channel: SlackChannel, parent: Json) -> str:
        return threads.outline(self._seed(channel), parent)

    def quiet_thread(self, channel: SlackChannel, parent: Json) -> Change:
        """A thread that is not fresh, as history shows it: whoever has another version has to fetch it."""
        version = threads.version(self.outline(channel, parent), parent, None, self._clock(), self._settings.rescan)
        return Change(thread_id(channel.id, parent["ts"]), version)

    def day_version(self, channel: SlackChannel, day: Day) -> str:
        return self._day_version(channel, day.day, day.digest)

    def day(self, channel: SlackChannel, day: Day) -> Change:
        """A day, with its document where all of its messages are at hand and no file has to be read for it."""
        external_id, version = day_id(channel.id, day.day), self.day_version(channel, day)
        if day.messages is None or any(messages.files_of(message) for message in day.messages):
            return Change(external_id, version)
        return Change(external_id, version, self._build(external_id, version, channel, day.messages[::-1]))

    def thread(self, channel: SlackChannel, ts: str) -> tuple[str, Document] | None:
        """Read a thread: its outline and its document; None where there is none.

        Raises ChannelUnavailable and Retryable.
        """
        thread = self._threads.read(channel.id, ts)
        if thread is None or messages.parent_of(thread.parent):
            return None
        parent = threads.completed(thread.parent, thread.replies)
        if not messages.is_parent(parent) or not self.is_thread(parent) or timestamps.order(ts)[0] < self.floor():
            return None
        outline = self.outline(channel, parent)
        version = threads.version(outline, parent, thread.replies, self._clock(), self._settings.rescan)
        said = [parent] if messages.speaks(parent) else []
        said += [reply for reply in thread.replies if self.keeps(reply)]
        return outline, self._build(thread_id(channel.id, ts), version, channel, said)

    def document(self, channel: SlackChannel, name: DocumentName) -> Document:
        """Read what an id stands for. Raises Gone where nothing is there, ChannelUnavailable, and Retryable."""
        found = self._whole_day(channel, name.day) if name.day else self._whole_thread(channel, name.ts)
        if found is None:
            raise Gone(f"{self._client.where('conversations.history')}: {channel.id} has no {name.day or name.ts}")
        return found

    def gaps(self) -> list[Change]:
        """What cannot be read although the settings name it: problems for people to see."""
        gaps = self.channels.lately().gaps.values()
        found = [gap_document(gap, self._at_home().url) for gap in gaps]
        return [Change(document.external_id, document.version, document) for document in found]

    def _whole_day(self, channel: SlackChannel, day: str) -> Document | None:
        date = timestamps.day(day)
        if date is None or timestamps.starts(date) < self.floor():
            return None
        floor, digest, said = self.floor(), "", []
        for message in self.history.day(channel.id, timestamps.starts(date)):
            if timestamps.day_of(message["ts"]) == day and belongs_to_day(message, floor) and self.keeps(message):
                digest = chained(digest, message)
                said.append(message)
        if not said:
            return None
        external_id = day_id(channel.id, day)
        return self._build(external_id, self._day_version(channel, day, digest), channel, said[::-1])

    def _whole_thread(self, channel: SlackChannel, ts: str) -> Document | None:
        found = self.thread(channel, ts) if timestamps.order(ts)[0] >= self.floor() else None
        if found is not None:
            return found[1]
        second = timestamps.order(ts)[0]
        shown = self.history.between(channel.id, second, second + 1) if second >= self.floor() else []
        if any(one["ts"] == ts and messages.is_parent(one) and self.is_thread(one) for one in shown):
            raise Retryable(f"{self._client.where(threads.METHOD)} does not find a thread that history shows: {ts}")
        return None

    def _build(
        self, external_id: str, version: str, channel: SlackChannel, said: tuple[Json, ...] | list[Json]
    ) -> Document:
        home = self._at_home()
        return self._documents.build(external_id, version, channel, said, home.url, allowed=home.files)

    def _dropped(self, message: Json) -> bool:
        return self._settings.bots == "drop" and messages.by_bot(message, self._users.is_bot)

    def _seed(self, channel: SlackChannel) -> list[str]:
        files = "" if self._at_home().files else "-"
        return [FORMAT, channel.id, channel.name, self._settings.bots, files]

    def _day_version(self, channel: SlackChannel, day: str, digest: str) -> str:
        return hashlib.sha256(json.dumps([*self._seed(channel), day, digest]).encode()).hexdigest()[:32]

    def _at_home(self) -> Home:
        return self._home.get("", self._ask_home)

    def _ask_home(self) -> Home:
        answer = self._client.ask("auth.test")
        url = answer.json().get("url")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise Retryable(f"{self._client.where('auth.test')} answered without the workspace's url")
        scopes = answer.headers.get("x-oauth-scopes", "").replace(" ", "")
        return Home(url.rstrip("/") + "/", files=not scopes or "files:read" in scopes.split(","))

    @property
    def throttled(self) -> bool:
        return self._client.throttled

    @property
    def now(self) -> datetime:
        return self._clock()
