"""The change feed: the latest change of each file, in the order in which they happened; and channels that ring."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate

from sandbox.google import answers, shapes
from sandbox.google.records import Entry, iso
from sandbox.google.request import Request, flag_of, partial, size_of
from sandbox.http import Answer, Delivery, Json, json_object

WEEK = 7 * 24 * 3600
HOUR = 3600


@dataclass(frozen=True, slots=True)
class WatchChannel:
    """A push channel: what a caller asked to be told about, and until when."""

    id: str
    resource: str
    address: str
    token: str
    expires: float


@dataclass
class Channels:
    """The channels that are open. They expire without a warning."""

    clock: Callable[[], float]
    open: dict[str, WatchChannel] = field(default_factory=dict)
    rung: dict[str, int] = field(default_factory=dict)

    def ring(self, state: str = "change") -> list[Delivery]:
        """Return what is sent to each open channel when something changes."""
        return [self._delivery(channel, state) for channel in self.open.values() if channel.expires > self.clock()]

    def watch(self, request: Request) -> Answer:
        """Open a channel on the change feed."""
        asked = _asked(request)
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
        self.open[channel] = WatchChannel(
            channel, secrets.token_urlsafe(8), address, str(asked.get("token", "")), expires
        )
        return Answer(_channel(self.open[channel], request))

    def stop(self, request: Request) -> Answer:
        """Close a channel. Raises 404 for one that is not open."""
        asked = _asked(request)
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

    def _delivery(self, channel: WatchChannel, state: str) -> Delivery:
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
        return Delivery(headers, address=channel.address)


def start_token(request: Request) -> Answer:
    """The token of whatever changes from now on."""
    flag_of(request, "supportsAllDrives")
    body: Json = {"kind": "drive#startPageToken", "startPageToken": str(request.world.changed + 1)}
    return partial(request, body, "StartPageToken", "kind,startPageToken")


def list_changes(request: Request) -> Answer:
    """A page of what changed from the token on."""
    world, start, size = request.world, _token(request), size_of(request, 1000)
    everywhere = flag_of(request, "supportsAllDrives") and flag_of(request, "includeItemsFromAllDrives")
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
    return partial(request, body, "ChangeList", default)


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


def _asked(request: Request) -> Json:
    return json_object(request.body, answers.drive(400, "parseError", "Parse Error"))


def _token(request: Request) -> int:
    token = request.params["pageToken"]
    if not token.isdigit() or not 1 <= int(token) <= request.world.changed + 1:
        raise answers.invalid("Invalid Value", "pageToken")
    return int(token)


def _channel(channel: WatchChannel, request: Request) -> Json:
    return {
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource,
        "resourceUri": f"{request.origin}/drive/v3/changes?alt=json&pageToken={request.params['pageToken']}",
        "token": channel.token,
        "expiration": str(int(channel.expires * 1000)),
    }
