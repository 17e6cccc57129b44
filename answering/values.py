"""Values: the numbers of a text compared as what they mean, however they are written.

1,000 = 1.000 = 1000, 7.50 = 7.5, 7.50 ≠ 750, 12.0 % = 12 %, 9 am = 9:00, thirty = 30. A separator groups only before
exactly three digits, so that "1.500" may be read both ways and equals whichever the other side means.
"""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from decimal import Decimal
from itertools import combinations

Readings = frozenset[Decimal]
"""What one written number may mean."""

_GROUP = " '’\u00a0\u202f"
_NUMBER = re.compile(rf"(?<![\w.,])(?:\d{{1,3}}(?:[{_GROUP}]\d{{3}})+(?!\d)|\d+)(?:[.,]\d+)*(?P<more>[kKmM](?!\w))?")
_TIME = re.compile(r"(?<![\w:.])(\d{1,2})(?:[:.h](\d{2}))?\s?(am|pm|a\.m\.|p\.m\.|uhr|h)?(?![\w:])", re.IGNORECASE)
_HALVES = {"am": 0, "a.m.": 0, "pm": 12, "p.m.": 12}
_WORD = re.compile(r"[^\W\d_]+")
_MULTIPLES = {"k": 1_000, "m": 1_000_000}
_UNITS = frozenset({Decimal(7), Decimal(12), Decimal(24), Decimal(60)})  # days of a week, months, hours, minutes
MAX_DERIVED = 40  # values whose sums are tried: an answer adds up a few prices, not a catalogue


def written(text: str) -> list[tuple[str, Readings]]:
    """Return each number in digits as it stands, with what it may mean; times of day are one number."""
    plain = _decimal_digits(text)
    found: list[tuple[str, Readings]] = []
    rest = plain
    for time in _TIME.finditer(plain):
        told_as_time = time[2] is not None or time[3] is not None
        if told_as_time and (readings := _time(time)):
            found.append((time[0].strip(), readings))
            rest = rest[: time.start()] + " " * len(time[0]) + rest[time.end() :]
    found += [(number[0], _readings(number[0], number["more"])) for number in _NUMBER.finditer(rest)]
    return found


def spelled(text: str) -> frozenset[Decimal]:
    """Return the numbers that stand there as words: thirty, dreißig, trente, treinta."""
    return frozenset(_SPELLED[word] for word in _WORD.findall(text.casefold()) if word in _SPELLED)


def known(text: str) -> frozenset[Decimal]:
    """Return every value that a text states, in digits or words, whichever way it may be read."""
    stated = {reading for _, readings in written(text) for reading in readings}
    for hour in _TIME.finditer(_decimal_digits(text)):
        stated.add(Decimal(hour[1]))
    return frozenset(stated | spelled(text))


def unknown(text: str, stated: AbstractSet[Decimal]) -> list[str]:
    """Return the numbers in digits that are none of the stated values, in the order of the text."""
    return [number for number, readings in written(text) if not readings & stated]


def derivable(text: str, stated: AbstractSet[Decimal]) -> bool:
    """Whether each unknown number follows from stated ones: a sum, a difference, weeks told as days."""
    few = sorted(stated)[:MAX_DERIVED]
    results = {a + b for a, b in combinations(few, 2)} | {abs(a - b) for a, b in combinations(few, 2)}
    results |= {a * unit for a in few for unit in _UNITS}
    results |= {a / unit for a in few for unit in _UNITS}
    return all(readings & results for _, readings in written(text) if not readings & stated)


def _readings(number: str, more: str | None) -> Readings:
    digits = number.rstrip("kKmM") if more else number
    digits = re.sub(rf"(?<=\d)[{_GROUP}](?=\d{{3}})", "", digits)
    readings = {Decimal(reading) for reading in _separated(digits)}
    if more:
        readings |= {reading * _MULTIPLES[more.casefold()] for reading in readings}
    return frozenset(readings)


def _separated(digits: str) -> set[str]:
    """Read dots and commas: as one decimal mark, as groups before exactly three digits, or as parts of a version."""
    marks = [mark for mark in digits if mark in ".,"]
    if not marks:
        return {digits}
    whole, *groups = re.split(r"[.,]", digits)
    grouped = all(len(group) == 3 for group in groups) and 1 <= len(whole) <= 3 and whole != "0"
    if len(marks) == 1:
        return {f"{whole}.{groups[0]}"} | ({whole + groups[0]} if grouped else set())
    if len(set(marks)) == 1:
        return {"".join([whole, *groups])} if grouped else {whole, *groups}
    *inner, fraction = groups
    if len(set(marks[:-1])) == 1 and all(len(group) == 3 for group in inner):
        return {f"{whole}{''.join(inner)}.{fraction}"}
    return {whole, *groups}


def _time(time: re.Match[str]) -> Readings:
    """Read a time of day as hours, minutes as a fraction; nothing where it is none."""
    hour, minute = int(time[1]), int(time[2] or 0)
    if hour > 24 or minute > 59 or (time[2] is not None and "." in time[0] and time[3] is None):
        return frozenset()
    half = _HALVES.get((time[3] or "").casefold())
    if half is not None:
        hour = hour % 12 + half
    exact = hour + Decimal(minute) / 60
    return frozenset({exact} if half is None else {exact, Decimal(time[1]) + Decimal(minute) / 60})


def _decimal_digits(text: str) -> str:
    """Write the digits of every script as 0 to 9; a circled or keycap numeral is a mark and no number."""
    marked = re.sub(r"[0-9]\ufe0f?\u20e3|[\u2460-\u24ff\u2776-\u2793\u00b2\u00b3\u00b9\u2070-\u2089]+", " ", text)
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in marked)


_SPELLED = {
    word: Decimal(number)
    for number, words in {
        1: "one ein eine einen einem einer une uno una once single",
        2: "two zwei deux dos twice zweimal couple pair",
        3: "three drei trois tres",
        4: "four vier quatre cuatro",
        5: "five fünf cinq cinco",
        6: "six sechs seis",
        7: "seven sieben sept siete week woche semaine semana",
        8: "eight acht huit ocho",
        9: "nine neun neuf nueve",
        10: "ten zehn dix diez",
        11: "eleven elf onze once",
        12: "twelve zwölf douze doce dozen dutzend",
        14: "fourteen vierzehn quatorze catorce fortnight",
        15: "fifteen fünfzehn quinze quince",
        20: "twenty zwanzig vingt veinte",
        24: "vierundzwanzig veinticuatro",
        30: "thirty dreißig dreissig trente treinta",
        40: "forty vierzig quarante cuarenta",
        50: "fifty fünfzig cinquante cincuenta half hälfte",
        60: "sixty sechzig soixante sesenta",
        90: "ninety neunzig noventa",
        100: "hundred hundert cent cien",
        1000: "thousand tausend mille mil",
    }.items()
    for word in words.split()
}
SPELLED = rf"(?:{'|'.join(sorted(_SPELLED, key=len, reverse=True))})\b"
"""A pattern for a number that is spelled out."""
