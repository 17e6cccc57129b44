import pytest

from sandbox.openai.conversation import asking


def said(*turns: str) -> list[tuple[str, str]]:
    """A conversation: what users said, and after `=` what was answered."""
    return [("assistant", one[1:]) if one.startswith("=") else ("user", one) for one in turns]


@pytest.mark.parametrize(
    ("turns", "asked"),
    [
        (["How much is it to Austria?", "=9 euros.", "and to Switzerland?"], "How much is it to Switzerland?"),
        (["Was kostet der Versand nach Österreich?", "und nach Polen?"], "Was kostet der Versand nach Polen?"),
        (["Geht das zurück?", "=Ja.", "und wie lange habe ich Zeit?"], "Geht das zurück? wie lange habe ich Zeit?"),
        (["What does the blinking blue light mean?", "and orange?"], "What does the blinking orange light mean?"),
        (["May I send it back?", "=Yes.", "Do I pay for that?"], "May I send it back? Do I pay for that?"),
        (["How do I change the filter?", "how often?"], "How do I change the filter? how often?"),
        (["Which filter fits?", "=Which model do you have: 100 or 300?", "the 300"], "Which filter fits? the 300"),
        (["Is delivery free to Spain?", "and to Italy?", "what about express?"], "Is delivery free to Italy? express?"),
    ],
)  # fmt: skip
def test_a_follow_up_is_searched_as_the_question_it_stands_for(turns: list[str], asked: str) -> None:
    found = asking(said(*turns))

    assert (found.rewritten, found.said, found.alone) == (asked, turns[-1], False)


@pytest.mark.parametrize(
    "turns",
    [
        ["and to Switzerland?"],
        ["How much is delivery?", "=9 euros.", "My purifier smells of plastic since yesterday"],
        ["How much is delivery?", "and I would also like to know how long the warranty of the Breeze lasts"],
    ],
)  # fmt: skip
def test_what_says_itself_what_it_is_about_is_asked_as_it_stands(turns: list[str]) -> None:
    found = asking(said(*turns))

    assert (found.rewritten, found.alone) == (turns[-1], True)


def test_what_points_back_may_still_mean_itself_alone() -> None:
    found = asking(said("Is delivery free?", "=Yes.", "it makes a rattling sound"))

    assert (found.said, found.rewritten) == ("it makes a rattling sound", "Is delivery free? it makes a rattling sound")
    assert found.alone
