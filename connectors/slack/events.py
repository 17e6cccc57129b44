"""What Slack sends to a webhook: signed events, of which each only wakes a sync, however often it comes.

Edits, deletions and replies to old messages are not in a channel's newest messages, so their documents are named.

Slack tries an event again, up to three times, until it is answered: so the same one may come more than once, and in
any order.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.http.transport import Json
from connectors.slack import timestamps
from connectors.slack.documents import day_id, name_of, thread_id
from connectors.slack.settings import SlackSettings
from connectors.webhook import Refused, WebhookEvent, check_moment, check_signatures
from sync.setting_types import revealed

SIGNATURE = "x-slack-signature"
MOMENT = "x-slack-request-timestamp"
QUIET = frozenset(("app_rate_limited",))
"""Kinds of message that tell of no change."""


def verify(settings: SlackSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
    """Return the nudge if Slack signed it just now, with the app's signing secret. Raises Refused.

    When its address is set up, Slack asks for a challenge to be sent back. The signature is the hexadecimal HMAC-SHA256
    of version, timestamp and raw body (https://docs.slack.dev/authentication/verifying-requests-from-slack/).
    """
    stated, moment = headers.get(SIGNATURE, ""), headers.get(MOMENT, "")
    if not stated or not moment:
        raise Refused("slack: the message is not signed; it does not come from Slack's Events API")
    secrets = [secret.encode() for secret in revealed(settings.signing_secret)]
    if not secrets:
        raise Refused("slack: the source has no signing_secret; set it to the app's, under Basic Information")
    told = f"v0:{moment}:".encode("utf-8", "replace") + body
    wanted = [f"v0={hmac.new(secret, told, hashlib.sha256).hexdigest()}" for secret in secrets]
    check_signatures(stated, wanted, "slack")
    check_moment(_time(moment), now, "slack")
    return _read(body)


def _time(text: str) -> datetime:
    """Read whole seconds, and nothing else that a number may look like."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 11):
        raise Refused("slack: the message carries no readable time")
    return datetime.fromtimestamp(int(text), UTC)


def _read(body: bytes) -> WebhookEvent:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused("slack: the message is signed, and is not JSON") from error
    if not isinstance(said, dict):
        raise Refused("slack: the message is signed, and says nothing")
    if said.get("type") == "url_verification":
        return WebhookEvent(wake=False, answer=str(said.get("challenge") or "")[:1000])
    return WebhookEvent(wake=said.get("type") not in QUIET, documents=_documents(said.get("event")))


def _documents(event: object) -> tuple[str, ...]:
    """The documents that an event speaks of and that the newest messages of a channel may not show to have changed.

    They are of a reply, an edit or a deletion; a message that has a first reply, or its last one no more, also leaves
    its day for a thread, or comes back to it. A new message is in the feed.
    """
    if not isinstance(event, dict) or event.get("type") != "message":
        return ()
    before, after = _part(event.get("previous_message")), _part(event.get("message"))
    ts = event.get("deleted_ts") or after.get("ts") or event.get("ts")
    root = event.get("thread_ts") or after.get("thread_ts") or before.get("thread_ts")
    told = event.get("subtype") in ("message_changed", "message_deleted")
    channel, said = event.get("channel"), root or (ts if told else None)
    if not timestamps.is_ts(said) or name_of(thread_id(str(channel), str(said))) is None:
        return ()
    return (thread_id(str(channel), str(said)), day_id(str(channel), timestamps.day_of(str(said))))


def _part(value: object) -> Json:
    return value if isinstance(value, dict) else {}
