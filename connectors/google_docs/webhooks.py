"""What Google sends to a watch channel: an empty message that something changed, and the secret it was opened with."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.google_docs.channels import token_of
from connectors.google_docs.settings import GoogleDocsSettings
from connectors.webhook import TOLERANCE, Refused, WebhookEvent, check_signatures

TOKEN = "x-goog-channel-token"  # noqa: S105  the name of a header
STATE = "x-goog-resource-state"
CHANNEL = "x-goog-channel-id"


def verify(settings: GoogleDocsSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:  # noqa: ARG001
    """Return the nudge if it carries the token that we opened its channel with, and that has not ended. Raises Refused.

    The token is all that tells Google's messages from others': Google signs nothing, and there is no body. When it ends
    stands in it, under our signature: the header that says so could be anybody's. The first message of a channel says
    only that it is open (https://developers.google.com/workspace/drive/api/guides/push).
    """
    given = {name.lower(): value for name, value in headers.items()}
    secrets = settings.webhook_token
    if not secrets:
        raise Refused("google_docs: the source has no webhook_token; set it, and webhook_url")
    if not given.get(TOKEN) or not given.get(STATE):
        raise Refused("google_docs: the message is not from a watch channel")
    ends = _end(given[TOKEN])
    wanted = [token_of(given.get(CHANNEL, ""), ends, secret) for secret in secrets]
    check_signatures(given[TOKEN], wanted, "google_docs")
    if now - ends > TOLERANCE:
        raise Refused("google_docs: the message is from a channel that has ended; it may be one that was overheard")
    return WebhookEvent(wake=given[STATE] != "sync")


def _end(token: str) -> datetime:
    """When a token says that it ends; long ago for what is none of ours."""
    moment = re.match(r"([0-9]{1,10})\.", token)
    return datetime.fromtimestamp(int(moment[1]) if moment else 0, UTC)
