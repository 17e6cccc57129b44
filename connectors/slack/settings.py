"""What an operator says about a Slack source."""

import re
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from connectors.cursor import scope_of
from connectors.http.addresses import check_origin
from sync.setting_types import WebhookSecrets

OTHER_TOKENS = {"xoxp": "a user's token (xoxp-)", "xapp": "an app-level token (xapp-)", "xoxc": "a browser's (xoxc-)",
                "xoxd": "a browser's cookie (xoxd-)", "xoxs": "a token of old (xoxs-)"}  # fmt: skip
ID = re.compile(r"[CDG][0-9A-Z]+")


def days(text: object) -> timedelta:
    """Read `365d`."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"([0-9]{1,5})d", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('is not a number of days; write it like "365d"')
    return timedelta(days=int(match[1]))


Days = Annotated[timedelta, BeforeValidator(days)]


class SlackSettings(BaseModel):
    """One installed app in one workspace.

    `channels`: names of public channels, `*` and `?` allowed, `!name` leaves some out; ids of any others.
    `history`: older messages are left out. `join`: enter public channels that the app is not in. `bots`: what
    integrations say is kept or dropped. `rescan`: how long after its last reply a thread is read again now and then,
    for replies that were edited. `team_id`: the workspace, where the token is an organization's. `url`: of the API.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot_token: SecretStr = Field(min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    history: Days = timedelta(days=365)
    rescan: Days = timedelta(days=30)
    join: bool = False
    bots: Literal["keep", "drop"] = "keep"
    signing_secret: WebhookSecrets = ()
    team_id: str = ""
    url: str = "https://slack.com/api/"

    @field_validator("bot_token")
    @classmethod
    def _a_bots(cls, value: SecretStr) -> SecretStr:
        kind = OTHER_TOKENS.get(value.get_secret_value().partition("-")[0])
        if kind:
            raise ValueError(
                f"is {kind}; copy the Bot User OAuth Token under OAuth & Permissions, it begins with xoxb-"
            )
        return value

    @field_validator("channels")
    @classmethod
    def _named(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name if ID.fullmatch(name) else _plain(name) for name in map(str.strip, values))
        if not all(name.strip("!") for name in names):
            raise ValueError("channels must be names like help-* or ids like C0123ABCD; one of them is empty")
        if all(name.startswith("!") for name in names):
            raise ValueError("channels must say which to read, not only which to leave out")
        return names

    @field_validator("history")
    @classmethod
    def _some(cls, value: timedelta) -> timedelta:
        if value < timedelta(days=1):
            raise ValueError('history must be at least "1d"')
        return value

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        if not parts.path.endswith("/api/") or parts.query or parts.fragment:
            raise ValueError("url must be an address that ends in /api/, like https://slack.com/api/")
        return check_origin(f"{parts.scheme}://{parts.netloc}", "url") + parts.path

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(name for name in self.channels if ID.fullmatch(name))

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(name for name in self.channels if not ID.fullmatch(name) and not name.startswith("!"))

    @property
    def excluded(self) -> tuple[str, ...]:
        return tuple(name.removeprefix("!") for name in self.channels if name.startswith("!"))

    @property
    def scope(self) -> str:
        """What a cursor is made for: under other settings it is expired."""
        chosen = [self.url, sorted(self.channels), self.history.days, self.rescan.days, self.bots, self.team_id]
        return scope_of(chosen)


def _plain(name: str) -> str:
    """A name without its sign, in the lower case that Slack gives it."""
    mark = "!" if name.startswith("!") else ""
    return mark + name.removeprefix("!").removeprefix("#").lower()
