"""What Slack sends to a webhook: signed events, of which each only wakes a sync, however often it comes.

Slack tries an event again, up to three times, until it is answered: so the same one may come more than once, and in
any order.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.nudges import Nudge, Refused, check_moment, check_signature
from connectors.slack.settings import SlackSettings

SIGNATURE = "x-slack-signature"
MOMENT = "x-slack-request-timestamp"
QUIET = frozenset(("app_rate_limited",))
"""Kinds of message that tell of no change."""


def verify(settings: SlackSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> Nudge:
    """Return the nudge if Slack signed it just now, with the app's signing secret. Raises Refused.

    When its address is set up, Slack asks for a challenge to be sent back. The signature is the hexadecimal HMAC-SHA256
    of version, timestamp and raw body (https://docs.slack.dev/authentication/verifying-requests-from-slack/).
    """
    stated, moment = headers.get(SIGNATURE, ""), headers.get(MOMENT, "")
    if not stated or not moment:
        raise Refused("slack: the message is not signed; it does not come from Slack's Events API")
    secret = settings.signing_secret.get_secret_value()
    if not secret:
        raise Refused("slack: the source has no signing_secret; set it to the app's, under Basic Information")
    made = hmac.new(secret.encode(), f"v0:{moment}:".encode("utf-8", "replace") + body, hashlib.sha256)
    check_signature(stated, f"v0={made.hexdigest()}", "slack")
    check_moment(_time(moment), now, "slack")
    return _read(body)


def _time(text: str) -> datetime:
    """Read whole seconds, and nothing else that a number may look like."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 11):
        raise Refused("slack: the message carries no readable time")
    return datetime.fromtimestamp(int(text), UTC)


def _read(body: bytes) -> Nudge:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused("slack: the message is signed, and is not JSON") from error
    if not isinstance(said, dict):
        raise Refused("slack: the message is signed, and says nothing")
    if said.get("type") == "url_verification":
        return Nudge(wake=False, answer=str(said.get("challenge") or "")[:1000])
    return Nudge(wake=said.get("type") not in QUIET)
