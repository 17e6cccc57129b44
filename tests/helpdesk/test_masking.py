"""Masking: nothing that names a customer or an account passes, and nothing else is touched."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from helpdesk.masking import Masking
from helpdesk.model import Customer
from helpdesk.settings import HelpDeskSettings
from tests.connectors.test_zendesk_helpdesk import ZendeskDeskWorld
from tests.contract.helpdesk import plain

MASKING = Masking(("AC-#####", "??######"))


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        ("to DE89 3704 0044 0532 0130 00 please", "to [account number] please"),
        ("de89370400440532013000", "[account number]"),
        ("nr15 DE89 3704 0044 0532 0130 00 it is", "nr15 [account number] it is"),
        ("GB82 WEST 1234 5698 7654 32, AT611904300234573201", "[account number], [account number]"),
        ("not one: DE88 3704 0044 0532 0130 00 x", None),
        ("card 4111 1111 1111 1111", "card [card number]"),
        ("Order AC-20417 and BX123456", "Order [order number] and [order number]"),
        ("XAC-204171 is none", "XAC-204171 is none"),
        ("write a.b+c@shop.example or +49 30 901820", "write [e-mail address] or [phone number]"),
        ("60 days, 14.90 EUR, 2,400 m, 2026-11-30", "60 days, 14.90 EUR, 2,400 m, 2026-11-30"),
    ],
)  # fmt: skip
def test_numbers_and_addresses_are_masked_where_they_are_ones(words: str, masked: str | None) -> None:
    found = MASKING.text(words)

    assert found == masked if masked else "[account number]" not in found


@pytest.mark.parametrize(
    ("name", "words", "masked"),
    [
        ("Rose Field", "Hello Rose, a rose in rose field. Mrs Field", "Hello [name], a rose in [name]. Mrs [name]"),
        ("Jürgen Groß-Müller", "Hallo Herr Groß-Müller", "Hallo Herr [name]"),
        ("José (José) Ortega*", "JOSÉ ORTEGA", "JOSÉ ORTEGA"),
        ("李 小龙", "李 小龙 您好", "[name] 您好"),
        ("ann@shop.example", "shop", "shop"),
    ],
)
def test_names_of_the_customer_are_masked_and_words_are_not(name: str, words: str, masked: str) -> None:
    world = ZendeskDeskWorld()
    number = world.load([plain(0)])["p0"]
    one = world.connect().conversation(number)  # type: ignore[arg-type]  # the id is one
    one = replace(one, subject=words, customer=Customer((name,), ()))

    found = MASKING.conversation(one)

    assert (found.subject, found.customer) == (masked, Customer())


@pytest.mark.parametrize("template", ["##", "a b###", "(a+)+", "#" * 41, ""])
def test_a_template_that_would_mask_anything_is_refused(template: str) -> None:
    with pytest.raises(ValidationError, match=r"three|at most"):
        HelpDeskSettings.model_validate({"source": "desk", "order_numbers": [template]})
