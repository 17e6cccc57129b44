"""Anyone can use it: by keyboard, by ear, enlarged, in the dark, in either direction."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from sandbox.wire import Fault, Wire
from session_api.widget import bundle
from tests.widget.kit import Chat, Chromium, Site, eventually, page_with, visiting
from tests.widget.scripted import Break, Cite, Gate, Stage

pytestmark = pytest.mark.browser

QUESTION = "How long do returns take?"
RICH = [
    "You have **60 days**",
    Cite("Sending a product back", "https://help.acme.com/articles/1"),
    " from delivery:\n\n",
    "### In the app\n\n1. Open *Orders*\n2. Choose `Return`\n   - or show the code\n\n> Keep the receipt.\n\n",
    "```sh\nacme-cli returns create --order 1234 --reason 'too loud' --label\n```\n\n",
    "| Region | Days | Fee | Carrier and the place where it is picked up |\n|---|---|---|---|\n"
    "| EU | 60 | free | any |\n\n",
    "More at https://help.acme.com/returns",
    Cite("Fees", "https://help.acme.com/articles/2"),
    ".",
]
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 568}, "has_touch": True},
    "right to left": {},
}
STATES = [
    "closed",
    "start",
    "answered",
    "commenting",
    "history",
    "deleting",
    "claiming",
    "contact",
    "form",
    "stopped",
    "cut",
    "down",
    "limited",
    "blocked",
    "offline",
    "answering",
]


@pytest.fixture(params=list(LOOKS))
def chat(
    request: pytest.FixtureRequest, chromium: Chromium, site: Site, server: str, stage: Stage, words: dict[str, str]
) -> Iterator[Chat]:
    rtl = request.param == "right to left"
    form = {"contact_form": site.put("/contact", "<p>Thank you</p>")} if rtl else {}
    address = site.put("/", page_with(server, lang="ar" if rtl else "en", **form))
    stage.chat.answers = [RICH]
    with visiting(chromium, address, bundle.texts("ar") if rtl else words, **LOOKS[request.param]) as opened:
        yield opened


def reach(chat: Chat, state: str, stage: Stage, wire: Wire) -> None:
    """Bring the chat into a state."""
    if state == "closed":
        return
    if state == "blocked":
        wire.fail(Fault(path="^/api/", method="POST", status=403, headers={"access-control-allow-origin": "*"}))
    chat.open()
    if state in {"start", "blocked"}:
        return
    if state in {"contact", "form"}:
        chat.ask(QUESTION)
        chat.button("person").click()
        chat.panel.locator("summary").click()
        return
    steps: dict[str, Callable[[], None]] = {
        "answered": lambda: chat.ask(QUESTION),
        "commenting": lambda: _then(chat, "unhelpful"),
        "history": lambda: _then(chat, "history"),
        "deleting": lambda: _delete(chat),
        "claiming": lambda: _claim(chat, stage),
        "stopped": lambda: _answering(chat, stage, then=lambda: chat.button("stop").click()),
        "answering": lambda: _answering(chat, stage, then=lambda: None),
        "cut": lambda: _cut(chat, stage),
        "down": lambda: _fail(chat, wire, 503),
        "limited": lambda: _fail(chat, wire, 429),
        "offline": lambda: _offline(chat),
    }
    steps[state]()


def _claim(chat: Chat, stage: Stage) -> None:
    stage.unclaimed = 2
    chat.page.evaluate("Answerwell.identify('signed-for-ann')")
    chat.button("claimYes").wait_for()


def _then(chat: Chat, key: str) -> None:
    chat.ask(QUESTION)
    chat.button(key).click()


def _offline(chat: Chat) -> None:
    chat.page.context.set_offline(True)
    chat.send(QUESTION)
    chat.error("offline").wait_for()


def _delete(chat: Chat) -> None:
    chat.ask(QUESTION)
    chat.button("history").click()
    chat.panel.locator(".threads .icon-button").click()


def _answering(chat: Chat, stage: Stage, then: Callable[[], None]) -> None:
    stage.chat.answers = [["The beginning. And ", Gate()]]
    chat.send(QUESTION)
    chat.last.get_by_text("The beginning.").wait_for()
    then()


def _cut(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["The beginning", Break(politely=True)]]
    chat.send(QUESTION)
    chat.error("cut").wait_for()


def _fail(chat: Chat, wire: Wire, status: int) -> None:
    headers = {"access-control-allow-origin": "*", "retry-after": "900"}
    wire.fail(Fault(path="^/chatkit", method="POST", times=None, status=status, headers=headers))
    chat.send(QUESTION)
    chat.panel.locator(".error-box").wait_for()


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(chat: Chat, state: str, stage: Stage, wire: Wire) -> None:
    reach(chat, state, stage, wire)
    chat.page.wait_for_function(
        "() => document.getAnimations().every((a) => a.effect.getTiming().iterations === Infinity)"
    )

    found = Axe().run(chat.page, options={"resultTypes": ["violations"]}).response

    problems = [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found["violations"]]
    assert problems == []


@pytest.fixture
def plain(chromium: Chromium, site: Site, server: str, words: dict[str, str]) -> Iterator[Chat]:
    with visiting(chromium, site.put("/", page_with(server)), words) as opened:
        yield opened


def focused(chat: Chat) -> str:
    """The name of what has the focus."""
    return str(
        chat.page.evaluate(
            "() => { let n = document.activeElement;"
            " while (n.shadowRoot && n.shadowRoot.activeElement) n = n.shadowRoot.activeElement;"
            " return n.getAttribute('aria-label') || n.textContent.trim() || n.localName; }"
        )
    )


def test_everything_can_be_done_by_keyboard_alone(plain: Chat, stage: Stage) -> None:
    keys, words = plain.page.keyboard, plain.words
    stage.chat.answers = [["Sixty days", Cite("Returns", "https://help.acme.com/1"), "."]]
    keys.press("Tab")
    assert focused(plain) == words["open"]

    keys.press("Enter")
    plain.panel.wait_for()
    eventually(plain.page, lambda: focused(plain) == words["placeholder"])
    keys.type(QUESTION)
    keys.press("Enter")
    plain.button("helpful").wait_for()
    assert focused(plain) == words["placeholder"]
    walk(plain, words["unhelpful"], back=True)
    keys.press("Space")
    keys.type("Which days?")
    keys.press("Tab")
    keys.press("Enter")
    plain.answers.last.get_by_text(words["thanks"]).wait_for()
    walk(plain, words["person"])
    keys.press("Enter")
    assert focused(plain) == words["person"]
    keys.press("Escape")
    assert focused(plain) == words["placeholder"]
    keys.press("Escape")
    plain.panel.wait_for(state="hidden")

    assert focused(plain) == words["open"]
    assert stage.requests[-1]["metadata"] == {"comment": "Which days?"}


def walk(chat: Chat, name: str, *, back: bool = False) -> None:
    """Press Tab until something has the focus; nothing may hold it."""
    for _ in range(40):
        if focused(chat) == name:
            return
        chat.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{name} is never reached")


def test_the_focus_can_leave_the_chat_on_a_wide_screen(plain: Chat) -> None:
    plain.open()

    for _ in range(14):
        plain.page.keyboard.press("Tab")
        if not plain.page.evaluate("document.activeElement.matches('answerwell-chat')"):
            return
    raise AssertionError("the chat holds the focus")


def test_on_a_phone_the_focus_stays_on_the_sheet_and_the_page_stands_still(
    chromium: Chromium, site: Site, server: str, words: dict[str, str]
) -> None:
    address = site.put("/", page_with(server, body="<a href='#x'>A link of the page</a><p style='height:3000px'></p>"))
    with visiting(chromium, address, words, viewport={"width": 390, "height": 844}, has_touch=True) as chat:
        chat.open()
        assert chat.panel.get_attribute("aria-modal") == "true"
        assert chat.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}

        for _ in range(20):
            chat.page.keyboard.press("Tab")
            assert chat.page.evaluate("document.activeElement.matches('answerwell-chat')")

        assert chat.page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
        chat.button("close").click()
        chat.panel.wait_for(state="hidden")
        assert chat.page.evaluate("getComputedStyle(document.documentElement).overflow") != "hidden"


def height(chat: Chat) -> float:
    box = chat.panel.bounding_box()
    return box["height"] if box else 0


def test_the_sheet_ends_where_the_keyboard_begins(
    chromium: Chromium, site: Site, server: str, words: dict[str, str]
) -> None:
    with visiting(chromium, site.put("/", page_with(server)), words, viewport={"width": 390, "height": 844}) as chat:
        chat.open()
        chat.page.set_viewport_size({"width": 390, "height": 460})  # what a keyboard leaves
        eventually(chat.page, lambda: height(chat) == 460)

        box = chat.input.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 460


def test_whole_sentences_are_read_and_none_twice(plain: Chat, stage: Stage) -> None:
    gate = Gate()
    stage.chat.answers = [
        ["You have **60", " days**. That ", gate, "is all", Cite("Returns", "https://help.acme.com/1"), "!"]
    ]
    plain.open().send(QUESTION)
    plain.last.get_by_text("That").wait_for()
    before = plain.live
    gate.open()
    plain.answers.last.locator(".actions").wait_for()

    assert before == [plain.words["thinking"], "You have 60 days."] or before == [
        plain.words["thinking"],
        "You have 60 days. ",
    ]
    assert [" ".join(text.split()) for text in plain.live] == [
        plain.words["thinking"],
        "You have 60 days.",
        "That is all!",
        "Sources: 1",
    ]


def test_the_log_itself_is_silent_and_speakers_are_headings(plain: Chat) -> None:
    plain.open().ask(QUESTION)

    assert plain.panel.get_by_role("log").get_attribute("aria-live") == "off"
    assert plain.panel.get_by_role("heading", level=2).inner_text() == "Ask Acme"
    assert plain.panel.get_by_role("heading", level=3).all_inner_texts()[-2:] == [
        plain.words["you"],
        plain.words["they"],
    ]


@pytest.mark.parametrize(("width", "height"), [(320, 256), (320, 568), (640, 360), (590, 400)])
def test_enlarged_or_on_the_smallest_screen_nothing_is_cut_off(
    chromium: Chromium, site: Site, server: str, stage: Stage, words: dict[str, str], width: int, height: int
) -> None:
    """A window of 1280 by 720 at 200 % is 640 by 360 in size, one of 1280 by 1024 at 400 % is 320 by 256."""
    stage.chat.answers = [RICH]
    with visiting(
        chromium, site.put("/", page_with(server)), words, viewport={"width": width, "height": height}
    ) as chat:
        chat.open().ask(QUESTION)

        assert not chat.panel.locator(".log").evaluate("n => n.scrollWidth > n.clientWidth")
        log = chat.panel.locator(".log").bounding_box()
        assert log is not None
        assert log["height"] >= 80
        for control in [chat.input, chat.button("send"), chat.button("person"), chat.button("close")]:
            box = control.bounding_box()
            assert box is not None
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width
            assert 0 <= box["y"] <= box["y"] + box["height"] <= height


def test_every_button_shows_its_picture(chat: Chat) -> None:
    chat.open().ask(QUESTION)

    seen = chat.panel.locator("button:visible path").evaluate_all("all => all.map((n) => n.getBBox().width > 3)")
    assert len(seen) >= 9
    assert all(seen)
    assert chat.panel.locator("button:visible path").evaluate_all(
        "all => all.every((n) => getComputedStyle(n).display !== 'none')"
    )


def test_targets_are_large_enough_for_a_finger(chat: Chat) -> None:
    chat.open().ask(QUESTION)

    sizes = chat.panel.locator("button, textarea, .source").evaluate_all(
        "all => all.filter((n) => n.getClientRects().length).map((n) => [n.className, n.offsetWidth, n.offsetHeight])"
    )
    assert [size for size in sizes if min(size[1:]) < 24] == []
    assert [size for size in sizes if "source" not in size[0] and min(size[1:]) < 34] == []


def test_who_asked_for_less_motion_gets_none(
    chromium: Chromium, site: Site, server: str, words: dict[str, str]
) -> None:
    with visiting(chromium, site.put("/", page_with(server)), words, reduced_motion="reduce") as chat:
        chat.open()

        assert chat.panel.evaluate("n => getComputedStyle(n).animationName") == "none"
        assert chat.launcher.evaluate(
            "n => getComputedStyle(n).transitionProperty === 'none' || getComputedStyle(n).transitionDuration"
        ) in {True, "0s"}


def test_right_to_left_everything_is_mirrored(chromium: Chromium, site: Site, server: str, stage: Stage) -> None:
    stage.chat.answers = [["لديك 60 يومًا", Cite("الإرجاع", "https://help.acme.com/1"), ".\n\n```\nacme --reset\n```"]]
    with visiting(chromium, site.put("/", page_with(server, lang="ar")), bundle.texts("ar")) as chat:
        chat.open().ask("كم يومًا؟")

        launcher, question, log = (
            chat.launcher.bounding_box(),
            chat.questions.last.locator(".body").bounding_box(),
            chat.panel.bounding_box(),
        )
        assert launcher is not None
        assert question is not None
        assert log is not None
        assert launcher["x"] < 100
        assert question["x"] - log["x"] < 30
        assert chat.last.locator("pre").get_attribute("dir") == "ltr"


@pytest.mark.parametrize("accent", ["#ffd400", "#ffffff", "#000000", "#0b5fff", "#7f7f7f", "#e91e63", "#00c853"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_accent_can_be_read(
    chromium: Chromium, site: Site, server: str, stage: Stage, words: dict[str, str], accent: str, scheme: str
) -> None:
    stage.chat.answers = [RICH]
    address = site.put("/", page_with(server, accent=accent, theme=scheme))
    with visiting(chromium, address, words) as chat:
        chat.open().ask(QUESTION)
        chat.page.wait_for_function("() => document.getAnimations().length === 0")

        found = Axe().run(chat.page, options={"runOnly": ["color-contrast"]}).response

    assert [n["html"] for v in found["violations"] for n in v["nodes"]] == []
