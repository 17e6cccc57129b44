"""Watch channels: opened, renewed before they end, and only listened to when they prove who opened them."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.google_docs.channels import channel_of
from connectors.google_docs.webhooks import verify
from connectors.webhook import Refused, WebhookEvent
from sync.errors import Misconfigured
from tests.connectors.google_docs_world import GoogleWorld, google_world

HOOK = {"webhook_url": "https://answers.acme.test/webhooks/docs", "webhook_token": "a-hook-secret"}


@pytest.fixture
def world() -> Iterator[GoogleWorld]:
    with google_world() as world:
        yield world


def heard(world: GoogleWorld, state: str = "change", **changes: str) -> WebhookEvent:
    """What the message of the open channel says, with some headers as somebody else might write them."""
    [delivery] = world.sandbox.channels.ring(state)
    headers = {name.lower(): value for name, value in delivery.headers.items()} | changes
    return verify(world.settings(**HOOK), headers, delivery.body, world.clock.utc())


def test_a_change_wakes_a_sync(world: GoogleWorld) -> None:
    world.connect(**HOOK).channels.renewed(None)

    assert heard(world) == WebhookEvent(wake=True)
    assert heard(world, "sync") == WebhookEvent(wake=False)


@pytest.mark.parametrize("token", ["", "wrong", "a-hook-secre", "a-hook-secret ", "ünïcode", "\ud800"])
def test_who_does_not_know_the_secret_is_refused(world: GoogleWorld, token: str) -> None:
    world.connect(**HOOK).channels.renewed(None)

    with pytest.raises(Refused) as caught:
        heard(world, **{"x-goog-channel-token": token})
    assert "a-hook-secret" not in str(caught.value)


@pytest.mark.parametrize("headers", [{}, {"x-goog-channel-token": "a-hook-secret"}, {"authorization": "a-hook-secret"}])
def test_a_message_of_another_kind_is_refused(world: GoogleWorld, headers: dict[str, str]) -> None:
    with pytest.raises(Refused):
        verify(world.settings(**HOOK), headers, b"\xff{", world.clock.utc())


def test_a_message_of_a_channel_that_has_ended_is_refused(world: GoogleWorld) -> None:
    channel = world.connect(**HOOK).channels.renewed(None)
    [delivery] = world.sandbox.channels.ring()
    late = channel.expires + timedelta(hours=1)

    given = {name.lower(): value for name, value in delivery.headers.items()}
    for said in (given["x-goog-channel-expiration"], "some day", "Fri, 01 Jan 2100 00:00:00 GMT", ""):
        with pytest.raises(Refused, match="ended"):
            verify(world.settings(**HOOK), given | {"x-goog-channel-expiration": said}, b"", late)
    for said in ("some day", "Thu, 01 Jan 1970 00:00:00 GMT", ""):
        assert heard(world, **{"x-goog-channel-expiration": said}).wake


def test_a_token_is_good_for_its_own_channel_and_its_own_end_alone(world: GoogleWorld) -> None:
    world.connect(**HOOK).channels.renewed(None)
    [delivery] = world.sandbox.channels.ring()
    token = {name.lower(): value for name, value in delivery.headers.items()}["x-goog-channel-token"]
    moment, _, signature = token.partition(".")

    for headers in (
        {"x-goog-channel-id": "another"},
        {"x-goog-channel-token": f"{int(moment) + 86_400}.{signature}"},
        {"x-goog-channel-token": f"9999999999.{signature}"},
        {"x-goog-channel-token": signature},
        {"x-goog-channel-token": f"{'9' * 40}.{signature}"},
        {"x-goog-channel-token": f"-1.{signature}"},
    ):
        with pytest.raises(Refused, match="signature"):
            heard(world, **headers)
    assert "hook-secret" not in token


def test_a_channel_of_an_older_version_is_replaced_at_once(world: GoogleWorld) -> None:
    connector = world.connect(**HOOK)
    note = json.loads(connector.keep_push(""))

    assert json.loads(connector.keep_push(json.dumps(note | {"signed": None})))["id"] != note["id"]
    del note["signed"]
    assert json.loads(connector.keep_push(json.dumps(note)))["id"] != note["id"]


def test_a_source_without_a_secret_takes_no_messages(world: GoogleWorld) -> None:
    with pytest.raises(Refused, match="webhook_token"):
        verify(
            world.settings(), {"x-goog-channel-token": "", "x-goog-resource-state": "change"}, b"", world.clock.utc()
        )


def test_a_channel_is_renewed_a_day_before_it_ends(world: GoogleWorld) -> None:
    channels = world.connect(**HOOK).channels
    first = channels.renewed(None)
    assert first.expires == world.clock.utc() + timedelta(days=7)
    world.clock.now += 5.9 * 24 * 3600
    assert channels.renewed(first) == first
    assert channel_of(first.json()) == first
    world.clock.now += 0.2 * 24 * 3600

    second = channels.renewed(first)

    assert second.id != first.id
    assert second.expires > first.expires
    assert set(world.sandbox.channels.open) == {first.id, second.id}  # never a moment without one


def test_a_channel_can_be_closed_twice(world: GoogleWorld) -> None:
    channels = world.connect(**HOOK).channels
    channel = channels.renewed(None)

    channels.close(channel)
    channels.close(channel)

    assert world.sandbox.channels.ring() == []


def test_without_an_address_no_channel_is_opened(world: GoogleWorld) -> None:
    with pytest.raises(Misconfigured, match="webhook_url"):
        world.connect().channels.renewed(None)


def test_the_secret_of_a_channel_shows_nowhere(world: GoogleWorld) -> None:
    settings = world.settings(**HOOK)
    connector = world.connect(**HOOK)
    channel = connector.channels.renewed(None)

    told = [repr(settings), repr(connector), repr(channel), str(channel.json())]
    told += [f"{call.path}?{call.query}" for call in world.wire.calls]
    assert not any("a-hook-secret" in text for text in told)


def test_the_note_of_a_channel_keeps_it_until_it_ends_soon(world: GoogleWorld) -> None:
    connector = world.connect(**HOOK)
    note = connector.keep_push("")
    assert world.connect(**HOOK).keep_push(note) == note

    world.clock.now += 6.5 * 86_400
    renewed = connector.keep_push(note)

    assert renewed != note
    assert len({channel_of(json.loads(one)).id for one in (note, renewed)}) == 2


@pytest.mark.parametrize("note", ["nonsense", "{}", "[]", '{"id": 1}'])
def test_a_note_that_is_none_is_replaced(world: GoogleWorld, note: str) -> None:
    assert channel_of(json.loads(world.connect(**HOOK).keep_push(note))).resource


def test_without_an_address_nobody_is_asked_for_a_channel(world: GoogleWorld) -> None:
    assert world.connect().keep_push("") == ""
    assert world.wire.count() == 0
