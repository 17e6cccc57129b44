"""Which conversations a source reads, and why not those that it should but cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from connectors.cache import TtlCache
from connectors.http.transport import Clock, Json
from connectors.slack.client import SlackClient
from connectors.slack.pagination import ResumableList
from connectors.slack.settings import SlackSettings

AGE = timedelta(minutes=5)
OTHERS = (("private_channel", "CG"), ("im", "D"), ("mpim", "G"))
"""What an id that is no public channel's may be, by its first letter. Each kind needs a scope of its own."""
NOT_JOINED = ("is_archived", "method_not_supported_for_channel_type", "channel_not_found", "restricted_action")


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A conversation to read. `name` is how people call it, with its sign."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A conversation that should be read and cannot be: `why`, and what to do."""

    id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class ChannelListing:
    """Every conversation of the source at `moment`, by the server's clock; and the names of all that were listed."""

    channels: Mapping[str, SlackChannel]
    gaps: Mapping[str, Gap]
    names: Mapping[str, str]
    moment: datetime
    external: tuple[str, ...] = ()
    """Names of channels shared with other companies that a pattern matches: they are read only by their id."""


class ChannelDirectory:
    """Lists conversations. A failed listing raises and is never a shorter one: what it lacks would be removed."""

    def __init__(self, client: SlackClient, settings: SlackSettings, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._memo: TtlCache[ChannelListing] = TtlCache(clock, AGE)
        self._rolls = {
            kinds: ResumableList(client, "conversations.list", "channels", self._fields(kinds), clock)
            for kinds in ("public_channel", *(kind for kind, _ in OTHERS))
        }

    def now(self) -> ChannelListing:
        """List anew."""
        self._memo.forget()
        return self.lately()

    def lately(self) -> ChannelListing:
        """Return a listing of the last five minutes."""
        return self._memo.get("", lambda: self.look(join=self._settings.join))

    def name(self, channel: str) -> str:
        return self.lately().names.get(channel, "")

    def look(self, *, join: bool) -> ChannelListing:
        """List anew; `join`: now enter the public channels of the source that the app is not in."""
        rows, moment = self._rolls["public_channel"].read()
        missing = self._settings.ids - {str(row["id"]) for row in rows}
        others = self._others(set(missing))
        chosen = [row for row in rows if self._chosen(row)] + [row for row in others if row["id"] in missing]
        open_ = [row for row in chosen if not row.get("is_archived")]
        asked = [(row, self._why_not(row, join=join)) for row in open_]
        gaps = [Gap(gap_id(str(row["id"])), _called(row), why) for row, why in asked if why]
        return ChannelListing(
            channels={str(row["id"]): SlackChannel(str(row["id"]), _called(row)) for row, why in asked if not why},
            gaps={gap.id: gap for gap in (*gaps, *self._unseen(rows, open_))},
            names={str(row["id"]): str(row.get("name") or "") for row in (*rows, *others)},
            moment=moment,
            external=tuple(_called(row) for row in rows if _is_external(row) and self._matches(row)),
        )

    def _others(self, missing: set[str]) -> list[Json]:
        """List the kinds that the missing ids may be, until none is missing."""
        found: list[Json] = []
        for kind, letters in OTHERS:
            if any(one[0] in letters for one in missing):
                rows, _ = self._rolls[kind].read()
                found += rows
                missing -= {str(row["id"]) for row in rows}
        return found

    def _fields(self, kinds: str) -> dict[str, str]:
        team = {"team_id": self._settings.team_id} if self._settings.team_id else {}
        return {"types": kinds, "exclude_archived": "true", **team}

    def _chosen(self, row: Json) -> bool:
        return row["id"] in self._settings.ids or (self._matches(row) and not _is_external(row) and _is_public(row))

    def _matches(self, row: Json) -> bool:
        name = str(row.get("name") or "").lower()
        if any(fnmatchcase(name, pattern) for pattern in self._settings.excluded):
            return False
        return any(fnmatchcase(name, pattern) for pattern in self._settings.patterns)

    def _why_not(self, row: Json, *, join: bool) -> str:
        """Why a conversation cannot be read, '' for one that can be."""
        if row.get("is_member") is not False or row.get("is_im"):
            return ""
        name = row.get("name") or row["id"]
        fix = f'run "/invite @" and its name there, or leave the channel out ("!{name}" in channels)'
        if self._settings.join and _is_public(row) and not join:
            return ""  # it will be entered
        if not join or not _is_public(row):
            return f"the app is not in {_called(row)}: set join = true, {fix}"
        answer = self._client.ask("conversations.join", {"channel": str(row["id"])}, expect=NOT_JOINED).json()
        return "" if answer.get("ok") is True else f"the app cannot join {_called(row)} ({answer.get('error')}): {fix}"

    def _unseen(self, rows: list[Json], found: list[Json]) -> list[Gap]:
        """What the settings name, and the workspace does not show: a wildcard may match nothing, a name may not."""
        ids = {str(row["id"]) for row in found}
        names = {str(row.get("name") or "").lower() for row in rows}
        gaps = [
            Gap(
                gap_id(one), one, f"{one} is archived, or hidden from the app: invite it, or take {one} out of channels"
            )
            for one in sorted(self._settings.ids - ids)
        ]
        return gaps + [
            Gap(f"channels:{name}", f"#{name}", f"no public channel is called {name}: correct it in channels")
            for name in sorted(self._settings.patterns)
            if not any(sign in name for sign in "*?[") and name not in names
        ]


def gap_id(channel: str) -> str:
    """The id of the document that stands for a conversation which cannot be read."""
    return f"{channel}:channel"


def _is_public(row: Json) -> bool:
    return not any(row.get(mark) for mark in ("is_private", "is_im", "is_mpim", "is_group"))


def _is_external(row: Json) -> bool:
    """Whether another company takes part; a channel shared within an organization is its own."""
    return bool(row.get("is_ext_shared")) or (bool(row.get("is_shared")) and not row.get("is_org_shared"))


def _called(row: Json) -> str:
    if row.get("is_im"):
        return "Direct messages"
    return f"#{row['name']}" if row.get("name") else str(row["id"])
