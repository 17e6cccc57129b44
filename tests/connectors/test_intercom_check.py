"""What doctor says of an Intercom workspace, and what its webhook believes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.check import Level
from connectors.intercom.check import check
from connectors.intercom.settings import ORIGINS, IntercomSettings
from connectors.intercom.webhooks import verify
from connectors.webhook import Refused
from sandbox.intercom.records import ALL_SCOPES, ARTICLES, CONVERSATIONS, WRITES_ARTICLES
from sandbox.intercom.webhooks import conversation_event, sign
from tests.connectors.intercom_world import IntercomWorld, intercom_world
from tests.in_process import transport

SECRET = "client-secret"  # opens nothing
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[IntercomWorld]:
    with intercom_world() as world:
        yield world


def said(world: IntercomWorld, **settings: object) -> list[tuple[Level, str]]:
    found = check(world.settings(**settings), transport(world.wire, world.url, 5.0))
    return [(finding.level, finding.what) for finding in found]


def test_a_token_that_may_do_just_what_is_needed_is_fine(world: IntercomWorld) -> None:
    world.sandbox.world.scopes = frozenset({ARTICLES})

    assert {level for level, _ in said(world)} == {Level.OK}
    assert {call.method for call in world.wire.calls} == {"GET", "POST"}
    assert world.sandbox.world.articles == {}


@pytest.mark.parametrize(
    ("include", "scopes", "level", "words"),
    [
        (["articles"], frozenset({CONVERSATIONS}), Level.PROBLEM, "articles are not readable"),
        (["internal_articles"], frozenset({CONVERSATIONS}), Level.PROBLEM, "internal_articles are not readable"),
        (["articles", "conversations"], frozenset({ARTICLES}), Level.PROBLEM, "conversations are not readable"),
        (["articles"], frozenset({ARTICLES, CONVERSATIONS}), Level.WARNING, "may read conversations"),
        (["articles"], frozenset({WRITES_ARTICLES}), Level.WARNING, "may write articles"),
        (["articles", "conversations"], ALL_SCOPES, Level.WARNING, "may write articles"),
    ],
)
def test_too_few_and_too_many_permissions_are_both_said(
    world: IntercomWorld, include: list[str], scopes: frozenset[str], level: Level, words: str
) -> None:
    world.sandbox.world.scopes = scopes

    assert [what for found, what in said(world, include=include) if found is level and words in what]


@pytest.mark.parametrize(("wrong", "words"), [("token", "not readable"), ("closed", "no help center is open")])
def test_what_else_is_wrong_is_said(world: IntercomWorld, wrong: str, words: str) -> None:
    if wrong == "closed":
        world.close()
    given: dict[str, object] = {"token": "another"} if wrong == "token" else {}

    assert [what for level, what in said(world, **given) if level is not Level.OK and words in what]


def test_a_workspace_of_another_region_is_said(world: IntercomWorld) -> None:
    world.sandbox.world.region = "EU"
    asked = transport(world.wire, world.url, 5.0)
    assert asked is not None
    there = lambda request: asked(replace(request, url=request.url.replace(ORIGINS["us"], world.url)))  # noqa: E731

    found = check(IntercomSettings.model_validate({"token": "intercom-token"}), there)

    assert [one for one in found if "lies in region eu" in one.what]


def settings(**given: object) -> IntercomSettings:
    known = {"token": "t", "webhook_secret": SECRET, "include": ["articles", "conversations"]}
    return IntercomSettings.model_validate({**known, **given})


def test_a_signed_event_wakes_the_source_and_names_its_conversation(world: IntercomWorld) -> None:
    sent = conversation_event(world.sandbox.world, 7, "conversation.admin.replied", SECRET)

    event = verify(settings(), sent.headers, sent.body, NOW)

    assert (event.wake, event.documents) == (True, ("conversation:7",))
    assert verify(settings(include=["articles"]), sent.headers, sent.body, NOW).documents == ()


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"not json", json.dumps({"topic": "ping"}).encode()])
def test_any_signed_body_is_read_without_trouble(body: bytes) -> None:
    sent = sign(body, SECRET)

    assert verify(settings(), sent.headers, sent.body, NOW).documents == ()


@pytest.mark.parametrize("how", ["unsigned", "wrong secret", "other body", "sha256", "no secret"])
def test_what_intercom_did_not_sign_is_refused(how: str) -> None:
    sent = sign(b'{"topic":"conversation.user.created"}', "another" if how == "wrong secret" else SECRET)
    headers = {} if how == "unsigned" else dict(sent.headers)
    if how == "sha256":
        headers["x-hub-signature"] = "sha256=" + "0" * 64
    body = sent.body + (b" " if how == "other body" else b"")

    with pytest.raises(Refused):
        verify(settings(**({"webhook_secret": ""} if how == "no secret" else {})), headers, body, NOW)
