"""Watch channels: Google calls us when anything changes, for a week at most; a new one is opened before that ends."""

import hmac
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from connectors.google_docs.drive import Drive
from connectors.http.transport import Clock, Json
from sync.errors import Misconfigured, Retryable

LIFETIME = timedelta(days=7)  # the longest there is
RENEWAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WatchChannel:
    """An open channel, to be kept until it is renewed."""

    id: str
    resource: str
    expires: datetime

    def json(self) -> Json:
        return {"id": self.id, "resource": self.resource, "expires": self.expires.isoformat(), "signed": True}


def channel_of(kept: Json) -> WatchChannel:
    """Return the channel that `json` wrote. Raises KeyError or ValueError for anything else.

    An older version opened channels whose messages carry no end of ours: their notes count as none.
    """
    if kept["signed"] is not True:
        raise ValueError("not a channel of this version")
    return WatchChannel(str(kept["id"]), str(kept["resource"]), datetime.fromisoformat(kept["expires"]))


def token_of(channel: str, ends: datetime, secret: SecretStr) -> str:
    """Return what each message of a channel carries: when it ends at the latest, signed for this channel alone."""
    moment = str(int(ends.timestamp()))
    signed = hmac.digest(secret.get_secret_value().encode(), f"{moment} {channel}".encode("utf-8", "replace"), "sha256")
    return f"{moment}.{signed.hex()}"


class WatchChannels:
    """Opens and closes channels to `address`, each with the secret that proves its messages: the first one, where one
    is being replaced; a channel that was opened with the other ends within a week.
    """

    def __init__(self, drive: Drive, address: str, secrets: Sequence[SecretStr], clock: Clock) -> None:
        self._drive = drive
        self._address = address
        self._secrets = secrets
        self._clock = clock

    def kept(self, note: str) -> str:
        """Return the note of an open channel, a new one where the given one ends soon; '' without an address."""
        if not self._address:
            return ""
        try:
            held = channel_of(json.loads(note)) if note else None
        except (KeyError, TypeError, ValueError):
            held = None
        return json.dumps(self.renewed(held).json())

    def renewed(self, held: WatchChannel | None) -> WatchChannel:
        """Return the held channel, or a new one where there is none that lasts another day.

        The old one is left to end by itself: two that ring at once wake one sync, and none would wake no sync.
        """
        if held is not None and held.expires - self._clock() > RENEWAL:
            return held
        return self._open()

    def close(self, channel: WatchChannel) -> None:
        """Let a channel ring no more. One that has ended is closed."""
        self._drive.stop(channel.id, channel.resource)

    def _open(self) -> WatchChannel:
        if not self._address:
            raise Misconfigured("google_docs: no webhook_url, so no channel can be opened; set it, and webhook_token")
        channel, ends = str(uuid.uuid4()), self._clock() + LIFETIME
        opened = self._drive.watch(
            {
                "id": channel,
                "type": "web_hook",
                "address": self._address,
                "token": token_of(channel, ends, self._secrets[0]),
                "expiration": str(int(ends.timestamp() * 1000)),
            }
        )
        name, resource = opened.get("id"), opened.get("resourceId")
        if not isinstance(name, str) or not isinstance(resource, str):
            raise Retryable("google_docs: the channel was opened without an id; it is opened again later")
        return WatchChannel(name, resource, self._end(opened.get("expiration")))

    def _end(self, milliseconds: object) -> datetime:
        """Return when the channel ends; where that is not said, soon."""
        try:
            return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return self._clock() + timedelta(hours=1)
