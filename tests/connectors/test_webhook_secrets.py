"""Webhook secrets of every kind of source: two are right while one is replaced, and none can be guessed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors import CONNECTORS
from connectors.google_docs.channels import token_of
from connectors.webhook import Refused
from sandbox.confluence import webhooks as confluence
from sandbox.http import Delivery
from sandbox.intercom import webhooks as intercom
from sandbox.slack import SlackSandbox
from sandbox.zendesk import webhooks as zendesk

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OLD, NEW, FOREIGN = "old-8b1d6e2f0c4a9375", "new-3f9c5b1e7a2d4860", "foreign-57d0a1b2c3e4"


def of_google(secret: str) -> Delivery:
    token = token_of("channel-1", NOW + timedelta(days=7), SecretStr(secret))
    headers = {"x-goog-channel-id": "channel-1", "x-goog-channel-token": token, "x-goog-resource-state": "change"}
    return Delivery(headers, b"")


KINDS: dict[str, tuple[dict[str, Any], str, Callable[[str], Delivery]]] = {
    "zendesk": (
        {"url": "https://acme.zendesk.com", "email": "bot@acme.com", "api_token": "t"},
        "webhook_secret",
        lambda secret: zendesk.sign(b"{}", NOW.isoformat(), secret),
    ),
    "confluence": (
        {"url": "https://wiki.acme.com", "token": "t", "spaces": ["HELP"]},
        "webhook_secret",
        lambda secret: confluence.sign(b"{}", secret),
    ),
    "google_docs": (
        {"credentials_file": "key.json", "folders": ["1A"], "webhook_url": "https://help.acme.com/webhooks/docs"},
        "webhook_token",
        of_google,
    ),
    "slack": (
        {"bot_token": "xoxb-1", "channels": ["help-*"]},
        "signing_secret",
        lambda secret: SlackSandbox(clock=NOW.timestamp, signing_secret=secret).events.callback({"type": "message"}),
    ),
    "intercom": ({"token": "t"}, "webhook_secret", lambda secret: intercom.sign(b"{}", secret)),
}


def settings(kind: str, secret: object) -> Any:
    given, key, _ = KINDS[kind]
    return CONNECTORS[kind].settings.model_validate({**given, key: secret})


def wakes(kind: str, configured: object, signed_with: str) -> bool:
    """Whether a message that is signed so is taken."""
    delivery = KINDS[kind][2](signed_with)
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    try:
        CONNECTORS[kind].verify(settings(kind, configured), headers, delivery.body, NOW)
    except Refused:
        return False
    return True


def test_every_kind_that_takes_messages_is_judged_here() -> None:
    assert KINDS.keys() == {name for name, kind in CONNECTORS.items() if kind.has_webhook}


@pytest.mark.parametrize("kind", KINDS)
def test_while_a_secret_is_replaced_messages_signed_with_either_are_taken(kind: str) -> None:
    assert [wakes(kind, [NEW, OLD], secret) for secret in (NEW, OLD, FOREIGN, "")] == [True, True, False, False]
    assert [wakes(kind, NEW, secret) for secret in (NEW, OLD)] == [True, False]
    assert [wakes(kind, [OLD], secret) for secret in (NEW, OLD)] == [False, True]


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("secret", "openssl rand -hex 32"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "openssl rand -hex 32"),
        ([NEW, "changeme"], "openssl rand -hex 32"),
        (["12121212121212", NEW], "openssl rand -hex 32"),
        ([NEW, " "], "is empty"),
        ([NEW, OLD, FOREIGN], "more than two"),
        (7, "valid tuple"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_that_can_be_guessed_is_refused(kind: str, secret: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(kind, secret)
