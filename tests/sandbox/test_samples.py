"""The sample company shows every kind of content the demo speaks of, and the sandbox serves it."""

import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sandbox import main, sample_intercom, samples
from sandbox.zendesk import ZendeskSandbox
from tests import loopback
from tests.sandbox.zendesk_kit import Desk

HC = "/api/v2/help_center"


@pytest.fixture
def acme(desk: Desk) -> ZendeskSandbox:
    account = samples.acme(clock=desk.clock)
    desk.wire.app = account.app
    return account


def seen(desk: Desk, locale: str, *, agent: bool) -> dict[str, dict[str, Any]]:
    ask = desk.get if agent else desk.visit
    body = ask(f"{HC}/{locale}/articles.json", **{"page[size]": 100}).json()
    return {article["title"]: article for article in body["articles"]}


def test_visitors_see_the_public_samples_in_both_languages(desk: Desk, acme: ZendeskSandbox) -> None:
    english, german = seen(desk, "en-us", agent=False), seen(desk, "de", agent=False)

    assert (len(english), len(german)) == (29, 8)
    assert "Filter-Abo pausieren oder kündigen" in german
    assert all(article["body"] for article in (*english.values(), *german.values()))


def test_agents_also_see_the_draft_and_what_is_restricted_but_not_what_is_archived(
    desk: Desk, acme: ZendeskSandbox
) -> None:
    hidden = seen(desk, "en-us", agent=True).keys() - seen(desk, "en-us", agent=False).keys()

    assert hidden == {
        "Firmware 4.2: release notes",
        "Internal: refunds beyond the return period",
        "Your customer discount",
    }
    gone = desk.get(f"{HC}/articles/{acme.article_of['old-filter-club']}.json")
    assert gone.status_code == 404


def test_the_samples_hold_what_is_hard_to_convert(desk: Desk, acme: ZendeskSandbox) -> None:
    everything = "".join(article["body"] for article in seen(desk, "en-us", agent=False).values())

    for mark in (
        "<table>",
        'colspan="2"',
        '<code class="language-json">',
        "<ul><li>On iPhone",
        "display:none",
        'alt="The Wi-Fi',
    ):
        assert mark in everything, mark
    image = re.search(r'src="(?P<path>[^"]+)"', everything)
    assert image is not None
    assert desk.visit(image["path"]).content.startswith(b"\x89PNG")


def test_every_section_has_articles_and_a_german_name(desk: Desk, acme: ZendeskSandbox) -> None:
    sections = desk.get(f"{HC}/sections.json").json()["sections"]

    assert (len(sections), len(desk.get(f"{HC}/de/sections.json").json()["sections"])) == (8, 8)
    assert {a["section_id"] for a in seen(desk, "en-us", agent=False).values()} == {s["id"] for s in sections}
    assert len(desk.get(f"{HC}/de/categories.json").json()["categories"]) == 3


def test_the_tickets_can_be_exported_at_once_and_hold_private_comments(desk: Desk, acme: ZendeskSandbox) -> None:
    export = desk.get("/api/v2/incremental/tickets/cursor.json", start_time=1).json()
    events = desk.get("/api/v2/incremental/ticket_events.json", start_time=1, include="comment_events").json()

    public = [child["public"] for event in events["ticket_events"] for child in event["child_events"]]
    assert (len(export["tickets"]), export["end_of_stream"]) == (10, True)
    assert (public.count(True), public.count(False)) == (22, 5)


@pytest.mark.processes
def test_the_sandbox_serves_both_vendors_until_it_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.md").write_text("# Hello\n\nWorld\n", encoding="utf-8")
    program = "import sys; from pathlib import Path; from sandbox.main import run; run(Path('text'), {}, Path('data'))"
    paths = {"PYTHONPATH": str(Path(main.__file__).parents[1])}

    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, env=paths, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("include"):
            lines.append(process.stdout.readline())
        written = tomllib.loads("".join(lines).partition("all of it:\n")[2])
        (source,) = written["source"]
        articles = loopback.http.get(f"{source['url']}{HC}/en-us/articles.json").json()["articles"]
        key = {"authorization": f"Bearer {written['openai']['api_key']}"}
        stores = loopback.http.get(f"{written['openai']['base_url']}/vector_stores", headers=key)
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=20) == 0
    assert [article["title"] for article in articles] == ["Hello"]
    assert (stores.status_code, source["include"]) == (200, ["articles"])
    assert (tmp_path / "data" / "openai.db").exists()


def test_the_business_desk_shows_who_may_read_what() -> None:
    account = sample_intercom.acme_intercom()
    world = account.world

    audiences = {one.help_center_audience for one in world.articles.values()}
    assert audiences == {"everyone", "all_users"}
    assert any(not one.parents for one in world.articles.values())
    assert any("de" in one.contents for one in world.articles.values())
    assert any(part.part_type == "note" for talk in world.conversations.values() for part in talk.parts)
    assert world.internal_articles
