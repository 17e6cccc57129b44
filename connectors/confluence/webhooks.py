"""What a Data Center sends to a webhook: a signed nudge. A Cloud site sends none to those who use API tokens."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.confluence.settings import ConfluenceSettings
from connectors.nudges import Nudge, Refused, check_moment, check_signature

SIGNATURE = "x-hub-signature"
QUIET = ("test", "diagnostics", "user_", "group_", "theme_", "cache_")


def verify(settings: ConfluenceSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> Nudge:
    """Return the nudge if the Data Center signed it just now, with the webhook's secret. Raises Refused.

    The signature is `sha256=` and the hexadecimal HMAC-SHA256 of the raw body; an event also says when it happened.
    """
    stated = headers.get(SIGNATURE, "").strip()
    if not stated:
        raise Refused("confluence: the message is not signed; give the webhook a secret")
    secret = settings.webhook_secret.get_secret_value()
    if not secret:
        raise Refused("confluence: the source has no webhook_secret; set it to the webhook's secret")
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    check_signature(stated.lower().removeprefix("sha256="), wanted, "confluence")
    event, moment = _event(body)
    if moment is not None:
        check_moment(moment, now, "confluence")
    return Nudge(wake=not event.startswith(QUIET))


def _event(body: bytes) -> tuple[str, datetime | None]:
    """Return the event's name and time; a connection test has no body."""
    try:
        said = json.loads(body) if body.strip() else {"event": "test"}
        told = said.get("event") or said.get("eventType") or ("test" if said.get("test") else "")
        milliseconds = said.get("timestamp")
        moment = None if milliseconds is None else datetime.fromtimestamp(float(milliseconds) / 1000, UTC)
    except (ValueError, TypeError, AttributeError, OverflowError, OSError, RecursionError) as error:
        raise Refused("confluence: the message is no event of Confluence") from error
    return str(told), moment
