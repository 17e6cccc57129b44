"""The fake help center: who sees what, what an edit moves, and what vanishes silently."""

from typing import Any

import pytest

from sandbox.wire import Wire, serve
from sandbox.zendesk.articles import NewAttachment
from sandbox.zendesk.records import Role
from tests.sandbox.zendesk_kit import Desk

HC = "/api/v2/help_center"


def listed(desk: Desk, **params: Any) -> dict[int, dict[str, Any]]:
    body = desk.get(f"{HC}/articles.json", **{"page[size]": "100"}, **params).json()
    return {article["id"]: article for article in body["articles"]}


def public_ids(desk: Desk, locale: str = "en-us") -> set[int]:
    body = desk.visit(f"{HC}/{locale}/articles.json", **{"page[size]": "100"}).json()
    return {article["id"] for article in body["articles"]}


def test_an_article_carries_every_documented_field(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="Refunds", body="<p>30 days</p>", labels=("money",))

    shown = desk.get(f"{HC}/articles/{article}.json").json()["article"]

    assert set(shown) == {
        *("id", "url", "html_url", "author_id", "comments_disabled", "content_tag_ids", "created_at", "draft"),
        *("edited_at", "label_names", "locale", "outdated", "outdated_locales", "permission_group_id", "position"),
        *("promoted", "section_id", "source_locale", "title", "name", "body", "updated_at", "user_segment_id"),
        *("user_segment_ids", "vote_sum", "vote_count"),
    }
    assert shown["html_url"] == f"{desk.url}/hc/en-us/articles/{article}-Refunds"
    assert (shown["label_names"], shown["updated_at"]) == (["money"], "2026-09-21T14:13:20Z")


def test_visitors_see_only_what_is_published_to_everyone(desk: Desk) -> None:
    sandbox = desk.sandbox
    open_one = sandbox.put_article(title="Open")
    sandbox.put_article(title="Draft", draft=True)
    sandbox.put_article(title="Staff", user_segment_id=sandbox.staff)
    sandbox.put_article(title="Several", user_segment_ids=[sandbox.signed_in])
    sandbox.archive_article(sandbox.put_article(title="Archived"))

    assert public_ids(desk) == {open_one}
    assert {a["title"] for a in listed(desk).values()} == {"Open", "Draft", "Staff", "Several"}


def test_end_users_see_what_is_for_signed_in_users_but_not_what_is_for_staff(desk: Desk) -> None:
    sandbox = desk.sandbox
    sandbox.put_article(title="Customers", user_segment_id=sandbox.signed_in)
    sandbox.put_article(title="Staff", user_segment_id=sandbox.staff)
    sandbox.world.role = Role.END_USER

    body = desk.get(f"{HC}/en-us/articles.json").json()

    assert [article["title"] for article in body["articles"]] == ["Customers"]


def test_visitors_and_end_users_must_name_a_locale(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="Open")
    desk.sandbox.world.role = Role.END_USER

    assert desk.visit(f"{HC}/articles.json").status_code == 403
    assert desk.visit(f"{HC}/articles/{article}.json").status_code == 403
    assert desk.get(f"{HC}/articles.json").status_code == 403
    assert desk.visit(f"{HC}/sections.json").status_code == 403


@pytest.mark.parametrize("refusal", [401, 403, 404])
def test_a_visitor_is_refused_an_article_that_is_not_public(desk: Desk, refusal: Any) -> None:
    article = desk.sandbox.put_article(title="Staff", user_segment_id=desk.sandbox.staff)
    desk.sandbox.world.refusal = refusal

    assert desk.visit(f"{HC}/en-us/articles/{article}.json").status_code == refusal
    assert desk.visit(f"/hc/en-us/articles/{article}").status_code == 404


def test_a_draft_in_one_locale_is_public_in_the_other(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="Refunds", translations={"de": ("Erstattung", "<p>Ja</p>")})

    desk.sandbox.set_draft(article, "de", True)

    assert (public_ids(desk), public_ids(desk, "de")) == ({article}, set())
    assert desk.get(f"{HC}/de/articles/{article}.json").json()["article"]["draft"] is True
    assert desk.get(f"{HC}/articles/{article}.json").json()["article"]["draft"] is False


def test_a_locale_lists_only_what_is_written_in_it(desk: Desk) -> None:
    desk.sandbox.put_article(title="English only")
    both = desk.sandbox.put_article(title="Both", translations={"de": ("Beide", "<p>Hallo</p>")})

    body = desk.get(f"{HC}/de/articles.json").json()

    assert [(a["id"], a["title"], a["locale"], a["body"]) for a in body["articles"]] == [
        (both, "Beide", "de", "<p>Hallo</p>")
    ]
    assert desk.get(f"{HC}/fr/articles.json").json()["error"] == "InvalidEndpoint"
    assert desk.get(f"{HC}/locales.json").json() == {"locales": ["en-us", "de"], "default_locale": "en-us"}


def test_translations_are_embedded_on_request_and_hide_drafts_from_visitors(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="Refunds", translations={"de": ("Erstattung", "")})
    desk.sandbox.set_draft(article, "de", True)

    to_agent = listed(desk, include="translations")[article]["translations"]
    to_visitor = desk.visit(f"{HC}/en-us/articles/{article}.json", include="translations").json()["article"]

    assert [(t["locale"], t["draft"], t["source_id"]) for t in to_agent] == [
        ("en-us", False, article),
        ("de", True, article),
    ]
    assert [t["locale"] for t in to_visitor["translations"]] == ["en-us"]


def test_translations_are_filtered_by_locale_and_draft(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="A", translations={"de": ("B", ""), "fr": ("C", "")})
    desk.sandbox.set_draft(article, "fr", True)
    path = f"{HC}/articles/{article}/translations.json"

    assert [t["title"] for t in desk.get(path, locales="de,fr").json()["translations"]] == ["B", "C"]
    assert [t["title"] for t in desk.get(path, draft="true").json()["translations"]] == ["C"]


def test_showing_an_article_brings_its_section_category_and_author(desk: Desk) -> None:
    category = desk.sandbox.put_category("Billing", translations={"de": "Abrechnung"})
    section = desk.sandbox.put_section("Refunds", category=category)
    article = desk.sandbox.put_article(title="A", section=section, translations={"de": ("B", "")})

    body = desk.get(f"{HC}/de/articles/{article}.json", include="sections,categories,users").json()

    assert [(s["id"], s["category_id"], s["parent_section_id"]) for s in body["sections"]] == [
        (section, category, None)
    ]
    assert [c["name"] for c in body["categories"]] == ["Abrechnung"]
    assert [u["id"] for u in body["users"]] == [body["article"]["author_id"]]


def test_sections_and_categories_are_listed_by_locale_and_place(desk: Desk) -> None:
    category = desk.sandbox.put_category("Billing", translations={"de": "Abrechnung"})
    outer = desk.sandbox.put_section("Refunds", category=category)
    inner = desk.sandbox.put_section("Abroad", category=category, parent=outer, translations={"de": "Ausland"})
    desk.sandbox.translate(desk.sandbox.put_article(title="A", section=inner), "de", "B", "")

    everything = desk.get(f"{HC}/sections.json").json()["sections"]
    german = desk.visit(f"{HC}/de/sections.json").json()["sections"]
    of_category = desk.get(f"{HC}/categories/{category}/sections.json").json()["sections"]

    assert [(s["name"], s["parent_section_id"]) for s in everything] == [("Refunds", None), ("Abroad", outer)]
    assert [(s["id"], s["name"]) for s in german] == [(inner, "Ausland")]
    assert [s["id"] for s in of_category] == [outer, inner]


def test_attachments_are_told_apart_and_served(desk: Desk) -> None:
    files = [NewAttachment("a.png", b"png", "image/png", inline=True), NewAttachment("b.pdf", b"%PDF")]
    article = desk.sandbox.put_article(title="A", attachments=files)

    names = {
        kind: [a["file_name"] for a in desk.get(f"{HC}/articles/{article}/{kind}.json").json()["article_attachments"]]
        for kind in ("attachments", "attachments/inline", "attachments/block")
    }
    first = desk.get(f"{HC}/articles/{article}/attachments.json").json()["article_attachments"][0]

    assert names == {
        "attachments": ["a.png", "b.pdf"],
        "attachments/inline": ["a.png"],
        "attachments/block": ["b.pdf"],
    }
    assert desk.visit(first["content_url"]).content == b"png"
    desk.sandbox.segment(article, desk.sandbox.staff)
    assert desk.visit(first["content_url"]).status_code == 404


def test_editing_moves_both_times_and_voting_only_one(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="A", body="old")
    desk.clock.pass_time(100)
    desk.sandbox.vote(article)
    voted = listed(desk)[article]
    desk.clock.pass_time(100)
    desk.sandbox.put_article(id=article, body="new")
    edited = listed(desk)[article]

    assert (voted["updated_at"], voted["edited_at"]) == ("2026-09-21T14:15:00Z", "2026-09-21T14:13:20Z")
    assert (edited["updated_at"], edited["edited_at"]) == ("2026-09-21T14:16:40Z", "2026-09-21T14:16:40Z")
    assert (edited["title"], edited["body"], edited["vote_sum"]) == ("A", "new", 1)


def test_a_new_label_is_a_change_but_no_edit_of_the_text(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="A", body="b")
    desk.clock.pass_time(60)

    desk.sandbox.put_article(id=article, title="A", labels=["x"])

    shown = listed(desk)[article]
    assert (shown["updated_at"], shown["edited_at"]) == ("2026-09-21T14:14:20Z", "2026-09-21T14:13:20Z")


def test_an_edit_leaves_alone_what_it_does_not_name(desk: Desk) -> None:
    staff = desk.sandbox.staff
    article = desk.sandbox.put_article(title="A", body="b", labels=["x"], draft=True, user_segment_id=staff)

    desk.sandbox.put_article(id=article, title="B")

    shown = listed(desk)[article]
    assert (shown["title"], shown["body"], shown["label_names"]) == ("B", "b", ["x"])
    assert (shown["draft"], shown["user_segment_id"]) == (True, staff)


def test_an_archived_article_answers_404_until_it_is_restored(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="A")

    desk.sandbox.archive_article(article)
    gone = desk.get(f"{HC}/articles/{article}.json")
    page = desk.visit(f"/hc/en-us/articles/{article}")
    desk.sandbox.restore_article(article)

    assert (gone.status_code, gone.json()["error"], page.status_code) == (404, "RecordNotFound", 404)
    assert set(listed(desk)) == {article}


def test_deleting_a_category_silently_archives_everything_below(desk: Desk) -> None:
    category = desk.sandbox.put_category("Old")
    outer = desk.sandbox.put_section("Outer", category=category)
    inner = desk.sandbox.put_section("Inner", category=category, parent=outer)
    for section in (outer, inner):
        desk.sandbox.put_article(title="Gone", section=section)
    new = desk.sandbox.put_section("New", category=desk.sandbox.put_category("Other"))
    kept = desk.sandbox.put_article(title="Kept", section=new)

    desk.sandbox.delete_category(category)

    assert set(listed(desk)) == {kept}
    assert [s["name"] for s in desk.get(f"{HC}/sections.json").json()["sections"]] == ["New"]


def test_deleting_a_section_takes_those_inside_it_along(desk: Desk) -> None:
    outer = desk.sandbox.put_section("Outer")
    inner = desk.sandbox.put_section("Inner", parent=outer)
    desk.sandbox.put_article(title="Gone", section=inner)

    desk.sandbox.delete_section(outer)

    assert listed(desk) == {}
    assert desk.get(f"{HC}/sections.json").json()["sections"] == []


def test_removing_a_translation_takes_it_from_its_locale_only(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="A")
    desk.sandbox.translate(article, "de", "B", "")

    desk.sandbox.remove_translation(article, "de")

    assert desk.get(f"{HC}/de/articles.json").json()["articles"] == []
    assert desk.get(f"{HC}/de/articles/{article}.json").json()["error"] == "RecordNotFound"
    with pytest.raises(ValueError, match="source locale"):
        desk.sandbox.remove_translation(article, "en-us")


def test_a_closed_help_center_shows_visitors_nothing_or_refuses_them(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="A")

    desk.sandbox.close_to_public()
    filtered = public_ids(desk)
    sections = desk.visit(f"{HC}/en-us/sections.json").json()["sections"]
    desk.sandbox.close_to_public(refuses=True)

    assert (filtered, sections) == (set(), [])
    assert desk.visit(f"{HC}/en-us/articles.json").status_code == 401
    assert set(listed(desk)) == {article}


def test_a_brand_without_help_center_has_no_such_paths(desk: Desk) -> None:
    desk.sandbox.disable_help_center()

    for path in ("articles.json", "incremental/articles.json?start_time=1", "en-us/articles.json", "locales.json"):
        answer = desk.get(f"{HC}/{path}")
        assert (answer.status_code, answer.json()["error"]) == (404, "InvalidEndpoint")


def test_each_brand_has_its_own_articles_at_its_own_origin(desk: Desk) -> None:
    desk.sandbox.add_brand("shop", ("de",))
    mine = desk.sandbox.put_article(title="Main")
    theirs = desk.sandbox.put_article(title="Laden", brand="shop")

    with serve(Wire(desk.sandbox.brand_app("shop"))) as shop:
        body = desk.get(f"{shop}{HC}/articles.json").json()
        missing = desk.get(f"{shop}{HC}/articles/{mine}.json")
        tickets = desk.get(f"{shop}/api/v2/tickets.json")

    assert [(a["id"], a["locale"], a["html_url"]) for a in body["articles"]] == [
        (theirs, "de", f"{shop}/hc/de/articles/{theirs}-Laden")
    ]
    assert (missing.status_code, tickets.status_code) == (404, 404)
    assert set(listed(desk)) == {mine}


def test_a_public_article_has_a_page(desk: Desk) -> None:
    article = desk.sandbox.put_article(title="A & B", body="<p>Hello</p>")

    page = desk.visit(listed(desk)[article]["html_url"])

    assert "<h1>A &amp; B</h1><p>Hello</p>" in page.text
    assert page.headers["content-type"].startswith("text/html")


def test_segments_are_for_agents(desk: Desk) -> None:
    custom = desk.sandbox.put_segment("Gold", "signed_in_users")

    names = [s["id"] for s in desk.get(f"{HC}/user_segments.json", built_in="false").json()["user_segments"]]

    assert names == [custom]
    assert desk.visit(f"{HC}/user_segments.json").status_code == 401


def test_content_tags_are_listed(desk: Desk) -> None:
    tag = desk.sandbox.put_content_tag("shipping")
    article = desk.sandbox.put_article(title="A", content_tag_ids=[tag])

    records = desk.get("/api/v2/guide/content_tags", **{"page[size]": "30"}).json()["records"]

    assert [(r["id"], r["name"]) for r in records] == [(tag, "shipping")]
    assert listed(desk)[article]["content_tag_ids"] == [tag]
