"""What is Zendesk's own about articles: calls, locales, brands, and the traps of its feed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors import CONNECTORS
from connectors.zendesk.connector import Zendesk
from connectors.zendesk.settings import ZendeskSettings
from sandbox.wire import Fault, Wire, serve
from sync.errors import CursorExpired, Gone, Misconfigured, Retryable
from sync.model import Audience
from tests.connectors.zendesk_world import ZendeskWorld, zendesk_world
from tests.contract.connector import drain, listing, pages, version

NOT_FOUND = '{"error":"RecordNotFound","description":"Not found"}'


@pytest.fixture
def world() -> Iterator[ZendeskWorld]:
    with zendesk_world() as world:
        yield world


class TestCalls:
    def test_three_hundred_articles_take_ten_calls_and_no_change_one_or_two(self, world: ZendeskWorld) -> None:
        for number in range(300):
            world.put(f"Title {number}", "<p>text</p>")
        connector = world.connect()
        cursor = connector.head()
        assert len(listing(connector)) == 300
        assert world.wire.count() == 10

        calls = []
        for _ in range(3):
            world.wire.forget()
            changed, cursor = drain(connector, cursor)
            assert changed == {}
            calls.append(world.wire.count())
            world.clock.now += 90
        assert calls == [1, 2, 1]  # the second look passes the last change, and is done with it

    def test_nothing_changed_takes_two_calls_at_most_after_edits(self, world: ZendeskWorld) -> None:
        put = [world.put(f"Title {number}", "<p>text</p>") for number in range(10)]
        connector = world.connect()
        cursor = connector.head()
        world.later()
        for external_id in put:
            world.edit(external_id, "<p>edited</p>")
            world.clock.now += 7
        changed, cursor = drain(connector, cursor)
        assert set(changed) == set(put)

        for _ in range(12):
            world.clock.now += 10
            world.wire.forget()
            changed, cursor = drain(connector, cursor)
            assert changed == {}
            assert world.wire.count("/incremental/") <= 2
            assert world.wire.count() == world.wire.count("/incremental/")

    def test_one_edit_is_checked_alone_and_many_by_the_public_listing(self, world: ZendeskWorld) -> None:
        put = [world.put(f"Title {number}", "<p>text</p>") for number in range(40)]
        connector = world.connect()
        world.later()
        cursor = connector.head()
        world.edit(put[0], "<p>edited</p>")
        world.later()
        _, cursor = drain(connector, cursor)
        assert world.wire.count(r"/en-us/articles/\d+") == 1
        assert world.wire.count(r"/en-us/articles\.json") == 0

        for external_id in put:
            world.edit(external_id, "<p>edited again</p>")
        world.later()
        world.wire.forget()
        changed, _ = drain(connector, cursor)

        assert len(changed) == 40
        assert {change.document.audience for change in changed.values() if change.document} == {Audience.PUBLIC}
        assert world.wire.count(r"/en-us/articles/\d+") == 0
        assert world.wire.count(r"/en-us/articles\.json") == 1

    def test_a_long_public_listing_is_given_up_for_single_loads(self, world: ZendeskWorld) -> None:
        put = [world.put(f"Title {number}", "<p>text</p>") for number in range(701)]
        connector = world.connect()
        world.later()
        cursor = connector.head()
        for external_id in put[-6:]:
            world.edit(external_id, "<p>edited</p>")
        world.later()

        changed, _ = drain(connector, cursor)

        assert {c.document.audience for c in changed.values() if c.document} == {Audience.PUBLIC}
        assert world.wire.count(r"/en-us/articles\.json") == 6
        assert world.wire.count(r"/en-us/articles/\d+") == 6

    def test_what_is_public_is_asked_without_credentials(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        connector = world.connect()
        pages(connector)
        connector.fetch(put)

        asked = [call for call in world.wire.calls if re.search(r"/en-us/articles", call.path)]
        assert len(asked) == 2
        assert {call.authorization for call in asked} == {""}
        assert all(call.authorization for call in world.wire.calls if call not in asked and call.method == "GET")

    def test_a_used_up_allowance_is_left_to_the_schedule_and_the_listing_goes_on(self, world: ZendeskWorld) -> None:
        for number in range(250):
            world.put(f"Title {number}", "<p>text</p>")
        connector = world.connect()
        whole = listing(connector)
        world.sandbox.limits.help_center = 7
        first = connector.snapshot(None)

        with pytest.raises(Retryable) as caught:
            pages(connector, first.cursor)
        assert caught.value.after is not None
        assert timedelta(seconds=10) < caught.value.after <= timedelta(seconds=60)
        assert world.slept == []

        world.clock.now += caught.value.after.total_seconds()
        rest = pages(connector, first.cursor)
        assert {c.external_id for page in (first, *rest) for c in page.changes} == set(whole)

    def test_a_public_listing_longer_than_the_allowance_loses_no_progress(self, world: ZendeskWorld) -> None:
        for number in range(900):
            world.put(f"Title {number}", "<p>text</p>")
        world.sandbox.limits.help_center = 4
        connector = world.connect()
        waits = 0
        page = None
        while page is None and waits < 20:
            try:
                page = connector.snapshot(None)
            except Retryable as error:
                world.clock.now += (error.after or timedelta(0)).total_seconds()
                waits += 1

        assert 2 <= waits <= 8
        assert page is not None
        assert {c.document.audience for c in page.changes if c.document} == {Audience.PUBLIC}
        read = [call for call in world.wire.calls if "/en-us/articles" in call.path and call.status == 200]
        assert len(read) == 9

    def test_more_changes_than_the_allowance_covers_are_settled_batch_by_batch(self, world: ZendeskWorld) -> None:
        connector = world.connect()
        cursor = connector.head()
        put = {
            f"{world.sandbox.put_article(title='T', body='<p>a</p>', translations={'de': ('T', '<p>b</p>')})}:{locale}"
            for _ in range(150)
            for locale in ("en-us", "de")
        }
        world.later()
        world.sandbox.limits.help_center = 150
        shown, waits, more = set[str](), 0, True
        while more and waits < 20:
            try:
                page = connector.changes(cursor)
            except Retryable as error:
                world.clock.now += (error.after or timedelta(0)).total_seconds()
                waits += 1
                continue
            shown |= {change.external_id for change in page.changes if change.version}
            cursor, more = page.cursor, page.more

        assert not more
        assert shown >= put
        assert 1 <= waits <= 10
        world.later()
        assert drain(connector, cursor)[0] == {}

    def test_a_new_snapshot_asks_again_what_is_public(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        connector = world.connect()
        assert not listing(connector)[put].unconfirmed
        world.close()

        assert listing(connector)[put].unconfirmed


class TestFeed:
    def test_an_empty_feed_does_not_turn_the_cursor_back(self, world: ZendeskWorld) -> None:
        world.put("Title", "<p>text</p>")
        world.later()
        connector = world.connect()
        cursor = connector.head()
        for _ in range(3):
            world.later()
            changed, cursor = drain(connector, cursor)
            assert changed == {}

        starts = [int(n) for call in world.wire.calls for n in re.findall(r"start_time=(\d+)", call.query)]
        assert len(starts) == 4
        assert min(starts) > world.clock.now - 4 * 600

    @pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(seconds=90), -timedelta(hours=2)])
    def test_the_source_s_clock_counts_and_not_ours(self, world: ZendeskWorld, ahead: timedelta) -> None:
        settings = world.connect  # the same account, asked by a machine whose clock is wrong
        connector = world.asked_by(lambda: world.clock.utc() + ahead)
        cursor = connector.head()
        put = world.put("Title", "<p>text</p>")
        world.later()

        changed, _ = drain(connector, cursor)

        assert set(changed) == {put}
        assert drain(settings(), cursor)[0].keys() == {put}

    def test_an_edit_is_shown_though_the_articles_clock_is_months_behind_the_server_s(
        self, world: ZendeskWorld
    ) -> None:
        world.sandbox.world.dated = False
        connector = world.asked_by(lambda: datetime.now(UTC))
        world.put("Old", "<p>text</p>")
        world.later()
        cursor = connector.head()
        _, cursor = drain(connector, cursor)
        put = world.put("Title", "<p>text</p>")
        world.later()

        changed, cursor = drain(connector, cursor)

        assert put in changed
        later = world.put("Later", "<p>text</p>")
        assert later in drain(connector, cursor)[0]

    def test_changes_over_many_pages_are_all_shown(self, world: ZendeskWorld) -> None:
        connector = world.connect()
        cursor = connector.head()
        put = []
        for number in range(11):
            put.append(world.put(f"Title {number}", "<p>text</p>"))
            world.clock.now += 1 if number % 3 else 0
        world.later()
        world.sandbox.world.export_size = 4

        changed, cursor = drain(connector, cursor)

        assert set(changed) == set(put)
        assert drain(connector, cursor)[0] == {}

    def test_more_changes_in_one_second_than_a_page_holds_call_for_a_snapshot(self, world: ZendeskWorld) -> None:
        connector = world.connect()
        cursor = connector.head()
        world.later()
        for number in range(1001):
            world.put(f"Title {number}", "<p>text</p>")
        world.later()

        with pytest.raises(CursorExpired):
            drain(connector, cursor)
        assert len(listing(connector)) == 1001
        assert drain(connector, connector.head())[0] == {}

    def test_a_vote_is_no_change(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        connector = world.connect()
        before = version(connector, put)
        world.later()
        cursor = connector.head()
        world.touch(put)
        world.later()

        changed, _ = drain(connector, cursor)

        assert changed[put].version == before

    def test_archived_with_its_section_is_gone(self, world: ZendeskWorld) -> None:
        section = world.sandbox.put_section("Doomed")
        put = f"{world.sandbox.put_article(title='In it', body='<p>x</p>', section=section)}:en-us"
        world.sandbox.put_section("Lasting", id=section + 1000)
        stays = f"{world.sandbox.put_article(title='Stays', body='<p>y</p>', section=section + 1000)}:en-us"
        connector = world.connect()
        assert put in listing(connector)
        world.sandbox.delete_section(section)

        assert set(listing(connector)) == {stays}
        with pytest.raises(Gone):
            connector.fetch(put)


class TestLocales:
    @pytest.fixture
    def article(self, world: ZendeskWorld) -> int:
        category = world.sandbox.put_category("Help", translations={"de": "Hilfe"})
        section = world.sandbox.put_section("Money", category=category, translations={"de": "Geld"})
        inner = world.sandbox.put_section(
            "Refunds", category=category, parent=section, translations={"de": "Erstattung"}
        )
        return world.sandbox.put_article(
            title="Back", body="<p>back</p>", section=inner, translations={"de": ("Zurück", "<p>zurück</p>")}
        )

    def test_each_published_locale_is_a_document_in_its_own_words(self, world: ZendeskWorld, article: int) -> None:
        connector = world.connect()

        english, german = (connector.fetch(f"{article}:{locale}") for locale in ("en-us", "de"))

        assert (english.title, english.body, english.language) == ("Back", "back", "en-us")
        assert (german.title, german.body, german.language) == ("Zurück", "zurück", "de")
        assert english.breadcrumb == ("Help", "Money", "Refunds")
        assert german.breadcrumb == ("Hilfe", "Geld", "Erstattung")
        assert "/hc/de/articles/" in german.url
        listed = listing(connector)
        assert [listed[f"{article}:{locale}"].document for locale in ("en-us", "de")] == [english, german]
        assert len(listed) == 2

    def test_only_the_configured_locales_are_kept(self, world: ZendeskWorld, article: int) -> None:
        connector = world.connect(locales=["DE"])
        cursor = connector.head()
        world.later()
        world.sandbox.translate(article, "de", "Neu", "<p>neu</p>")
        world.later()

        assert set(listing(connector)) == {f"{article}:de"} == set(drain(connector, cursor)[0])
        with pytest.raises(Gone):
            connector.fetch(f"{article}:en-us")

    def test_an_edited_translation_is_a_change_of_that_locale_only(self, world: ZendeskWorld, article: int) -> None:
        connector = world.connect()
        before = listing(connector)
        world.later()
        cursor = connector.head()
        world.sandbox.translate(article, "de", "Zurück", "<p>neu</p>")
        world.later()

        changed, _ = drain(connector, cursor)

        german = f"{article}:de"
        assert changed[german].version != before[german].version
        assert changed[german].version == version(connector, german)

    def test_a_translation_edited_without_a_trace_is_found_by_the_snapshot(
        self, world: ZendeskWorld, article: int
    ) -> None:
        world.sandbox.world.translation_bumps = False
        connector = world.connect()
        before = listing(connector)
        world.later()
        world.sandbox.translate(article, "de", "Zurück", "<p>neu</p>")

        after = listing(connector)

        assert after[f"{article}:de"].version != before[f"{article}:de"].version
        assert after[f"{article}:en-us"] == before[f"{article}:en-us"]

    @pytest.mark.parametrize("leave", ["draft", "remove"])
    def test_a_locale_that_is_no_longer_published_is_gone_alone(
        self, world: ZendeskWorld, article: int, leave: str
    ) -> None:
        connector = world.connect()
        world.later()
        cursor = connector.head()
        if leave == "draft":
            world.sandbox.set_draft(article, "de", draft=True)
        else:
            world.sandbox.remove_translation(article, "de")
        world.later()

        changed, _ = drain(connector, cursor)

        assert changed[f"{article}:de"].version is None
        assert set(listing(connector)) == {f"{article}:en-us"}
        with pytest.raises(Gone):
            connector.fetch(f"{article}:de")

    def test_a_locale_that_the_help_center_does_not_offer_is_internal(self, world: ZendeskWorld, article: int) -> None:
        world.sandbox.world.brands["main"].locales.remove("de")
        connector = world.connect()

        change = listing(connector)[f"{article}:de"]

        assert change.document is not None
        assert change.document.audience is Audience.INTERNAL
        assert connector.fetch(f"{article}:de").audience is Audience.INTERNAL

    def test_a_renamed_section_renews_its_articles(self, world: ZendeskWorld, article: int) -> None:
        connector = world.connect()
        before = listing(connector)
        section = world.sandbox.world.brands["main"].articles[article].section_id
        world.sandbox.put_section("Money back", id=section)

        after = listing(connector)[f"{article}:en-us"]

        assert after.version != before[f"{article}:en-us"].version
        assert after.document is not None
        assert after.document.breadcrumb[-1] == "Money back"
        assert connector.fetch(f"{article}:en-us") == after.document


class TestBrands:
    @pytest.fixture
    def brand(self, world: ZendeskWorld) -> Iterator[tuple[Wire, str]]:
        world.sandbox.add_brand("second")
        wire = Wire(world.sandbox.brand_app("second"))
        with serve(wire) as url:
            yield wire, url

    def test_every_brand_is_read_at_its_own_address(self, world: ZendeskWorld, brand: tuple[Wire, str]) -> None:
        wire, url = brand
        first = world.put("First", "<p>a</p>")
        connector = world.connect(brand_urls=[url, world.url])
        cursor = connector.head()
        second = f"{world.sandbox.put_article(title='Second', body='<p>b</p>', brand='second')}:en-us"
        world.later()

        listed, (changed, cursor) = listing(connector), drain(connector, cursor)

        assert set(listed) == {first, second}
        assert second in changed
        document = connector.fetch(second)
        assert (document.url.startswith(url), document.audience) == (True, Audience.PUBLIC)
        assert document.version == listed[second].version == changed[second].version
        world.wire.forget()
        wire.forget()
        assert drain(connector, cursor)[0] == {}
        assert (world.wire.count(), wire.count()) == (1, 1)

    def test_an_article_is_gone_only_if_no_brand_has_it(self, world: ZendeskWorld, brand: tuple[Wire, str]) -> None:
        wire, url = brand
        second = f"{world.sandbox.put_article(title='Second', body='<p>b</p>', brand='second')}:en-us"
        assert world.connect(brand_urls=[url]).fetch(second).title == "Second"

        world.delete(second)
        with pytest.raises(Gone):
            world.connect(brand_urls=[url]).fetch(second)
        wire.fail(Fault(path=r"/help_center/articles\.json", status=500, times=None))
        with pytest.raises(Retryable):
            world.connect(brand_urls=[url]).fetch(second)

    def test_a_brand_without_a_help_center_is_no_empty_listing(
        self, world: ZendeskWorld, brand: tuple[Wire, str]
    ) -> None:
        world.sandbox.disable_help_center("second")
        connector = world.connect(brand_urls=[brand[1]])

        for read in (connector.head, lambda: pages(connector)):
            with pytest.raises(Misconfigured, match=f"{brand[1]}.*brand_urls"):
                read()

    def test_a_change_of_what_is_included_calls_for_a_snapshot(
        self, world: ZendeskWorld, brand: tuple[Wire, str]
    ) -> None:
        cursor = world.connect().head()

        for settings in ({"brand_urls": [brand[1]]}, {"locales": ["de"]}, {"public": False}):
            with pytest.raises(CursorExpired):
                world.connect(**settings).changes(cursor)


class TestAudience:
    def test_any_segment_of_several_marks_an_article(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        world.sandbox.put_article(id=int(put.split(":")[0]), user_segment_ids=[world.sandbox.staff])

        change = listing(world.connect())[put]

        assert change.document is not None
        assert (change.document.audience, change.unconfirmed) == (Audience.INTERNAL, False)

    @pytest.mark.parametrize("refusal", [401, 403, 404])
    def test_a_refused_visitor_makes_it_internal(self, world: ZendeskWorld, refusal: int) -> None:
        put = world.put("Title", "<p>text</p>")
        world.sandbox.world.refusal = refusal  # type: ignore[assignment]  # one of the three that it takes
        world.close()

        assert world.connect().fetch(put).audience is Audience.INTERNAL

    def test_a_help_center_behind_a_sign_in_names_the_setting_for_it(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        world.sandbox.close_to_public(refuses=True)

        with pytest.raises(Misconfigured, match="set public = false"):
            listing(world.connect())
        connector = world.connect(public=False)
        change = listing(connector)[put]
        assert change.document is not None
        assert (change.document.audience, change.unconfirmed) == (Audience.INTERNAL, False)
        assert connector.fetch(put) == change.document

    def test_an_answer_about_another_article_proves_nothing(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        other = '{"article":{"id":1,"locale":"en-us","draft":false,"user_segment_id":null}}'
        world.wire.fail(Fault(path=r"/en-us/articles/\d+", status=200, body=other, times=None))

        with pytest.raises(Retryable):
            world.connect().fetch(put)

    def test_a_stand_in_from_another_locale_proves_nothing(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        number = put.split(":")[0]
        body = f'{{"article":{{"id":{number},"locale":"de","draft":false,"user_segment_id":null}}}}'
        world.wire.fail(Fault(path=r"/en-us/articles/\d+", status=200, body=body, times=None))

        assert world.connect().fetch(put).audience is Audience.INTERNAL


class TestNotFound:
    def test_a_missing_article_is_gone_while_the_root_lists_and_the_root_is_asked_once(
        self, world: ZendeskWorld
    ) -> None:
        put = [world.put(f"Title {number}", "<p>text</p>") for number in range(5)]
        for external_id in put:
            world.delete(external_id)
        connector = world.connect()

        for external_id in put:
            with pytest.raises(Gone):
                connector.fetch(external_id)

        assert world.wire.count(r"/help_center/articles\.json") == 1

    @pytest.mark.parametrize(
        "body", ['{"error":"InvalidEndpoint","description":"Not found"}', "<html>not found</html>", "{}"]
    )
    def test_any_other_404_is_not_gone(self, world: ZendeskWorld, body: str) -> None:
        put = world.put("Title", "<p>text</p>")
        world.wire.fail(Fault(path=r"/help_center/articles/\d+", status=404, body=body, times=None))

        with pytest.raises((Misconfigured, Retryable)):
            world.connect().fetch(put)

    def test_a_404_of_a_record_is_not_believed_while_the_root_fails(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        world.wire.fail(Fault(path=r"/help_center/articles/\d+", status=404, body=NOT_FOUND, times=None))
        world.wire.fail(Fault(path=r"/help_center/articles\.json", status=404, body=NOT_FOUND, times=None))

        with pytest.raises(Misconfigured):
            world.connect().fetch(put)

    def test_a_listing_that_is_not_found_raises_in_any_words(self, world: ZendeskWorld) -> None:
        world.put("Title", "<p>text</p>")
        for path in (r"/help_center/articles\.json", "/sections", "/categories", r"/en-us/articles\.json"):
            world.wire.heal()
            world.wire.fail(Fault(path=path, status=404, body=NOT_FOUND, times=None))
            with pytest.raises(Misconfigured):
                listing(world.connect())


class TestHalfAnswers:
    @pytest.mark.parametrize(
        "body",
        [
            '{"articles":[]}',
            '{"articles":[],"meta":{}}',
            '{"articles":[],"meta":{"has_more":true},"links":{}}',
            '{"articles":[{"title":"no id"}],"meta":{"has_more":false}}',
            '{"articles":null,"meta":{"has_more":false}}',
        ],
    )
    def test_a_listing_that_leaves_its_end_open_raises(self, world: ZendeskWorld, body: str) -> None:
        world.wire.fail(Fault(path=r"/help_center/articles\.json", status=200, body=body, times=None))

        with pytest.raises(Retryable):
            listing(world.connect())

    def test_a_page_that_points_at_itself_raises(self, world: ZendeskWorld) -> None:
        again = '{"articles":[],"meta":{"has_more":true,"after_cursor":"same"}}'
        world.wire.fail(Fault(path=r"/help_center/articles\.json", status=200, body=again, times=None))

        with pytest.raises(Retryable, match="repeats"):
            listing(world.connect())

    def test_lists_paged_by_number_are_read_to_their_end(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        section = world.sandbox.world.brands["main"].articles[int(put.split(":")[0])].section_id
        first = f'{{"sections":[],"next_page":"{world.url}/api/v2/help_center/sections.json?page=2&per_page=30"}}'
        second = f'{{"sections":[{{"id":{section},"name":"Numbered"}}],"next_page":null}}'
        world.wire.fail(Fault(path="/sections", status=200, body=first))
        world.wire.fail(Fault(path="/sections.*page=2", status=200, body=second))

        assert world.connect().fetch(put).breadcrumb == ("Numbered",)
        assert world.wire.count(r"/sections\.json\?page=2&per_page=30$") == 1


class TestCredentials:
    def test_a_revoked_token_is_renewed_within_the_call(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")
        connector = world.connect()
        connector.fetch(put)
        world.sandbox.credentials.revoke()

        assert connector.fetch(put).title == "Title"
        assert world.wire.count("/oauth/tokens") == 2

    def test_a_wrong_secret_names_its_settings(self, world: ZendeskWorld) -> None:
        connector = world.connect(client_secret="not-the-secret")

        with pytest.raises(Misconfigured, match="client_id and client_secret") as caught:
            connector.head()
        assert "not-the-secret" not in str(caught.value)

    def test_the_retiring_token_still_works(self, world: ZendeskWorld) -> None:
        put = world.put("Title", "<p>text</p>")

        assert put in listing(world.connect(email="bot@acme.test", api_token="zendesk-token"))
        with pytest.raises(Misconfigured, match="email and api_token"):
            world.connect(email="bot@acme.test", api_token="wrong").head()

    def test_an_agent_without_the_right_is_told(self, world: ZendeskWorld) -> None:
        world.wire.fail(Fault(path="/incremental/", status=403, body='{"error":{"title":"Forbidden"}}', times=None))

        with pytest.raises(Misconfigured, match="403 Forbidden"):
            world.connect().head()


OAUTH = {"client_id": "answerwell", "client_secret": "s3cret"}


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({}, "either client_id"),
            ({"client_id": "answerwell"}, "either client_id"),
            ({**OAUTH, "email": "bot@acme.test"}, "either client_id"),
            ({**OAUTH, "email": "bot@acme.test", "api_token": "t"}, "either client_id"),
            ({**OAUTH, "url": "http://acme.zendesk.com"}, "plain http is for loopback only"),
            ({**OAUTH, "brand_urls": ["acme.zendesk.com"]}, "brand_urls must be an address"),
            ({**OAUTH, "include": ["posts"]}, "include"),
            ({**OAUTH, "include": []}, "include"),
            ({**OAUTH, "colour": "red"}, "colour"),
        ],
    )
    def test_what_cannot_work_is_refused_with_the_fix(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(ValidationError, match=message) as caught:
            ZendeskSettings.model_validate({"url": "https://acme.zendesk.com", **settings})
        assert "s3cret" not in str(caught.value)

    def test_the_registry_makes_a_connector_of_valid_settings(self) -> None:
        kind = CONNECTORS["zendesk"]

        settings = kind.settings.model_validate({"url": "https://acme.zendesk.com", **OAUTH})

        assert isinstance(kind.connect(settings), Zendesk)
        assert "s3cret" not in repr(settings) + str(settings.model_dump())


def test_a_help_center_that_closes_is_found_by_the_listing_of_audiences(world: ZendeskWorld) -> None:
    put = world.put("Title", "<p>text</p>")
    connector = world.connect(include=["articles", "tickets"])
    world.sandbox.put_ticket("A ticket", "is no article")
    [before] = connector.audiences(None).changes
    world.close()

    page = connector.audiences(None)

    [after] = page.changes
    assert (before.external_id, after.external_id, page.more) == (put, put, False)
    assert (before.unconfirmed, after.unconfirmed) == (False, True)
