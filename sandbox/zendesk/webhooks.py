"""The vendor's signed events, as they reach a webhook: only nudges, for none says that an article was edited."""

import base64
import hashlib
import hmac
import json
from typing import Literal

from sandbox.http import Delivery
from sandbox.zendesk.records import Account, Article, Brand, iso

TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105  # the vendor publishes it; accept it nowhere

EventType = Literal["article.published", "article.unpublished", "article.author_changed", "article.vote_created"]


def article_event(world: Account, brand: Brand, article: Article, event: EventType, secret: str) -> Delivery:
    """Return the delivery that tells of an article's event, signed with the webhook's secret."""
    moment = iso(world.now())
    shown = article.translations[article.source_locale]
    said = {
        "account_id": 10_168_721,
        "detail": {"brand_id": str(brand.id), "id": str(article.id)},
        "event": {
            "author_id": str(article.author_id),
            "category_id": str(brand.sections[article.section_id].category_id),
            "locale": article.source_locale,
            "section_id": str(article.section_id),
            "title": shown.title,
        },
        "id": f"{world.new_id():026d}",
        "subject": f"zen:article:{article.id}",
        "time": moment,
        "type": f"zen:event-type:{event}",
        "zendesk_event_version": "2022-11-06",
    }
    return sign(json.dumps(said).encode(), moment, secret, str(world.new_id()))


def sign(body: bytes, moment: str, secret: str, invocation: str = "1") -> Delivery:
    """Return any body, an empty one too, signed for that moment."""
    digest = hmac.new(secret.encode(), moment.encode() + body, hashlib.sha256).digest()
    headers = {
        "content-type": "application/json",
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": moment,
        "x-zendesk-webhook-id": "01GX4P86AC7T0AFF86QGAHTEFR",
        "x-zendesk-webhook-invocation-id": invocation,
    }
    return Delivery(headers, body)
