"""The store, and the conversation as a value: what changes does so by an action, and nothing changes in place."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from session_api.widget import build
from tests.widget import kit
from tests.widget.kit import Chromium

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><script type="module">
import { createStore } from "./store.js";
import * as conversation from "./conversation.js";
const frozen = (value) => {
  if (value && typeof value === "object") Object.values(value).forEach(frozen);
  return Object.freeze(value);
};
Object.assign(window, { createStore, conversation, frozen });
</script>"""
ANSWER = {"type": "assistant_message", "id": "msg_1", "content": []}
DELTA = {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": "Sixty days"}
EVENTS: list[dict[str, Any]] = [
    {"type": "thread.created", "thread": {"id": "thr_1"}},
    {"type": "stream_options", "stream_options": {"allow_cancel": False}},
    {"type": "thread.item.done", "item": {"type": "user_message", "id": "usr_1", "content": [{"text": "How long?"}]}},
    {"type": "progress_update", "text": "Searching"},
    {"type": "thread.item.added", "item": ANSWER},
    {"type": "thread.item.updated", "item_id": "msg_1", "update": DELTA},
    {"type": "something.new"},
]
RECEIVE = """(events) => {
  const { EMPTY, asked, received, started } = conversation;
  const question = asked(EMPTY, "How long?");
  let talk = frozen(started(question, question.entries[0].key, "Looking"));
  for (const event of events) talk = frozen(received(talk, frozen(event)));
  return talk;
}"""


@pytest.fixture(scope="module")
def page(chromium: Chromium) -> Iterator[Page]:
    with kit.site() as site:
        for module in ("store", "conversation", "markdown", "api", "dom"):
            source = (build.STATIC / f"{module}.js").read_text(encoding="utf-8")
            site.put(f"/{module}.js", source, content_type="text/javascript")
        opened = chromium.new_page()
        opened.goto(site.put("/", PAGE))
        opened.wait_for_function("Boolean(window.conversation)")
        yield opened
        opened.close()


def test_an_action_changes_the_state_and_every_subscriber_is_told_what_was_before(page: Page) -> None:
    told = page.evaluate(
        """() => {
          const add = (store, n) => store.setState({ count: store.getState().count + n });
          const store = createStore({ count: 1, kept: true }, { add });
          const told = [];
          store.subscribe((state, before) => told.push(["first", before.count, state.count]));
          const end = store.subscribe((state, before) => told.push(["second", before.count, state.count]));
          store.dispatch("add", 2);
          end();
          store.dispatch("add", 3);
          return [told, store.getState(), "setState" in store];
        }"""
    )

    assert told == [[["first", 1, 3], ["second", 1, 3], ["first", 3, 6]], {"count": 6, "kept": True}, False]


def test_what_is_dispatched_returns_what_the_action_returns(page: Page) -> None:
    assert page.evaluate("() => createStore({}, { wait: async (store, n) => n + 1 }).dispatch('wait', 1)") == 2


def test_events_become_a_conversation_and_change_none_in_place(page: Page) -> None:
    talk = page.evaluate(RECEIVE, EVENTS)

    question, answer = talk["entries"]
    assert (question["id"], question["state"]) == ("usr_1", "done")
    assert (answer["id"], answer["state"], answer["parts"]) == (
        "msg_1", "streaming", [{"text": "Sixty days", "annotations": []}],
    )  # fmt: skip
    assert (talk["thread"], talk["mayStop"], talk["progress"]) == ({"id": "thr_1"}, False, "")


@pytest.mark.parametrize(("events", "answers", "error"), [(6, 1, None), (5, 0, {"code": "stopped"})])
def test_what_is_stopped_keeps_what_came_and_says_so_where_nothing_did(
    page: Page, events: int, answers: int, error: dict[str, str] | None
) -> None:
    talk = page.evaluate(f"(events) => conversation.stopped(({RECEIVE})(events))", EVENTS[:events])

    assert [entry["state"] for entry in talk["entries"] if entry["role"] == "answer"] == ["stopped"] * answers
    assert (talk["entries"][0]["error"], talk["running"]) == (error, None)


def test_a_question_to_a_thread_that_is_gone_can_be_asked_as_the_first_of_another(page: Page) -> None:
    script = f"(events) => conversation.failed(({RECEIVE})(events), {{ code: 'gone' }})"

    talk = page.evaluate(script, EVENTS[:4])

    assert (talk["thread"], talk["entries"][0]["id"], talk["entries"][0]["error"]) == (None, None, {"code": "gone"})


def test_only_actions_ask_the_server_and_change_the_state() -> None:
    """Parts know a store and settings: what they draw is told to them, what is done to them they dispatch."""
    others = {name: (build.STATIC / f"{name}.js").read_text("utf-8") for name in build.MODULES if name != "actions"}

    assert [name for name, code in others.items() if "setState" in code] == ["store"]
    assert [name for name, code in others.items() if "server." in code] == ["panel"]  # makes it, and closes it
