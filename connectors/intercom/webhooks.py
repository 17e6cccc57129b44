"""What Intercom sends to a webhook: a signed nudge about a conversation. Nothing tells that an article was edited."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime

from connectors.http.transport import Json
from connectors.intercom.conversation_document import PREFIX
from connectors.intercom.settings import IntercomSettings
from connectors.webhook import Refused, WebhookEvent, check_signatures
from sync.setting_types import revealed

SIGNATURE = "x-hub-signature"


def verify(settings: IntercomSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
    """Return the nudge if Intercom signed it with the app's client secret. Raises Refused.

    The signature is `sha1=` and the HMAC-SHA1 of the raw body; it says nothing of when it was made, so an overheard
    message can be sent again: it wakes a sync, and no more than that.
    """
    del now
    stated = headers.get(SIGNATURE, "")
    if not stated:
        raise Refused("intercom: the message is not signed; it does not come from a webhook of Intercom")
    secrets = [secret.encode() for secret in revealed(settings.webhook_secret)]
    if not secrets:
        raise Refused("intercom: the source has no webhook_secret; set it to the app's client secret")
    wanted = [f"sha1={hmac.new(secret, body, hashlib.sha1).hexdigest()}" for secret in secrets]
    check_signatures(stated.lower(), wanted, "intercom")
    return _event(_parsed(body), settings)


def _event(told: Json, settings: IntercomSettings) -> WebhookEvent:
    """A conversation is named, so that it is read even before the search knows of it."""
    if told.get("topic") == "ping":
        return WebhookEvent(wake=False)
    notified = told.get("data")
    about = notified.get("item") if isinstance(notified, dict) else None
    number = str(about.get("id") or "") if isinstance(about, dict) else ""
    spoken = str(told.get("topic") or "").startswith("conversation") and "conversations" in settings.include
    return WebhookEvent(wake=True, documents=(f"{PREFIX}{number}",) if spoken and number.isdecimal() else ())


def _parsed(body: bytes) -> Json:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
