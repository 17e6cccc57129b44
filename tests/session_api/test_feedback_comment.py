"""What a visitor writes beside a rating is kept with the answer that it is about."""

import json
from pathlib import Path

from tests.session_api.kit import CHAT, Shop, Widget, shop

QUESTION = "How long do parcels to Norway take?"


def rate(widget: Widget, thread: str, answer: str, comment: object) -> int:
    params = {"thread_id": thread, "item_ids": [answer], "kind": "negative"}
    body = {"type": "items.feedback", "params": params, "metadata": {"comment": comment}}
    return widget.post(json.dumps(body).encode()).status_code


def test_a_remark_is_kept_with_its_answer(acme: Shop) -> None:
    widget = acme.widget()
    answered = widget.ask(QUESTION)

    assert rate(widget, answered.thread, answered.message["id"], "To Tromsø, too?\x00") == 200

    [row] = [row for row in acme.rows("chat_questions") if row.thread == answered.thread]
    assert (row.feedback, row.comment) == ("negative", "To Tromsø, too?")


def test_a_remark_about_another_visitors_answer_is_not_kept(acme: Shop) -> None:
    widget = acme.widget()
    answered = widget.ask(QUESTION)
    stranger = widget.other()
    assert stranger.open().status_code == 200

    assert rate(stranger, answered.thread, answered.message["id"], "Mine now") == 404

    assert [row.comment for row in acme.rows("chat_questions") if row.thread == answered.thread] == [""]


def test_a_remark_that_is_no_text_or_too_long_does_no_harm(acme: Shop) -> None:
    widget = acme.widget()
    answered = widget.ask(QUESTION)

    assert rate(widget, answered.thread, answered.message["id"], {"a": ["b"]}) == 200
    assert rate(widget, answered.thread, answered.message["id"], "x" * 5000) == 200

    [row] = [row for row in acme.rows("chat_questions") if row.thread == answered.thread]
    assert row.comment == "x" * 1000


def test_a_remark_is_masked_as_questions_are(tmp_path: Path) -> None:
    settings = CHAT.replace('model = "quoting"', 'model = "quoting"\nmask = ["email"]')
    with shop(tmp_path, settings) as acme:
        widget = acme.widget()
        answered = widget.ask(QUESTION)
        rate(widget, answered.thread, answered.message["id"], "Tell ann@example.com")

        [row] = acme.rows("chat_questions")
        assert "ann@example.com" not in row.comment
        assert row.comment.startswith("Tell ")
