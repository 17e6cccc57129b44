"""The whole way: a help center, its sync, the session API, and the widget on the demo page and on a customer's."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.session_api.kit import CHAT, Shop, shop
from tests.widget.kit import OPENED, Chat, Chromium, Site, eventually, page_with, visiting
from tests.widget.payloads import PAYLOADS

pytestmark = pytest.mark.browser

LOOKS = 'title = "Ask Acme"\nstarters = ["How long do parcels to Norway take?"]\ncontact_email = "help@acme.com"\n'
QUESTION = "How long do parcels to Norway take?"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("acme"), CHAT + LOOKS) as opened:
        yield opened


@pytest.fixture
def chat(chromium: Chromium, acme: Shop, words: dict[str, str]) -> Iterator[Chat]:
    with visiting(chromium, f"{acme.url}/demo", words) as opened:
        yield opened
        assert [line for line in opened.console if "Content Security Policy" in line] == []


def test_a_question_is_answered_from_the_help_center_with_a_link_and_its_age(chat: Chat) -> None:
    chat.open().panel.get_by_role("button", name=QUESTION).click()
    chat.answers.last.locator(".actions").wait_for()

    assert chat.last.inner_text().replace("\n", "").startswith("Parcels to Norway take five working days")
    source = chat.answers.last.locator(".sources li")
    assert "Shipping" in source.inner_text()
    assert "Updated on" in source.inner_text()
    assert "/hc/en-us/articles/" in (source.locator("a").get_attribute("href") or "")


def test_what_nothing_answers_is_not_answered_and_leads_to_a_person(chat: Chat, acme: Shop) -> None:
    chat.open().ask("Do you sell bicycles?")
    assert chat.answers.last.locator(".sources").count() == 0

    chat.button("person").click()
    chat.page.route("mailto:*", lambda route: route.abort())
    chat.panel.get_by_role("button", name=chat.words["copyTalk"]).click()
    eventually(chat.page, lambda: "handed_off" in [row.outcome for row in acme.rows("chat_questions")])

    assert "bicycles" in (chat.panel.locator(".transcript").text_content() or "")


def test_a_rating_and_a_comment_are_kept(chat: Chat, acme: Shop) -> None:
    chat.open().ask("I forgot my password")

    chat.button("unhelpful").click()
    chat.panel.get_by_role("textbox", name=chat.words["comment"]).fill("Which page?")
    chat.answers.last.get_by_role("button", name=chat.words["sendComment"]).click()
    chat.answers.last.get_by_text(chat.words["thanks"]).wait_for()

    kept = [(row.feedback, row.comment) for row in acme.rows("chat_questions") if "password" in row.question]
    assert kept == [("negative", "Which page?")]


def test_the_conversation_is_there_after_a_reload_and_in_the_list(chat: Chat) -> None:
    chat.open().ask(QUESTION)
    chat.page.reload()
    chat.last.get_by_text("five working days").wait_for()

    chat.button("again").click()
    chat.answers.last.locator(".actions").wait_for()
    chat.button("history").click()

    chat.panel.locator(".threads .open").filter(has_text="Norway").wait_for()
    assert chat.panel.locator(".threads li").count() == 1


def test_a_page_of_a_listed_origin_may_ask(
    chromium: Chromium, tmp_path: Path, site: Site, words: dict[str, str]
) -> None:
    with shop(tmp_path, CHAT.replace("https://www.acme.com", site.url.replace("127.0.0.1", "localhost"))) as acme:
        address = site.put("/", page_with(acme.url)).replace("127.0.0.1", "localhost")
        with visiting(chromium, address, words) as chat:
            chat.open().ask(QUESTION)

            assert chat.answers.last.locator(".sources li").count() == 1


def test_no_payload_in_documents_and_their_titles_executes(
    chromium: Chromium, tmp_path: Path, words: dict[str, str]
) -> None:
    """The help center is full of them; what is quoted and cited of it arrives as text."""
    articles = {
        f"Gadget{n} {payload[:150]}": html.escape(f"The gadget{n} weighs {n} grams: {payload} says its maker.")
        for n, payload in enumerate(PAYLOADS)
    }
    trap = "window.pwned = () => { window.executed = true; };"
    with (
        shop(
            tmp_path,
            CHAT.replace("[widget]", "grounding = 0\nmin_score = 0.0\n[widget]"),
            articles,
        ) as acme,
        visiting(chromium, f"{acme.url}/demo", words, init=OPENED + trap) as chat,
    ):
        chat.open()
        quoted = 0
        for n in range(0, len(PAYLOADS), 6):
            chat.ask(f"gadget{n} weighs")
            quoted += chat.answers.last.locator(".sources li").count()
        chat.page.reload()
        chat.answers.nth(30).locator(".actions").wait_for()
        chat.button("person").click()

        assert quoted >= 20, "hardly anything was quoted: the test would prove nothing"
        assert not chat.page.evaluate("window.executed")
        assert (
            chat.panel.locator(
                "script, iframe, object, embed, img:not(.logo), form:not(.composer):not(.comment form)"
            ).count()
            == 0
        )
