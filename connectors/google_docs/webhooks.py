"""What Google sends to a watch channel: an empty message that something changed, and the secret it was opened with."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.google_docs.channels import token_of
from connectors.google_docs.settings import GoogleDocsSettings
from connectors.http.transport import http_date
from connectors.webhook import TOLERANCE, Refused, WebhookEvent, check_signatures
from sync.setting_types import revealed

TOKEN = "x-goog-channel-token"  # noqa: S105  the name of a header
STATE = "x-goog-resource-state"
EXPIRY = "x-goog-channel-expiration"
CHANNEL = "x-goog-channel-id"


def verify(settings: GoogleDocsSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:  # noqa: ARG001
    """Return the nudge if it carries the token that we opened its channel with, and that has not ended. Raises Refused.

    The token is all that tells Google's messages from others': Google signs nothing, and there is no body. When it ends
    stands in it, under our signature: the header that says so could be anybody's. Only a channel that an older version
    opened carries the secret itself, for a week at most, and who knows that could sign anything. The first message of a
    channel says only that it is open (https://developers.google.com/workspace/drive/api/guides/push).
    """
    given = {name.lower(): value for name, value in headers.items()}
    secrets = settings.webhook_token
    if not secrets:
        raise Refused("google_docs: the source has no webhook_token; set it, and webhook_url")
    if not given.get(TOKEN) or not given.get(STATE):
        raise Refused("google_docs: the message is not from a watch channel")
    ends = _end(given[TOKEN])
    wanted = [token_of(given.get(CHANNEL, ""), ends, secret) for secret in secrets] if ends else []
    check_signatures(given[TOKEN], [*wanted, *revealed(secrets)], "google_docs")
    ends = ends or http_date(given.get(EXPIRY, ""))
    if ends is not None and now - ends > TOLERANCE:
        raise Refused("google_docs: the message is from a channel that has ended; it may be one that was overheard")
    return WebhookEvent(wake=given[STATE] != "sync")


def _end(token: str) -> datetime | None:
    """When a token says that it ends; None for one that does not say so."""
    moment = re.fullmatch(r"([0-9]{1,10})\.[0-9a-f]{64}", token)
    return datetime.fromtimestamp(int(moment[1]), UTC) if moment else None
