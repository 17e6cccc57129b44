"""The vendor's signed events, as they reach a request URL, and the sender that tries again."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable

from sandbox.http import Delivery, Json
from sandbox.slack.records import TEAM, Workspace

REASONS = ("http_timeout", "http_error", "http_error")
Send = Callable[[Delivery], int]


class Events:
    """Makes deliveries, signed with the app's secret, and hands them to the listeners."""

    def __init__(self, world: Workspace, secret: str) -> None:
        self._world = world
        self._secret = secret
        self.listeners: list[Callable[[Delivery], None]] = []

    def url_verification(self, challenge: str) -> Delivery:
        return self.sign({"token": "legacy", "challenge": challenge, "type": "url_verification"})

    def message(self, channel: str, kind: str, event: Json) -> Delivery:
        """An event about a message; `kind` is the type of its conversation."""
        whole = {"type": "message", "channel": channel, "channel_type": kind, **event}
        return self.callback(whole)

    def callback(self, event: Json) -> Delivery:
        moment = self._world.clock()
        return self.sign(
            {
                "token": "legacy",
                "team_id": TEAM,
                "api_app_id": "A0ANSWER01",
                "event": event,
                "type": "event_callback",
                "event_id": self._world.new_id("Ev"),
                "event_time": int(moment),
                "authorizations": [{"team_id": TEAM, "user_id": "U0BOT00001", "is_bot": True}],
                "is_ext_shared_channel": False,
                "event_context": "4-context",
            }
        )

    def sign(self, said: Json | bytes, *, at: float | None = None) -> Delivery:
        """Return any body signed for that moment; now if there is none."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        moment = str(int(self._world.clock() if at is None else at))
        digest = hmac.new(self._secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "x-slack-request-timestamp": moment,
            "x-slack-signature": f"v0={digest}",
        }
        return Delivery(headers, body)

    def tell(self, delivery: Delivery) -> None:
        for listener in list(self.listeners):
            listener(delivery)


def again(delivery: Delivery, number: int) -> Delivery:
    """The same event, tried again: the body is the same, and so is its event_id."""
    told = {"x-slack-retry-num": str(number), "x-slack-retry-reason": REASONS[number - 1]}
    return Delivery({**delivery.headers, **told}, delivery.body)


def deliver(delivery: Delivery, send: Send) -> int:
    """Send until the answer is 2xx, at most four times; returns how often it was sent."""
    for number in range(4):
        if 200 <= send(delivery if number == 0 else again(delivery, number)) < 300:
            return number + 1
    return 4


def post_to(url: str) -> Send:
    """Send to that address; a connection that fails is status 0."""

    def send(delivery: Delivery) -> int:
        request = urllib.request.Request(url, delivery.body, delivery.headers, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=3) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    return send
