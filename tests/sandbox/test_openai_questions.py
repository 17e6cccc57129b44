"""Questions as customers type them: slips of a finger, and the kind of value that is asked for."""

import contextlib

import pytest

from sandbox.openai import OpenAISandbox
from sandbox.openai.answer_types import answer_type
from sandbox.openai.spelling import is_a_slip, may_be_misspelt
from tests.sandbox.openai_kit import served, stocked


@pytest.mark.parametrize(
    ("word", "other", "slip"),
    [
        ("allready", "already", True),
        ("delivry", "delivery", True),
        ("recieve", "receive", True),
        ("garantee", "guarantee", True),
        ("werranty", "warranty", True),
        ("lieferng", "lieferung", True),
        ("refund", "refund", False),
        ("refund", "return", False),
        ("filter", "faster", False),
        ("model", "modern", False),
        ("cart", "card", False),
    ],
)
def test_one_slip_of_a_finger_is_told_from_another_word(word: str, other: str, *, slip: bool) -> None:
    assert is_a_slip(word, other) is slip
    assert is_a_slip(other, word) is slip


@pytest.mark.parametrize("word", ["f3x12", "ab", "i̇stanbul2"])
def test_names_and_short_words_are_left_alone(word: str) -> None:
    assert not may_be_misspelt(word)


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("how heavy is it", "It weighs 4.2 kg.", "The bracket hangs 1.5 m above the floor."),
        ("Wie schwer ist das Gerät?", "Gewicht: 900 g", "Es ist 40 cm hoch."),
        ("what are your opening hours", "We are open from 9:00 to 18:00.", "Replies within two working days."),
        ("Wann habt ihr geöffnet?", "Montags geöffnet bis 18 Uhr.", "Der Filter hält sechs Monate."),
        ("phone number?", "Call +49 30 1234567.", "Write to us with the form. Firmware 3.4.2 is out."),
        ("how much is express", "Express costs 9.90 EUR.", "Express arrives the next day."),
        ("was kostet die Rücksendung", "Sie ist kostenlos.", "Sie dauert drei Tage."),
        ("how many watts does it use", "It uses 45 W at the highest speed.", "It runs for 8 hours."),
        ("how loud is it at night", "Night mode: 24 dB.", "Night mode dims every light."),
        ("wie oft filter wechseln", "Alle sechs Monate.", "Der Filter kommt in einer Tüte."),
        ("how long is the warranty", "Three years from delivery.", "The warranty covers the motor."),
    ],
)
def test_a_text_without_the_kind_of_value_that_is_asked_for_answers_nothing(
    question: str, holds: str, lacks: str
) -> None:
    wanted = answer_type(question)

    assert wanted is not None
    assert wanted.stands_in(holds)
    assert not wanted.stands_in(lacks)


@pytest.mark.parametrize("question", ["can i return an opened filter", "wlan verbindet nicht", "", "?"])
def test_most_questions_ask_for_no_kind_of_value(question: str) -> None:
    assert answer_type(question) is None


def test_a_misspelt_word_finds_what_was_meant() -> None:
    with contextlib.closing(OpenAISandbox()) as box, served(box) as client:
        store, files = stocked(client, b"# Humidifier\n\nDescale the humidifier.\n", b"# Lamp\n\nDim the lamp.\n")

        found = client.vector_stores.search(store, query="humidifer descael").data

    assert [one.file_id for one in found][:1] == files[:1]
