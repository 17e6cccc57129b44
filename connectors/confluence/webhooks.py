"""What a Data Center sends to a webhook: a signed nudge. A Cloud site sends none to those who use API tokens."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.confluence.settings import ConfluenceSettings
from connectors.webhook import Refused, WebhookEvent, check_moment, check_signatures
from sync.setting_types import revealed

SIGNATURE = "x-hub-signature"
QUIET = ("test", "diagnostics", "user_", "group_", "theme_", "cache_")


def verify(settings: ConfluenceSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
    """Return the nudge if the Data Center signed it just now, with the webhook's secret. Raises Refused.

    The signature is `sha256=` and the hexadecimal HMAC-SHA256 of the raw body; an event also says when it happened.
    """
    stated = headers.get(SIGNATURE, "").strip()
    if not stated:
        raise Refused("confluence: the message is not signed; give the webhook a secret")
    secrets = [secret.encode() for secret in revealed(settings.webhook_secret)]
    if not secrets:
        raise Refused("confluence: the source has no webhook_secret; set it to the webhook's secret")
    wanted = [hmac.new(secret, body, hashlib.sha256).hexdigest() for secret in secrets]
    check_signatures(stated.lower().removeprefix("sha256="), wanted, "confluence")
    said = _read(body)
    event, moment = _event(said)
    if moment is not None:
        check_moment(moment, now, "confluence")
    return WebhookEvent(wake=not event.startswith(QUIET), documents=_documents(said))


def _documents(said: object) -> tuple[str, ...]:
    """The page or blog post that an event speaks of: no feed tells that it was restricted, moved or deleted."""
    parts = [said.get(kind) for kind in ("page", "blog", "blogpost", "content")] if isinstance(said, dict) else []
    ids = [str(part.get("id")) for part in parts if isinstance(part, dict)]
    return tuple(dict.fromkeys(one for one in ids if one.isascii() and one.isdecimal()))


def _read(body: bytes) -> object:
    """The event; a connection test has no body."""
    try:
        return json.loads(body) if body.strip() else {"event": "test"}
    except (ValueError, RecursionError) as error:
        raise Refused("confluence: the message is no event of Confluence") from error


def _event(said: object) -> tuple[str, datetime | None]:
    """Return the event's name and time."""
    if not isinstance(said, dict):
        raise Refused("confluence: the message is no event of Confluence")
    try:
        told = said.get("event") or said.get("eventType") or ("test" if said.get("test") else "")
        milliseconds = said.get("timestamp")
        moment = None if milliseconds is None else datetime.fromtimestamp(float(milliseconds) / 1000, UTC)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise Refused("confluence: the message is no event of Confluence") from error
    return str(told), moment
