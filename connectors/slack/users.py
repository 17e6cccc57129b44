"""Who the ids stand for. Everybody is listed once a day; whoever came since is asked for alone."""

from collections.abc import Callable
from datetime import timedelta

from connectors.cache import TtlCache
from connectors.http.transport import Clock, Json
from connectors.slack.client import SlackClient
from connectors.slack.pagination import ResumableList

AGE = timedelta(days=1)
NOBODY = ("users_not_found", "user_not_found", "user_not_visible", "unknown_method", "missing_scope")
NO_BOT = ("bot_not_found", "unknown_method", "missing_scope")
OPTIONAL = ("missing_scope", "unknown_method", "plan_upgrade_required", "paid_teams_only")


class Users:
    """Names of people, bots, groups and channels, loaded when first needed; losing them costs calls.

    `channels`: the names that the listing of channels knows.
    """

    def __init__(self, client: SlackClient, channels: Callable[[str], str], clock: Clock, team: str) -> None:
        self._client = client
        self._channels = channels
        self._team = {"team_id": team} if team else {}
        self._everybody: TtlCache[dict[str, Json]] = TtlCache(clock, AGE)
        self._newcomers: TtlCache[Json] = TtlCache(clock, AGE)
        self._groups: TtlCache[dict[str, str]] = TtlCache(clock, AGE)
        self._bots: TtlCache[str] = TtlCache(clock, AGE)
        self._members = ResumableList(client, "users.list", "members", self._team, clock)

    def user(self, user: str, /) -> str:
        return _called(self._person(user))

    def is_bot(self, user: str, /) -> bool:
        return bool(self._person(user).get("is_bot"))

    def channel(self, channel: str, /) -> str:
        return self._channels(channel)

    def group(self, group: str, /) -> str:
        return self._groups.get("", self._list_groups).get(group, "")

    def author(self, message: Json) -> str:
        """What to call whoever wrote a message."""
        profile = message.get("bot_profile")
        user = str(message.get("user") or "")
        name = str(message.get("username") or "") if message.get("bot_id") else ""
        name = name or (self.user(user) or _called(message) if user else "")
        name = name or (str(profile.get("name") or "") if isinstance(profile, dict) else "")
        return name or self._bot(str(message.get("bot_id") or "")) or "Someone"

    def _person(self, user: str) -> Json:
        found = self._everybody.get("", self._list_everybody).get(user)
        return self._newcomers.get(user, lambda: self._ask(user)) if found is None and user else found or {}

    def _ask(self, user: str) -> Json:
        found = self._client.ask("users.info", {"user": user}, expect=NOBODY).json().get("user")
        return _trimmed(found) if isinstance(found, dict) else {}

    def _bot(self, bot: str) -> str:
        return self._bots.get(bot, lambda: self._ask_bot(bot)) if bot else ""

    def _ask_bot(self, bot: str) -> str:
        found = self._client.ask("bots.info", {"bot": bot, **self._team}, expect=NO_BOT).json().get("bot")
        return str(found.get("name") or "") if isinstance(found, dict) else ""

    def _list_groups(self) -> dict[str, str]:
        """Groups are a nicety: without their scope, a mention says `@group`."""
        groups = self._client.ask("usergroups.list", self._team, expect=OPTIONAL).json().get("usergroups") or ()
        return {str(group.get("id")): str(group.get("handle") or group.get("name") or "") for group in groups}

    def _list_everybody(self) -> dict[str, Json]:
        members, _ = self._members.read()
        return {str(one["id"]): _trimmed(one) for one in members}


def _trimmed(user: Json) -> Json:
    """What of a person is needed to name them: a workspace may have very many."""
    return {"name": _called(user), "is_bot": bool(user.get("is_bot"))}


def _called(person: Json) -> str:
    """The name that colleagues see; `person` is a user, or a message that brings its author's profile."""
    profile = person.get("profile") or person.get("user_profile")
    shown = profile if isinstance(profile, dict) else {}
    names = (shown.get("display_name"), shown.get("real_name"), person.get("real_name"), person.get("name"))
    return next((" ".join(str(name).split()) for name in names if name), "")
