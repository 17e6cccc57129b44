"""A served Slack workspace behind the contract's common names."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from connectors.slack.connector import Slack
from connectors.slack.settings import SlackSettings
from sandbox.slack import SlackSandbox
from sandbox.wire import Wire
from tests.connectors.zendesk_world import Clock
from tests.in_process import reachable, transport

METHODS: tuple[str, ...] = (
    "auth.test",
    "bots.info",
    "conversations.history",
    "conversations.list",
    "conversations.replies",
)
METHODS += ("files.info", "usergroups.list", "users.info", "users.list")
TOKEN = "xoxb-slack-token"
DAY = 86_400

Kind = Literal["fresh", "quiet", "day"]


@dataclass
class SlackWorld:
    """One workspace with one channel. What is put is of one kind.

    fresh: a thread that people are at. quiet: a thread that is not read again for its replies. day: a message that
    nobody replies to, each on a day of its own.
    """

    sandbox: SlackSandbox
    clock: Clock
    wire: Wire
    url: str
    kind: Kind = "quiet"
    secrets: tuple[str, ...] = (TOKEN, "slack-signing-secret")
    writes: frozenset[str] = frozenset(f"/api/{method}" for method in METHODS)
    several_pages: int = 50
    timeout: float = 3.0
    slept: list[float] = field(default_factory=list)
    help: str = ""
    put_so_far: int = 0

    def connect(self, **settings: object) -> Slack:
        said: dict[str, object] = {"bot_token": TOKEN, "channels": ["help-*"], "url": f"{self.url}/api/"}
        said |= {"rescan": "0d"} if self.kind == "quiet" else {}
        valid = SlackSettings.model_validate(said | settings)
        return Slack(
            valid,
            clock=self.clock.utc,
            sleep=self.sleep,
            timeout=self.timeout,
            transport=transport(self.wire, self.url, self.timeout),
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.now += seconds

    def later(self) -> None:
        self.clock.now += 600

    def put(self, title: str, html_: str, labels: tuple[str, ...] = ()) -> str:
        """A document; its body stands in its first message."""
        del labels
        self.put_so_far += 1
        text = f"{title}\n{html.escape(html_, quote=False)}"
        if self.kind == "day":
            alone = self.sandbox.post(self.help, text, at=self.clock.now - (100 - self.put_so_far) * DAY)
            return f"{self.help}:day:{_day(alone)}"
        ts = self.sandbox.post(self.help, text)
        self.sandbox.post(self.help, "an answer", thread=ts, user="U0SAM00001")
        return f"{self.help}:{ts}"

    def edit(self, external_id: str, html_: str) -> None:
        self.sandbox.edit(self.help, self.ts(external_id), html.escape(html_, quote=False))

    def relabel(self, external_id: str, labels: tuple[str, ...]) -> None:
        raise NotImplementedError("messages have no labels")

    def move(self, external_id: str) -> None:
        self.sandbox.rename(self.help, "help-elsewhere")

    def touch(self, external_id: str) -> None:
        self.sandbox.react(self.help, self.ts(external_id))

    def restrict(self, external_id: str) -> None:
        raise NotImplementedError("messages are never public")

    unrestrict = restrict

    def delete(self, external_id: str) -> None:
        self.sandbox.delete_thread(self.help, self.ts(external_id))

    def restore(self, external_id: str) -> None:
        self.sandbox.restore(self.help, self._restorable(external_id))

    unpublish = delete
    publish = restore

    def close(self) -> None:
        raise NotImplementedError("messages are never public")

    open = close

    def disable(self) -> None:
        self.sandbox.world.disabled = True

    def ts(self, external_id: str) -> str:
        """The first message of a document."""
        _, _, unit = external_id.partition(":")
        messages = self.sandbox.world.channels[self.help].messages
        found = unit if unit in messages else next(ts for ts in messages if f"day:{_day(ts)}" == unit)
        self._erased[external_id] = found
        return found

    def _restorable(self, external_id: str) -> str:
        return self._erased[external_id]

    @property
    def never(self) -> str:
        return f"{self.help}:{int(self.clock.now) - DAY}.000100"

    def __post_init__(self) -> None:
        self._erased: dict[str, str] = {}
        if not self.help:
            self.help = self.sandbox.put_channel("help-billing")


def _day(ts: str) -> str:
    return f"{datetime.fromtimestamp(int(ts.partition('.')[0]), UTC):%Y-%m-%d}"


@contextmanager
def slack_world(
    kind: Kind = "quiet", *, page: int | None = 20, several_pages: int = 50, socket: bool = False
) -> Iterator[SlackWorld]:
    """A workspace; `page`: the most objects that history gives in an answer."""
    clock = Clock()
    sandbox = SlackSandbox(clock=clock)
    sandbox.world.clamp = page
    with reachable(sandbox.app, socket=socket) as (wire, url):
        yield SlackWorld(sandbox, clock, wire, url, kind, several_pages=several_pages)
