"""The workspace: people, channels and their messages, as the wire shows them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sandbox.http import Json
from sandbox.slack.answers import refused

TEAM = "T0ACME000"
BOT_SCOPES = (
    "channels:history",
    "channels:join",
    "channels:read",
    "files:read",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "mpim:history",
    "mpim:read",
    "team:read",
    "usergroups:read",
    "users:read",
)


@dataclass
class Channel:
    """One conversation; `member`: whether the app is in it. `messages` by ts, replies among them."""

    id: str
    name: str
    created: int
    private: bool = False
    archived: bool = False
    member: bool = True
    ext_shared: bool = False
    pending_ext_shared: bool = False
    org_shared: bool = False
    kind: str = "channel"
    messages: dict[str, Json] = field(default_factory=dict)

    @property
    def type(self) -> str:
        if self.kind != "channel":
            return self.kind
        return "private_channel" if self.private else "public_channel"

    @property
    def visible(self) -> bool:
        """Whether the app sees that it exists."""
        return self.member or self.type == "public_channel"

    def top_level(self) -> list[Json]:
        """What history shows, newest first: no replies but those sent to the channel too."""
        shown = [m for m in self.messages.values() if _is_top_level(m)]
        return sorted(shown, key=lambda message: stamp(message["ts"]), reverse=True)

    def thread(self, ts: str) -> list[Json]:
        """The parent and its replies, oldest first."""
        found = [m for m in self.messages.values() if m["ts"] == ts or m.get("thread_ts") == ts]
        return sorted(found, key=lambda message: stamp(message["ts"]))


@dataclass
class PrivateFile:
    """What is behind a file's private address."""

    id: str
    name: str
    content: bytes
    mimetype: str
    redirect: str = ""


@dataclass
class Workspace:
    """Everything the workspace holds, and the knobs.

    `clamp`: the most objects that history and replies give, whatever `limit` says. `short_pages`: lists give less than
    asked for, now and then nothing, before their end. `disabled`: the account is closed.
    """

    clock: Callable[[], float]
    token: str
    scopes: set[str] = field(default_factory=lambda: set(BOT_SCOPES))
    channels: dict[str, Channel] = field(default_factory=dict)
    users: dict[str, Json] = field(default_factory=dict)
    groups: dict[str, Json] = field(default_factory=dict)
    bots: dict[str, Json] = field(default_factory=dict)
    files: dict[str, PrivateFile] = field(default_factory=dict)
    clamp: int | None = None
    short_pages: bool = False
    expired_cursors: bool = False
    bare_parents: bool = False
    disabled: bool = False
    dated: bool = True
    error: str = ""
    _ids: int = 1000
    _given: set[int] = field(default_factory=set)
    _free: dict[int, int] = field(default_factory=dict)

    def new_id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}0{self._ids:08d}"

    def new_ts(self, at: float | None = None) -> str:
        """A ts of that moment that no other message has, or had."""
        asked = int((self.clock() if at is None else at) * 1_000_000)
        micros = self._free.get(asked, asked)  # all before it are taken
        while micros in self._given:
            micros += 1
        self._given.add(micros)
        self._free[asked] = micros + 1
        return text_of(micros)

    def channel(self, id: str) -> Channel:  # noqa: A002  the vendor's own name
        """A conversation that the app sees. Raises channel_not_found."""
        channel = self.channels.get(id)
        if channel is None or not channel.visible:
            raise refused("channel_not_found")
        return channel


@lru_cache(100_000)
def stamp(ts: str) -> tuple[int, int]:
    """A ts as two numbers that sort; never a float. Raises for anything else."""
    seconds, _, micros = ts.partition(".")
    if not (seconds.isdigit() and (micros.isdigit() or not micros)):
        raise ValueError(ts)
    return int(seconds), int(micros.ljust(6, "0")[:6] or 0)


def text_of(micros: int) -> str:
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"


def person(id: str, name: str, *, bot: bool = False, deleted: bool = False) -> Json:  # noqa: A002
    handle = name.lower().replace(" ", ".")
    profile: dict[str, Any] = {
        "real_name": name,
        "display_name": name.split(maxsplit=1)[0] if name else "",
        "team": TEAM,
    }
    return {
        "id": id,
        "team_id": TEAM,
        "name": handle,
        "real_name": name,
        "deleted": deleted,
        "is_bot": bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
        "profile": profile,
    }


def _is_top_level(message: Json) -> bool:
    parent = message.get("thread_ts")
    return parent is None or parent == message["ts"] or message.get("subtype") == "thread_broadcast"
