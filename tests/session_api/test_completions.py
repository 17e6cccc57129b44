"""A compatible server without the Responses API: we search, the model reads and cites by number."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.completions import CitationMarks
from answering.model import FileCitation, Passage, TextDelta
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


PASSAGES = [Passage(f"file-{n}", f"{n}.md", 1.0, "") for n in (1, 2)]
MARKED = [
    ("A [1].", "A.", [("file-1", 1)]),
    ("A [1][2].", "A.", [("file-1", 1), ("file-2", 1)]),
    ("A [1, 2] b", "A b", [("file-1", 1), ("file-2", 1)]),
    ("A【2】 b", "A b", [("file-2", 1)]),
    ("A [9] b [x] [", "A [9] b [x] [", []),
    ("[1] A", " A", [("file-1", 0)]),
    ("A [1", "A [1", []),
    ("", "", []),
]


@given(st.sampled_from(MARKED), st.lists(st.integers(0, 12)))
def test_numbers_are_citations_wherever_the_text_is_cut(
    marked: tuple[str, str, list[tuple[str, int]]], cuts: list[int]
) -> None:
    text, shown, cited = marked
    marks = CitationMarks(PASSAGES)
    edges = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})

    told = [one for start, end in pairwise(edges) for one in marks.feed(text[start:end])]
    told += marks.close()

    assert "".join(one.text for one in told if isinstance(one, TextDelta)) == shown
    assert [(one.file, one.index) for one in told if isinstance(one, FileCitation)] == cited
