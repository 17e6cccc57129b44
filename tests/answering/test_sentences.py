"""A text is cut where statements end, also while it arrives in pieces."""

import pytest

from answering.sentences import cut, statements, without_enumerator

TEXTS = [
    "Open it. Then wait 7.50 EUR. Done!",
    "1. Open the page.\n2. Click on Save.\n\n**3.** Wait.",
    "Follow these steps: 1. Open the page. 2. Click on Save. 3. Wait.",
    "Am 3. März 2026 ist zu. Danach ist offen.",
    "```sh\nrun this. and that\n\nexit\n```\nThen wait.",
    "こんにちは。元気ですか。",
    "See the page [1]. Then stop.【4:0†help.md】 Bye.",
    "| Plan | Price |\n|---|---|\n| Basic | 5 |\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_parts_are_the_text(text: str) -> None:
    complete, rest = cut(text, final=True)

    assert "".join(complete) + rest == text


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_of_any_size_give_the_same_statements(text: str) -> None:
    held, told = "", []
    for character in text:
        complete, held = cut(held + character)
        told += complete
    told += cut(held, final=True)[0]

    assert [part.strip() for part in told if part.strip()] == statements(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Open the page. 2. Click.", ["1. Open the page.", "2. Click."]),
        ("These steps: 1. Open. 2. Go on.", ["These steps:", "1. Open.", "2. Go on."]),
        ("It costs 60. You pay later.", ["It costs 60.", "You pay later."]),
        ("Use a card, e.g. Visa. Then pay.", ["Use a card, e.g. Visa.", "Then pay."]),
        ("Am 3. März ist zu. Gut.", ["Am 3. März ist zu.", "Gut."]),
        ("Version 2.5 is out. Get it!", ["Version 2.5 is out.", "Get it!"]),
        ("Dr. Smith helps. Ask.", ["Dr. Smith helps.", "Ask."]),
    ],
)
def test_only_the_end_of_a_sentence_ends_it(text: str, expected: list[str]) -> None:
    assert statements(text) == expected


@pytest.mark.parametrize(
    "marked",
    [
        "1. Open", "1) Open", "(1) Open", "**1.** Open", "**1. ** Open", "### 1. Open", "Step 1: Open",
        "**Step 1:** Open",
        "Schritt 2 – Open", "Étape 3 : Open", "① Open", "❷ Open", "1️⃣ Open", "- Open", "* 2. Open", "> 1. Open",
        "1.2. Open",
        "a) Open", "iv. Open", "## Open", "• Open",
    ],
)  # fmt: skip
def test_an_enumerator_is_no_part_of_the_statement(marked: str) -> None:
    assert without_enumerator(marked) == "Open"


@pytest.mark.parametrize("text", ["7.50 EUR are due", "100 items fit", "2026-11-30 is the day", "60 days"])
def test_a_number_that_is_said_stays(text: str) -> None:
    assert without_enumerator(text) == text


def test_a_text_without_an_end_is_still_read() -> None:
    complete, rest = cut("x" * 10_000)

    assert len(complete) == 4
    assert len(rest) <= 2000
