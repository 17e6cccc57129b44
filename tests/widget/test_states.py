"""When something is wrong, the chat says what to do, a person can be reached, and nothing that was written is lost."""

from collections.abc import Iterator
from typing import Literal

import pytest

from sandbox.wire import Fault, Wire
from tests.session_api.kit import Shop, shop
from tests.widget.kit import Chat, Chromium, Site, page_with, visiting
from tests.widget.scripted import Stage

pytestmark = pytest.mark.browser

QUESTION = "How long do returns take?"


@pytest.fixture
def chat(chromium: Chromium, site: Site, server: str, words: dict[str, str]) -> Iterator[Chat]:
    with visiting(chromium, site.put("/", page_with(server)), words) as opened:
        yield opened


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("acme")) as opened:
        yield opened


def advises(chat: Chat, code: str) -> bool:
    """Whether the state shows its own words and a way to a person."""
    box = chat.error(code)
    box.wait_for()
    return box.inner_text().startswith(chat.words[code].split("{")[0]) and chat.button("person").first.is_visible()


def test_offline_the_question_is_kept_and_sent_once_there_is_a_connection(chat: Chat, stage: Stage) -> None:
    chat.open().ask("First")
    chat.page.context.set_offline(True)
    chat.panel.get_by_text(chat.words["offlineNote"]).wait_for()
    chat.send(QUESTION)
    assert advises(chat, "offline")

    chat.page.context.set_offline(False)

    chat.answers.nth(1).locator(".actions").wait_for()
    assert stage.chat.asked == ["First", QUESTION]
    assert chat.panel.get_by_text(chat.words["offlineNote"]).is_hidden()


def test_a_chat_that_cannot_be_loaded_says_so_and_comes_up_at_the_next_click(chat: Chat) -> None:
    chat.page.context.set_offline(True)
    chat.launcher.click()
    chat.page.get_by_role("alert").get_by_text(chat.words["load_failed"]).wait_for()
    chat.page.context.set_offline(False)

    chat.open()

    assert chat.page.get_by_role("alert").count() == 0
    chat.ask(QUESTION)


def test_too_many_questions_say_how_long_to_wait_and_count_it_down(chat: Chat, wire: Wire) -> None:
    chat.open()
    wire.fail(
        Fault(
            path="^/chatkit",
            method="POST",
            status=429,
            headers={
                "retry-after": "2",
                "access-control-allow-origin": "*",
                "access-control-expose-headers": "retry-after",
            },
        )
    )
    chat.send(QUESTION)
    assert advises(chat, "limited")
    again = chat.error("limited").get_by_role("button", name=chat.words["retry"])
    assert again.is_disabled()

    chat.error("limited").get_by_text(chat.words["waited"]).wait_for()
    again.click()

    chat.last.get_by_text("All right.").wait_for()


@pytest.mark.parametrize("manner", ["answer", "cut"])
def test_a_server_that_is_down_is_told_before_anybody_wrote_in_vain(
    chat: Chat, wire: Wire, manner: Literal["answer", "cut"]
) -> None:
    down = [wire.fail(Fault(path=path, times=None, status=503, manner=manner)) for path in ("^/api/", "diagnose")]
    chat.open()
    assert advises(chat, "down")

    for fault in down:
        wire.faults.remove(fault)
    chat.error("down").get_by_role("button", name=chat.words["retry"]).click()

    chat.error("down").wait_for(state="detached")
    chat.ask(QUESTION)


def test_a_page_that_is_not_listed_hears_the_line_to_add(
    chromium: Chromium, acme: Shop, site: Site, words: dict[str, str]
) -> None:
    address = site.put("/", page_with(acme.url)).replace("127.0.0.1", "shop.localhost")
    with visiting(chromium, address, words) as chat:
        chat.open()

        assert advises(chat, "blocked")
        assert any("origins under [widget]" in line and "http://shop.localhost" in line for line in chat.console)


def test_a_page_whose_policy_blocks_the_server_hears_the_directive_to_change(
    chromium: Chromium, server: str, site: Site, words: dict[str, str]
) -> None:
    policy = f"default-src 'none'; script-src {server}"
    address = site.put("/", page_with(server), content_security_policy=policy)
    with visiting(chromium, address, words) as chat:
        chat.open()

        assert advises(chat, "blocked")
        assert any(f"add {server} to connect-src" in line for line in chat.console)


def test_a_policy_that_blocks_the_chat_itself_is_named_in_the_console(
    chromium: Chromium, server: str, site: Site, words: dict[str, str]
) -> None:
    policy = f"script-src {server}/embed.js; connect-src 'none'"
    address = site.put("/", page_with(server), content_security_policy=policy)
    with visiting(chromium, address, words) as chat:
        chat.launcher.click()

        chat.page.get_by_role("alert").get_by_text(words["load_failed"]).wait_for()
        assert any("script-src" in line and server in line for line in chat.console)


def test_a_sign_in_that_ended_is_told_and_a_new_one_goes_on(chat: Chat, wire: Wire, stage: Stage) -> None:
    chat.open().ask("First")
    refused = (
        '{"error":{"code":"identity_expired","message":"The identity token has expired.","fix":"Sign a new one."}}'
    )
    fault = wire.fail(
        Fault(
            path="^/api/",
            method="POST",
            times=None,
            status=401,
            body=refused,
            headers={"access-control-allow-origin": "*"},
        )
    )
    stage.expire_all()
    chat.send(QUESTION)
    assert advises(chat, "signin")

    wire.faults.remove(fault)
    chat.error("signin").get_by_role("button", name=chat.words["retry"]).click()

    chat.answers.nth(1).locator(".actions").wait_for()


def test_a_question_that_is_too_long_is_told_to_be_shortened(chat: Chat, wire: Wire) -> None:
    refused = '{"error":{"code":"message_too_long","message":"The message has 4100 characters.","fix":"Shorten it."}}'
    wire.fail(
        Fault(path="^/chatkit", method="POST", status=400, body=refused, headers={"access-control-allow-origin": "*"})
    )
    chat.open().send(QUESTION)

    assert advises(chat, "long")


@pytest.mark.parametrize("broken", [False, True])
def test_a_person_can_be_reached_from_every_page_of_the_chat(chat: Chat, wire: Wire, broken: bool) -> None:
    if broken:
        wire.fail(Fault(path="^/(api|chatkit)", times=None, status=500))
    chat.open()
    for key in ("history", "back", "person"):
        assert chat.button("person").last.is_visible()
        chat.button(key).last.click()

    assert chat.panel.get_by_role("link", name=chat.words["email"]).is_visible()


def test_who_cannot_keep_anything_can_still_ask(
    chromium: Chromium, server: str, site: Site, words: dict[str, str]
) -> None:
    """A sandboxed frame has no storage and no origin."""
    site.put("/inner", page_with(server))
    address = site.put(
        "/",
        '<!doctype html><iframe sandbox="allow-scripts" src="/inner" width="600" height="700"></iframe>'
        '<script>window.Answerwell = { version: "outer" }</script>',
    )
    with visiting(chromium, address, words) as chat:
        frame = chat.page.frame_locator("iframe")
        frame.locator("answerwell-chat .launcher").click()
        frame.locator(".composer textarea").fill(QUESTION)
        frame.locator(".composer textarea").press("Enter")

        frame.locator(".message.answer .actions").wait_for()
