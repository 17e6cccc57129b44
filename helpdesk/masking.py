"""Masking: what of a conversation names a person or an account is taken out before it is stored."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from answering import pii
from answering.settings import Maskable
from helpdesk.model import Conversation, Customer

_IBAN = re.compile(r"(?<!\w)(?=([A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}))", re.IGNORECASE)
_COUNTRIES = (
    "AD24 AE23 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 IL23 IS26 IT27 "
    "LI21 LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SA24 SE24 SI19 SK24 SM27 TR26 UA29 VA22"
)
_LENGTHS = {country[:2]: int(country[2:]) for country in _COUNTRIES.split(" ")}
_KINDS: frozenset[Maskable] = frozenset({"email", "card", "phone"})


@dataclass(frozen=True, slots=True)
class Masking:
    """Takes out e-mail addresses, phone, card and account numbers, order numbers by template, and customers' names."""

    order_numbers: tuple[str, ...] = ()

    def conversation(self, one: Conversation) -> Conversation:
        """Return it masked, without its customer."""
        names = _names(one.customer.names)
        return replace(
            one,
            subject=self._masked(one.subject, names),
            messages=tuple(replace(told, text=self._masked(told.text, names)) for told in one.messages),
            customer=Customer(),
        )

    def text(self, words: str) -> str:
        """Return words that belong to no customer masked."""
        return self._masked(words, None)

    def _masked(self, words: str, names: "re.Pattern[str] | None") -> str:
        words = _without_accounts(words)
        if self.order_numbers:
            words = _orders(self.order_numbers).sub("[order number]", words)
        words = pii.mask(words, _KINDS)
        return names.sub("[name]", words) if names else words


def _without_accounts(words: str) -> str:
    """Each place where an account number may begin is tried: what stands before one may look like one, too."""
    kept: list[str] = []
    at = 0
    for found in _IBAN.finditer(words):
        if found.start() >= at and (end := _account_end(found[1])):
            kept += [words[at : found.start()], "[account number]"]
            at = found.start() + end
    return "".join([*kept, words[at:]])


def _account_end(written: str) -> int:
    """Where the account number ends that the text begins with; 0: it begins with none. Other words may follow it."""
    length = _LENGTHS.get(written[:2].upper(), len(written.replace(" ", "")))
    end, signs = 0, 0
    while end < len(written) and signs < length:
        signs += written[end] != " "
        end += 1
    return end if signs == length and _is_iban(written[:end]) else 0


def _is_iban(written: str) -> bool:
    signs = written.replace(" ", "").upper()
    if not signs.isascii():
        return False
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1


def _orders(templates: Sequence[str]) -> re.Pattern[str]:
    """Of fixed length each: looking through a text takes time in proportion to it."""
    return re.compile("|".join(rf"(?<!\w){_pattern(template)}(?!\w)" for template in templates))


def _pattern(template: str) -> str:
    signs = {"#": r"\d", "?": r"[^\W\d_]"}
    return "".join(signs.get(sign, re.escape(sign)) for sign in template)


def _names(names: Iterable[str]) -> re.Pattern[str] | None:
    """Whole names however they are written, parts of them as they are written: a Rose is no rose."""
    whole = sorted({" ".join(name.split()) for name in names if "@" not in name}, key=len, reverse=True)
    parts = sorted({part for name in whole for part in name.split() if len(part.strip(".")) > 1}, key=len, reverse=True)
    told = [rf"(?i:{re.escape(name)})" for name in whole if " " in name] + [re.escape(part) for part in parts]
    return re.compile(rf"(?<!\w)(?:{'|'.join(told)})(?!\w)") if told else None
