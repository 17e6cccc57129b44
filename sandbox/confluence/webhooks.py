"""What a Data Center sends to a webhook, signed with its secret."""

import hashlib
import hmac
import json

from sandbox.http import Delivery


def page_event(page: int, event: str, secret: str, moment: float) -> Delivery:
    """Return the delivery that tells of a page's event, such as page_updated."""
    said = {"timestamp": int(moment * 1000), "event": event, "userKey": "ff80", "page": {"id": page}}
    return sign(json.dumps(said).encode(), secret)


def sign(body: bytes, secret: str) -> Delivery:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Delivery({"content-type": "application/json", "x-hub-signature": f"sha256={digest}"}, body)
