"""What an operator should know of a Slack source before it is synced."""

import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import islice

from connectors.check import Finding, Level
from connectors.http.transport import Response, now
from connectors.slack.channels import ChannelDirectory, ChannelListing
from connectors.slack.client import CLAMP, SlackClient
from connectors.slack.history import PAGE
from connectors.slack.settings import SlackSettings
from sync.errors import SyncError

NEEDED = ("channels:read", "channels:history", "users:read")
BY_LETTER = {
    "C": ("groups:read", "groups:history"),
    "G": ("groups:read", "groups:history"),
    "D": ("im:read", "im:history"),
}
OPTIONAL = {
    "files:read": "files that come with messages are left out",
    "usergroups:read": "mentions of groups read @group",
}
PROBED = 3  # channels whose history is asked for, to find out whether the app is slowed down
REINSTALL = "add it under OAuth & Permissions, install the app again, and set the new bot_token"


def check(settings: SlackSettings) -> Iterator[Finding]:
    """Ask who the token belongs to, what it may do, which channels there are, and how fast they can be read."""
    client = SlackClient(settings.url, settings.bot_token, None, now, time.sleep, 60.0)
    try:
        home = client.ask("auth.test")
        yield from _identity(home, settings)
        listing = ChannelDirectory(client, settings, now).look(join=False)
        yield from _channels(listing, settings)
        yield from _pace(client, listing)
    except SyncError as error:
        yield Finding(Level.PROBLEM, f"slack {settings.url} is not readable", str(error))
    if not settings.signing_secret:
        yield Finding(Level.OK, "slack: no signing_secret, so changes are found by the schedule alone")


def _identity(home: Response, settings: SlackSettings) -> Iterator[Finding]:
    team = home.json()
    yield Finding(
        Level.OK, f"slack: the token is {team.get('user') or 'an app'}'s in {team.get('team') or 'a workspace'}"
    )
    if team.get("is_enterprise_install") and not settings.team_id:
        fix = "set team_id to the workspace whose channels are meant"
        yield Finding(Level.PROBLEM, "slack: the token is an organization's, not one workspace's", fix)
    scopes = home.headers.get("x-oauth-scopes", "").replace(" ", "").split(",")
    if scopes == [""]:
        return
    for scope in dict.fromkeys((*NEEDED, *(("channels:join",) if settings.join else ()))):
        if scope not in scopes:
            yield Finding(Level.PROBLEM, f"slack: the token lacks the scope {scope}", REINSTALL)
    for scope, without in OPTIONAL.items():
        if scope not in scopes:
            yield Finding(Level.WARNING, f"slack: the token lacks the scope {scope}, so {without}", REINSTALL)
    if settings.ids and not any(set(scopes) >= set(BY_LETTER[one[0]]) for one in settings.ids):
        wanted = ", ".join(dict.fromkeys(scope for one in sorted(settings.ids) for scope in BY_LETTER[one[0]]))
        yield Finding(Level.WARNING, f"slack: conversations that are not public need the scopes {wanted}", REINSTALL)


def _channels(listing: ChannelListing, settings: SlackSettings) -> Iterator[Finding]:
    names = sorted(channel.name for channel in listing.channels.values())
    if names:
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        yield Finding(Level.OK, f"slack: reads {', '.join(islice(names, 10))}{more}")
    for gap in listing.gaps.values():
        yield Finding(Level.PROBLEM, f"slack: {gap.name} is not read", gap.why)
    seen = {
        name.removeprefix("#") for name in (*names, *listing.external, *(gap.name for gap in listing.gaps.values()))
    }
    for pattern in settings.patterns:
        if not any(fnmatchcase(name, pattern) for name in seen):
            fix = "correct channels, or create one; private channels are read only by their id"
            yield Finding(Level.WARNING, f"slack: no public channel is called {pattern}", fix)
    for pattern in settings.excluded:
        if not any(fnmatchcase(name, pattern) for name in {*seen, *listing.names.values()}):
            yield Finding(Level.WARNING, f"slack: !{pattern} leaves no channel out", "correct channels")
    for name in listing.external:
        fix = "put its id into channels to read it, if the other company agrees"
        yield Finding(Level.WARNING, f"slack: {name} is shared with another company and left out", fix)


def _pace(client: SlackClient, listing: ChannelListing) -> Iterator[Finding]:
    """Whether Slack slows the app down: it then holds back all but fifteen messages of a longer page."""
    for channel in islice(listing.channels, PROBED):
        fields = {"channel": channel, "limit": str(PAGE)}
        answer = client.ask("conversations.history", fields, expect=("not_in_channel",))
        client.note("conversations.history", PAGE, answer)
        if client.throttled:
            what = f"slack: the app is given {CLAMP} messages a call and one call a minute, so a first sync takes days"
            fix = "install it as an internal app of this workspace, made from the manifest in docs/slack.md"
            yield Finding(Level.WARNING, what, fix)
            return
