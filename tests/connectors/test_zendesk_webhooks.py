"""Only what Zendesk signed just now wakes a source."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors.webhook import Refused
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.webhooks import verify
from sandbox.http import Delivery
from sandbox.zendesk import ZendeskSandbox
from sandbox.zendesk.webhooks import TEST_SECRET, article_event, sign

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "a-signing-secret"
SETTINGS = ZendeskSettings.model_validate(
    {"url": "https://acme.zendesk.com", "email": "bot@acme.com", "api_token": "t", "webhook_secret": SECRET}
)


def signed(body: bytes = b'{"type":"zen:event-type:article.published"}', at: datetime = NOW) -> Delivery:
    return sign(body, at.isoformat().replace("+00:00", "Z"), SECRET)


@pytest.mark.parametrize("body", [b'{"type":"zen:event-type:article.published"}', b"", "{}ü".encode()])
def test_what_zendesk_signed_wakes(body: bytes) -> None:
    delivery = signed(body)

    assert verify(SETTINGS, delivery.headers, delivery.body, NOW).wake


def test_the_events_of_the_account_wake() -> None:
    account = ZendeskSandbox()
    number = account.put_article(title="Title", body="<p>text</p>")
    brand = account.world.brands["main"]
    delivery = article_event(account.world, brand, brand.articles[number], "article.published", SECRET)

    assert verify(SETTINGS, delivery.headers, delivery.body, datetime.now(UTC)).wake


def test_a_changed_body_is_refused() -> None:
    delivery = signed(json.dumps({"id": 1}).encode())

    with pytest.raises(Refused, match="signing secret"):
        verify(SETTINGS, delivery.headers, delivery.body + b" ", NOW)


@pytest.mark.parametrize("late", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_an_overheard_message_is_refused(late: timedelta) -> None:
    delivery = signed()

    with pytest.raises(Refused, match="another time"):
        verify(SETTINGS, delivery.headers, delivery.body, NOW + late)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-zendesk-webhook-signature": "ä"},
        {"x-zendesk-webhook-signature": "ä", "x-zendesk-webhook-signature-timestamp": "yesterday"},
        {"x-zendesk-webhook-signature": "", "x-zendesk-webhook-signature-timestamp": "2026-11-23T12:00:00Z"},
        sign(b"", "yesterday", SECRET).headers,
        sign(b"", "", SECRET).headers,
    ],
)
def test_what_is_not_signed_or_not_readable_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refused):
        verify(SETTINGS, headers, b"", NOW)


def test_a_source_without_a_secret_takes_nothing() -> None:
    unset = SETTINGS.model_copy(update={"webhook_secret": ZendeskSettings.model_fields["webhook_secret"].default})
    delivery = sign(b"", NOW.isoformat(), "")

    with pytest.raises(Refused, match="webhook_secret"):
        verify(unset, delivery.headers, delivery.body, NOW)


def test_the_published_test_secret_is_no_secret() -> None:
    with pytest.raises(ValidationError, match="publishes for tests"):
        ZendeskSettings.model_validate(
            {"url": "https://acme.zendesk.com", "email": "b@a.com", "api_token": "t", "webhook_secret": TEST_SECRET}
        )
