"""On any page: strict policies, frames, pages that rebuild themselves, scripts that come twice."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.wire import Wire, serve
from session_api.widget import bundle
from session_api.widget.appearance import Appearance
from tests.widget.kit import Chat, Chromium, Site, eventually, page_with, visiting
from tests.widget.scripted import Gate, Scripted, Stage

pytestmark = pytest.mark.browser

QUESTION = "How long do returns take?"
Visit = Callable[..., Chat]


@pytest.fixture
def visit(chromium: Chromium, site: Site, server: str, words: dict[str, str]) -> Iterator[Visit]:
    """Open a page that embeds the widget; its policy, its content and the tag's data attributes are given."""
    left: list[Any] = []

    def go(*, policy: str = "", context: dict[str, Any] | None = None, **page: str) -> Chat:
        headers = {"content_security_policy": policy} if policy else {}
        address = site.put("/", page_with(server, **page), **headers)
        manager = visiting(chromium, address, words, **(context or {}))
        left.append(manager)
        return manager.__enter__()

    yield go
    for manager in left:
        manager.__exit__(None, None, None)


def complaints(chat: Chat) -> list[str]:
    return [line for line in chat.console if "Content Security Policy" in line or "Trusted" in line]


def test_it_works_under_a_policy_without_anything_inline_and_with_trusted_types(visit: Visit, server: str) -> None:
    chat = visit(
        policy=f"default-src 'none'; script-src {server}; connect-src {server};"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )

    chat.open().ask(QUESTION)
    chat.button("history").click()
    chat.button("person").click()

    assert complaints(chat) == []
    assert chat.panel.evaluate("node => getComputedStyle(node).position") == "fixed"


def test_it_works_with_a_nonce_alone(visit: Visit, server: str) -> None:
    chat = visit(policy=f"script-src 'nonce-abc'; style-src 'none'; connect-src {server}", script='nonce="abc"')

    chat.open().ask(QUESTION)

    assert complaints(chat) == []


def test_it_works_on_an_isolated_page(chromium: Chromium, site: Site, server: str, words: dict[str, str]) -> None:
    address = site.put(
        "/", page_with(server), cross_origin_embedder_policy="require-corp", cross_origin_opener_policy="same-origin"
    )
    with visiting(chromium, address, words) as chat:
        chat.open().ask(QUESTION)

        assert chat.page.evaluate("crossOriginIsolated")


def test_it_works_inside_a_frame(chromium: Chromium, site: Site, server: str, words: dict[str, str]) -> None:
    site.put("/inner", page_with(server))
    address = site.put(
        "/", '<iframe src="/inner" width="700" height="700"></iframe><script>window.Answerwell={version:1}</script>'
    )
    with visiting(chromium, address, words) as chat:
        frame = chat.page.frame_locator("iframe")
        frame.locator("answerwell-chat .launcher").click()
        frame.locator(".composer textarea").fill(QUESTION)
        frame.locator(".composer textarea").press("Enter")

        frame.locator(".message.answer .actions").wait_for()


def test_the_page_cannot_look_into_the_chat(chromium: Chromium, site: Site, server: str, words: dict[str, str]) -> None:
    address = site.put("/", page_with(server))
    with visiting(chromium, address, words, init="") as chat:
        chat.page.keyboard.press("Tab")
        chat.page.keyboard.press("Enter")
        chat.page.wait_for_function("document.activeElement.matches('answerwell-chat[data-open]')")
        chat.page.get_by_text("A shop").first.wait_for()

        assert chat.page.evaluate("document.querySelector('answerwell-chat').shadowRoot") is None


def test_a_page_that_swaps_its_body_keeps_the_chat_and_what_is_going_on(visit: Visit, stage: Stage) -> None:
    chat = visit()
    gate = Gate()
    stage.chat.answers = [["The first half", gate, " and the second."]]
    chat.open().send(QUESTION)
    chat.last.get_by_text("The first half").wait_for()

    chat.page.evaluate(
        "() => { history.pushState({}, '', '/next'); const body = document.createElement('body');"
        " body.innerHTML = '<h1>Another page</h1>'; document.documentElement.replaceChild(body, document.body); }"
    )
    gate.open()

    chat.last.get_by_text("The first half and the second.").wait_for()
    assert chat.page.locator("answerwell-chat").count() == 1


def test_a_page_that_empties_its_body_again_and_again_is_not_frozen(visit: Visit) -> None:
    chat = visit()
    chat.page.evaluate(
        "() => new MutationObserver(() => document.querySelectorAll('answerwell-chat').forEach((n) => n.remove()))"
        ".observe(document.body, { childList: true })"
    )
    chat.page.evaluate("document.querySelector('answerwell-chat').remove()")

    assert chat.page.evaluate("1 + 1") == 2


def test_a_script_that_comes_twice_makes_one_chat(visit: Visit, server: str) -> None:
    chat = visit(
        body=f'<script src="{server}/embed.js" async></script><script src="{server}/embed.js?again" async></script>'
    )
    chat.page.wait_for_load_state("load")

    assert chat.page.locator("answerwell-chat").count() == 1
    chat.open().ask(QUESTION)


def test_another_servers_script_is_refused_aloud(visit: Visit, stage: Stage, server: str) -> None:
    with serve(Wire(Stage(Scripted()).app)) as other:
        chat = visit()
        chat.page.evaluate(
            f"() => document.head.append(Object.assign(document.createElement('script'), {{src: '{other}/embed.js'}}))"
        )
        eventually(chat.page, lambda: any("already loaded from" in line and server in line for line in chat.console))

    assert chat.page.locator("answerwell-chat").count() == 1


def test_what_was_destroyed_is_gone_and_can_come_again(visit: Visit, server: str) -> None:
    chat = visit()
    chat.open().ask(QUESTION)
    chat.page.evaluate("Answerwell.destroy()")
    assert chat.page.locator("answerwell-chat").count() == 0
    assert chat.page.evaluate("typeof Answerwell") == "undefined"

    chat.page.evaluate(
        f"() => document.head.append(Object.assign(document.createElement('script'), {{src: '{server}/embed.js'}}))"
    )

    chat.page.wait_for_function("window.Answerwell")
    chat.last.get_by_text("All right.").wait_for()


def test_what_was_destroyed_leaves_nothing_in_memory(visit: Visit) -> None:
    chat = visit()
    chat.page.evaluate("() => { window.kept = new WeakRef(document.querySelector('answerwell-chat')); }")
    chat.page.evaluate(
        "() => new Promise((done) => { Answerwell.on('answer', () => done(true)); Answerwell.ask('Anything?'); })"
    )

    chat.page.evaluate("Answerwell.destroy()")
    session = chat.page.context.new_cdp_session(chat.page)
    eventually(chat.page, lambda: bool(session.send("HeapProfiler.collectGarbage") or True) and _is_gone(chat))


def _is_gone(chat: Chat) -> bool:
    return bool(chat.page.evaluate("kept.deref() === undefined"))


def test_what_the_page_wants_before_the_script_is_there_is_done_once_it_is(
    chromium: Chromium, site: Site, server: str, words: dict[str, str]
) -> None:
    head = "<script>(window.Answerwell = window.Answerwell || []).push(['ask', 'Where is my order?']);"
    head += " document.addEventListener('answerwell:ready', () => { window.ready = true; });</script>"
    address = site.put("/", page_with(server, head=head))
    with visiting(chromium, address, words) as chat:
        chat.last.get_by_text("All right.").wait_for()

        assert chat.questions.last.inner_text().endswith("Where is my order?")
        assert chat.page.evaluate("window.ready")


def test_the_page_can_open_close_and_ask(visit: Visit, stage: Stage) -> None:
    chat = visit()

    chat.page.evaluate("Answerwell.ask('What is this?')")
    chat.last.get_by_text("All right.").wait_for()
    chat.page.evaluate("Answerwell.close()")
    chat.panel.wait_for(state="hidden")
    chat.page.evaluate("Answerwell.open()")
    chat.panel.wait_for()

    assert stage.chat.asked == ["What is this?"]


def test_any_button_of_the_page_may_ask(visit: Visit, stage: Stage) -> None:
    chat = visit(
        body='<button data-answerwell-open="Where is my parcel?">Parcel</button>'
        "<button data-answerwell-open>Chat</button>"
    )

    chat.page.get_by_role("button", name="Parcel").click()
    chat.last.get_by_text("All right.").wait_for()
    chat.page.keyboard.press("Escape")
    chat.panel.wait_for(state="hidden")

    assert stage.chat.asked == ["Where is my parcel?"]
    assert chat.page.evaluate("document.activeElement.textContent") == "Parcel"


def test_a_customer_who_signs_in_is_known_and_one_who_signs_out_is_forgotten(visit: Visit, stage: Stage) -> None:
    chat = visit()
    chat.page.evaluate("Answerwell.identify(async () => 'signed-for-ann')")
    chat.open().ask("What did I order?")
    assert stage.sessions[-1]["identity_token"] == "signed-for-ann"

    chat.page.evaluate("Answerwell.identify(null)")

    chat.panel.get_by_role("heading", name=chat.words["greeting"]).wait_for()
    chat.ask("Who am I?")
    assert stage.sessions[-1] == {}
    assert stage.requests[-1]["type"] == "threads.create"


def test_data_attributes_go_before_the_servers_settings(visit: Visit) -> None:
    chat = visit(
        title="Ask Bert",
        greeting="Hello there",
        starters="One?|Two?",
        accent="#ffd400",
        radius="sharp",
        position="left",
        offset_y="60",
        theme="dark",
    )
    chat.open()

    assert chat.panel.get_by_role("heading", name="Ask Bert").is_visible()
    assert chat.panel.get_by_role("heading", name="Hello there").is_visible()
    assert chat.panel.locator(".starter").all_inner_texts() == ["One?", "Two?"]
    chat.input.hover()  # under the pointer the launcher rises
    looks = chat.launcher.evaluate(
        "n => [getComputedStyle(n).backgroundColor, getComputedStyle(n).color, n.offsetLeft]"
    )
    assert looks == ["rgb(255, 212, 0)", "rgb(0, 0, 0)", 20]
    assert chat.launcher.evaluate("n => getComputedStyle(n).bottom") == "80px"
    assert chat.panel.get_attribute("data-theme") == "dark"


def test_texts_can_be_replaced_in_each_language(chromium: Chromium, site: Site, words: dict[str, str]) -> None:
    stage = Stage(Scripted(), Appearance(texts={"de": {"greeting": "Moin!", "open": "Fragen"}}))
    with serve(Wire(stage.app)) as url:
        address = site.put("/", page_with(url, lang="de-AT"))
        with visiting(chromium, address, bundle.texts("de")) as chat:
            chat.page.get_by_role("button", name="Fragen").click()
            chat.panel.get_by_role("heading", name="Moin!").wait_for()


@pytest.mark.parametrize(
    ("lang", "expected"), [("de", "de"), ("fr-CA", "fr"), ("es-419", "es"), ("ar", "ar"), ("ja", "en"), ("", "en")]
)
def test_the_chat_speaks_the_pages_language(visit: Visit, lang: str, expected: str) -> None:
    chat = visit(lang=lang)
    chat.words = bundle.texts(expected)
    chat.open().ask(QUESTION)

    assert chat.panel.get_attribute("lang") == expected
    assert chat.button("helpful").is_visible()


def test_the_chat_covers_no_button_that_the_page_pinned_there(visit: Visit) -> None:
    chat = visit(
        body="<p style='height:3000px'>Long</p>"
        "<div style='position:fixed;right:10px;bottom:10px'>"
        "<button style='width:120px;height:48px'>Cookies</button></div>"
    )
    chat.page.wait_for_load_state("load")
    chat.page.wait_for_function("document.querySelector('answerwell-chat').style.getPropertyValue('--lift') !== '0px'")

    launcher, cookies = chat.launcher.bounding_box(), chat.page.get_by_role("button", name="Cookies").bounding_box()
    assert launcher is not None
    assert cookies is not None
    assert launcher["y"] + launcher["height"] <= cookies["y"]
    chat.page.get_by_role("button", name="Cookies").click()


def test_the_pages_styles_do_not_reach_the_chat(visit: Visit) -> None:
    chat = visit(
        head="<style>* { font: italic 40px serif !important; color: red !important;"
        " box-sizing: content-box !important }"
        " answerwell-chat { display: none; position: static } button { transform: rotate(9deg) }</style>"
    )
    chat.open()

    size = chat.panel.locator("h2").evaluate("n => getComputedStyle(n).fontSize + getComputedStyle(n).fontStyle")
    assert size == "15pxnormal"


def test_parts_can_be_styled_by_the_page(visit: Visit) -> None:
    chat = visit(
        head="<style>answerwell-chat::part(launcher) { border-radius: 4px }"
        " answerwell-chat::part(header) { background: rgb(1, 2, 3) }</style>"
    )
    chat.open()

    assert chat.launcher.evaluate("n => getComputedStyle(n).borderRadius") == "4px"
    assert chat.panel.locator("header").evaluate("n => getComputedStyle(n).backgroundColor") == "rgb(1, 2, 3)"


def test_a_page_can_bring_its_own_launcher(visit: Visit) -> None:
    chat = visit(launcher="hidden", body="<button data-answerwell-open>Help</button>")

    chat.page.get_by_role("button", name="Help").click()

    chat.panel.wait_for()
    assert chat.launcher.count() == 0


def test_a_chat_that_was_open_is_open_on_the_next_page_and_takes_no_focus(
    visit: Visit, site: Site, server: str
) -> None:
    chat = visit()
    chat.open().ask(QUESTION)

    chat.page.goto(site.put("/next", page_with(server, body="<p>Next</p>")))

    chat.last.get_by_text("All right.").wait_for()
    assert chat.page.evaluate("document.activeElement === document.body")


def test_nothing_is_loaded_before_anybody_shows_interest(
    chromium: Chromium, site: Site, server: str, words: dict[str, str]
) -> None:
    address = site.put("/", page_with(server))
    asked: list[str] = []
    with visiting(chromium, address, words) as chat:
        chat.page.on("request", lambda request: asked.append(request.url))
        chat.page.reload()
        chat.page.wait_for_load_state("load")
        chat.launcher.wait_for()

        assert [url for url in asked if url.startswith(server)] == [f"{server}/embed.js"]
        chat.launcher.hover()
        eventually(chat.page, lambda: any("panel-en.js" in url for url in asked))
        assert not any("api/" in url for url in asked)


def test_no_secret_of_a_visitor_is_in_an_address(chat_requests: list[str]) -> None:
    assert chat_requests
    assert not any("visitor-" in url or "token" in url for url in chat_requests)


@pytest.fixture
def chat_requests(visit: Visit) -> list[str]:
    chat = visit()
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url + json.dumps(request.headers.get("referer", ""))))
    chat.open().ask(QUESTION)
    return asked
