"""Every edit that people make: posts, replies, edits, deletions, and the events that tell of them."""

from typing import Any

from sandbox.http import Json
from sandbox.slack.events import Events
from sandbox.slack.people import file_addresses
from sandbox.slack.records import Channel, PrivateFile, Workspace, stamp

ERASED: Json = {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT", "hidden": True}
KEPT = ("ts", "thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply", "subscribed", "type")


class Messages:
    """The people of the workspace at their keyboards."""

    def __init__(self, world: Workspace, events: Events) -> None:
        self._world = world
        self._events = events
        self._erased: dict[tuple[str, str], list[Json]] = {}

    def post(
        self,
        channel: str,
        text: str,
        *,
        user: str = "U0DANA0001",
        thread: str = "",
        at: float | None = None,
        **fields: Any,
    ) -> str:
        """Post a message, or with `thread` a reply; further fields stand as they are. Returns its ts."""
        place, ts = self._world.channels[channel], self._world.new_ts(at)
        message: Json = {"type": "message", "user": user, "text": text, "ts": ts, "team": "T0ACME000"}
        message |= {"client_msg_id": f"{ts}-client"} | fields
        if message.get("bot_id"):
            message.pop("client_msg_id")
        message = {name: value for name, value in message.items() if value is not None}
        if thread:
            message |= {"thread_ts": thread, "parent_user_id": place.messages[thread].get("user", "")}
        place.messages[ts] = message
        if thread:
            _count(place, thread, message)
        self._tell(place, message)
        return ts

    def edit(self, channel: str, ts: str, text: str, **fields: Any) -> None:
        place = self._world.channels[channel]
        before = place.messages[ts]
        edited = {"user": before.get("user", ""), "ts": f"{int(self._world.clock())}.000000"}
        place.messages[ts] = {**before, "text": text, "edited": edited, **fields}
        place.messages[ts].pop("blocks", None) if "blocks" not in fields else None
        event = {"subtype": "message_changed", "message": place.messages[ts], "previous_message": before}
        self._tell(place, {**event, "hidden": True, "ts": self._world.new_ts()})

    def react(self, channel: str, ts: str) -> None:
        """Change something that is no edit."""
        message = self._world.channels[channel].messages[ts]
        message.setdefault("reactions", []).append({"name": "tada", "users": ["U0DANA0001"], "count": 1})

    def delete(self, channel: str, ts: str) -> None:
        """A parent stays as a tombstone while it has replies; anything else disappears."""
        place = self._world.channels[channel]
        before = place.messages[ts]
        self._erased[channel, ts] = [dict(before)]
        if before.get("reply_count"):
            place.messages[ts] = {k: v for k, v in before.items() if k in KEPT} | ERASED
            event: Json = {"subtype": "message_changed", "message": place.messages[ts], "previous_message": before}
        else:
            del place.messages[ts]
            event = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": before}
            if (parent := before.get("thread_ts", ts)) != ts:
                _recount(place, parent)
        self._tell(place, {**event, "hidden": True, "ts": self._world.new_ts()})

    def delete_thread(self, channel: str, ts: str) -> None:
        """Delete the replies, and then the parent."""
        place = self._world.channels[channel]
        whole = [dict(message) for message in place.thread(ts)]
        for message in reversed(whole):
            self.delete(channel, message["ts"])
        self._erased[channel, ts] = whole

    def restore(self, channel: str, ts: str) -> None:
        """Put back what was deleted, as an import does."""
        place = self._world.channels[channel]
        for message in self._erased.pop((channel, ts)):
            place.messages[message["ts"]] = message
        parent = place.messages[ts].get("thread_ts", ts)
        if parent in place.messages:
            _recount(place, parent)

    def file(self, name: str, content: bytes, mimetype: str, origin: str, **fields: Any) -> Json:
        """Make a file for the `files` of a post; `redirect` in fields: its bytes are elsewhere."""
        identity = self._world.new_id("F")
        self._world.files[identity] = PrivateFile(identity, name, content, mimetype, fields.pop("redirect", ""))
        kind = name.rpartition(".")[2]
        shape: Json = {
            "id": identity,
            "name": name,
            "title": name,
            "mimetype": mimetype,
            "filetype": kind,
            "mode": "hosted",
        }
        shape |= {"size": len(content), "is_external": False, "file_access": "visible", "user": "U0DANA0001"}
        return shape | file_addresses(origin, identity, name) | fields

    def _tell(self, place: Channel, event: Json) -> None:
        kind = {"im": "im", "mpim": "mpim"}.get(place.kind, "group" if place.private else "channel")
        if self._events.listeners:
            self._events.tell(self._events.message(place.id, kind, event))


def _count(place: Channel, parent: str, reply: Json) -> None:
    """Count one more reply; by itself where it is the newest, and from somebody who is named already."""
    message = place.messages[parent]
    author, latest = str(reply.get("user") or reply.get("bot_id") or ""), message.get("latest_reply")
    if latest and stamp(reply["ts"]) > stamp(latest) and author in message["reply_users"]:
        message |= {"reply_count": message["reply_count"] + 1, "latest_reply": reply["ts"]}
    else:
        _recount(place, parent)


def _recount(place: Channel, parent: str) -> None:
    """Bring what a parent says about its replies up to date; a tombstone without replies disappears."""
    message = place.messages[parent]
    replies = [m for m in place.thread(parent) if m["ts"] != parent]
    for name in KEPT[2:7]:
        message.pop(name, None)
    if replies:
        users = list(dict.fromkeys(str(m.get("user") or m.get("bot_id") or "") for m in replies))
        message |= {
            "thread_ts": parent,
            "reply_count": len(replies),
            "reply_users_count": len(users),
            "reply_users": users[:5],
            "latest_reply": replies[-1]["ts"],
            "is_locked": False,
            "subscribed": False,
        }
        place.messages[parent] = message
    elif message.get("subtype") == "tombstone":
        del place.messages[parent]
    else:
        message.pop("thread_ts", None)
