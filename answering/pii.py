"""PII masking: takes e-mail addresses, phone and card numbers out of a text before it is stored or sent on."""

import re
from collections.abc import Set as AbstractSet

from answering.settings import Maskable

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]++)++")
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")
_PHONE = re.compile(r"(?<![\w.,-])(?:\+|00)?\(?\d(?:[ ()/.-]{0,2}\d){6,14}(?![\w-]|[.,]\d)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4}")


def mask(text: str, kinds: AbstractSet[Maskable]) -> str:
    """Return the text with a label in the place of each kind of thing to hide."""
    if "card" in kinds:
        text = _CARD.sub(lambda found: "[card number]" if _luhn(found[0]) else found[0], text)
    if "email" in kinds:
        text = _EMAIL.sub("[e-mail address]", text)
    if "phone" in kinds:
        text = _PHONE.sub(lambda found: found[0] if _no_phone(found[0]) else "[phone number]", text)
    return text


def _luhn(number: str) -> bool:
    digits = [int(sign) for sign in number if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _no_phone(found: str) -> bool:
    """A date, or a plain number such as that of an order: phones are written with a sign between, a + or a zero."""
    if _DATE.fullmatch(found):
        return True
    return found.isdigit() and not found.startswith("0")
