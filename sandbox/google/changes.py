"""The change feed: the latest change of each file, in the order in which they happened; and channels that ring."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate

from sandbox.google import answers, shapes
from sandbox.google.answers import Answer, Json
from sandbox.google.records import Entry, iso
from sandbox.google.request import Request

WEEK = 7 * 24 * 3600
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST to a channel's address: no body, everything is in the headers."""

    address: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Channel:
    """What somebody asked to be told about, and until when."""

    id: str
    resource: str
    address: str
    token: str
    expires: float


@dataclass
class Channels:
    """The channels that are open. They end by themselves; nobody is warned."""

    clock: Callable[[], float]
    open: dict[str, Channel] = field(default_factory=dict)
    rung: dict[str, int] = field(default_factory=dict)

    def ring(self, state: str = "change") -> list[Delivery]:
        """Return what is sent to each open channel when something changes."""
        return [self._delivery(channel, state) for channel in self.open.values() if channel.expires > self.clock()]

    def watch(self, request: Request) -> Answer:
        """Open a channel on the change feed."""
        asked = request.json()
        _token(request)
        channel, kind = str(asked.get("id", "")), asked.get("type")
        if not channel or len(channel) > 64 or kind not in ("web_hook", "webhook"):
            raise answers.drive(400, "required", "Required: id, type web_hook")
        if channel in self.open:
            raise answers.drive(400, "channelIdNotUnique", f"Channel id {channel} not unique")
        address = str(asked.get("address", ""))
        if not address.startswith("https://"):
            raise answers.drive(400, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS: " + address)
        expires = self._until(asked)
        self.open[channel] = Channel(channel, secrets.token_urlsafe(8), address, str(asked.get("token", "")), expires)
        return Answer(_channel(self.open[channel], request))

    def stop(self, request: Request) -> Answer:
        """Close a channel. Raises 404 for one that is not open."""
        asked = request.json()
        known = self.open.get(str(asked.get("id", "")))
        if known is None or known.resource != asked.get("resourceId"):
            raise answers.drive(404, "notFound", f"Channel '{asked.get('id')}' not found for project")
        del self.open[known.id]
        return Answer(status=204, content=b"")

    def _until(self, asked: Json) -> float:
        try:
            wanted = int(asked["expiration"]) / 1000 if "expiration" in asked else self.clock() + HOUR
        except (TypeError, ValueError) as error:
            raise answers.invalid("Invalid value", "expiration") from error
        return min(wanted, self.clock() + WEEK)

    def _delivery(self, channel: Channel, state: str) -> Delivery:
        number = self.rung[channel.id] = self.rung.get(channel.id, 0) + 1
        headers = {
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Channel-Token": channel.token,
            "X-Goog-Channel-Expiration": formatdate(channel.expires, usegmt=True),
            "X-Goog-Message-Number": str(number),
            "X-Goog-Resource-ID": channel.resource,
            "X-Goog-Resource-State": state,
            "X-Goog-Resource-URI": "https://www.googleapis.com/drive/v3/changes?alt=json",
        }
        return Delivery(channel.address, headers)


def start_token(request: Request) -> Answer:
    """The token of whatever changes from now on."""
    request.flag("supportsAllDrives")
    body: Json = {"kind": "drive#startPageToken", "startPageToken": str(request.world.changed + 1)}
    return request.shown(body, "StartPageToken", "kind,startPageToken")


def list_changes(request: Request) -> Answer:
    """A page of what changed from the token on."""
    world, start, size = request.world, _token(request), request.size(1000)
    everywhere = request.flag("supportsAllDrives") and request.flag("includeItemsFromAllDrives")
    removed = request.params.get("includeRemoved", "true") == "true"
    entries = sorted((entry for entry in world.log.values() if entry.number >= start), key=lambda entry: entry.number)
    page = entries[:size]
    shown = [_change(request, entry) for entry in page if everywhere or not _is_shared(request, entry)]
    body: Json = {"kind": "drive#changeList"}
    body["changes"] = [change for change in shown if removed or not change["removed"]]
    if len(entries) > size:
        body["nextPageToken"] = str(page[-1].number + 1)
    else:
        body["newStartPageToken"] = str(world.changed + 1)
    default = "kind,nextPageToken,newStartPageToken,changes(kind,changeType,time,removed,fileId,driveId,file(id,name))"
    return request.shown(body, "ChangeList", default)


def _change(request: Request, entry: Entry) -> Json:
    world = request.world
    shown: Json = {"kind": "drive#change", "changeType": entry.kind, "time": iso(entry.time), "removed": False}
    if entry.kind == "drive":
        record = world.drives.get(entry.id)
        shown |= {"driveId": entry.id, "removed": record is None}
        return shown | ({"drive": shapes.drive(record)} if record else {})
    file = world.files.get(entry.id)
    shown["fileId"] = entry.id
    if file is None or not world.visible(file):
        return shown | {"removed": True}
    shown["file"] = shapes.file(world, file, request.origin)
    return shown | ({"driveId": file.drive} if file.drive else {})


def _is_shared(request: Request, entry: Entry) -> bool:
    file = request.world.files.get(entry.id)
    return entry.kind == "drive" or (file is not None and file.drive is not None)


def _token(request: Request) -> int:
    token = request.params["pageToken"]
    if not token.isdigit() or not 1 <= int(token) <= request.world.changed + 1:
        raise answers.invalid("Invalid Value", "pageToken")
    return int(token)


def _channel(channel: Channel, request: Request) -> Json:
    return {
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource,
        "resourceUri": f"{request.origin}/drive/v3/changes?alt=json&pageToken={request.params['pageToken']}",
        "token": channel.token,
        "expiration": str(int(channel.expires * 1000)),
    }
