"""What is no answer: small talk, a wish for a person, a question back, an abstention; the real service says it."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.session_api.kit import CHAT, Shop, shop
from tests.widget.kit import Chat, Chromium, eventually, visiting

pytestmark = pytest.mark.browser

QUESTION = "How long do parcels to Norway take?"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    looks = 'contact_email = "help@acme.com"\ncontact_url = "https://www.acme.com/contact"\n'
    settings = CHAT + looks
    with shop(tmp_path_factory.mktemp("acme"), settings) as opened:
        yield opened


@pytest.fixture
def chat(chromium: Chromium, acme: Shop, words: dict[str, str]) -> Iterator[Chat]:
    with visiting(chromium, f"{acme.url}/demo", words) as opened:
        yield opened.open()


def ask(chat: Chat, said: str) -> None:
    before = chat.answers.count()
    chat.send(said)
    chat.answers.nth(before).locator(".actions").wait_for()


def has_below(chat: Chat, buttons: list[str]) -> bool:
    """Whether exactly these buttons are below the newest message."""
    named = "nodes => nodes.map((one) => one.getAttribute('aria-label') || one.textContent)"
    return bool(chat.answers.last.locator("button").evaluate_all(named) == buttons)


def test_only_what_answers_something_can_be_rated(chat: Chat, words: dict[str, str]) -> None:
    copy = words["copyAnswer"]
    rating = [words["helpful"], words["unhelpful"]]
    expected = {
        "hello!": [copy],
        "it doesn't work": [copy],
        QUESTION: [*rating, copy, words["again"]],
        "thanks a lot": [copy],
        "Can I talk to a human?": [words["person"], copy],
        "Which colour is the moon of Jupiter?": ["Send us this conversation", copy],
    }
    for said, buttons in expected.items():
        ask(chat, said)
        eventually(chat.page, partial(has_below, chat, buttons))
    before = [message.inner_text() for message in chat.answers.all()]

    chat.page.reload()

    chat.answers.nth(5).wait_for()
    assert [message.inner_text() for message in chat.answers.all()] == before
    assert chat.answers.get_by_role("button", name=words["helpful"]).count() == 1


def test_a_wish_for_a_person_opens_the_contact_and_says_what_will_happen(chat: Chat, words: dict[str, str]) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(chat, QUESTION)
    ask(chat, "I want to speak to an agent")

    chat.answers.last.get_by_role("button", name=words["person"]).click()

    page = chat.panel.locator(".page")
    told = page.inner_text()
    assert words["personIntro"] in told
    assert words["emailNote"].replace("{email}", "help@acme.com") in told
    mail = page.get_by_role("link", name=words["email"]).get_attribute("href")
    assert (mail or "").startswith("mailto:help@acme.com")
    assert page.get_by_role("link", name=words["page"]).get_attribute("href") == "https://www.acme.com/contact"
    page.get_by_role("button", name=words["copyTalk"]).click()
    page.get_by_text(words["copied"]).wait_for()
    assert QUESTION in chat.page.evaluate("navigator.clipboard.readText()")


def test_where_a_browser_may_not_copy_the_conversation_can_be_selected(chat: Chat, words: dict[str, str]) -> None:
    chat.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    ask(chat, QUESTION)
    chat.button("person").last.click()

    chat.panel.locator(".page").get_by_role("button", name=words["copyTalk"]).click()

    chat.panel.locator(".page").get_by_text(words["notCopied"]).wait_for()
    assert QUESTION in chat.panel.locator(".transcript").inner_text()


def test_a_page_on_which_nothing_was_asked_offers_nothing_to_send(chat: Chat, words: dict[str, str]) -> None:
    chat.button("person").click()

    page = chat.panel.locator(".page")
    page.get_by_role("link", name=words["email"]).wait_for()
    assert words["personIntro"] not in page.inner_text()
    assert "help@acme.com" in page.inner_text()
    assert page.get_by_role("button").count() == 0
