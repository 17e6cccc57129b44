"""What a visitor gets: a cited answer, or an honest word that there is none."""

import pytest

from tests.session_api.kit import Shop


def test_a_question_is_answered_with_a_link_to_the_page_that_says_so(acme: Shop) -> None:
    answered = acme.widget().ask("May I send anything back after delivery?")

    assert answered.text == "You may send anything back within 60 days of delivery."
    [source] = answered.sources
    assert (source["type"], source["title"]) == ("url", "Returns")
    assert "/hc/en-us/articles/" in source["url"]
    assert source["description"].startswith("As of 20")


def test_the_streamed_text_and_citations_are_those_of_the_finished_answer(acme: Shop) -> None:
    answered = acme.widget().ask("How long do parcels to Norway take?")

    assert answered.streamed == answered.text
    notes = [e["update"]["annotation"] for e in answered.events if "annotation" in e.get("update", {})]
    assert notes == answered.message["content"][0]["annotations"]
    kinds = [event["type"] for event in answered.events]
    assert kinds[:4] == ["thread.created", "thread.item.done", "stream_options", "progress_update"]
    assert kinds[-2:] == ["thread.item.done", "thread.updated"]


def test_what_nothing_answers_is_not_answered(acme: Shop) -> None:
    answered = acme.widget().ask("Do you sell bicycles?")

    assert answered.sources == []
    assert "found nothing" in answered.text
    assert "Write to help@acme.com." in answered.text


def test_a_conversation_is_stored_and_goes_on(acme: Shop) -> None:
    widget = acme.widget()
    first = widget.ask("How long do parcels to Norway take?")

    second = widget.ask("I forgot my password", first.thread)
    thread = widget.call("threads.get_by_id", thread_id=first.thread).json()

    assert "Forgot password" in second.text
    assert [item["type"] for item in thread["items"]["data"]] == ["user_message", "assistant_message"] * 2
    assert thread["title"] == "How long do parcels to Norway take?"


def test_a_question_that_tells_no_language_is_answered_in_the_browsers(acme: Shop) -> None:
    widget = acme.widget()

    assert "gefunden" in widget.other(language="de-DE,de;q=0.9").ask("Bicycles?").text
    assert "found nothing" in widget.other(language="it").ask("Bicycles?").text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I want to talk to a human", "Write to help@acme.com."),
        ("Ich möchte mit einem Menschen sprechen", "Write to help@acme.com."),
        ("thanks!", "You are welcome"),
        ("are you a bot?", "automatic assistant"),
        ("it doesn't work", "What exactly does not work"),
        ("vielen Dank", "Gern geschehen"),
        ("you are stupid", "I am sorry"),
    ],
)
def test_small_talk_gets_a_fitting_reply_and_no_search(acme: Shop, said: str, told: str) -> None:
    answered = acme.widget().ask(said)

    assert told in answered.text
    assert "found nothing" not in answered.text
    assert answered.sources == []


def test_what_was_said_is_said_again_and_shorter(acme: Shop) -> None:
    widget = acme.widget()
    first = widget.ask("How long do parcels to Norway take?")

    assert widget.ask("can you repeat that?", first.thread).text == first.text
    assert first.text.startswith(widget.ask("shorter please", first.thread).text)
