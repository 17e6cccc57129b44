"""Asking and being answered, as a visitor sees it."""

import json
from collections.abc import Iterator

import pytest
from chatkit.types import ErrorEvent, NoticeEvent, ProgressUpdateEvent
from playwright.sync_api import Route

from sandbox.wire import Fault, Wire
from tests.widget.kit import Chat, Chromium, Site, eventually, page_with, tab, visiting
from tests.widget.scripted import Break, Cite, Done, Gate, Stage

pytestmark = pytest.mark.browser

RETURNS = Cite("Sending a product back", "https://help.acme.com/articles/1")
REFUNDS = Cite("How refunds work", "https://help.acme.com/articles/2")
QUESTION = "How long do returns take?"


@pytest.fixture
def address(site: Site, server: str) -> str:
    return site.put("/", page_with(server))


@pytest.fixture
def chat(chromium: Chromium, address: str, words: dict[str, str]) -> Iterator[Chat]:
    with visiting(chromium, address, words) as opened:
        yield opened.open()


def test_an_answer_appears_as_it_is_said(chat: Chat, stage: Stage) -> None:
    gate = Gate()
    stage.chat.answers = [["You have **60 days**", gate, " from delivery."]]

    chat.send(QUESTION)
    chat.last.get_by_text("You have 60 days").wait_for()
    before = chat.last.inner_text()
    gate.open()
    chat.last.get_by_text("from delivery.").wait_for()

    assert before == "You have 60 days"
    assert chat.last.locator("strong").inner_text() == "60 days"


def test_nothing_that_is_being_read_moves_while_an_answer_grows(chat: Chat, stage: Stage) -> None:
    gates = [Gate() for _ in range(4)]
    paragraphs = [f"Paragraph {n}: " + "many words that fill lines " * 14 for n in range(5)]
    stage.chat.answers = [[part for n in range(4) for part in (paragraphs[n] + "\n\n", gates[n])] + [paragraphs[4]]]

    chat.send(QUESTION)
    chat.last.get_by_text("Paragraph 0").wait_for()
    tops = []
    for n in range(4):
        tops.append([chat.questions.last.bounding_box(), chat.last.locator("p").first.bounding_box()])
        gates[n].open()
        chat.last.get_by_text(f"Paragraph {n + 1}").wait_for()
    tops.append([chat.questions.last.bounding_box(), chat.last.locator("p").first.bounding_box()])

    assert all(top == tops[0] for top in tops)


def test_a_new_question_stands_at_the_top_of_the_chat(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["A long answer. " * 200], ["Short."]]
    chat.ask(QUESTION)

    chat.ask("And then?")

    log, question = chat.panel.locator(".log").bounding_box(), chat.questions.last.bounding_box()
    assert log is not None
    assert question is not None
    assert 0 <= question["y"] - log["y"] <= 24


def test_sources_are_numbered_once_each_linked_and_dated(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["Sixty days 🎉", RETURNS, ", refunds in five", REFUNDS, RETURNS, "."]]

    chat.ask(QUESTION)

    assert chat.last.inner_text().replace("\n", "") == "Sixty days 🎉1, refunds in five21."
    assert [link.get_attribute("href") for link in chat.last.locator("a").all()] == [
        RETURNS.url,
        REFUNDS.url,
        RETURNS.url,
    ]
    listed = chat.answers.last.locator(".sources li")
    assert "Sending a product back" in listed.nth(0).inner_text()
    assert "Updated on Nov 20, 2026" in listed.nth(0).inner_text()
    assert listed.count() == 2


def test_a_text_that_is_declared_complete_keeps_its_citations(chat: Chat, stage: Stage) -> None:
    gate = Gate()
    stage.chat.answers = [["Sixty days", RETURNS, ".", Done(), gate]]
    chat.send(QUESTION)
    chat.last.locator(".cite").wait_for()

    for _ in range(3):
        chat.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")

    assert chat.last.locator(".cite").inner_text() == "1"
    gate.open()


def test_a_source_opens_beside_the_chat_and_learns_nothing_from_it(chat: Chat, stage: Stage, site: Site) -> None:
    article = site.put(
        "/article",
        "<title>Returns</title><p id=r></p><script>r.textContent = `${opener} ${document.referrer}`</script>",
    )
    stage.chat.answers = [["Sixty days", Cite("Returns", article), "."]]
    chat.ask(QUESTION)

    with chat.page.context.expect_page() as opened:
        chat.answers.last.locator(".sources a").click()

    assert opened.value.locator("#r").inner_text() == "null"
    assert chat.panel.is_visible()


@pytest.mark.parametrize("ends", [True, False], ids=["which ends", "which does not"])
def test_a_question_right_after_an_answer_is_not_lost_to_the_end_of_its_stream(
    chat: Chat, stage: Stage, ends: bool
) -> None:
    stage.chat.answers, stage.chat.lingering = [["First."], ["Second."]], (gate := Gate())
    chat.ask("One?")
    assert chat.button("send").is_visible()

    chat.input.fill("Two?")
    chat.input.press("Enter")
    if ends:
        gate.open()

    chat.last.get_by_text("Second.").wait_for()
    assert [text.splitlines()[-1] for text in chat.questions.all_inner_texts()] == ["One?", "Two?"]
    assert chat.panel.locator(".error-box").count() == 0


def test_an_answer_that_is_stopped_stays_as_far_as_it_came(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["Once upon a time", Gate(), " there was"], ["The whole story."]]
    chat.send("Tell me a story")
    chat.last.get_by_text("Once upon a time").wait_for()

    chat.button("stop").click()

    chat.answers.last.get_by_text(chat.words["stopped"]).wait_for()
    assert chat.last.inner_text() == "Once upon a time"
    assert chat.button("send").is_visible()


def test_a_question_can_be_stopped_before_anything_is_said_and_asked_again(chat: Chat, stage: Stage) -> None:
    gate = Gate()
    stage.chat.answers = [[gate, "Too late."], ["Here you are."]]
    chat.send(QUESTION)
    eventually(chat.page, lambda: len(stage.chat.asked) == 1)
    chat.button("stop").click()
    chat.error("stopped").wait_for()
    gate.open()

    chat.error("stopped").get_by_role("button", name=chat.words["retry"]).click()

    chat.last.get_by_text("Here you are.").wait_for()
    assert chat.questions.count() == 1
    assert chat.error("stopped").count() == 0


def test_answering_again_replaces_the_answer(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["First try."], ["Second try."]]
    chat.ask(QUESTION)

    chat.button("again").click()
    chat.last.get_by_text("Second try.").wait_for()
    chat.answers.last.locator(".actions").wait_for()

    assert chat.answers.count() == 1
    assert stage.requests[-1]["type"] == "threads.retry_after_item"
    assert stage.requests[-1]["params"]["item_id"].startswith("msg_")


@pytest.mark.parametrize("politely", [True, False])
def test_a_connection_that_breaks_keeps_what_came_and_offers_another_try(
    chat: Chat, stage: Stage, politely: bool
) -> None:
    gate = Gate()
    stage.chat.answers = [["Half of the ", gate, Break(politely)], ["All of the answer."]]
    chat.send(QUESTION)
    chat.last.get_by_text("Half of the").wait_for()
    gate.open()
    chat.error("cut").wait_for()
    assert chat.last.inner_text() == "Half of the"

    chat.error("cut").get_by_role("button", name=chat.words["retry"]).click()

    chat.last.get_by_text("All of the answer.").wait_for()
    assert chat.answers.count() == 1


def test_a_question_that_never_reached_the_server_is_sent_again_not_answered_anew(
    chat: Chat, stage: Stage, wire: Wire
) -> None:
    wire.fail(Fault(path="^/chatkit", method="POST", status=503))
    chat.send(QUESTION)
    chat.error("down").wait_for()

    chat.error("down").get_by_role("button", name=chat.words["retry"]).click()

    chat.last.get_by_text("All right.").wait_for()
    assert [request["type"] for request in stage.requests if "create" in request["type"]] == ["threads.create"]


def test_an_error_of_the_server_is_told_in_its_words_and_offers_what_it_allows(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [[ErrorEvent(message="Nothing can be searched yet.", allow_retry=False)]]

    chat.send(QUESTION)

    box = chat.error("said")
    box.get_by_text("Nothing can be searched yet.").wait_for()
    assert box.get_by_role("button", name=chat.words["retry"]).count() == 0
    assert box.get_by_role("button", name=chat.words["person"]).is_visible()


def test_progress_and_notices_are_shown(chat: Chat, stage: Stage) -> None:
    gate = Gate()
    notice = NoticeEvent(level="info", message="We are on **holiday** until Monday.", title="Holiday")
    stage.chat.answers = [[ProgressUpdateEvent(text="Searching the help pages"), gate, notice, "Here."]]

    chat.send(QUESTION)
    chat.panel.locator(".progress").get_by_text("Searching the help pages").wait_for()
    gate.open()

    chat.panel.locator(".notice strong").get_by_text("holiday").wait_for()
    chat.last.get_by_text("Here.").wait_for()
    assert chat.panel.locator(".progress").is_hidden()


def test_leaked_citation_marks_are_not_shown(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [
        ["Sixty days \ue200cite\ue202turn0file1\ue201", RETURNS, " in all\ue200filecite", "\ue202x\ue201."]
    ]

    chat.ask(QUESTION)

    assert chat.last.inner_text().replace("\n", "") == "Sixty days 1 in all."


def test_a_rating_and_its_comment_reach_the_server(chat: Chat, stage: Stage) -> None:
    chat.ask(QUESTION)

    chat.button("unhelpful").click()
    chat.panel.get_by_role("textbox", name=chat.words["comment"]).fill("Which days?")
    chat.panel.get_by_role("button", name=chat.words["sendComment"], exact=True).first.click()
    chat.answers.last.get_by_text(chat.words["thanks"]).wait_for()

    assert [kind for _, kind in stage.chat.rated] == ["negative", "negative"]
    assert stage.requests[-1]["metadata"] == {"comment": "Which days?"}
    assert chat.button("unhelpful").get_attribute("aria-pressed") == "true"


def test_a_reload_keeps_the_conversation_and_what_was_being_written(chat: Chat) -> None:
    chat.ask(QUESTION)
    chat.input.fill("And if it is")

    chat.page.reload()

    chat.last.get_by_text("All right.").wait_for()
    assert chat.questions.inner_text().endswith(QUESTION)
    assert chat.input.input_value() == "And if it is"


def test_long_conversations_are_loaded_whole(chat: Chat, stage: Stage) -> None:
    for n in range(24):
        chat.ask(f"Question {n}")

    chat.page.reload()

    chat.questions.nth(23).wait_for()
    assert chat.questions.count() == 24


def test_earlier_conversations_can_be_opened_and_deleted(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["About returns."], ["About lamps."]]
    chat.ask(QUESTION)
    chat.button("new").click()
    chat.ask("Which lamps are there?")

    chat.button("history").click()
    chat.panel.get_by_role("button", name="How long do returns take?", exact=False).first.click()
    chat.last.get_by_text("About returns.").wait_for()
    chat.button("history").click()
    chat.panel.get_by_role("button", name="Delete: Which lamps are there?").click()
    chat.button("deleteAsk").click()
    eventually(chat.page, lambda: chat.panel.locator(".threads li").count() == 1)

    assert len(stage.chat.store.threads) == 1  # type: ignore[attr-defined] # the scripted server's own store


def test_deleting_the_open_conversation_begins_a_new_one(chat: Chat) -> None:
    chat.ask(QUESTION)
    chat.button("history").click()
    chat.panel.get_by_role("button", name=f"Delete: {QUESTION}").click()
    chat.button("deleteAsk").click()
    chat.panel.locator(".threads li").wait_for(state="detached")

    chat.button("back").click()

    chat.panel.get_by_role("heading", name=chat.words["greeting"]).wait_for()
    assert chat.questions.count() == 0


def test_a_conversation_that_is_gone_is_forgotten(chat: Chat, stage: Stage) -> None:
    chat.ask(QUESTION)
    stage.chat.store.threads.clear()  # type: ignore[attr-defined] # the scripted server's own store

    chat.page.reload()

    chat.panel.get_by_role("heading", name=chat.words["greeting"]).wait_for()
    chat.ask("Once more?")
    assert stage.requests[-1]["type"] == "threads.create"


def test_a_conversation_deleted_elsewhere_goes_on_as_a_new_one(chat: Chat, stage: Stage) -> None:
    chat.ask(QUESTION)
    stage.chat.store.threads.clear()  # type: ignore[attr-defined] # the scripted server's own store
    chat.send("Are you still there?")
    chat.error("gone").get_by_role("button", name=chat.words["retry"]).click()

    chat.answers.nth(1).locator(".actions").wait_for()

    assert stage.requests[-1]["type"] == "threads.create"
    assert stage.chat.asked[-1] == "Are you still there?"


def test_a_second_tab_is_the_same_visitor_and_follows_the_conversation(chat: Chat, stage: Stage, address: str) -> None:
    chat.ask(QUESTION)
    other = tab(chat.page.context, address, chat.words).open()
    other.last.get_by_text("All right.").wait_for()

    other.ask("From the other tab")

    chat.questions.filter(has_text="From the other tab").wait_for()
    assert len({asked.get("visitor_token") for asked in stage.sessions} - {None}) == 1


def test_a_question_in_a_tab_that_follows_another_is_not_lost(chat: Chat, stage: Stage, address: str) -> None:
    stage.chat.lingering = gate = Gate()
    chat.ask(QUESTION)
    other = tab(chat.page.context, address, chat.words).open()
    held: list[Route] = []
    other.page.route(
        "**/chatkit",
        lambda route: (
            held.append(route) if not held and "items.list" in (route.request.post_data or "") else route.continue_()
        ),
    )
    gate.open()
    eventually(other.page, lambda: len(held) == 1)

    other.input.fill("While it is loaded")
    other.input.press("Enter")
    held[0].continue_()

    eventually(other.page, lambda: stage.chat.asked == [QUESTION, "While it is loaded"])
    other.questions.last.filter(has_text="While it is loaded").wait_for()
    other.answers.nth(1).locator(".actions").wait_for()


def test_an_expired_token_is_renewed_without_losing_the_question(chat: Chat, stage: Stage) -> None:
    chat.ask(QUESTION)
    stage.expire_all()

    chat.ask("And after ten minutes?")

    assert stage.chat.asked == [QUESTION, "And after ten minutes?"]
    assert [asked.get("visitor_token") for asked in stage.sessions] == [None, "visitor-1"]


def test_a_token_that_ends_during_an_answer_does_not_end_the_answer(chat: Chat, stage: Stage) -> None:
    gate = Gate()
    stage.chat.answers = [["The first half", gate, " and the second."]]
    chat.send(QUESTION)
    chat.last.get_by_text("The first half").wait_for()

    stage.expire_all()
    gate.open()

    chat.last.get_by_text("The first half and the second.").wait_for()
    chat.button("helpful").click()
    eventually(chat.page, lambda: len(stage.chat.rated) == 1)


def test_what_a_person_needs_to_know_goes_along(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["Sixty days", RETURNS, "."]]
    chat.ask(QUESTION)

    chat.button("person").click()

    mail = chat.panel.get_by_role("link", name=chat.words["email"]).get_attribute("href")
    assert mail is not None
    assert mail.startswith("mailto:help@acme.com?subject=")
    assert "How%20long%20do%20returns%20take" in mail
    assert "https%3A%2F%2Fhelp.acme.com%2Farticles%2F1" in mail
    transcript = chat.panel.locator(".transcript")
    assert "Answer: Sixty days [1].\n[1] Sending a product back https://help.acme.com/articles/1" in (
        transcript.text_content() or ""
    )


def test_a_conversation_too_long_for_a_mail_keeps_its_newest_part(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["Ä" * 5000 + " the end."]]
    chat.ask(QUESTION)

    chat.button("person").click()

    mail = chat.panel.get_by_role("link", name=chat.words["email"]).get_attribute("href") or ""
    assert len(mail) < 2000
    assert mail.endswith("the%20end.")


def test_the_contact_page_is_told_by_the_clipboard(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.page.context.route("https://www.acme.com/**", lambda route: route.fulfill(body="contact"))
    chat.ask(QUESTION)
    chat.button("person").click()

    with chat.page.context.expect_page():
        chat.panel.get_by_role("link", name=chat.words["page"]).click()

    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert f"You asked: {QUESTION}" in copied


def test_a_form_carries_the_whole_conversation(
    chromium: Chromium, site: Site, server: str, words: dict[str, str]
) -> None:
    form = site.put("/contact", "<p>Thank you</p>")
    address = site.put("/", page_with(server, contact_form=form))
    with visiting(chromium, address, words) as chat:
        chat.open().ask(QUESTION)
        chat.button("person").click()
        chat.panel.get_by_label(words["formEmail"]).fill("ann@example.com")
        chat.panel.get_by_label(words["formMessage"]).fill("Please call me")

        with chat.page.context.expect_page() as opened:
            chat.panel.get_by_role("button", name=words["formSend"]).click()
        opened.value.get_by_text("Thank you").wait_for()

    [sent] = site.forms
    assert sent["email"] == "ann@example.com"
    assert sent["message"] == "Please call me"
    assert QUESTION in sent["transcript"]
    assert sent["page"] == address


def test_code_is_copied_with_one_click(chat: Chat, stage: Stage) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stage.chat.answers = [['Run this:\n\n```sh\nacme --reset "now"\necho done\n```\n']]
    chat.ask(QUESTION)

    chat.last.get_by_role("button", name=chat.words["copy"]).click()
    eventually(chat.page, lambda: chat.words["copied"] in chat.live)

    assert chat.page.evaluate("navigator.clipboard.readText()") == 'acme --reset "now"\necho done'


def test_enter_sends_and_shift_enter_begins_a_line(chat: Chat, stage: Stage) -> None:
    chat.input.fill("One")
    chat.input.press("Shift+Enter")
    chat.page.keyboard.type("Two")
    chat.input.press("Enter")
    chat.answers.last.locator(".actions").wait_for()

    assert stage.chat.asked == ["One\nTwo"]


def test_what_is_typed_while_an_answer_comes_is_kept(chat: Chat, stage: Stage) -> None:
    gate = Gate()
    stage.chat.answers = [["Wait", gate, " for it."]]
    chat.send(QUESTION)
    chat.input.fill("The next question")
    chat.input.press("Enter")
    gate.open()
    chat.answers.last.locator(".actions").wait_for()

    assert chat.input.input_value() == "The next question"
    assert stage.chat.asked == [QUESTION]


def test_the_page_hears_what_happens(chat: Chat, stage: Stage) -> None:
    stage.chat.answers = [["Sixty days", RETURNS, "."]]
    chat.page.evaluate(
        "() => { window.heard = []; for (const event of ['message', 'answer', 'feedback', 'contact', 'close'])"
        " Answerwell.on(event, (detail) => heard.push([event, detail])); }"
    )

    chat.ask(QUESTION)
    chat.button("helpful").click()
    chat.button("person").click()
    chat.button("close").click()
    chat.panel.wait_for(state="hidden")

    heard = dict(chat.page.evaluate("heard"))
    assert heard["message"] == {"text": QUESTION}
    assert heard["answer"] == {"text": "Sixty days.", "sources": [{"title": RETURNS.title, "url": RETURNS.url}]}
    assert heard["feedback"]["kind"] == "positive"
    assert QUESTION in heard["contact"]["transcript"]
    assert "close" in json.dumps(list(heard))
