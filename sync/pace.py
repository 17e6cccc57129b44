"""Pacing: keep every 60-second window within a limit, in one process or across many through Redis.

Both pacers run the same arithmetic (the generic cell rate algorithm) in whole microseconds: `due` is the moment at
which the allowance is full again, and a call passes if it then lies at most `burst` calls ahead.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import redis
import structlog

from sync.errors import Retryable

WINDOW = timedelta(seconds=60)
PATIENCE = timedelta(seconds=60)
RETRY_REDIS_AFTER = timedelta(seconds=30)

log = structlog.get_logger()


class Pacer(Protocol):
    """Holds callers back so that a limit is kept. May be called from many threads."""

    def wait(self, cost: int = 1) -> None:
        """Return when the caller may go on, having counted `cost` calls; a larger cost than the burst is a ValueError.

        Raises Retryable instead of waiting longer than a minute: the other side asked everybody to stay away.
        """
        ...

    def penalise(self, pause: timedelta) -> None:
        """Let nobody pass for that long, and then without a burst."""
        ...


class Unlimited:
    """The pacer of a server without limits."""

    def wait(self, cost: int = 1) -> None:
        del cost

    def penalise(self, pause: timedelta) -> None:
        del pause


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` calls in any 60-second window, `burst` of them at once.

    The steady part is what the burst leaves: `limit - burst` a minute, so a small burst uses more of the limit.
    """

    limit: int
    burst: int

    def __post_init__(self) -> None:
        if not 0 < self.burst < self.limit:
            raise ValueError(f"a burst of {self.burst} does not fit into a limit of {self.limit}")

    @property
    def interval(self) -> int:
        """Microseconds from one call to the next, rounded up."""
        return -(-_micros(WINDOW) // (self.limit - self.burst))


class Local:
    """Paces the threads of one process."""

    def __init__(
        self,
        rate: Rate,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._due = 0
        self._state = threading.Lock()
        self._queue = threading.Lock()

    def wait(self, cost: int = 1) -> None:
        _wait(self._rate, cost, self._queue, self.take, self._sleep)

    def penalise(self, pause: timedelta) -> None:
        with self._state:
            self._due = max(self._due, self._now() + _micros(pause) + self._rate.burst * self._rate.interval)

    def take(self, cost: int) -> int:
        """Count the calls and return 0, or count nothing and return the microseconds until asking again pays."""
        with self._state:
            now = self._now()
            due = max(self._due, now) + cost * self._rate.interval
            early = due - self._rate.burst * self._rate.interval - now
            if early > 0:
                return early
            self._due = due
            return 0

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)


class Shared:
    """Paces every process that uses the same Redis key, by Redis' own clock.

    While Redis fails, each process paces itself by the whole rate: a pacer never stops the sync.
    """

    def __init__(
        self,
        client: redis.Redis,
        key: str,
        rate: Rate,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._key = key
        self._clock = clock
        self._sleep = sleep
        self._local = Local(rate, clock=clock, sleep=sleep)
        self._take_script = client.register_script(_TAKE)
        self._penalise_script = client.register_script(_PENALISE)
        self._queue = threading.Lock()
        self._alone_until: float | None = None

    def wait(self, cost: int = 1) -> None:
        _wait(self._rate, cost, self._queue, self._take, self._sleep)

    def penalise(self, pause: timedelta) -> None:
        self._local.penalise(pause)  # it may be this process's only pacer a moment later
        self._ask(self._penalise_script, _micros(pause))

    def _take(self, cost: int) -> int:
        early = self._ask(self._take_script, cost)
        return self._local.take(cost) if early is None else early

    def _ask(self, script: Callable[..., object], number: int) -> int | None:
        """Return the script's answer; None while Redis fails, which is logged once and tried again now and then."""
        if self._alone_until is not None and self._clock() < self._alone_until:
            return None
        try:
            answer = script(keys=[self._key], args=[number, self._rate.interval, self._rate.burst])
        except redis.RedisError as error:
            if self._alone_until is None:
                log.warning("pacing_alone", key=self._key, error=type(error).__name__)
            self._alone_until = self._clock() + RETRY_REDIS_AFTER.total_seconds()
            return None
        if self._alone_until is not None:
            log.info("pacing_shared_again", key=self._key)
            self._alone_until = None
        return int(str(answer))


def _wait(
    rate: Rate, cost: int, queue: threading.Lock, take: Callable[[int], int], sleep: Callable[[float], None]
) -> None:
    if not 0 < cost <= rate.burst:
        raise ValueError(f"a cost of {cost} does not fit into a burst of {rate.burst}")
    with queue:  # one thread asks, the others stand behind it: no herd wakes for each free slot
        while early := take(cost):
            pause = timedelta(microseconds=early)
            if pause > PATIENCE:
                raise Retryable(f"OpenAI asked everybody to wait; {pause.total_seconds():.0f} s are left", after=pause)
            sleep(early / 1_000_000)


def _micros(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)


_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local number, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local function keep(moment)
  redis.call('SET', KEYS[1], string.format('%.0f', moment), 'PX', math.ceil((moment - now) / 1000) + 1000)
end
"""

_TAKE = f"""{_NOW}
due = due + number * interval
local early = due - burst * interval - now
if early > 0 then return early end
keep(due)
return 0
"""

_PENALISE = f"""{_NOW}
keep(math.max(due, now + number + burst * interval))
return 0
"""
