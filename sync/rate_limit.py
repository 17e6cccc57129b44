"""Rate limiting: keep every 60-second window within a limit, in one process or across many through Redis.

Both limiters keep the moments of the calls in the window, in microseconds: a call passes while there are fewer than the
limit. So a small sync runs at full speed, and a large one uses the whole limit and never more.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

import redis
import structlog

from sync.errors import Retryable

MINUTE = timedelta(seconds=61)  # a minute, and a second for requests that travel at different speeds
PATIENCE = 2 * MINUTE
RETRY_REDIS_AFTER = timedelta(seconds=30)

log = structlog.get_logger()

T = TypeVar("T")


class RateLimiter(Protocol):
    """Holds callers back so that a limit is kept. May be called from many threads."""

    def wait(self, cost: int = 1) -> None:
        """Return when the caller may go on, having counted `cost` calls; a larger cost than the limit is a ValueError.

        Raises Retryable instead of waiting longer than two minutes: the other side asked for a longer pause.
        """
        ...

    def pause_all(self, pause: timedelta) -> None:
        """Let no call pass for that long, and then one after the other."""
        ...


class Quota(Protocol):
    """Counts the calls of one limit, for callers who do something else instead of waiting."""

    def take(self, cost: int = 1) -> int:
        """Count the calls and return 0, or count nothing and return the microseconds until asking again pays."""
        ...

    def pause_all(self, pause: timedelta) -> None:
        """Let no call pass for that long, and then one after the other."""
        ...


class Unlimited:
    """The limiter of a server without limits."""

    def wait(self, cost: int = 1) -> None:
        del cost

    def pause_all(self, pause: timedelta) -> None:
        del pause


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` calls in any window of that length."""

    limit: int
    window: timedelta = MINUTE

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ValueError(f"a limit of {self.limit} lets nobody pass")


class LocalLimiter:
    """Limits the threads of one process."""

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
        self._moments: deque[int] = deque()  # oldest first; those ahead of now are a penalty
        self._state = threading.Lock()
        self._queue = threading.Lock()

    def wait(self, cost: int = 1) -> None:
        _wait(self._rate, cost, self._queue, self.take, self._sleep)

    def pause_all(self, pause: timedelta) -> None:
        with self._state:
            end = self._now() + _micros(pause)
            if len(self._moments) < self._rate.limit or self._moments[0] + _micros(self._rate.window) < end:
                step = _micros(self._rate.window) / self._rate.limit
                first = end - _micros(self._rate.window)
                self._moments = deque(first + int(step * n) for n in range(1, self._rate.limit + 1))

    def take(self, cost: int = 1) -> int:
        with self._state:
            now = self._now()
            while self._moments and self._moments[0] <= now - _micros(self._rate.window):
                self._moments.popleft()
            over = len(self._moments) + cost - self._rate.limit
            if over > 0:
                return self._moments[over - 1] + _micros(self._rate.window) - now
            self._moments.extend([now] * cost)
            return 0

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)


class FallbackRedis:
    """Asks Redis; while it fails, None is the answer, which is logged once and tried again now and then."""

    def __init__(self, key: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._clock = clock
        self._alone_until: float | None = None

    def ask(self, question: Callable[[], T]) -> T | None:
        if self._alone_until is not None and self._clock() < self._alone_until:
            return None
        try:
            answer = question()
        except redis.RedisError as error:
            if self._alone_until is None:
                log.warning("pacing_alone", key=self._key, error=type(error).__name__)
            self._alone_until = self._clock() + RETRY_REDIS_AFTER.total_seconds()
            return None
        if self._alone_until is not None:
            log.info("pacing_shared_again", key=self._key)
            self._alone_until = None
        return answer


class RedisLimiter:
    """Limits every process that uses the same Redis key, by Redis' own clock.

    While Redis fails, each process limits itself to the whole rate: a limiter never stops the sync.
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
        self._sleep = sleep
        self._local = LocalLimiter(rate, clock=clock, sleep=sleep)
        self._take_script = client.register_script(_TAKE)
        self._pause_all_script = client.register_script(_PAUSE_ALL)
        self._queue = threading.Lock()
        self._reach = FallbackRedis(key, clock)

    def wait(self, cost: int = 1) -> None:
        _wait(self._rate, cost, self._queue, self.take, self._sleep)

    def pause_all(self, pause: timedelta) -> None:
        self._local.pause_all(pause)  # it may be this process's only limiter a moment later
        self._ask(self._pause_all_script, _micros(pause))

    def take(self, cost: int = 1) -> int:
        early = self._ask(self._take_script, cost)
        return self._local.take(cost) if early is None else early

    def _ask(self, script: Callable[..., object], number: int) -> int | None:
        arguments = [number, self._rate.limit, _micros(self._rate.window)]
        answer = self._reach.ask(lambda: script(keys=[self._key], args=arguments))
        return None if answer is None else int(str(answer))


def _wait(
    rate: Rate, cost: int, queue: threading.Lock, take: Callable[[int], int], sleep: Callable[[float], None]
) -> None:
    if not 0 < cost <= rate.limit:
        raise ValueError(f"a cost of {cost} does not fit into a limit of {rate.limit}")
    with queue:  # one thread asks, the others stand behind it: no herd wakes for each free slot
        while early := take(cost):
            pause = timedelta(microseconds=early)
            if pause > PATIENCE:
                raise Retryable(f"OpenAI asked for a pause; {pause.total_seconds():.0f} s are left", after=pause)
            sleep(early / 1_000_000)


def _micros(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)


_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local number, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local function add(moment, name) redis.call('ZADD', KEYS[1], string.format('%.0f', moment), name) end
local function score(rank) return tonumber(redis.call('ZRANGE', KEYS[1], rank, rank, 'WITHSCORES')[2]) end
"""

_TAKE = f"""{_NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
local held = redis.call('ZCARD', KEYS[1])
local over = held + number - limit
if over > 0 then return score(over - 1) + window - now end
for n = 1, number do add(now, string.format('%.0f:%d', now, held + n)) end
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1000)
return 0
"""

_PAUSE_ALL = f"""{_NOW}
local last = now + number
if redis.call('ZCARD', KEYS[1]) >= limit and score(0) + window >= last then return 0 end
redis.call('DEL', KEYS[1])
for n = 1, limit do add(last - window + math.floor(window / limit * n), 'penalty:' .. n) end
redis.call('PEXPIRE', KEYS[1], math.ceil((number + window) / 1000) + 1000)
return 0
"""
