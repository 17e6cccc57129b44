"""The vendor's events as they reach a webhook, signed by the app's client secret."""

import hashlib
import hmac
import json

from sandbox.http import Delivery
from sandbox.intercom.records import IntercomWorkspace


def conversation_event(world: IntercomWorkspace, number: int, topic: str, secret: str) -> Delivery:
    """Return the delivery that tells of a conversation's event; of a deleted one only its id."""
    told = {
        "type": "notification_event",
        "app_id": world.app_id,
        "topic": topic,
        "id": f"notif_{world.new_id()}",
        "delivery_attempts": 1,
        "created_at": world.now(),
        "data": {"type": "notification_event_data", "item": {"type": "conversation", "id": str(number)}},
    }
    return sign(json.dumps(told).encode(), secret)


def sign(body: bytes, secret: str) -> Delivery:
    """Return any body, an empty one too, signed."""
    digest = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return Delivery({"content-type": "application/json", "x-hub-signature": f"sha1={digest}"}, body)
