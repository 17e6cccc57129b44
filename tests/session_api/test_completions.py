"""A compatible server without the Responses API: we search, the model reads and cites by number."""

from collections.abc import Iterator

import pytest

from sandbox.openai.state import Speech
from sandbox.wire import Fault
from tests.session_api.kit import CHAT, Shop, shop


@pytest.fixture(scope="module")
def compatible(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    text = CHAT.replace('model = "quoting"\n', 'model = "llama"\napi = "chat_completions"\n')
    with shop(tmp_path_factory.mktemp("compatible"), text) as opened:
        opened.company.openai_wire.fail(Fault(path="/v1/responses", times=None, status=404))
        yield opened


def test_an_answer_cites_the_page_that_its_number_names(compatible: Shop) -> None:
    answered = compatible.widget().ask("Who pays for the parcel?")

    assert answered.text == answered.streamed == "We pay for the parcel."
    assert [source["title"] for source in answered.sources] == ["Returns"]
    assert answered.message["content"][0]["annotations"][0]["index"] == len(answered.text)


def test_messages_do_not_overwrite_each_other(compatible: Shop) -> None:
    """The Agents SDK gives every message of chat completions the same id."""
    widget = compatible.widget()
    first = widget.ask("Who pays for the parcel?")
    second = widget.ask("How long do parcels to Norway take?", first.thread)

    stored = widget.call("threads.get_by_id", thread_id=first.thread).json()["items"]["data"]

    assert [item["id"] for item in stored[1::2]] == [first.message["id"], second.message["id"]]
    assert [item["content"][0]["text"] for item in stored[1::2]] == [first.text, second.text]


def test_what_nothing_is_found_for_never_reaches_the_model(compatible: Shop) -> None:
    asked = compatible.said_by_model

    answered = compatible.widget().ask("Zygomorphic xylophones?")

    assert "found nothing" in answered.text
    assert compatible.said_by_model == asked


def test_tokens_are_counted_and_searches_cost_nothing(compatible: Shop) -> None:
    answered = compatible.widget().ask("Who pays for the parcel?")

    [record] = [row for row in compatible.rows("chat_questions") if row.thread == answered.thread]
    assert (record.model, record.micro_usd) == ("llama", 0)
    assert record.tokens_read > 100


def test_a_short_follow_up_is_searched_with_the_question_before_it(compatible: Shop) -> None:
    widget = compatible.widget()
    first = widget.ask("How long do parcels to Norway take?")
    files: list[str] = []

    def listen(question: str, found: object) -> Speech:
        files.append(question)
        return Speech("They cost 12 euros. [1]")

    compatible.company.openai.speak = listen
    second = widget.ask("And the price?", first.thread)
    compatible.company.openai.speak = None

    assert files == ["And the price?"]
    assert second.text == "They cost 12 euros."
    assert [source["title"] for source in second.sources] == ["Shipping"]
