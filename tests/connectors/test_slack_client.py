"""How Slack is called: through its SDK, at each method's pace, and with every refusal told by its remedy."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from connectors.http.rate_limit import LocalQuotas
from connectors.slack.check import check
from connectors.slack.client import TIERS, SlackClient
from connectors.slack.settings import SlackSettings
from sandbox.wire import Fault, Wire, serve
from sync.errors import Misconfigured, Retryable
from tests.connectors.slack_world import TOKEN, SlackWorld, slack_world
from tests.contract.connector import listing


@pytest.fixture
def world() -> Iterator[SlackWorld]:
    with slack_world(page=None, socket=True) as world:
        world.kind = "fresh"  # the default settings
        yield world


def calls(world: SlackWorld, url: str = "") -> SlackClient:
    address = url or f"{world.url}/api/"
    return SlackClient(address, SecretStr(TOKEN), None, world.clock.utc, world.sleep, 3.0)


class TestRefusals:
    @pytest.mark.parametrize(
        ("word", "error", "said"),
        [
            ("not_authed", Misconfigured, "bot_token"),
            ("invalid_auth", Misconfigured, "bot_token"),
            ("account_inactive", Misconfigured, "bot_token"),
            ("token_revoked", Misconfigured, "bot_token"),
            ("token_expired", Misconfigured, "bot_token"),
            ("enterprise_is_restricted", Misconfigured, "bot_token"),
            ("ekm_access_denied", Misconfigured, "bot_token"),
            ("invalid_arguments", Misconfigured, "invalid_arguments"),
            ("something_new", Misconfigured, "something_new"),
            ("fatal_error", Retryable, "fatal_error"),
            ("internal_error", Retryable, "internal_error"),
            ("request_timeout", Retryable, "request_timeout"),
            ("team_added_to_org", Retryable, "team_added_to_org"),
            ("org_login_required", Retryable, "org_login_required"),
            ("ratelimited", Retryable, "ratelimited"),
        ],
    )
    def test_each_word_is_told_by_its_remedy(
        self, world: SlackWorld, word: str, error: type[Exception], said: str
    ) -> None:
        world.put("Title", "text")
        world.sandbox.world.error = word

        with pytest.raises(error, match=said):
            listing(world.connect())

    def test_a_missing_scope_is_named_with_what_to_do(self, world: SlackWorld) -> None:
        world.put("Title", "text")
        world.sandbox.world.scopes.discard("channels:history")

        with pytest.raises(Misconfigured, match=r"channels:history under OAuth & Permissions, install the app again"):
            listing(world.connect())

    def test_a_redirect_is_not_followed_with_the_token(self, world: SlackWorld) -> None:
        async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'{"ok":true}'})

        other = Wire(elsewhere)
        with serve(other) as address:
            world.wire.fail(Fault("/api/", status=302, headers={"location": f"{address}/api/x"}, body="", times=None))
            with pytest.raises(Misconfigured, match="redirects"):
                listing(world.connect())

        assert other.calls == []

    def test_a_proxy_of_the_machine_is_not_asked_for_this_machine(
        self, world: SlackWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")

        assert calls(world).ask("auth.test").json()["ok"] is True

    def test_nothing_that_people_wrote_is_logged(self, world: SlackWorld, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        world.put("Secret title", "secret words")

        listing(world.connect())

        assert "ecret" not in caplog.text
        assert TOKEN not in caplog.text

    def test_many_threads_get_their_own_answers(self, world: SlackWorld) -> None:
        users = [world.sandbox.put_user(f"Person {number}") for number in range(40)]
        asked = calls(world)

        def ask(user: str) -> str:
            return str(asked.ask("users.info", {"user": user}).json()["user"]["id"])

        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(ask, users * 5)) == users * 5
        assert threading.active_count() < 40


class TestPace:
    def test_slack_itself_is_asked_no_more_often_than_each_method_allows(self, world: SlackWorld) -> None:
        far = calls(world, "https://slack.test/api/")
        near = calls(world)

        assert far._pace == dict.fromkeys(TIERS, "tier")
        assert near._pace == {}

    def test_a_refused_method_waits_as_long_as_it_is_told_and_others_go_on(self, world: SlackWorld) -> None:
        world.sandbox.limits.a_minute = {"conversations.list": 2}
        asked = calls(world)
        for _ in range(2):
            asked.ask("conversations.list")
        for _ in range(3):
            with pytest.raises(Retryable) as caught:
                asked.ask("conversations.list")
            wait = caught.value.after or timedelta(0)
            assert wait > timedelta(seconds=10)

        assert world.sandbox.limits.refused == 1
        assert asked.ask("users.list").json()["ok"]
        world.clock.now += wait.total_seconds() + 1
        assert asked.ask("conversations.list").json()["ok"]

    def test_once_refused_a_method_keeps_to_its_tier(self, world: SlackWorld) -> None:
        world.sandbox.limits.a_minute = {"conversations.list": 20}
        asked, made = calls(world), 0
        while made < 60:
            try:
                asked.ask("conversations.list")
                made += 1
            except Retryable as error:
                world.clock.now += (error.after or timedelta(0)).total_seconds() + 1

        assert world.sandbox.limits.refused == 1

    def test_two_sources_with_one_token_share_what_it_may_ask(self, world: SlackWorld) -> None:
        world.sandbox.limits.a_minute = {"conversations.list": 1}
        shared = LocalQuotas(world.clock.utc)
        one, two = (
            SlackClient(f"{world.url}/api/", SecretStr(TOKEN), shared, world.clock.utc, world.sleep, 3.0)
            for _ in range(2)
        )
        one.ask("conversations.list")
        for asked in (one, two):
            with pytest.raises(Retryable):
                asked.ask("conversations.list")

        assert world.sandbox.limits.refused == 1


class TestCheck:
    def told(self, world: SlackWorld, **settings: object) -> dict[str, str]:
        """What doctor says that is not fine, and the fix."""
        said = {
            "bot_token": TOKEN,
            "channels": ["help-*"],
            "url": f"{world.url}/api/",
            "signing_secret": "slack-signing-secret",
        }
        found = list(check(SlackSettings.model_validate(said | settings)))
        assert found
        assert all(finding.fix for finding in found if finding.level != "ok")
        return {finding.what: finding.fix for finding in found if finding.level != "ok"}

    def test_a_workspace_that_is_ready_is_fine(self, world: SlackWorld) -> None:
        world.put("Title", "text")

        assert self.told(world) == {}
        assert world.wire.count("conversations.join") == 0

    def test_what_is_missing_is_told_with_its_fix(self, world: SlackWorld) -> None:
        world.sandbox.put_channel("help-outside", member=False)
        world.sandbox.put_channel("help-partner", ext_shared=True)
        world.sandbox.world.scopes -= {"files:read", "users:read"}

        told = self.told(world, channels=["help-*", "faq"], join=False)

        text = "\n".join(f"{what}: {fix}" for what, fix in told.items())
        for piece in ("files:read", "users:read", "#help-outside", "/invite", "#help-partner", "#faq"):
            assert piece in text

    def test_channels_that_will_be_joined_are_no_problem_and_not_joined_yet(self, world: SlackWorld) -> None:
        world.sandbox.put_channel("help-outside", member=False)

        assert self.told(world, join=True) == {}
        assert world.wire.count("conversations.join") == 0

    def test_a_pattern_that_matches_nothing_is_told(self, world: SlackWorld) -> None:
        told = self.told(world, channels=["help-*", "faq-*", "!help-randm"])

        assert list(told) == [
            "slack: no public channel is called faq-*",
            "slack: !help-randm leaves no channel out",
        ]

    def test_a_wrong_token_is_a_problem_not_a_crash(self, world: SlackWorld) -> None:
        told = self.told(world, bot_token="xoxb-wrong")

        assert any("bot_token" in fix for fix in told.values())
        assert "xoxb-wrong" not in str(told)

    def test_an_app_that_slack_slows_down_is_told(self, world: SlackWorld) -> None:
        for number in range(40):
            world.sandbox.post(world.help, f"message {number}")
        world.sandbox.world.clamp = 15
        world.sandbox.limits.enforce(throttled=True)

        told = self.told(world)

        assert any("15 messages a call and one call a minute" in what for what in told)
        assert any("internal app" in fix for fix in told.values())
