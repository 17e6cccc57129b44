"""What a visitor gets: a cited answer, or an honest word that there is none."""

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
