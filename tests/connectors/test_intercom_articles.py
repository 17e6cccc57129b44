"""Intercom's articles: who may read them, in which locales, and the traps of a vendor without a change feed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.wire import Fault
from sync.errors import Gone, Misconfigured, Retryable
from sync.model import Audience, Change, Cursor, Document
from tests.connectors.intercom_world import IntercomWorld, InternalWorld, intercom_world, number_of
from tests.contract.connector import drain, is_gone, listing, pages
from tests.sync.world import Installation, SourceWorld

PICTURE = '<div class="intercom-container"><img src="{{7/a.png}}" alt="The light"></div>'
SIGNED = f'<p>See</p>{PICTURE}<a href="{{{{8/m.pdf}}}}">Manual</a>'


@pytest.fixture
def world() -> Iterator[IntercomWorld]:
    with intercom_world() as world:
        yield world


def documents(world: IntercomWorld) -> dict[str, Document]:
    found = {name: change.document for name, change in listing(world.connect()).items()}
    return {name: document for name, document in found.items() if document is not None}


def carried(change: Change) -> Document:
    assert change.document is not None
    return change.document


def audience(world: IntercomWorld, external_id: str) -> Audience:
    """Who may read it, by listing and by fetch."""
    listed, fetched = documents(world)[external_id], world.connect().fetch(external_id)
    assert listed == fetched
    return listed.audience


def following(world: IntercomWorld) -> Cursor:
    """A cursor from which changes go on after a complete snapshot, as the engine has it."""
    connector = world.connect()
    return connector.changes_after(pages(connector)[-1].cursor)


# What it costs


def test_300_articles_take_at_most_12_calls_and_3_where_nothing_changed(world: IntercomWorld) -> None:
    for number in range(300):
        world.put(f"Title {number}", "<p>text</p>")
    world.wire.forget()

    cursor = following(world)
    assert (world.wire.count(), world.wire.count("/articles")) == (4, 2)
    world.wire.forget()
    page = world.connect().changes(cursor)

    assert (page.changes, page.more, world.wire.count()) == ((), False, 3)


def test_every_call_names_the_version_and_goes_to_the_configured_host(world: IntercomWorld) -> None:
    world.sandbox.world.most_rows = 2
    for number in range(5):
        world.put(f"Title {number}", "<p>text</p>")

    assert len(documents(world)) == 5  # `next` names another host; whoever followed it would find nothing
    assert world.connect().api.headers == {"Intercom-Version": "2.16"}


@pytest.mark.parametrize(
    ("region", "origin"),
    [("us", "https://api.intercom.io"), ("eu", "https://api.eu.intercom.io"), ("au", "https://api.au.intercom.io")],
)
def test_a_region_has_an_address_that_url_overrides(world: IntercomWorld, region: str, origin: str) -> None:
    assert world.settings(region=region, url="").origin == origin
    assert world.settings(region=region).origin == world.url


# Who may read it


@pytest.mark.parametrize(
    ("shown_to", "public"),
    [
        ("everyone", True),
        ("all_users", False),
        ("all_leads", False),
        ("all_visitors", False),
        ("all_visitors_and_leads", False),
        ("restricted", False),
        ("a word of tomorrow", False),
        (None, False),
    ],
)
def test_only_everyone_is_public(world: IntercomWorld, shown_to: str | None, *, public: bool) -> None:
    put = world.put("Title", "<p>a</p>")
    world.sandbox.arrange(number_of(put), help_center_audience=shown_to)

    assert audience(world, put) is (Audience.PUBLIC if public else Audience.INTERNAL)


def test_what_an_old_version_does_not_tell_is_internal(world: IntercomWorld) -> None:
    put = world.put("Title", "<p>a</p>")
    whole = json.dumps({"type": "list", "pages": {"total_pages": 1}, "total_count": 1, "data": [_old_article(put)]})
    world.wire.fail(Fault(path=r"/articles\?", status=200, body=whole))

    assert documents(world)[put].audience is Audience.INTERNAL


def test_published_without_a_collection_is_unlisted_and_internal(world: IntercomWorld) -> None:
    put = f"{world.sandbox.put_article('Unlisted', '<p>a</p>')}:en"

    assert audience(world, put) is Audience.INTERNAL
    assert documents(world)[put].breadcrumb == ()


def test_a_nested_collection_is_in_the_help_center_of_the_outermost(world: IntercomWorld) -> None:
    inner = world.sandbox.put_collection("Returns", parent=world.collection)
    innermost = world.sandbox.put_collection("Abroad", parent=inner)
    put = f"{world.sandbox.put_article('Nested', '<p>a</p>', parents=(innermost,))}:en"

    assert audience(world, put) is Audience.PUBLIC
    assert documents(world)[put].breadcrumb == ("Orders", "Returns", "Abroad")


def test_a_website_that_is_turned_off_makes_all_internal_by_the_next_look(world: IntercomWorld) -> None:
    put = world.put("Title", "<p>a</p>")
    cursor = following(world)
    world.close()

    changed, cursor = drain(world.connect(), cursor)

    assert carried(changed[put]).audience is Audience.INTERNAL
    world.open()
    assert drain(world.connect(), cursor)[0].keys() == {put}


def test_one_open_help_center_of_several_is_enough(world: IntercomWorld) -> None:
    closed = world.sandbox.put_help_center("Staff", website_turned_on=False)
    other = world.sandbox.put_collection("Internal orders", help_center=closed)
    both = f"{world.sandbox.put_article('Both', '<p>a</p>', parents=(other, world.collection))}:en"
    alone = f"{world.sandbox.put_article('Alone', '<p>a</p>', parents=(other,))}:en"

    assert audience(world, both) is Audience.PUBLIC
    assert documents(world)[both].breadcrumb == ("Orders",)
    assert audience(world, alone) is Audience.INTERNAL


@pytest.mark.parametrize(
    ("locales", "english", "german"), [(("en",), True, False), (("de",), False, True), (None, True, False)]
)
def test_a_locale_that_the_help_center_does_not_list_is_internal(
    world: IntercomWorld, locales: tuple[str, ...] | None, *, english: bool, german: bool
) -> None:
    """Where it does not tell its locales, the article's default one counts as listed."""
    center = world.sandbox.put_help_center("Other", locales=locales)
    collection = world.sandbox.put_collection("Shop", help_center=center)
    number = world.sandbox.put_article(
        "Title", "<p>a</p>", parents=(collection,), translations={"de": ("Titel", "<p>b</p>")}
    )

    shown = {name: one.audience is Audience.PUBLIC for name, one in documents(world).items()}

    assert shown == {f"{number}:en": english, f"{number}:de": german}


def test_an_article_of_a_collection_that_is_deleted_is_unlisted(world: IntercomWorld) -> None:
    put = world.put("Title", "<p>a</p>")
    cursor = following(world)
    world.sandbox.delete_collection(world.collection)

    changed, _ = drain(world.connect(), cursor)

    assert carried(changed[put]).audience is Audience.INTERNAL


def test_a_collection_that_an_article_names_and_nobody_knows_costs_one_look_only(world: IntercomWorld) -> None:
    put = world.put("Title", "<p>a</p>")
    world.sandbox.arrange(number_of(put), parents=(424_242,))
    cursor = following(world)
    world.wire.forget()

    world.connect().changes(cursor)

    assert world.wire.count("collections") == 0
    assert audience(world, put) is Audience.INTERNAL


def test_a_renamed_collection_is_seen_within_a_quarter_of_an_hour(world: IntercomWorld) -> None:
    put = world.put("Title", "<p>a</p>")
    cursor = following(world)
    world.sandbox.rename_collection(world.collection, "Purchases")
    world.later()

    changed, _ = drain(world.connect(), cursor)

    assert carried(changed[put]).breadcrumb == ("Purchases",)


# Locales


def test_each_published_locale_is_a_document_with_names_of_its_own(world: IntercomWorld) -> None:
    number = world.sandbox.put_article(
        "Refunds", "<p>Soon.</p>", parents=(world.collection,), translations={"de": ("Erstattung", "<p>Bald.</p>")}
    )

    found = documents(world)

    assert found.keys() == {f"{number}:en", f"{number}:de"}
    german = found[f"{number}:de"]
    assert (german.title, german.body, german.language) == ("Erstattung", "Bald.", "de")
    assert german.breadcrumb == ("Bestellungen",)
    assert german.url.endswith(f"/de/articles/{number}-erstattung")


@pytest.mark.parametrize(("draft", "left"), [("en", "de"), ("de", "en")])
def test_a_draft_in_one_locale_leaves_the_other(world: IntercomWorld, draft: str, left: str) -> None:
    number = world.sandbox.put_article(
        "Refunds", "<p>Soon.</p>", parents=(world.collection,), translations={"de": ("Erstattung", "<p>Bald.</p>")}
    )
    cursor = following(world)
    world.sandbox.set_state(number, "draft", locale=draft)

    changed, _ = drain(world.connect(), cursor)

    assert {name: change.version for name, change in changed.items()} == {f"{number}:{draft}": None}
    assert documents(world).keys() == {f"{number}:{left}"}
    with pytest.raises(Gone):
        world.connect().fetch(f"{number}:{draft}")


def test_an_edit_of_a_translation_alone_is_seen_though_no_time_of_the_article_moves(world: IntercomWorld) -> None:
    number = world.sandbox.put_article(
        "Refunds", "<p>Soon.</p>", parents=(world.collection,), translations={"de": ("Erstattung", "<p>Bald.</p>")}
    )
    cursor = following(world)
    world.later()
    world.sandbox.edit(number, "<p>Morgen.</p>", locale="de")

    assert drain(world.connect(), cursor)[0].keys() == {f"{number}:de"}


def test_a_workspace_of_one_language_tells_the_locale_in_the_address(world: IntercomWorld) -> None:
    world.sandbox.world.multilingual = False
    put = world.put("Title", "<p>a</p>")

    assert audience(world, put) is Audience.PUBLIC
    assert documents(world)[put].language == "en"


# What they say


def test_a_staged_edit_is_not_read(world: IntercomWorld) -> None:
    put = world.put("Title", "<p>published</p>")
    world.sandbox.arrange(number_of(put), staged="<p>a secret plan</p>")

    assert "secret" not in documents(world)[put].body
    assert world.wire.count("/draft") == 0


def test_addresses_that_are_signed_anew_change_nothing_and_are_not_kept(world: IntercomWorld) -> None:
    put = world.put("Title", SIGNED)
    cursor = following(world)
    world.later()

    assert drain(world.connect(), cursor)[0] == {}
    body = documents(world)[put].body
    assert "The light" in body
    assert "Manual" in body
    assert "signature" not in body
    assert "/i/o/" not in body


def test_the_line_below_the_title_is_part_of_the_text(world: IntercomWorld) -> None:
    number = world.sandbox.put_article("T", "<p>Text.</p>", parents=(world.collection,), description="How & why")

    assert documents(world)[f"{number}:en"].body == "How & why\n\nText."


# Traps of its lists


def test_pages_that_tell_numbers_as_text_are_all_read() -> None:
    with intercom_world(InternalWorld) as world:
        world.sandbox.world.most_rows = 3
        put = {world.put(f"Title {number}", "<p>a</p>") for number in range(10)}

        assert documents(world).keys() == put


def test_a_vendor_that_takes_fewer_on_a_page_is_asked_for_its_own_number(world: IntercomWorld) -> None:
    put = {world.put(f"Title {number}", "<p>a</p>") for number in range(30)}
    refusal = {"type": "error.list", "errors": [{"code": "parameter_invalid", "message": "per_page"}]}
    world.wire.fail(Fault(path=r"/articles\?.*per_page=250", status=400, body=json.dumps(refusal), times=None))

    assert documents(world).keys() == put


def test_an_article_deleted_during_a_listing_hides_no_other(world: IntercomWorld) -> None:
    world.sandbox.world.most_rows = 5
    put = [world.put(f"Title {number}", "<p>a</p>") for number in range(12)]
    connector = world.connect()
    first = connector.snapshot(None)
    world.delete(first.changes[0].external_id)

    rest = pages(connector, first.cursor)

    shown = {change.external_id: change.version for page in (first, *rest) for change in page.changes}
    assert {name for name, version in shown.items() if version is not None} == set(put) - set(world.deleted)


def test_what_is_deleted_leaves_the_stores_by_the_next_turn(world: IntercomWorld) -> None:
    for number in range(6):
        world.put(f"Title {number}", f"<p>text of number {number}</p>")
    installation = followed(world)
    gone = "103:en" if "103:en" in documents(world) else next(iter(documents(world)))
    world.delete(gone)

    installation.turn()

    assert gone not in installation.searchable("public")
    assert len(installation.searchable("public")) == 5
    assert is_gone(world.connect(), gone)


def test_removed_and_restored_texts_upload_once_each(world: IntercomWorld) -> None:
    put = world.put("Title", SIGNED)
    installation = followed(world)
    before = len(installation.index.calls)
    for _ in range(3):
        world.later()
        installation.turn()

    assert installation.index.calls[before:] == []
    assert put in installation.searchable("public")


# Failures


def test_a_page_for_people_from_the_edge_is_waited_out(world: IntercomWorld) -> None:
    world.put("Title", "<p>a</p>")
    world.sandbox.world.captcha = True

    with pytest.raises(Retryable, match="405"):
        world.connect().snapshot(None)
    world.sandbox.world.captcha = False
    assert len(documents(world)) == 1


def test_a_full_window_is_waited_for_by_its_reset_without_a_retry_after(world: IntercomWorld) -> None:
    world.sandbox.world.most_rows = 1
    for number in range(6):
        world.put(f"Title {number}", "<p>a</p>")
    world.sandbox.limits.limit = 3

    assert len(documents(world)) == 6
    assert world.sandbox.limits.refused == 0  # what the answers told was enough
    assert 0 < sum(world.slept) <= 40


def test_a_full_window_that_nothing_told_of_is_waited_for(world: IntercomWorld) -> None:
    world.put("Title", "<p>a</p>")
    world.sandbox.limits.limit = 1
    world.sandbox.limits.told = False

    with pytest.raises(Retryable) as caught:
        world.connect().snapshot(None)

    assert caught.value.after is None


@pytest.mark.parametrize("missing", ["token", "scope", "version"])
def test_what_only_a_setting_mends_says_which(world: IntercomWorld, missing: str) -> None:
    world.put("Title", "<p>a</p>")
    given: dict[str, Any] = {"token": "another"} if missing == "token" else {}
    if missing == "scope":
        world.sandbox.world.scopes = frozenset({"conversations"})
    if missing == "version":
        said = {"type": "error.list", "errors": [{"code": "intercom_version_invalid", "message": "no"}]}
        world.wire.fail(Fault(status=400, body=json.dumps(said), times=None))

    said_so = {"token": "token, and region", "scope": "docs/intercom.md", "version": "400"}[missing]
    with pytest.raises(Misconfigured, match=said_so):
        world.connect(**given).snapshot(None)


def test_a_plan_without_it_is_not_taken_for_a_permission(world: IntercomWorld) -> None:
    answer = {
        "type": "error.list",
        "errors": [{"code": "api_plan_restricted", "message": "Active subscription needed."}],
    }
    world.wire.fail(Fault(status=403, body=json.dumps(answer), times=None))

    with pytest.raises(Misconfigured, match="plan does not include it"):
        world.connect().snapshot(None)


@pytest.mark.parametrize(
    "broken",
    [
        {"translated_content": {"en": {"state": "published", "body": ["a list"], "title": 7, "updated_at": 10**30}}},
        {"parent_ids": None, "tags": None, "help_center_audience": "everyone"},
        {"tags": {"tags": [None, {"name": None}]}, "parent_ids": [None, "x", 7]},
        {"state": None, "body": None, "title": None, "url": 5},
    ],
)
def test_a_record_that_nobody_expected_keeps_no_other_from_being_listed(
    world: IntercomWorld, broken: dict[str, object]
) -> None:
    good, bad = world.put("Good", "<p>a</p>"), world.put("Bad", "<p>b</p>")
    told = world.connect().api.get("/articles").json()
    for row in told["data"]:
        if row["id"] == str(number_of(bad)):
            row.update(broken)
    world.wire.fail(Fault(path=r"/articles\?", status=200, body=json.dumps(told), times=None))

    listed = listing(world.connect())

    assert carried(listed[good]).audience is Audience.PUBLIC
    assert bad not in listed or listed[bad].version


def followed(world: IntercomWorld) -> Installation:
    """An installation that has read the workspace once."""
    installation = Installation("sqlite:///:memory:", SourceWorld())
    connector = world.connect()
    source = installation.engine.sources["s"]
    installation.engine.sources["s"] = replace(source, connector=connector, changes_after=connector.changes_after)
    installation.turn()
    return installation


def _old_article(external_id: str) -> dict[str, Any]:
    """An article as version 2.7 has it."""
    return {
        "type": "article",
        "id": str(number_of(external_id)),
        "title": "Title",
        "body": "<p>a</p>",
        "state": "published",
        "created_at": 1_734_537_283,
        "updated_at": 1_734_537_283,
        "url": f"https://help.acme.test/en/articles/{number_of(external_id)}-title",
        "parent_ids": [],
    }
