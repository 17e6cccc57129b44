"""What Zendesk sends to a webhook: a signed nudge, which no sync depends on.

No event says that an article was edited, archived or deleted; those that there are only make a sync come sooner.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.webhook import Refused, WebhookEvent, check_moment, check_signatures
from connectors.zendesk.settings import ZendeskSettings
from sync.setting_types import revealed

SIGNATURE = "x-zendesk-webhook-signature"
MOMENT = "x-zendesk-webhook-signature-timestamp"


def verify(settings: ZendeskSettings, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
    """Return the nudge if Zendesk signed it just now, with the webhook's secret. Raises Refused.

    The signature is the Base64 HMAC-SHA256 of timestamp and raw body, as `GET /api/v2/webhooks/{id}/signing_secret`
    gives the secret (https://developer.zendesk.com/documentation/webhooks/verifying/).
    """
    stated, moment = headers.get(SIGNATURE, ""), headers.get(MOMENT, "")
    if not stated or not moment:
        raise Refused("zendesk: the message is not signed; it does not come from a webhook of Zendesk")
    secrets = [secret.encode() for secret in revealed(settings.webhook_secret)]
    if not secrets:
        raise Refused("zendesk: the source has no webhook_secret; set it to the webhook's signing secret")
    told = moment.encode() + body
    wanted = [base64.b64encode(hmac.digest(secret, told, hashlib.sha256)).decode() for secret in secrets]
    check_signatures(stated, wanted, "zendesk")
    check_moment(_time(moment), now, "zendesk")
    return WebhookEvent(wake=True)


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("zendesk: the message carries no readable time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
