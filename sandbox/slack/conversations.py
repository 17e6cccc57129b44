"""The methods of conversations: list, join, history, replies."""

from sandbox.http import Answer, Json
from sandbox.slack import paging
from sandbox.slack.answers import good, refused
from sandbox.slack.records import TEAM, Channel, Workspace, stamp, text_of
from sandbox.slack.request import Request, flag_of, needed, require_scopes, ts_of

READ = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}
HISTORY = {
    "public_channel": "channels:history",
    "private_channel": "groups:history",
    "im": "im:history",
    "mpim": "mpim:history",
}


def list_(request: Request) -> Answer:
    types = [kind.strip() for kind in (request.text("types") or "public_channel").split(",")]
    if not set(types) <= set(READ):
        raise refused("invalid_types")
    require_scopes(request, *(READ[kind] for kind in types))
    hidden = flag_of(request, "exclude_archived")
    found = [
        shape(channel)
        for channel in request.world.channels.values()
        if channel.type in types and channel.visible and not (hidden and channel.archived)
    ]
    page, cursor = paging.by_place(request, found, 100)
    return good(channels=page, response_metadata={"next_cursor": cursor})


def join(request: Request) -> Answer:
    require_scopes(request, "channels:join")
    channel = request.world.channel(needed(request, "channel", "channel_not_found"))
    if channel.type != "public_channel":
        raise refused("method_not_supported_for_channel_type")
    if channel.archived:
        raise refused("is_archived")
    if channel.member:
        return good(channel=shape(channel), warning="already_in_channel")
    channel.member = True
    ts = request.world.new_ts()
    joined = {"type": "message", "subtype": "channel_join", "user": "U0BOT00001", "ts": ts}
    channel.messages[ts] = joined | {"text": "<@U0BOT00001> has joined the channel"}
    return good(channel=shape(channel))


def history(request: Request) -> Answer:
    channel = _readable(request)
    messages = [m for m in channel.top_level() if _within(request, m["ts"])]
    number = 0
    if request.text("cursor"):
        if request.world.expired_cursors:
            raise refused("invalid_cursor")
        before, number = (int(part) for part in paging.decode(request.text("cursor"), "next_ts:").split(":"))
        messages = [m for m in messages if stamp(m["ts"]) < stamp(text_of(before))]
    size = _size(request, 100, number)
    page, more = messages[:size], len(messages) > size
    last = _micros(page[-1]["ts"]) if page else _micros(messages[0]["ts"]) + 1 if messages else 0
    return good(
        messages=page,
        has_more=more,
        pin_count=0,
        channel_actions_ts=None,
        channel_actions_count=0,
        response_metadata={"next_cursor": paging.encode(f"next_ts:{last}:{number + 1}") if more else ""},
    )


def replies(request: Request) -> Answer:
    channel = _readable(request)
    ts = needed(request, "ts", "thread_not_found")
    ts_of(request, "ts", "thread_not_found")
    thread = channel.thread(ts)
    if not thread or thread[0]["ts"] != ts:
        raise refused("thread_not_found")
    parent, rest = thread[0], [m for m in thread[1:] if _within(request, m["ts"])]
    start, number = 0, 0
    if request.text("cursor"):
        start, number = (int(part) for part in paging.decode(request.text("cursor"), "reply:").split(":"))
    size = max(1, _size(request, 1000, number) - 1)  # the parent is repeated on every page
    page, more = rest[start : start + size], len(rest) > start + size
    return good(
        messages=[_parent(request.world, parent), *page],
        has_more=more,
        response_metadata={"next_cursor": paging.encode(f"reply:{start + size}:{number + 1}") if more else ""},
    )


def shape(channel: Channel) -> Json:
    """A conversation as the list shows it."""
    base: Json = {"id": channel.id, "created": channel.created, "is_archived": channel.archived}
    if channel.kind == "im":
        return base | {"is_im": True, "is_org_shared": False, "user": channel.name, "priority": 0}
    topic = {"value": "", "creator": "", "last_set": 0}
    return base | {
        "name": channel.name,
        "name_normalized": channel.name,
        "creator": "U0ADMIN001",
        "is_channel": channel.kind == "channel",
        "is_group": False,
        "is_im": False,
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.private or channel.kind == "mpim",
        "is_general": False,
        "is_member": channel.member,
        "is_shared": channel.ext_shared or channel.org_shared,
        "is_ext_shared": channel.ext_shared,
        "is_org_shared": channel.org_shared,
        "is_pending_ext_shared": channel.pending_ext_shared,
        "pending_shared": [],
        "shared_team_ids": [TEAM],
        "context_team_id": TEAM,
        "num_members": 5,
        "members": [],
        "previous_names": [],
        "topic": topic,
        "purpose": topic,
        "updated": channel.created * 1000,
    }


def _readable(request: Request) -> Channel:
    channel = request.world.channel(needed(request, "channel", "channel_not_found"))
    require_scopes(request, HISTORY[channel.type])
    if not channel.member:
        raise refused("not_in_channel")
    return channel


def _within(request: Request, ts: str) -> bool:
    oldest = ts_of(request, "oldest", "invalid_ts_oldest")
    latest = ts_of(request, "latest", "invalid_ts_latest")
    if flag_of(request, "inclusive"):
        return (oldest is None or stamp(ts) >= oldest) and (latest is None or stamp(ts) <= latest)
    return (oldest is None or stamp(ts) > oldest) and (latest is None or stamp(ts) < latest)


def _size(request: Request, default: int, number: int) -> int:
    limit = request.number("limit", default, 999 if default == 100 else 1000)
    if request.world.clamp is not None:
        limit = min(limit, request.world.clamp)
    return paging.shown(request.world, limit, number)


def _parent(world: Workspace, parent: Json) -> Json:
    if not world.bare_parents:
        return parent
    return {name: value for name, value in parent.items() if name not in ("reply_count", "latest_reply", "reply_users")}


def _micros(ts: str) -> int:
    seconds, micros = stamp(ts)
    return seconds * 1_000_000 + micros
