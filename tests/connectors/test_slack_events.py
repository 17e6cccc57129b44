"""Slack's signed events: which wake a sync, what is answered, and what is refused."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.slack.events import verify
from connectors.slack.settings import SlackSettings
from connectors.webhook import Refused, WebhookEvent
from sandbox.http import Delivery
from sandbox.slack import SlackSandbox
from sandbox.slack.events import again

NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
SETTINGS = SlackSettings.model_validate(
    {"bot_token": "xoxb-1", "channels": ["help-*"], "signing_secret": "slack-signing-secret"}
)


@pytest.fixture
def sandbox() -> SlackSandbox:
    return SlackSandbox(clock=NOW.timestamp)


def judged(
    delivery: Delivery, headers: dict[str, str] | None = None, *, late: timedelta = timedelta(0)
) -> WebhookEvent:
    return verify(SETTINGS, delivery.headers | (headers or {}), delivery.body, NOW + late)


def test_every_edit_wakes_a_sync_however_often_it_is_told(sandbox: SlackSandbox) -> None:
    told: list[Delivery] = []
    sandbox.events.listeners.append(told.append)
    channel = sandbox.put_channel("help")
    ts = sandbox.post(channel, "frist")
    sandbox.edit(channel, ts, "first")
    sandbox.delete(channel, ts)

    assert len(told) == 3
    for delivery in told:
        assert judged(delivery) == judged(again(delivery, 1)) == judged(again(delivery, 3))
        assert judged(delivery).wake


def test_what_the_newest_messages_may_not_show_is_named(sandbox: SlackSandbox) -> None:
    told: list[Delivery] = []
    sandbox.events.listeners.append(told.append)
    channel = sandbox.put_channel("help")
    root = sandbox.post(channel, "How do refunds work?")
    reply = sandbox.post(channel, "Within 60 dyas.", thread=root)
    sandbox.edit(channel, reply, "Within 60 days.")
    sandbox.delete(channel, reply)
    sandbox.edit(channel, root, "How do refunds work, please?")

    documents = [judged(delivery).documents for delivery in told]

    both = (f"{channel}:{root}", f"{channel}:day:2026-09-21")
    assert documents == [(), both, both, both, both]


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {"type": "channel_archive", "channel": "C1"},
        {"type": "message", "channel": "C1", "ts": "1.2"},
        {"type": "message", "channel": 7, "ts": "1.2", "thread_ts": "1.1"},
        {"type": "message", "channel": "C1", "thread_ts": 1.1},
        {"type": "message", "channel": "../C1", "thread_ts": "1.1"},
        {"type": "message", "channel": "C1", "subtype": "message_changed", "message": "no"},
        {"type": "message", "channel": "C1", "subtype": "message_deleted", "deleted_ts": {"ts": "1.1"}},
    ],
)
def test_an_event_that_names_nothing_readable_only_wakes(sandbox: SlackSandbox, event: object) -> None:
    nudge = judged(sandbox.events.sign({"type": "event_callback", "event": event}))

    assert nudge == WebhookEvent(wake=True)


def test_the_challenge_is_sent_back_and_wakes_nobody(sandbox: SlackSandbox) -> None:
    assert judged(sandbox.events.url_verification("3eZbrw1aB")) == WebhookEvent(wake=False, answer="3eZbrw1aB")


def test_being_told_of_too_many_events_is_no_change(sandbox: SlackSandbox) -> None:
    limited = sandbox.events.sign({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1518467820})

    assert judged(limited) == WebhookEvent(wake=False)


@pytest.mark.parametrize("age", [-299, 0, 299])
def test_a_message_of_the_last_five_minutes_counts(sandbox: SlackSandbox, age: int) -> None:
    assert judged(sandbox.events.callback({"type": "message"}), late=timedelta(seconds=age)).wake


@pytest.mark.parametrize("age", [-301, 301, 86_400])
def test_an_overheard_message_is_refused(sandbox: SlackSandbox, age: int) -> None:
    with pytest.raises(Refused, match="another time"):
        judged(sandbox.events.callback({"type": "message"}), late=timedelta(seconds=age))


@pytest.mark.parametrize(
    "moment", ["", "soon", "1.79e9", "-1790000000", "١٧٩٠٠٠٠٠٠٠", "9" * 400, " 1790000000", "0x6a"]
)
def test_a_time_that_is_no_number_is_refused_and_never_a_crash(sandbox: SlackSandbox, moment: str) -> None:
    delivery = sandbox.events.callback({"type": "message"})

    with pytest.raises(Refused):
        judged(delivery, {"x-slack-request-timestamp": moment})
    with pytest.raises(Refused):
        verify(SETTINGS, _signed(delivery.body, moment), delivery.body, NOW)


@pytest.mark.parametrize("signature", ["", "v0=", "v0=00", "v1=", "ünïcode", "v0=" + "0" * 64])
def test_a_wrong_signature_is_refused(sandbox: SlackSandbox, signature: str) -> None:
    with pytest.raises(Refused):
        judged(sandbox.events.callback({"type": "message"}), {"x-slack-signature": signature})


def test_another_body_or_another_secret_is_refused(sandbox: SlackSandbox) -> None:
    delivery = sandbox.events.callback({"type": "message"})

    with pytest.raises(Refused, match="signature"):
        verify(SETTINGS, delivery.headers, delivery.body + b" ", NOW)
    with pytest.raises(Refused, match="signature"):
        judged(SlackSandbox(clock=NOW.timestamp, signing_secret="other").events.callback({"type": "message"}))


def test_without_a_secret_nothing_is_believed(sandbox: SlackSandbox) -> None:
    open_to_all = SETTINGS.model_copy(update={"signing_secret": ()})
    forged = SlackSandbox(clock=NOW.timestamp, signing_secret="").events.callback({"type": "message"})

    with pytest.raises(Refused, match="signing_secret"):
        verify(open_to_all, forged.headers, forged.body, NOW)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"7", b"\xff\xfe", b"[" * 100_000, json.dumps(None).encode()])
def test_a_signed_message_that_says_nothing_is_refused(sandbox: SlackSandbox, body: bytes) -> None:
    with pytest.raises(Refused):
        judged(sandbox.events.sign(body))


def _signed(body: bytes, moment: str) -> dict[str, str]:
    base = b"v0:" + moment.encode("utf-8", "replace") + b":" + body
    digest = hmac.new(b"slack-signing-secret", base, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": moment, "x-slack-signature": f"v0={digest}"}
