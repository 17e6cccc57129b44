"""The fake workspace: what each method answers, what it refuses, and the traps that the vendor is known for."""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sandbox.http import Delivery
from sandbox.slack.events import deliver
from tests.sandbox.slack_kit import Workspace, serving_slack

SPECS = Path(os.environ.get("ANSWERWELL_SPECS", Path(__file__).parents[2] / "../shared/specs"))
SPEC = SPECS / "slack_web_openapi_v2.json"


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with serving_slack() as workspace:
        yield workspace


class TestWhoAsks:
    def test_a_call_without_the_token_is_refused_with_status_200(self, slack: Workspace) -> None:
        url = f"{slack.url}/api/auth.test"

        nobody = slack.client.get(url)
        stranger = slack.client.get(url, headers={"authorization": "Bearer xoxb-other"})

        assert (nobody.status_code, nobody.json()) == (200, {"ok": False, "error": "not_authed"})
        assert stranger.json()["error"] == "invalid_auth"

    def test_the_app_learns_its_workspace_and_its_scopes(self, slack: Workspace) -> None:
        answer = slack.answer("auth.test")

        assert answer.json()["url"] == f"{slack.url}/"
        assert "channels:history" in answer.headers["x-oauth-scopes"].split(",")

    def test_a_missing_scope_is_named(self, slack: Workspace) -> None:
        slack.sandbox.world.scopes.discard("groups:read")

        refused = slack.call("conversations.list", types="public_channel,private_channel")

        assert (refused["error"], refused["needed"]) == ("missing_scope", "groups:read")
        assert slack.call("conversations.list", types="public_channel")["ok"]

    def test_unknown_and_repeated_arguments_and_json_are_refused(self, slack: Workspace) -> None:
        url = f"{slack.url}/api/users.list"

        assert slack.call("users.list", limits=5)["error"] == "invalid_arguments"
        assert (
            slack.client.get(f"{url}?limit=1&limit=2", headers=slack.signed_in).json()["error"] == "invalid_arguments"
        )
        assert slack.client.post(url, json={}, headers=slack.signed_in).json()["error"] == "invalid_post_type"
        assert slack.call("users.everything")["error"] == "unknown_method"


class TestListing:
    def test_short_and_empty_pages_are_not_the_end(self, slack: Workspace) -> None:
        put = [slack.sandbox.put_channel(f"help-{number}") for number in range(20)]
        slack.sandbox.world.short_pages = True

        found, sizes = slack.everything("conversations.list", "channels", limit=4)

        assert [channel["id"] for channel in found] == put
        assert 0 in sizes[:-1]
        assert max(sizes) < 4

    def test_private_channels_are_seen_by_their_members_alone(self, slack: Workspace) -> None:
        seen = slack.sandbox.put_channel("secret", private=True)
        slack.sandbox.put_channel("unseen", private=True, member=False)
        slack.sandbox.put_channel("old", archived=True)

        found = slack.call("conversations.list", types="private_channel,public_channel", exclude_archived="true")

        assert [channel["id"] for channel in found["channels"]] == [seen]

    def test_a_public_channel_is_joined_once_and_a_private_one_never(self, slack: Workspace) -> None:
        public = slack.sandbox.put_channel("help", member=False)
        private = slack.sandbox.put_channel("secret", private=True)

        assert slack.call("conversations.history", channel=public)["error"] == "not_in_channel"
        assert slack.submit("conversations.join", channel=public)["ok"]
        assert slack.submit("conversations.join", channel=public)["warning"] == "already_in_channel"
        assert slack.submit("conversations.join", channel=private)["error"] == "method_not_supported_for_channel_type"
        assert slack.call("conversations.history", channel=public)["messages"][0]["subtype"] == "channel_join"


class TestHistory:
    @pytest.mark.parametrize(("limit", "clamp", "short"), [(200, None, False), (200, 15, False), (7, None, True)])
    def test_pages_hold_every_message_once_newest_first(
        self, slack: Workspace, limit: int, clamp: int | None, short: bool
    ) -> None:
        help_ = slack.sandbox.put_channel("help")
        put = [slack.sandbox.post(help_, f"message {number}") for number in range(40)]
        slack.sandbox.world.clamp, slack.sandbox.world.short_pages = clamp, short

        found, sizes = slack.everything("conversations.history", "messages", channel=help_, limit=limit)

        assert [message["ts"] for message in found] == put[::-1]
        assert max(sizes) <= min(limit, clamp or limit)

    def test_a_page_walk_is_safe_while_messages_arrive(self, slack: Workspace) -> None:
        help_ = slack.sandbox.put_channel("help")
        put = [slack.sandbox.post(help_, f"message {number}") for number in range(10)]
        first = slack.call("conversations.history", channel=help_, limit=4)
        slack.sandbox.post(help_, "meanwhile")

        cursor = first["response_metadata"]["next_cursor"]
        second = slack.call("conversations.history", channel=help_, limit=4, cursor=cursor)

        assert [message["ts"] for message in second["messages"]] == put[2:6][::-1]

    def test_bounds_are_exclusive_unless_said_otherwise(self, slack: Workspace) -> None:
        help_ = slack.sandbox.put_channel("help")
        first, second, third = (slack.sandbox.post(help_, str(number)) for number in range(3))

        def seen(**arguments: str) -> list[str]:
            found = slack.call("conversations.history", channel=help_, oldest=first, latest=third, **arguments)
            return [message["ts"] for message in found["messages"]]

        assert seen() == [second]
        assert seen(inclusive="true") == [third, second, first]
        assert slack.call("conversations.history", channel=help_, oldest="soon")["error"] == "invalid_ts_oldest"

    def test_a_thread_shows_its_parent_in_history_and_again_on_every_page_of_replies(self, slack: Workspace) -> None:
        help_ = slack.sandbox.put_channel("help")
        parent = slack.sandbox.post(help_, "question")
        replies = [slack.sandbox.post(help_, f"answer {number}", thread=parent) for number in range(5)]
        shared = slack.sandbox.post(help_, "to all", thread=parent, subtype="thread_broadcast")

        history = slack.call("conversations.history", channel=help_)["messages"]
        found, sizes = slack.everything("conversations.replies", "messages", channel=help_, ts=parent, limit=4)

        assert [message["ts"] for message in history] == [shared, parent]
        assert (history[1]["reply_count"], history[1]["latest_reply"]) == (6, shared)
        assert [message["ts"] for message in found if message["ts"] != parent] == [*replies, shared]
        assert [message["ts"] for message in found].count(parent) == len(sizes) == 2
        assert slack.call("conversations.replies", channel=help_, ts="1.000001")["error"] == "thread_not_found"

    def test_a_deleted_parent_stays_as_a_tombstone_until_its_last_reply_goes(self, slack: Workspace) -> None:
        help_ = slack.sandbox.put_channel("help")
        parent = slack.sandbox.post(help_, "question")
        reply = slack.sandbox.post(help_, "answer", thread=parent)
        lone = slack.sandbox.post(help_, "alone")

        slack.sandbox.delete(help_, lone)
        slack.sandbox.delete(help_, parent)
        (left,) = slack.call("conversations.history", channel=help_)["messages"]
        assert (left["ts"], left["subtype"], left["text"]) == (parent, "tombstone", "This message was deleted.")
        slack.sandbox.delete(help_, reply)

        assert slack.call("conversations.history", channel=help_)["messages"] == []


class TestLimits:
    def test_each_method_has_its_own(self, slack: Workspace) -> None:
        help_ = slack.sandbox.put_channel("help")
        slack.sandbox.limits.enforce(throttled=True)

        first = slack.answer("conversations.history", channel=help_)
        second = slack.answer("conversations.history", channel=help_)

        assert first.status_code == 200
        assert (second.status_code, second.json()) == (429, {"ok": False, "error": "ratelimited"})
        assert slack.call("conversations.list")["ok"]
        slack.clock.pass_time(int(second.headers["retry-after"]))
        assert slack.call("conversations.history", channel=help_)["ok"]


class TestFiles:
    def test_whoever_may_not_read_files_gets_the_page_to_sign_in(self, slack: Workspace) -> None:
        file = slack.sandbox.file("notes.txt", b"hello", "text/plain", slack.url)
        address = file["url_private_download"]

        allowed = slack.client.get(address, headers=slack.signed_in)
        nobody = slack.client.get(address)
        slack.sandbox.world.scopes.discard("files:read")
        refused = slack.client.get(address, headers=slack.signed_in)

        assert (allowed.content, allowed.headers["content-type"]) == (b"hello", "text/plain")
        for answer in (nobody, refused):
            assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


class TestEvents:
    def test_every_edit_is_told_and_signed(self, slack: Workspace) -> None:
        told: list[Delivery] = []
        slack.sandbox.events.listeners.append(told.append)
        help_ = slack.sandbox.put_channel("help")
        ts = slack.sandbox.post(help_, "frist")
        slack.sandbox.edit(help_, ts, "first")
        slack.sandbox.post(help_, "reply", thread=ts)
        slack.sandbox.delete(help_, ts)

        events = [json.loads(delivery.body)["event"] for delivery in told]

        assert [event.get("subtype") for event in events] == [None, "message_changed", None, "message_changed"]
        assert events[3]["message"]["subtype"] == "tombstone"
        for delivery in told:
            moment = delivery.headers["x-slack-request-timestamp"]
            expected = hmac.new(b"slack-signing-secret", f"v0:{moment}:".encode() + delivery.body, hashlib.sha256)
            assert delivery.headers["x-slack-signature"] == f"v0={expected.hexdigest()}"

    def test_an_event_is_tried_again_three_times_with_its_number(self, slack: Workspace) -> None:
        delivery = slack.sandbox.events.url_verification("riddle")
        sent: list[Delivery] = []

        def refuse(delivery: Delivery) -> int:
            sent.append(delivery)
            return 500

        assert deliver(delivery, refuse) == 4
        assert [one.headers.get("x-slack-retry-num") for one in sent] == [None, "1", "2", "3"]
        assert {one.body for one in sent} == {delivery.body}
        assert deliver(delivery, lambda _: 204) == 1


@pytest.mark.skipif(not SPEC.is_file(), reason=f"no {SPEC}: set ANSWERWELL_SPECS")
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("auth.test", {}),
        ("conversations.list", {}),
        ("conversations.history", {"channel": "C"}),
        ("conversations.replies", {"channel": "C", "ts": "T"}),
        ("users.list", {}),
        ("usergroups.list", {}),
    ],
)
def test_answers_fit_the_specification_where_it_is_not_stale(
    slack: Workspace, method: str, arguments: dict[str, str]
) -> None:
    help_ = slack.sandbox.put_channel("help")
    parent = slack.sandbox.post(help_, "question")
    slack.sandbox.post(help_, "answer", thread=parent)
    slack.sandbox.put_group("support")
    known = {"C": help_, "T": parent}

    answer = slack.call(method, **{name: known.get(value, value) for name, value in arguments.items()})

    spec = json.loads(SPEC.read_text())
    (operation,) = spec["paths"][f"/{method}"].values()
    schema = _grown(operation["responses"]["200"]["schema"])
    definitions = {name: _grown(definition) for name, definition in spec["definitions"].items()}
    jsonschema.Draft4Validator({**schema, "definitions": definitions}).validate(answer)


def _grown(schema: Any) -> Any:
    """The schema, for a vendor that has added fields since: what it names must still fit."""
    if isinstance(schema, list):
        return [_grown(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _grown(value) for name, value in schema.items() if name not in ("additionalProperties", "minItems")}
