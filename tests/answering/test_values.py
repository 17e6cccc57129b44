"""Numbers are compared as what they mean, however they are written."""

import pytest

from answering import values


def same(one: str, other: str) -> bool:
    [(_, readings)] = values.written(one)
    return bool(readings & values.known(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000", "1000"),
        ("1.000", "1000"),
        ("1 000", "1,000"),
        ("1'000", "1000"),
        ("7.5", "7.50"),
        ("7,50", "7.50"),
        ("12.0", "12 %"),
        ("1.234,56", "1,234.56"),
        ("1,234,567", "1234567"),
        ("10k", "10,000"),
        ("30th", "30 days"),
        ("4GB", "4 GB"),
        ("٣٠", "30 days"),
        ("30", "thirty days"),
        ("30", "dreißig Tage"),
        ("9:00", "9 am"),
        ("18:00", "6 pm"),
        ("18 Uhr", "18:00"),
        ("14", "a fortnight"),
    ],
)
def test_the_same_value_in_another_form_is_the_same(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("7.50", "750"), ("750", "7.50"), ("1,00", "100"), ("12.5", "125"), ("0.500", "500"), ("60", "90"), ("9:30", "9")],
)
def test_another_value_is_another(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize("text", ["① Open", "1️⃣ Open", "m² of ground", "CO₂", "A4 paper", "IPv6", "footnote¹"])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert values.written(text) == []


def test_a_sum_may_follow_from_what_is_stated_and_an_invention_may_not() -> None:
    stated = values.known("The lamp costs 20 euros, shipping 5. Returns within two weeks.")

    assert values.derivable("25 euros in all", stated)
    assert values.derivable("14 days", stated)
    assert not values.derivable("83 euros", stated)
