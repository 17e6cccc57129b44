"""Cadence: when a source is asked again, from when it last was."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from celery import Celery
from celery.schedules import ParseException, crontab

JITTER = 0.1
MAX_JITTER = timedelta(minutes=1)
_UTC = Celery("answerwell-clock", set_as_current=False)


class Cadence(Protocol):
    """Told when a source was last asked, knows when to ask it again. 0: never yet, so at once."""

    def after(self, last: float, name: str) -> float: ...


@dataclass(frozen=True, slots=True)
class Every:
    """Once a period, a little early: sources of the same period drift apart instead of starting together."""

    period: timedelta

    def after(self, last: float, name: str) -> float:
        return last + self.period.total_seconds() * (1 - JITTER * share(f"{name} {last}")) if last else 0.0


class Cron:
    """At the times of a five-field cron expression, in UTC, within a minute: sources of the same times start apart."""

    def __init__(self, expression: str) -> None:
        """Raises ValueError for an expression that is none."""
        try:
            minute, hour, day, month, weekday = expression.split()
            self._times = crontab(minute, hour, weekday, day, month, app=_UTC, nowfun=lambda: datetime.now(UTC))
        except (ParseException, ValueError, TypeError) as error:
            raise ValueError(
                f'is not a cron expression ({error}); write five fields, such as "*/15 8-18 * * 1-5"'
            ) from error

    def after(self, last: float, name: str) -> float:
        if not last:
            return 0.0
        began, wait, _ = self._times.remaining_delta(datetime.fromtimestamp(last, UTC))
        due: datetime = began + wait
        return due.timestamp() + MAX_JITTER.total_seconds() * share(name)


def share(text: str) -> float:
    """A number from 0 to 1 that every process makes the same of the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32
