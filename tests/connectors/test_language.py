"""The language of a text is told where it is sure, and never guessed."""

import pytest

from connectors.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("You may send a device back within sixty days of its delivery.", "en"),
        ("Sie können das Gerät innerhalb von 60 Tagen zurücksenden.", "de"),
        ("Comment puis-je obtenir un remboursement ?", "fr"),
        ("Puede devolver el dispositivo en un plazo de sesenta días.", "es"),
        ("退货政策：收到商品后六十天内可退货，请先联系客服，我们会安排取件并退款。", "zh"),
        ("אפשר להחזיר את המכשיר תוך שישים יום ממועד המסירה", "he"),
    ],
)
def test_the_language_of_a_sentence_is_known(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text", ["", "ok", "thanks!", "1234567890 " * 20, "![](https://help.test/a-picture-of-it.png)"]
)
def test_what_says_too_little_has_no_language(text: str) -> None:
    assert language_of(text) == ""


def test_code_and_addresses_do_not_count() -> None:
    german = "Sie können das Gerät innerhalb von 60 Tagen zurücksenden."
    code = "```python\nfor every_value in the_list_of_values:\n    print(every_value)\n```\n" * 20

    assert language_of(f"{code}\n{german}\nhttps://help.test/this-is-how-you-send-it-back") == "de"
