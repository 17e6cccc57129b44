"""Who signs in takes along what they see, and is asked about what else was said in this browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route

from sandbox.wire import Fault, Wire
from tests.session_api.kit import CHAT, SHOP, shop
from tests.session_api.test_identity import SECRET, vouched
from tests.widget.kit import Chat, Chromium, Site, eventually, page_with, tab, visiting
from tests.widget.scripted import Stage

pytestmark = pytest.mark.browser

QUESTION = "How long do returns take?"
SIGNED_IN = "(window.Answerwell = window.Answerwell || []).push(['identify', '{token}']);"
IDENTIFY = "Answerwell.identify('signed-for-ann')"


@pytest.fixture
def address(site: Site, server: str) -> str:
    return site.put("/", page_with(server))


@pytest.fixture
def chat(chromium: Chromium, address: str, words: dict[str, str]) -> Iterator[Chat]:
    with visiting(chromium, address, words) as opened:
        yield opened


def shown(stage: Stage) -> str | None:
    """The conversation that the last session was told of."""
    return stage.sessions[-1].get("thread_id")


def test_a_sign_in_names_the_conversation_that_was_gone_on_with_in_this_tab(chat: Chat, stage: Stage) -> None:
    chat.open().ask(QUESTION)
    [thread] = stage.chat.store.threads  # type: ignore[attr-defined] # the scripted server's own store

    chat.page.evaluate(IDENTIFY)

    eventually(chat.page, lambda: "identity_token" in stage.sessions[-1])
    assert shown(stage) == thread


def test_a_conversation_that_somebody_left_is_nobodys_who_signs_in_after_them(
    chat: Chat, stage: Stage, address: str
) -> None:
    chat.open().ask(QUESTION)
    other = tab(chat.page.context, address, chat.words).open()
    other.last.get_by_text("All right.").wait_for()

    other.page.evaluate(IDENTIFY)

    eventually(other.page, lambda: "identity_token" in stage.sessions[-1])
    assert shown(stage) == ""
    other.panel.get_by_role("heading", name=chat.words["greeting"]).wait_for()


@pytest.mark.parametrize(("key", "mine"), [("claimYes", True), ("claimNo", False)])
def test_the_customer_says_whether_the_rest_is_theirs(chat: Chat, stage: Stage, key: str, mine: bool) -> None:
    chat.open().ask(QUESTION)
    stage.unclaimed = 2
    chat.page.evaluate(IDENTIFY)
    asked = chat.panel.get_by_role("group", name=chat.words["claimAsk"])

    chat.button(key).click()

    asked.wait_for(state="hidden")
    assert stage.claims == [{"visitor_token": "visitor-1", "mine": mine}]
    assert chat.panel.get_by_role("heading", name=chat.words["history"]).count() == mine
    stage.expire_all()
    chat.button("new").click()
    chat.ask("And now?")
    assert stage.sessions[-1]["visitor_token"] == "visitor-claimed"


def test_an_answer_that_does_not_arrive_can_be_given_again(chat: Chat, stage: Stage, wire: Wire) -> None:
    stage.unclaimed = 2
    chat.page.evaluate(IDENTIFY)
    chat.open()
    wire.fail(Fault(path="claim", method="POST", status=503, headers={"access-control-allow-origin": "*"}))
    chat.button("claimNo").click()
    eventually(chat.page, lambda: chat.words["down"] in chat.live)

    chat.button("claimNo").click()

    chat.button("claimNo").wait_for(state="hidden")
    assert len(stage.claims) == 1


def test_who_signs_out_is_asked_nothing(chat: Chat, stage: Stage) -> None:
    stage.unclaimed = 2
    chat.page.evaluate(IDENTIFY)
    chat.open()
    chat.button("claimYes").wait_for()

    chat.page.evaluate("Answerwell.identify(null)")

    chat.button("claimYes").wait_for(state="hidden")


def test_at_a_shared_computer_a_customer_sees_their_own_and_the_next_visitor_nothing(
    tmp_path: Path, chromium: Chromium, site: Site, words: dict[str, str]
) -> None:
    """The whole way, with the service itself: Ann asks and leaves, Bob signs in, says no, asks and signs out."""
    keys = f'identity_keys = {{ "2026" = "{SECRET}" }}\n'
    with shop(tmp_path, CHAT.replace(SHOP, site.url) + keys) as library:
        address = site.put("/", page_with(library.url))
        signed_in = site.put(
            "/account", page_with(library.url, head=f"<script>{SIGNED_IN.format(token=vouched('bob'))}</script>")
        )
        with visiting(chromium, address, words) as ann:
            ann.open().ask("Who pays for the parcel?")
            bob = tab(ann.page.context, signed_in, ann.words).open()
            bob.button("claimNo").click()
            bob.button("claimNo").wait_for(state="hidden")
            bob.ask("How long do parcels to Norway take?")
            bob.button("history").click()
            bob.panel.locator(".threads li").first.wait_for()
            assert bob.panel.locator(".threads li .open span").all_inner_texts() == [
                "How long do parcels to Norway take?"
            ]

            cleo = tab(ann.page.context, address, ann.words).open()
            cleo.button("history").click()
            cleo.panel.locator(".page .aside").get_by_text(cleo.words["noHistory"]).wait_for()
            assert cleo.questions.count() == 0


def test_tabs_ask_one_after_the_other_so_that_none_sends_a_token_that_another_replaced(
    chat: Chat, stage: Stage, address: str
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    chat.page.context.add_init_script("AbortSignal.timeout = () => new AbortController().signal")  # on any machine
    chat.page.route("**/api/chatkit/session", hold)
    chat.open()
    eventually(chat.page, lambda: len(held) == 1)
    other = tab(chat.page.context, address, chat.words).open()
    waiting = "async () => (await navigator.locks.query()).pending.length"
    eventually(other.page, lambda: other.page.evaluate(waiting) == 1)

    held[0].continue_()

    eventually(other.page, lambda: len(stage.sessions) == 2)
    assert [asked.get("visitor_token") for asked in stage.sessions] == [None, "visitor-1"]


def test_a_tab_of_somebody_else_takes_no_conversation_away(chat: Chat, stage: Stage, address: str) -> None:
    chat.open().ask(QUESTION)
    other = tab(chat.page.context, address, chat.words).open()
    other.last.get_by_text("All right.").wait_for()
    other.page.evaluate(IDENTIFY)
    other.panel.get_by_role("heading", name=chat.words["greeting"]).wait_for()

    other.ask("Of the customer")

    chat.panel.get_by_role("heading", name=chat.words["greeting"]).wait_for()  # it followed, and found nothing for it
    assert other.questions.locator(".body").all_inner_texts() == ["Of the customer"]
    assert other.answers.count() == 1
