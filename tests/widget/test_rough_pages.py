"""On pages that do what the chat could stumble over: old libraries, shortcuts, dialogs, transforms, full storage."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.widget import kit
from tests.widget.kit import Chat, Chromium, Site, page_with, visiting
from tests.widget.scripted import Cite, Stage

pytestmark = pytest.mark.browser

QUESTION = "How long do returns take?"
Visit = Callable[..., Chat]
LISTENING = """<script>
window.heard = [];
for (const type of ["keydown", "keyup", "keypress"])
  for (const target of [document, window]) target.addEventListener(type, (event) => heard.push(event.key));
</script>"""
PROTOTYPE = """<script>
Array.prototype.toJSON = function () { return "[" + this.map((one) => JSON.stringify(one)).join(", ") + "]"; };
String.prototype.toJSON = function () { return '"' + this + '"'; };
</script>"""
FULL = """() => {
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
TALL = "<p style='height:3000px'>Long</p>"
DIALOG = """<dialog id="order"><p>Your order</p><button data-answerwell-open>Help</button>
<form method="dialog"><button>Done</button></form></dialog>
<button onclick="document.getElementById('order').showModal()">Order</button>"""
GAPS = """() => {
  window.gaps = 0;
  const root = document.querySelector("answerwell-chat").shadowRoot;
  new MutationObserver(() => {
    const question = [...root.querySelectorAll(".question")].pop();
    const answer = question && question.nextElementSibling && question.nextElementSibling.querySelector(".body");
    const below = [root.querySelector(".progress"), answer];
    if (question && !below.some((one) => one && one.innerText.trim() && one.getClientRects().length)) gaps += 1;
  }).observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
OVERLAPS = """() => {
  const root = document.querySelector("answerwell-chat").shadowRoot;
  const log = root.querySelector(".log"), latest = root.querySelector(".to-latest");
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  let seen = 0, covered = 0;
  for (log.scrollTop = 0; seen < 500; log.scrollTop += 12) {
    log.dispatchEvent(new Event("scroll"));
    if (latest.hidden) break;
    seen += 1;
    const box = latest.getBoundingClientRect();
    for (const part of root.querySelectorAll(".source, .source *, .age"))
      if (overlap(box, part.getBoundingClientRect())) covered += 1;
  }
  return [seen, covered];
}"""


@pytest.fixture
def visit(chromium: Chromium, site: Site, server: str, words: dict[str, str]) -> Iterator[Visit]:
    """Open a page that embeds the widget; `init` runs before each page, `look` is the browser's."""
    with ExitStack() as left:

        def go(*, init: str = "", look: dict[str, Any] | None = None, **page: str) -> Chat:
            address = site.put("/", page_with(server, **page))
            return left.enter_context(visiting(chromium, address, words, init=kit.OPENED + init, **(look or {})))

        yield go


def test_what_is_typed_in_the_chat_is_no_shortcut_of_the_page(visit: Visit) -> None:
    chat = visit(head=LISTENING)
    chat.open().input.press_sequentially("jk /?")
    chat.input.press("Enter")
    chat.last.get_by_text("All right.").wait_for()
    chat.button("unhelpful").click()
    chat.panel.get_by_label(chat.words["comment"]).press_sequentially("gs")
    chat.page.keyboard.press("Escape")
    chat.panel.wait_for(state="hidden")
    assert set(chat.page.evaluate("heard")) <= {"Escape"}  # released where the focus is then, outside

    chat.page.locator("h1").click()
    chat.page.keyboard.press("j")

    assert chat.page.evaluate("heard").count("j") == 6


def test_a_storage_that_fills_up_in_mid_conversation_stops_nothing(visit: Visit, stage: Stage) -> None:
    chat = visit()
    chat.open().ask(QUESTION)

    chat.page.evaluate(FULL)
    chat.ask("And then?")
    stage.expire_all()
    chat.ask("And from Norway?")
    chat.button("new").click()
    chat.ask("Something else")

    threads = [request["params"].get("thread_id") for request in stage.requests if "input" in request["params"]]
    assert threads[0] is None
    assert len(set(threads[1:-2])) == 1
    assert threads[-1] is None
    assert {asked.get("visitor_token") for asked in stage.sessions[1:]} == {"visitor-1"}


def test_behind_a_proxy_that_ends_tls_the_chat_keeps_to_its_own_scheme(visit: Visit, stage: Stage) -> None:
    stage.scheme = "https"  # the wrong one here, as http is there

    chat = visit()
    chat.open().ask(QUESTION)

    assert stage.chat.asked == [QUESTION]


def test_a_library_that_changes_how_arrays_become_json_changes_no_request(visit: Visit, stage: Stage) -> None:
    chat = visit(head=PROTOTYPE)
    chat.open().ask(QUESTION)
    chat.button("helpful").click()
    chat.panel.get_by_text(chat.words["thanks"]).first.wait_for()
    chat.ask('And "quotes", \\ and\nlines?')

    assert stage.chat.asked == [QUESTION, 'And "quotes", \\ and\nlines?']
    assert [len(items) for items, _ in stage.chat.rated] == [1]


def test_under_a_modal_dialog_of_the_page_the_chat_can_be_used(visit: Visit) -> None:
    chat = visit(body=DIALOG)
    chat.page.get_by_role("button", name="Order").click()
    chat.page.get_by_role("button", name="Help").click()

    chat.input.click()
    chat.ask(QUESTION)
    chat.page.keyboard.press("Escape")  # ends the chat and not the dialog
    chat.panel.wait_for(state="hidden")
    assert chat.page.evaluate("document.getElementById('order').open")
    chat.page.evaluate("document.getElementById('order').close()")

    chat.page.wait_for_function("document.querySelector('answerwell-chat').parentNode === document.body")
    chat.open().ask("And then?")


def test_a_dialog_that_opens_over_the_chat_takes_it_along_and_leaves_it_when_it_is_removed(visit: Visit) -> None:
    chat = visit(body=DIALOG)
    chat.open().ask(QUESTION)

    chat.page.evaluate("document.getElementById('order').showModal()")
    chat.ask("And then?")
    chat.page.evaluate("document.getElementById('order').remove()")

    chat.page.wait_for_function("document.querySelector('answerwell-chat')")
    chat.ask("Still there?")
    assert chat.questions.count() == 3


@pytest.mark.parametrize("style", ["transform: translateX(0)", "filter: grayscale(0)"])
def test_a_page_that_transforms_its_body_moves_no_chat(visit: Visit, style: str) -> None:
    chat = visit(head=f"<style>body {{ {style}; margin: 40px }}</style>", body=TALL)
    chat.page.evaluate("scrollTo(0, 700)")
    chat.open()

    launcher, panel = chat.launcher.bounding_box(), chat.panel.bounding_box()
    assert launcher is not None
    assert panel is not None
    width, height = chat.page.evaluate("[document.documentElement.clientWidth, innerHeight]")
    assert launcher["x"] + launcher["width"] == width - 20
    assert launcher["y"] + launcher["height"] == pytest.approx(height - 20, abs=3)  # under the pointer it rises
    assert panel["y"] >= 0


@pytest.mark.parametrize("how", ["tag", "import"])
def test_it_can_be_a_module_beside_other_services_scripts_of_its_name(
    visit: Visit, site: Site, server: str, words: dict[str, str], how: str
) -> None:
    site.put("/other/embed.js", "/* another service */", content_type="text/javascript")
    other = f'<script src="{site.url}/other/embed.js" data-title="Not ours"></script>'
    tag = f'<script type="module" src="{server}/embed.js" data-title="Ask Bert"></script>'
    imported = f'<script type="module">import("{server}/embed.js")</script>'
    site.put("/", f"<!doctype html><body>{other}{tag if how == 'tag' else imported}</body>")
    site.put("/module", site.pages["/"][0])
    chat = visit()
    chat.page.goto(f"{site.url}/module")
    chat.page.wait_for_function("window.Answerwell && window.Answerwell.version")

    chat.open().ask(QUESTION)

    title = "Ask Bert" if how == "tag" else "Ask Acme"
    assert chat.panel.get_by_role("heading", name=title).is_visible()


def test_a_browser_without_a_list_of_languages_is_fine(visit: Visit) -> None:
    init = "Object.defineProperty(navigator, 'languages', { value: undefined });"
    chat = visit(init=init, lang="")

    chat.open().ask(QUESTION)

    assert chat.panel.get_attribute("lang") == "en"


def test_no_field_is_so_small_that_a_phone_or_a_tablet_zooms_into_it(visit: Visit, site: Site) -> None:
    chat = visit(look={"has_touch": True, "viewport": {"width": 900, "height": 700}}, contact_form=f"{site.url}/form")
    chat.open().ask(QUESTION)
    chat.button("unhelpful").click()
    fields = "textarea, input:not([type=hidden])"
    sizes = "nodes => nodes.map((one) => parseFloat(getComputedStyle(one).fontSize))"
    in_conversation = chat.panel.locator(fields).evaluate_all(sizes)
    chat.button("person").click()

    assert len(in_conversation) == 2
    assert min(in_conversation + chat.panel.locator(f".page :is({fields})").evaluate_all(sizes)) >= 16


def test_the_way_to_the_newest_message_covers_no_source(visit: Visit, stage: Stage) -> None:
    title = "A page with a title that is so long that it fills every line that it is given to the very end of it "
    sources = [Cite(f"{title} {n}", f"https://help.acme.com/{n}") for n in range(12)]
    stage.chat.answers = [["A long answer. " * 60, *sources]]
    chat = visit()
    chat.open().ask(QUESTION)

    seen, covered = chat.page.evaluate(OVERLAPS)

    assert seen > 10
    assert covered == 0


def test_something_shows_from_the_question_to_the_end_of_the_answer(visit: Visit, stage: Stage) -> None:
    chat = visit()
    chat.open()
    chat.page.evaluate(GAPS)

    for number in range(3):
        chat.ask(f"{QUESTION} {number}")

    assert chat.page.evaluate("gaps") == 0


def test_a_question_shows_at_once_while_an_earlier_conversation_is_being_loaded(visit: Visit, stage: Stage) -> None:
    chat = visit()
    chat.open().ask(QUESTION)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    chat.page.context.route("**/chatkit", hold)
    chat.page.reload()
    chat.page.evaluate("Answerwell.ask('And then?')")

    chat.questions.last.filter(has_text="And then?").wait_for()
    chat.panel.locator(".progress").filter(has_text=chat.words["thinking"]).wait_for()
    for route in held:
        route.continue_()
    chat.page.context.unroute("**/chatkit")

    chat.answers.nth(1).locator(".actions").wait_for()
    assert chat.questions.locator(".body").all_inner_texts() == [QUESTION, "And then?"]
