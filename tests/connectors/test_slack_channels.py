"""Which channels are read: by name and by id, joined or invited, shared, archived, renamed; and who is never heard."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.slack.connector import Slack
from connectors.slack.settings import SlackSettings
from sandbox.slack import SlackSandbox
from sandbox.wire import Fault
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable
from sync.model import Audience
from tests.connectors.slack_world import SlackWorld, slack_world
from tests.contract.connector import drain, is_gone, listing


@pytest.fixture
def world() -> Iterator[SlackWorld]:
    with slack_world(page=None) as world:
        world.kind = "fresh"  # the default settings
        yield world


def said(connector: Slack) -> set[str]:
    """What the listed documents say, each in one word."""
    bodies = [change.document.body for change in listing(connector).values() if change.document]
    return {word for body in bodies for word in body.split() if word.startswith("in-")}


def problems(connector: Slack) -> dict[str, str]:
    documents = [change.document for change in listing(connector).values() if change.document]
    assert all(connector.fetch(document.external_id) == document for document in documents)
    return {document.external_id: document.problem for document in documents if document.problem}


def channels(sandbox: SlackSandbox) -> dict[str, str]:
    """One channel of every kind, each with a message that names it."""
    made = {
        "public": sandbox.put_channel("help-public"),
        "org": sandbox.put_channel("help-org", org_shared=True),
        "other": sandbox.put_channel("random"),
        "private": sandbox.put_channel("help-private", private=True),
        "connect": sandbox.put_channel("help-connect", ext_shared=True),
        "archived": sandbox.put_channel("help-archived", archived=True),
        "direct": sandbox.put_channel("U0DANA0001", kind="im"),
        "group": sandbox.put_channel("mpdm-dana--sam-1", kind="mpim"),
    }
    for name, channel in made.items():
        sandbox.post(channel, f"in-{name}")
    return made


class TestSelection:
    def test_a_name_means_public_channels_of_this_company(self, world: SlackWorld) -> None:
        channels(world.sandbox)

        assert said(world.connect()) == {"in-public", "in-org"}
        assert said(world.connect(channels=["#HELP-Public", "rand?m"])) == {"in-public", "in-other"}
        assert said(world.connect(channels=["*", "!help-*", "!#RANDOM"])) == set()
        assert said(world.connect(channels=["*", "!*-org"])) == {"in-public", "in-other"}

    def test_an_id_means_any_channel_the_app_is_in(self, world: SlackWorld) -> None:
        made = channels(world.sandbox)
        wanted = ["private", "connect", "direct", "group"]

        connector = world.connect(channels=[made[name] for name in wanted])

        assert said(connector) == {f"in-{name}" for name in wanted}
        documents = [change.document for change in listing(connector).values()]
        assert {document.audience for document in documents if document} == {Audience.INTERNAL}

    def test_only_what_is_asked_for_needs_its_scope(self, world: SlackWorld) -> None:
        made = channels(world.sandbox)
        world.sandbox.world.scopes -= {"groups:read", "groups:history", "im:read", "im:history", "mpim:read"}

        assert said(world.connect(channels=["help-*", made["other"]])) == {"in-public", "in-org", "in-other"}
        with pytest.raises(Misconfigured, match="groups:read"):
            listing(world.connect(channels=["help-*", made["private"]]))

    def test_a_document_of_a_channel_that_is_not_read_is_gone(self, world: SlackWorld) -> None:
        made = channels(world.sandbox)
        connector = world.connect()

        for name in ("private", "connect", "archived", "direct", "other"):
            (ts,) = world.sandbox.world.channels[made[name]].messages
            with pytest.raises(Gone):
                connector.fetch(f"{made[name]}:{ts}")


class TestListing:
    def test_short_and_empty_pages_of_channels_are_read_to_the_end(self, world: SlackWorld) -> None:
        world.sandbox.world.short_pages = True
        for number in range(450):
            world.sandbox.post(world.sandbox.put_channel(f"help-{number}"), f"in-{number}")

        assert said(world.connect()) == {f"in-{number}" for number in range(450)}

    @pytest.mark.parametrize(
        "body", ['{"ok":false,"error":"fatal_error"}', '{"ok":true}', '{"ok":true,"channels":[{}]}']
    )
    @pytest.mark.parametrize("kinds", ["first", "second"])
    def test_a_failed_listing_of_channels_is_never_a_shorter_one(
        self, world: SlackWorld, kinds: str, body: str
    ) -> None:
        made = channels(world.sandbox)
        settings = {"channels": ["help-*", made["private"]]}
        cursor = world.connect(**settings).head()
        nth = 1 if kinds == "first" else 2
        reads: list[Callable[[Slack], object]] = [
            lambda connector: connector.snapshot(None),
            lambda connector: connector.changes(cursor),
            lambda connector: connector.fetch(f"{made['private']}:1700000000.000100"),
        ]
        for read in reads:
            world.wire.heal()
            world.wire.fail(Fault("conversations.list", nth=nth, times=None, status=200, body=body))
            with pytest.raises(Retryable):
                read(world.connect(**settings))

    def test_a_listing_that_had_to_stop_goes_on_where_it_stood(self, world: SlackWorld) -> None:
        for number in range(450):
            world.sandbox.put_channel(f"other-{number}")
        world.wire.fail(Fault("conversations.list", nth=3, times=1, status=429, headers={"retry-after": "41"}))
        connector = world.connect()

        with pytest.raises(Retryable):
            connector.snapshot(None)
        world.clock.now += 42
        connector.snapshot(None)

        assert world.wire.count("conversations.list") == 4


class TestMembership:
    def test_a_channel_the_app_is_not_in_is_a_visible_problem_and_stops_no_other(self, world: SlackWorld) -> None:
        outside = world.sandbox.put_channel("help-outside", member=False)
        world.sandbox.post(world.help, "in-billing")
        connector = world.connect()

        found = problems(connector)

        assert set(found) == {f"{outside}:channel"}
        assert "#help-outside" in found[f"{outside}:channel"]
        assert "/invite @" in found[f"{outside}:channel"]
        assert "join = true" in found[f"{outside}:channel"]
        assert said(connector) == {"in-billing"}

    def test_an_invitation_is_found_by_the_next_pass(self, world: SlackWorld) -> None:
        outside = world.sandbox.put_channel("help-outside", member=False)
        world.sandbox.post(outside, "in-outside")
        connector = world.connect()
        cursor = connector.head()
        gap = f"{outside}:channel"
        assert gap in problems(connector)

        world.sandbox.invite_app(outside)
        world.later()
        changed, _ = drain(connector, cursor)

        assert changed[gap].version is None
        assert any(change.document and "in-outside" in change.document.body for change in changed.values())
        assert is_gone(connector, gap)

    def test_it_joins_only_when_told_to(self, world: SlackWorld) -> None:
        outside = world.sandbox.put_channel("help-outside", member=False)
        world.sandbox.post(outside, "in-outside")

        assert said(world.connect()) == set()
        assert world.wire.count("conversations.join") == 0
        assert said(world.connect(join=True)) == {"in-outside"}
        assert world.wire.count("conversations.join") == 1
        assert said(world.connect(join=True)) == {"in-outside"}
        assert world.wire.count("conversations.join") == 1
        assert problems(world.connect(join=True)) == {}

    def test_a_name_and_an_id_that_nothing_answers_to_are_told(self, world: SlackWorld) -> None:
        found = problems(world.connect(channels=["help-billing", "help-bililng", "faq-*", "C0NOTHERE"]))

        assert set(found) == {"channels:help-bililng", "C0NOTHERE:channel"}

    @pytest.mark.parametrize("what", ["archive", "make_private", "remove_app", "share", "rename"])
    def test_a_channel_that_leaves_takes_its_documents_along_at_the_next_pass(
        self, world: SlackWorld, what: str
    ) -> None:
        leaves, stays = world.sandbox.put_channel("help-leaves"), world.sandbox.put_channel("help-stays")
        for channel in (leaves, stays):
            world.sandbox.post(channel, "words")
        connector = world.connect()
        cursor = connector.head()
        before = {external_id for external_id in listing(connector) if external_id.startswith(leaves)}

        if what == "share":
            world.sandbox.world.channels[leaves].ext_shared = True
        elif what == "rename":
            world.sandbox.rename(leaves, "old-help")
        else:
            getattr(world.sandbox, what)(leaves)
        world.later()

        with pytest.raises(CursorExpired):
            drain(connector, cursor)
        after = set(listing(connector))
        assert before.isdisjoint(after)
        assert any(external_id.startswith(stays) for external_id in after)
        for external_id in before:
            with pytest.raises(Gone):
                connector.fetch(external_id)

    def test_a_channel_that_closes_during_a_listing_makes_it_start_anew(self, world: SlackWorld) -> None:
        second = world.sandbox.put_channel("help-second")
        for channel in (world.help, second):
            world.sandbox.post(channel, "words")
        connector = world.connect()
        first = connector.snapshot(None)
        world.sandbox.remove_app(second)

        with pytest.raises(CursorExpired):
            connector.snapshot(first.cursor)
        assert f"{second}:channel" in problems(connector)

    def test_a_channel_listed_as_open_that_answers_otherwise_is_retried(self, world: SlackWorld) -> None:
        put = world.put("Title", "text")
        body = '{"ok":false,"error":"not_in_channel"}'
        world.wire.fail(Fault("conversations.(history|replies)", status=200, body=body, times=None))
        connector = world.connect()

        for read in (lambda: connector.snapshot(None), lambda: connector.fetch(put)):
            with pytest.raises(Retryable, match="listed as one of the app's"):
                read()


class TestBots:
    def world_of_bots(self, world: SlackWorld) -> dict[str, str]:
        bot = world.sandbox.put_bot("Deploys")
        as_bot: dict[str, Any] = {"user": None, "bot_id": bot, "subtype": "bot_message"}
        made = {"alert": world.sandbox.post(world.help, "in-alert", **as_bot)}
        made["asked"] = world.sandbox.post(world.help, "in-asked", **as_bot)
        world.sandbox.post(world.help, "in-answered", thread=made["asked"])
        made["chatter"] = world.sandbox.post(world.help, "in-chatter", **as_bot)
        world.sandbox.post(world.help, "in-echo", thread=made["chatter"], **as_bot)
        made["person"] = world.sandbox.post(world.help, "in-person", bot_id=bot)
        return made

    def test_they_are_kept_with_their_names_unless_told_otherwise(self, world: SlackWorld) -> None:
        self.world_of_bots(world)

        connector = world.connect()

        assert said(connector) == {"in-alert", "in-asked", "in-answered", "in-chatter", "in-echo", "in-person"}
        bodies = "".join(change.document.body for change in listing(connector).values() if change.document)
        assert "**Deploys** (2026-09-21):" in bodies

    def test_dropped_they_are_heard_only_where_people_answered_them(self, world: SlackWorld) -> None:
        made = self.world_of_bots(world)

        connector = world.connect(bots="drop")

        assert said(connector) == {"in-asked", "in-answered", "in-person"}
        listed = listing(connector)
        assert f"{world.help}:{made['asked']}" in listed
        assert all(connector.fetch(external_id).version == change.version for external_id, change in listed.items())
        for name in ("alert", "chatter"):
            with pytest.raises(Gone):
                connector.fetch(f"{world.help}:{made[name]}")


class TestNames:
    def test_people_groups_channels_and_newcomers_are_called_by_name(self, world: SlackWorld) -> None:
        group = world.sandbox.put_group("billing-team")
        hidden = world.sandbox.put_channel("announcements", member=False)
        gone = world.sandbox.put_user("Robin Former", deleted=True)
        text = f"<@{gone}> and <!subteam^{group}> see <#{hidden}|> or <@U0NOBODY>"
        ts = world.sandbox.post(world.help, text)
        connector = world.connect()

        body = next(change.document.body for change in listing(connector).values() if change.document)
        assert "@Robin and @billing-team see #announcements or @someone" in body

        newcomer = world.sandbox.put_user("Kim Newcomer")
        world.sandbox.post(world.help, "my first day", thread=ts, user=newcomer)
        assert "**Kim** (2026-09-21):\n\nmy first day" in connector.fetch(f"{world.help}:{ts}").body

    def test_a_stranger_from_another_company_is_called_as_the_message_says(self, world: SlackWorld) -> None:
        profile = {"display_name": "", "real_name": "Pat Partner"}
        world.sandbox.post(world.help, "hello", user="U0STRANGER", user_profile=profile)

        body = next(change.document.body for change in listing(world.connect()).values() if change.document)

        assert body.startswith("**Pat Partner** (")

    def test_groups_without_their_scope_are_still_mentioned(self, world: SlackWorld) -> None:
        world.sandbox.world.scopes.discard("usergroups:read")
        world.sandbox.post(world.help, "ask <!subteam^S0123> or <!subteam^S0124|@ops>")

        body = next(change.document.body for change in listing(world.connect()).values() if change.document)

        assert "ask @group or @ops" in body


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"channels": []}, "channels"),
            ({"channels": ["#"]}, "one of them is empty"),
            ({"channels": ["!random"]}, "which to read"),
            ({"history": "365"}, '"365d"'),
            ({"history": "0d"}, "at least"),
            ({"url": "https://slack.com"}, "/api/"),
            ({"url": "http://slack.com/api/"}, "https://"),
            ({"bots": "mute"}, "keep"),
            ({"public_channels": ["help"]}, "public_channels"),
        ],
    )
    def test_what_is_wrong_is_said(self, settings: dict[str, object], said: str) -> None:
        valid = {"bot_token": "xoxb-1", "channels": ["help-*"]}

        with pytest.raises(ValueError, match="validation error") as caught:
            SlackSettings.model_validate(valid | settings)

        assert said in str(caught.value)

    def test_a_cursor_made_under_other_settings_is_expired(self, world: SlackWorld) -> None:
        cursor = world.connect().head()

        with pytest.raises(CursorExpired):
            world.connect(channels=["help-*", "faq"]).changes(cursor)
        world.connect(join=True).changes(cursor)
