"""Slack's message ids are moments: text, never floats, which are too coarse for them."""

import re
from datetime import UTC, date, datetime, timedelta

_TS = re.compile(r"([0-9]{1,12})\.([0-9]{1,9})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EPOCH = datetime.fromtimestamp(0, UTC)


def is_ts(text: object) -> bool:
    return isinstance(text, str) and _TS.fullmatch(text) is not None


def order(ts: str) -> tuple[int, int]:
    """What a ts sorts by; (0, 0) for what is none."""
    found = _TS.fullmatch(ts)
    return (int(found[1]), int(found[2].ljust(9, "0"))) if found else (0, 0)


def moment(ts: str) -> datetime:
    """The aware time of a ts, to the second."""
    return EPOCH + timedelta(seconds=order(ts)[0])


def day_of(ts: str) -> str:
    """The day in UTC on which the message was sent, as YYYY-MM-DD."""
    return f"{moment(ts):%Y-%m-%d}"


def day(text: str) -> date | None:
    """The date of a day that we wrote, None for anything else."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def starts(date_: date) -> int:
    """The second in which the day starts."""
    return int(datetime(date_.year, date_.month, date_.day, tzinfo=UTC).timestamp())


def just_before(second: int) -> str:
    """The last ts before that second: as an exclusive bound, it lets the second's first message pass."""
    return f"{second - 1}.999999"


def at(second: int) -> str:
    return f"{second}.000000"
