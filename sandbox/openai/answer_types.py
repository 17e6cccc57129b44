"""Answer types: what kind of value a question asks for, and whether a text holds one: a price, a weight, an hour.

A page about the right thing that has no such value answers nothing: what is said of a bracket's height is not how much
the device weighs. Known by words in English and German.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_NUMBER = (
    r"(?:\d|\b(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|few|several|ein(?:e[nmr]?)?|zwei|drei"
    r"|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|halbe[nrs]?|einige[nr]?|wenige[nr]?)\b)"
)
_PERIOD = (
    r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?"
    r"|sekunden?|minuten?|stunden?|tage?n?|werktage?n?|nächte|wochen?|monate?n?|jahre?n?)\b"
)
_CLOCK = r"(?:\b\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|a\.m|p\.m|uhr)\b|\b\d{1,2}:\d{2}\b)"
_OPEN = r"\b(?:open|opens|opening|hours|available|staffed|reach|call|geöffnet|offen|öffnungs\w+|erreichbar)\b"
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|holidays?)"
_TAG = r"\b(?:(?:mon|diens|donners|frei|sams|sonn|feier)tags?|mittwochs?|wochenende)\b"
_YEAR = r"\b(?:19|20)\d\d\b"


@dataclass(frozen=True, slots=True)
class AnswerType:
    """How a kind of value is asked for, and what it looks like."""

    asked: re.Pattern[str]
    value: re.Pattern[str]

    def stands_in(self, text: str) -> bool:
        return bool(self.value.search(text.replace("*", "").replace("_", "")))


def _type(*, asked: tuple[str, ...], value: tuple[str, ...]) -> AnswerType:
    return AnswerType(re.compile("|".join(asked), re.IGNORECASE), re.compile("|".join(value), re.IGNORECASE))


_HOURS_OF_OPENING = _type(
    asked=(
        r"\b(?:opening|business|office|store|shop|service|support|closing|working)[ -](?:hours?|times?)\b",
        r"\bhours (?:on|of)\b",
        r"\b(?:what|which|your) hours\b",
        r"\bwhen (?:are|do|does|is) (?:you|your|u|the)\b.{0,30}\b(?:open|close[sd]?)\b",
        r"\b(?:are|r) (?:you|u) open\b",
        rf"\bopen (?:on )?(?:{_DAY}|today|tomorrow|now)\b",
        r"öffnungszeit|geschäftszeit|sprechzeit",
        r"\b(?:habt|hat|haben|seid|sind) (?:ihr|sie|der|das)\b.{0,40}\b(?:geöffnet|offen|auf)\W*$",
        rf"\b(?:geöffnet|offen|auf)\b.{{0,12}}{_TAG}",
        rf"{_TAG}.{{0,12}}\b(?:geöffnet|offen)\b",
    ),
    value=(rf"{_OPEN}.{{0,80}}{_CLOCK}", rf"{_CLOCK}.{{0,80}}{_OPEN}"),
)
_NUMBER_TO_CALL = _type(
    asked=(
        r"\b(?:tele)?(?:phone|fax|hotline|mobile|contact|whats ?app) ?(?:number|nr|no\b)",
        r"\b(?:can|may|could) i (?:call|phone|ring) (?:you|u|someone)\b",
        r"\bnumber (?:to|can i) call\b",
        r"\bhotline\b|(?:telefon|fax|handy|ruf|service)nummer",
        r"\b(?:kann|darf) (?:ich|man) (?:euch|sie|bei euch) anrufen\b",
    ),
    value=(r"(?<!\d)(?<!\d\.)\+?\d[\d ()/-]{5,}\d(?!\.?\d)",),
)
_WEIGHT = _type(
    asked=(
        r"\bhow heavy\b|\bweighs?\b|\bweight\b|\bhow many (?:kg|kilos?|pounds)\b",
        r"\bwie schwer\b|\b(?:wiegt|wiegen|gewicht)\b",
    ),
    value=(r"\d\s?(?:kg|kilo\w*|g|grams?|gramm|lbs?|pounds?|oz)\b",),
)
_POWER = _type(
    asked=(
        r"\bwatts?\b|\bwattage\b|\bhow much (?:power|electricity|energy|current)\b",
        r"\b(?:power|energy|electricity) (?:use|usage|consumption)\b",
        r"\bstromverbrauch\b|\bwie ?viel strom\b|\bverbrauch",
    ),
    value=(r"\d\s?(?:k?w|watts?|kwh|amps?|ampere)\b",),
)
_LOUDNESS = _type(
    asked=(r"\bhow (?:loud|noisy|quiet)\b|\bdecibels?\b|\bdb\b|\bwie (?:laut|leise)\b",),
    value=(r"\d\s?(?:dba?|decibels?|dezibel)\b",),
)
_SIZE = _type(
    asked=(
        r"\bhow (?:far|wide|tall|deep|thick|high should)\b|\b(?:dimensions?|measurements)\b",
        r"\b(?:what|which) (?:height|distance|width|length)\b",
        r"\bwie (?:weit|breit|tief|dick)\b|\babmessungen\b|\bwelche[rn]? (?:höhe|abstand)\b",
    ),
    value=(
        r"\d\s?(?:mm|cm|m|km|m²|inch(?:es)?|ft|foot|feet|met(?:er|re)s?|yards?|miles?)(?!\w)",
        r"\d\s?[\"″]",
    ),
)
_RHYTHM = _type(
    asked=(r"\bhow (?:often|frequently)\b|\bwie oft\b|\bin welchen abständen\b",),
    value=(
        r"\b(?:every|each|once|twice|daily|weekly|monthly|yearly|annually)\b",
        r"\b(?:jede[nrs]?|alle|einmal|zweimal|täglich|wöchentlich|monatlich|jährlich)\b",
        r"\d\s?(?:times|mal)\b",
        rf"{_NUMBER}\W{{1,3}}(?:\w+\W{{1,3}}){{0,3}}?{_PERIOD}",
    ),
)
_DURATION = _type(
    asked=(
        r"\bhow (?:long|quick(?:ly)?|fast|soon|old)\b|\bhow many (?:minutes|hours|days|weeks|months|years)\b",
        r"\bdelivery times?\b|\bdeadline\b",
        r"\bwie (?:lange?|schnell|alt)\b|\bwie ?viele (?:minuten|stunden|tage|wochen|monate|jahre)\b",
        r"\b(?:lieferzeit(?:en)?|frist)\b",
    ),
    value=(
        rf"{_NUMBER}\W{{0,3}}(?:[\w,.]+\W{{1,3}}){{0,4}}?{_PERIOD}",
        r"\b(?:same|next) (?:\w+ )?day\b",
        r"\b(?:immediately|at once|overnight|instantly|until|minimum term|lifetime|unlimited)\b",
        r"\b(?:sofort|bis|mindestlaufzeit|lebenslang)\b",
        _YEAR,
    ),
)
_PRICE = _type(
    asked=(
        r"\bhow much (?:is|are|does|do|for|would|will|cost)\b|\bhow much\W*$",
        r"\bwhat (?:does|do|would|will|is the) .{1,60}\bcost\b|\b(?:price|cost)s?\b",
        r"\b(?:kostet|kosten|preise?|wie teuer)\b",
    ),
    value=(
        r"[€$£¥]\s?\d",
        r"\d[\d.,]*\W{0,3}(?:€|\$|%|(?:eur|euros?|usd|chf|gbp|pounds?|dollars?|cents?)\b|percent|prozent)",
        r"\b(?:eur|usd|chf|gbp)\W{1,3}\d",
        r"\b(?:free|no (?:extra )?(?:charge|cost|fee)s?|full price|at the (?:same )?price|included)\b",
        r"\b(?:kostenlos|gratis|kostenfrei|umsonst|inklusive|preis)\b",
    ),
)
_IN_YEAR = _type(asked=(r"\b(?:what|which) year\b|\bin welchem jahr\b",), value=(_YEAR,))

_TYPES = (
    _HOURS_OF_OPENING,
    _NUMBER_TO_CALL,
    _WEIGHT,
    _POWER,
    _LOUDNESS,
    _SIZE,
    _RHYTHM,
    _DURATION,
    _PRICE,
    _IN_YEAR,
)


@lru_cache(maxsize=1000)
def answer_type(question: str) -> AnswerType | None:
    """Return what kind of value a question asks for; None where it asks for none of them."""
    return next((one for one in _TYPES if one.asked.search(question)), None)
