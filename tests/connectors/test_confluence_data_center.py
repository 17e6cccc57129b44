"""What is a Data Center's own: paging by number, the one search, and webhooks. And what `doctor` says of a site."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.check import Level
from connectors.confluence import check
from connectors.confluence.webhooks import verify
from connectors.webhook import Refused, WebhookEvent
from sandbox.confluence.webhooks import page_event, sign
from sandbox.wire import Fault
from sync.errors import Misconfigured
from tests.connectors.confluence_world import ConfluenceWorld, confluence_world, data_center_world
from tests.contract.connector import drain, listing


@pytest.fixture(params=["scan", "start"])
def world(request: pytest.FixtureRequest) -> Iterator[ConfluenceWorld]:
    with data_center_world() as world:
        world.sandbox.world.scan = request.param == "scan"
        yield world


class TestLists:
    def test_a_list_that_cuts_its_pages_short_loses_nothing(self, world: ConfluenceWorld) -> None:
        put = {world.put(f"Title {number}", "<p>a</p>") for number in range(70)}
        world.sandbox.world.page_cap = 20

        assert set(listing(world.connect())) == put

    def test_a_user_s_name_and_password_work_too(self, world: ConfluenceWorld) -> None:
        put = world.put("Title", "<p>a</p>")
        world.login = {"email": "bot@acme.test", "api_token": "confluence-token", "deployment": "data_center"}

        assert set(listing(world.connect())) == {put}

    def test_a_refused_token_names_it(self, world: ConfluenceWorld) -> None:
        with pytest.raises(Misconfigured, match=r"401.*token and what its user may read"):
            world.connect(token="old").snapshot(None)

    def test_a_listing_that_times_out_is_asked_for_less(self, world: ConfluenceWorld) -> None:
        put = {world.put(f"Title {number}", "<p>a</p>") for number in range(60)}
        world.sandbox.world.heaviest = 20

        found = listing(world.connect())

        assert set(found) == put
        assert all(change.document for change in found.values())
        too_much = world.wire.count(r"content\?.*limit=50.*body") + world.wire.count(r"scan.*limit=50.*body")
        assert too_much == (1 if world.sandbox.world.scan else 2)  # it is not asked for again; old releases lack scan

    def test_a_body_that_fails_its_page_is_loaded_alone(self, world: ConfluenceWorld) -> None:
        put = [world.put(f"Title {number}", "<p>a</p>") for number in range(30)]
        world.sandbox.world.poison = int(put[20])

        found = listing(world.connect())

        assert set(found) == set(put)
        assert found[put[20]].document is None
        assert world.connect().fetch(put[20]).body == "a"

    def test_addresses_are_those_of_the_site(self, world: ConfluenceWorld) -> None:
        put = world.put("Title", "<p>a</p>")

        assert world.connect().fetch(put).url == f"{world.url}/spaces/HELP/pages/{put}/Title"

    @pytest.mark.parametrize("offset", [-12.0, 14.0])
    def test_edits_are_found_in_whatever_time_zone_the_search_reads(
        self, world: ConfluenceWorld, offset: float
    ) -> None:
        put = [world.put(f"Title {number}", "<p>a</p>") for number in range(5)]
        world.sandbox.world.caller_offset = offset
        world.later()
        cursor = world.connect().head()
        world.later()
        world.edit(put[0], "<p>b</p>")

        changed, cursor = drain(world.connect(), cursor)

        assert set(changed) == {put[0]}
        world.wire.forget()
        assert drain(world.connect(), cursor)[0] == {}
        assert world.wire.count() == 1

    def test_a_day_s_edits_stay_seen(self, world: ConfluenceWorld) -> None:
        cursor = world.connect().head()
        put = {world.put(f"Title {number}", "<p>a</p>") for number in range(210)}
        changed, cursor = drain(world.connect(), cursor)
        assert set(changed) == put
        world.clock.now += 24 * 3600
        late = world.put("Late", "<p>a</p>")

        changed, cursor = drain(world.connect(), cursor)

        assert set(changed) == {late}
        assert drain(world.connect(), cursor)[0] == {}


class TestWebhooks:
    SECRET = "webhook-secret"

    def given(self, world: ConfluenceWorld, secret: str = SECRET) -> WebhookEvent:
        delivery = page_event(1, "page_updated", secret, world.clock.now)
        return verify(world.settings(webhook_secret=self.SECRET), delivery.headers, delivery.body, world.clock.utc())

    def test_a_signed_event_wakes_a_sync_and_names_its_page(self, world: ConfluenceWorld) -> None:
        assert self.given(world) == WebhookEvent(wake=True, documents=("1",))

    @pytest.mark.parametrize("page", [None, [], {}, {"id": None}, {"id": "../1"}, {"id": [1]}])
    def test_an_event_that_names_no_page_only_wakes(self, world: ConfluenceWorld, page: object) -> None:
        delivery = sign(json.dumps({"event": "page_updated", "page": page}).encode(), self.SECRET)
        settings = world.settings(webhook_secret=self.SECRET)

        assert verify(settings, delivery.headers, delivery.body, world.clock.utc()) == WebhookEvent(wake=True)

    def test_another_secret_is_refused(self, world: ConfluenceWorld) -> None:
        with pytest.raises(Refused, match="signing secret"):
            self.given(world, "another")

    def test_a_signature_without_its_prefix_is_one(self, world: ConfluenceWorld) -> None:
        body = b'{"event":"page_created"}'
        digest = hmac.new(self.SECRET.encode(), body, hashlib.sha256).hexdigest()
        settings = world.settings(secret=self.SECRET)

        assert verify(settings, {"x-hub-signature": digest}, body, world.clock.utc()).wake

    def test_what_is_no_change_wakes_nobody(self, world: ConfluenceWorld) -> None:
        settings = world.settings(webhook_secret=self.SECRET)
        for body in (b"", b'{"test":true}', b'{"event":"user_created"}'):
            delivery = sign(body, self.SECRET)
            assert not verify(settings, delivery.headers, delivery.body, world.clock.utc()).wake

    @pytest.mark.parametrize("body", [b"[1]", b"{", b'{"timestamp":"x"}', b'{"timestamp":1e999}', b"\xff", b"null"])
    def test_what_is_signed_and_no_event_is_refused(self, world: ConfluenceWorld, body: bytes) -> None:
        delivery = sign(body, self.SECRET)
        with pytest.raises(Refused):
            verify(world.settings(webhook_secret=self.SECRET), delivery.headers, body, world.clock.utc())

    def test_a_changed_body_an_old_event_and_no_signature_are_refused(self, world: ConfluenceWorld) -> None:
        settings, now = world.settings(webhook_secret=self.SECRET), world.clock.utc()
        event = page_event(1, "page_updated", self.SECRET, world.clock.now)
        for headers, body, moment, configured in (
            (event.headers, event.body + b" ", now, settings),
            (event.headers, event.body, now + timedelta(minutes=6), settings),
            ({}, event.body, now, settings),
            ({"x-hub-signature": "sha256=ü"}, event.body, now, settings),
            (event.headers, event.body, now, world.settings()),
        ):
            with pytest.raises(Refused):
                verify(configured, headers, body, moment)


class TestDoctor:
    @pytest.fixture(params=["cloud", "data center"])
    def site(self, request: pytest.FixtureRequest) -> Iterator[ConfluenceWorld]:
        with confluence_world() if request.param == "cloud" else data_center_world() as world:
            yield world

    def test_a_site_in_order_is_told_space_by_space(self, site: ConfluenceWorld) -> None:
        site.put("Title", "<p>a</p>")

        found = list(check.findings(site.connect().cache))

        assert {finding.level for finding in found} == {Level.OK}
        assert "space HELP: readable, 1 pages, public" in found[0].what

    def test_a_public_space_that_is_closed_is_a_problem(self, site: ConfluenceWorld) -> None:
        site.close()

        [problem] = [f for f in check.findings(site.connect().cache) if f.level is Level.PROBLEM]

        assert "not open to everyone" in problem.what
        assert "public_spaces" in problem.fix

    def test_a_pattern_that_matches_nothing_and_a_public_space_that_is_not_read_are_named(
        self, site: ConfluenceWorld
    ) -> None:
        connector = site.connect(spaces=["HELP", "TEAM-*", "H*"], public_spaces=["HELP", "OPS", "HELPDESK*"])

        found = [finding for finding in check.findings(connector.cache) if finding.level is not Level.OK]

        assert [(finding.level, finding.what.partition(": ")[2]) for finding in found] == [
            (Level.WARNING, "no space is called TEAM-*"),
            (Level.PROBLEM, "public_spaces OPS is none of the spaces that are read, so it makes nothing public"),
            (Level.PROBLEM, "public_spaces HELPDESK* is none of the spaces that are read, so it makes nothing public"),
        ]
        assert "add OPS to spaces" in found[1].fix

    def test_credentials_a_missing_space_and_a_search_that_fails_are_problems(self, site: ConfluenceWorld) -> None:
        wrong = {"token": "old"} if "token" in site.login else {"api_token": "old"}
        site.wire.fail(Fault(path=r"search\?.*attachment", status=500, times=None))

        for settings in (wrong, {"spaces": ["NONE"]}, {}):
            found = list(check.findings(site.connect(**settings).cache))
            assert [finding.level for finding in found if finding.level is not Level.OK] == [Level.PROBLEM]
            assert all(finding.fix for finding in found if finding.level is Level.PROBLEM)
