"""What Google sends to a watch channel: an empty message that something changed, and the secret it was opened with."""

from collections.abc import Mapping
from datetime import datetime

from connectors.google_docs.settings import GoogleDocsSettings
from connectors.http.transport import http_date
from connectors.webhook import TOLERANCE, Refused, WebhookEvent, check_signatures
from sync.setting_types import revealed

TOKEN = "x-goog-channel-token"  # noqa: S105  the name of a header
STATE = "x-goog-resource-state"
EXPIRY = "x-goog-channel-expiration"


def verify(settings: GoogleDocsSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:  # noqa: ARG001
    """Return the nudge if it carries the channel's secret and the channel has not ended. Raises Refused.

    The secret is all that tells Google's messages from others': nothing is signed, and there is no body. The first
    message of a channel says only that it is open (https://developers.google.com/workspace/drive/api/guides/push).
    """
    given = {name.lower(): value for name, value in headers.items()}
    secrets = revealed(settings.webhook_token)
    if not secrets:
        raise Refused("google_docs: the source has no webhook_token; set it, and webhook_url")
    if not given.get(TOKEN) or not given.get(STATE):
        raise Refused("google_docs: the message is not from a watch channel")
    check_signatures(given[TOKEN], secrets, "google_docs")
    ends = http_date(given.get(EXPIRY, ""))
    if ends is not None and now - ends > TOLERANCE:
        raise Refused("google_docs: the message is from a channel that has ended; it may be one that was overheard")
    return WebhookEvent(wake=given[STATE] != "sync")
