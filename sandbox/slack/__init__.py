"""A Slack workspace at the wire, seen by one installed app: strict about what it is asked, true to the vendor's traps.

sandbox = SlackSandbox(clock=clock)
help = sandbox.put_channel("help-billing")
ts = sandbox.post(help, "How do refunds work?")
sandbox.post(help, "Within 60 days.", thread=ts)
wire = Wire(sandbox.app)
with serve(wire) as url: ...  # the API is at f"{url}/api/"
"""

import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp

from sandbox.slack.app import WebApi
from sandbox.slack.events import Events
from sandbox.slack.limits import Tiers
from sandbox.slack.messages import Messages
from sandbox.slack.records import TEAM, Channel, Workspace, person

PREFIXES = {"channel": "C", "im": "D", "mpim": "G"}


class SlackSandbox:
    """A workspace, and every edit a person could make in it.

    `world` holds the knobs, `limits` the rate limits, `events` the deliveries: what its listeners are told.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        token: str = "xoxb-slack-token",  # noqa: S107  # opens nothing but the fake
        signing_secret: str = "slack-signing-secret",  # noqa: S107  # likewise
    ) -> None:
        self.world = Workspace(clock, token)
        self.limits = Tiers()
        self.events = Events(self.world, signing_secret)
        messages = Messages(self.world, self.events)
        self.post = messages.post
        self.edit = messages.edit
        self.react = messages.react
        self.delete = messages.delete
        self.delete_thread = messages.delete_thread
        self.restore = messages.restore
        self.file = messages.file
        self.app: ASGIApp = WebApi(self.world, self.limits).app
        for identity, name in (("U0DANA0001", "Dana Reyes"), ("U0SAM00001", "Sam Okafor")):
            self.world.users[identity] = person(identity, name)
        self.world.users["U0BOT00001"] = person("U0BOT00001", "Answerwell", bot=True)

    def put_channel(self, name: str, **fields: Any) -> str:
        """Make a conversation the app is in unless `member` says otherwise; returns its id."""
        kind = fields.get("kind", "channel")
        identity = self.world.new_id(PREFIXES[kind])
        self.world.channels[identity] = Channel(identity, name, int(self.world.clock()), **fields)
        return identity

    def put_user(self, name: str, **fields: bool) -> str:
        identity = self.world.new_id("U")
        self.world.users[identity] = person(identity, name, **fields)
        return identity

    def put_bot(self, name: str) -> str:
        """An integration that posts as itself; returns its bot id."""
        identity = self.world.new_id("B")
        self.world.bots[identity] = {
            "id": identity,
            "name": name,
            "deleted": False,
            "app_id": "A0OTHER001",
            "icons": {},
        }
        return identity

    def put_group(self, handle: str) -> str:
        identity = self.world.new_id("S")
        admin = "U0ADMIN001"
        self.world.groups[identity] = {
            "id": identity,
            "team_id": TEAM,
            "is_usergroup": True,
            "is_subteam": True,
            "name": handle.title(),
            "description": "",
            "handle": handle,
            "is_external": False,
            "date_create": 1_700_000_000,
            "date_update": 1_700_000_000,
            "date_delete": 0,
            "auto_type": None,
            "auto_provision": False,
            "enterprise_subteam_id": "",
            "created_by": admin,
            "updated_by": admin,
            "deleted_by": None,
            "prefs": {"channels": [], "groups": []},
        }
        return identity

    def rename(self, channel: str, name: str) -> None:
        self.world.channels[channel].name = name

    def archive(self, channel: str, *, archived: bool = True) -> None:
        self.world.channels[channel].archived = archived

    def make_private(self, channel: str) -> None:
        self.world.channels[channel].private = True

    def remove_app(self, channel: str) -> None:
        self.world.channels[channel].member = False

    def invite_app(self, channel: str) -> None:
        self.world.channels[channel].member = True
