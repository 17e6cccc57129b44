"""A record that no listing can judge is that document's problem: the others are listed, and what closes is closed."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.http.transport import Request, Response, Transport
from connectors.quarantine import judged
from connectors.slack.connector import Slack
from connectors.slack.settings import SlackSettings
from connectors.zendesk.connector import Zendesk
from sync.errors import Retryable
from sync.model import Audience, Change
from tests.connectors.slack_world import TOKEN, slack_world
from tests.connectors.zendesk_world import zendesk_world
from tests.contract.connector import drain, listing
from tests.in_process import transport

Spoil = Callable[[dict[str, Any]], None]


def spoiling(inner: Transport, spoil: Spoil) -> Transport:
    """A vendor whose JSON answers hold what no documentation speaks of."""

    def send(request: Request) -> Response:
        answer = inner(request)
        if "json" not in answer.headers.get("content-type", ""):
            return answer
        body = answer.json()
        spoil(body)
        return replace(answer, body=json.dumps(body).encode())

    return send


def rows(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = body.get(name)
    return found if isinstance(found, list) else [found] if isinstance(found, dict) else []


@pytest.mark.parametrize("key", ["translations", "label_names"])
def test_an_article_that_cannot_be_read_stops_no_other(key: str) -> None:
    with zendesk_world() as world:
        good, bad = world.put("Good", "<p>a</p>"), world.put("Bad", "<p>b</p>")
        number = int(bad.partition(":")[0])

        def spoil(body: dict[str, Any]) -> None:
            for row in [*rows(body, "articles"), *rows(body, "article")]:
                if row["id"] == number:
                    row[key] = [None] if key == "translations" else 17

        wire = transport(world.wire, world.url, world.timeout)
        assert wire is not None
        connector = Zendesk(world.settings(), clock=world.clock.utc, transport=spoiling(wire, spoil))
        world.later()
        cursor = connector.head()
        world.edit(good, "<p>edited</p>")
        world.edit(bad, "<p>edited</p>")
        world.later()

        listed, (changed, _) = listing(connector), drain(connector, cursor)

        for found in (listed, changed):
            assert found[good].document is not None
            assert found[bad].document is None
            assert found[bad].version is not None
        assert connector.fetch(good).title == "Good"


@pytest.mark.parametrize("others", [0, 12])
def test_a_ticket_that_cannot_be_read_stops_no_other(others: int) -> None:
    with zendesk_world() as world:
        good, bad = world.sandbox.put_ticket("Good", "a"), world.sandbox.put_ticket("Bad", "poison")
        for number in range(others):
            world.sandbox.put_ticket(f"Subject {number}", "question")
        world.later()

        def spoil(body: dict[str, Any]) -> None:
            children = [child for event in rows(body, "ticket_events") for child in event.get("child_events", [])]
            for row in [*rows(body, "comments"), *children]:
                if row.get("body") == "poison":
                    row["author_id"] = "nobody"

        wire = transport(world.wire, world.url, world.timeout)
        assert wire is not None
        settings = world.settings(include=["tickets"])
        found = listing(Zendesk(settings, clock=world.clock.utc, transport=spoiling(wire, spoil)))

        assert found[f"ticket:{good}"].document is not None
        assert found[f"ticket:{bad}"].document is None
        assert len(found) == 2 + others


def test_a_record_that_breaks_keeps_who_may_read_it_and_differs_when_it_is_mended() -> None:
    def broken() -> Change:
        raise KeyError("body")

    first, second = (judged("a", text, broken, Audience.INTERNAL) for text in ("poison", "mended"))

    assert first.closes
    assert first.document is None
    assert None not in (first.version, second.version)
    assert first.version != second.version
    assert not judged("a", "poison", broken).closes


def test_what_the_source_fails_at_is_the_sources() -> None:
    def down() -> Change:
        raise Retryable("down")

    with pytest.raises(Retryable):
        judged("a", "", down)


def test_a_day_or_thread_that_cannot_be_read_stops_no_other() -> None:
    with slack_world(page=None) as world:
        world.kind = "fresh"
        world.sandbox.post(world.help, "good")
        world.clock.now += 3 * 86400
        world.sandbox.post(world.help, "poison")

        def spoil(body: dict[str, Any]) -> None:
            for row in rows(body, "messages"):
                if row.get("text") == "poison":
                    row["blocks"] = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": 17}]}]

        wire = transport(world.wire, world.url, world.timeout)
        assert wire is not None
        said = {"bot_token": TOKEN, "channels": ["help-*"], "url": f"{world.url}/api/"}
        settings = SlackSettings.model_validate(said)
        connector = Slack(settings, clock=world.clock.utc, sleep=world.sleep, transport=spoiling(wire, spoil))
        found = listing(connector)

        assert "good" in "".join(change.document.body for change in found.values() if change.document)
        assert len(found) == 2
