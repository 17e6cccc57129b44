"""Dates and times of a spreadsheet, which it keeps as days since 1900 or 1904."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MAX_DAY = 2_958_465  # the last day of the year 9999

Tokens = Sequence[tuple[str, str]]
"""Kinds and texts of a format's pieces."""


def shown(days: float, tokens: Tokens, *, since_1904: bool) -> str:
    """Return a moment or a duration as its format shows it; '' for what is neither."""
    if any(kind == "elapsed" for kind, _ in tokens):
        return _elapsed(days, tokens)
    if not 0 <= days <= MAX_DAY:
        return ""
    start = date(1904, 1, 1) if since_1904 else date(1899, 12, 30 if days >= 60 else 31)  # day 60 of 1900 never was
    digits = _second_digits(tokens)
    unit = 10 ** (6 - digits)
    day = int(days)
    ticks = round((days - day) * 86_400 * 10**6 / unit) * unit
    try:
        moment = datetime.combine(start, time.min, UTC) + timedelta(days=day, microseconds=ticks)
    except OverflowError:
        return ""
    half = any(kind == "noon" for kind, _ in tokens)
    return "".join(_part(moment, tokens, place, half_days=half) for place in range(len(tokens)))


def _second_digits(tokens: Tokens) -> int:
    """How many digits of a second are shown."""
    count, counting = 0, False
    for kind, text in tokens:
        if text == ".":
            counting = True
        elif counting and kind == "digit":
            count += 1
        else:
            counting = False
    return min(count, 6)


def _part(moment: datetime, tokens: Tokens, place: int, *, half_days: bool) -> str:
    kind, text = tokens[place]
    if kind == "noon":
        return "AM" if moment.hour < 12 else "PM"
    if kind == "digit":
        nth = _digits_before(tokens, place)
        return f"{moment.microsecond:06d}"[nth : nth + 1]
    if kind != "date":
        return "" if kind == "condition" else text
    letter, width = text[0].lower(), len(text)
    if letter == "h" and half_days:
        return f"{moment.hour % 12 or 12:0{min(width, 2)}d}"
    if letter == "m" and not _is_minute(tokens, place):
        name = MONTHS[moment.month - 1]
        return (str(moment.month), f"{moment.month:02d}", name[:3], name, name[0])[min(width, 5) - 1]
    return _written(moment, letter, width)


def _written(moment: datetime, letter: str, width: int) -> str:
    """A day, year, hour, minute or second; '' for what the calendar of another country counts."""
    if letter == "d":
        name = DAYS[moment.weekday()]
        return (str(moment.day), f"{moment.day:02d}", name[:3], name)[min(width, 4) - 1]
    if letter in "ye":
        return f"{moment.year:04d}" if width > 2 or letter == "e" else f"{moment.year % 100:02d}"
    value = {"h": moment.hour, "m": moment.minute, "s": moment.second}.get(letter)
    return "" if value is None else f"{value:0{min(width, 2)}d}"


def _digits_before(tokens: Tokens, place: int) -> int:
    count = 0
    while place and tokens[place - 1][0] == "digit":
        place, count = place - 1, count + 1
    return count


def _is_minute(tokens: Tokens, place: int) -> bool:
    """Whether an m is a minute's: it follows an hour, or a second follows it."""
    units = [
        (number, text.strip("[]")[0].lower())
        for number, (kind, text) in enumerate(tokens)
        if kind in ("date", "elapsed")
    ]
    index = next(at for at, (number, _) in enumerate(units) if number == place)
    before = units[index - 1][1] if index else ""
    after = units[index + 1][1] if index + 1 < len(units) else ""
    return before == "h" or after == "s"


def _elapsed(days: float, tokens: Tokens) -> str:
    """A duration: its largest unit grows beyond a day."""
    sign, digits = "-" if days < 0 else "", _second_digits(tokens)
    whole = round(abs(days) * 86_400 * 10**digits)
    seconds, rest = divmod(whole, 10**digits)
    largest = next(text[0].lower() for kind, text in tokens if kind == "elapsed")
    hours, minutes = divmod(seconds // 60, 60)
    pieces = []
    for place, (kind, text) in enumerate(tokens):
        letter, width = text[:1].lower(), min(len(text), 2)
        if kind == "elapsed":
            total = {"h": hours, "m": hours * 60 + minutes, "s": seconds}[letter]
            pieces.append(f"{total:0{width}d}")
        elif kind == "date" and letter in "hms":
            value = {"h": hours % 24 if largest != "h" else hours, "m": minutes, "s": seconds % 60}[letter]
            pieces.append(f"{value:0{width}d}")
        elif kind == "digit":
            pieces.append(f"{rest:0{digits}d}"[_digits_before(tokens, place)] if digits else text)
        else:
            pieces.append("" if kind == "condition" else text)
    return sign + "".join(pieces)
