"""Rate limiting: what a vendor still allows, counted before each call, by one process or by all together."""

import math
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import redis

from connectors.http.transport import http_date, now
from sync.rate_limit import FallbackRedis, LocalLimiter, Quota, Rate, RedisLimiter


class QuotaStore(Protocol):
    """Where allowances are kept, by keys that name vendor, account and method. For many threads."""

    def meter(self, key: str, rate: Rate) -> Quota:
        """Return what counts the calls of a known rate."""
        ...

    def close(self, key: str, pause: timedelta) -> None:
        """Say that the vendor lets nobody pass for that long."""
        ...

    def open(self, key: str) -> None:
        """Say that the vendor lets calls pass again."""
        ...

    def closed(self, keys: Collection[str]) -> timedelta:
        """Return how long the one of these that stays closed longest does."""
        ...


class LocalQuotas:
    """Kept in this process."""

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._meters: dict[str, LocalLimiter] = {}
        self._closed: dict[str, datetime] = {}

    def meter(self, key: str, rate: Rate) -> Quota:
        with self._lock:
            return self._meters.setdefault(key, LocalLimiter(rate, clock=lambda: self._clock().timestamp()))

    def close(self, key: str, pause: timedelta) -> None:
        with self._lock:
            self._closed[key] = self._clock() + pause

    def open(self, key: str) -> None:
        with self._lock:
            self._closed.pop(key, None)

    def closed(self, keys: Collection[str]) -> timedelta:
        with self._lock:
            until = max((self._closed[key] for key in keys if key in self._closed), default=None)
        return max(timedelta(0), until - self._clock()) if until else timedelta(0)


class RedisQuotas:
    """Kept in Redis for every process that uses it; while Redis fails, each process goes by what it knows itself."""

    def __init__(self, client: redis.Redis, prefix: str = "answerwell:pace") -> None:
        self._client = client
        self._prefix = prefix
        self._here = LocalQuotas()
        self._reach = FallbackRedis(f"{prefix}:closed")
        self._lock = threading.Lock()
        self._meters: dict[str, RedisLimiter] = {}

    def meter(self, key: str, rate: Rate) -> Quota:
        with self._lock:
            return self._meters.setdefault(key, RedisLimiter(self._client, f"{self._prefix}:{key}", rate))

    def close(self, key: str, pause: timedelta) -> None:
        self._here.close(key, pause)
        milliseconds = max(1, int(pause.total_seconds() * 1000))
        self._reach.ask(lambda: self._client.set(self._gate(key), 1, px=milliseconds))

    def open(self, key: str) -> None:
        if self._here.closed([key]):  # else nobody here closed it: no call to Redis for every answer
            self._here.open(key)
            self._reach.ask(lambda: self._client.delete(self._gate(key)))

    def closed(self, keys: Collection[str]) -> timedelta:
        left = self._reach.ask(lambda: self._ask(keys))
        return self._here.closed(keys) if left is None else timedelta(milliseconds=max(0, *left, 0))

    def _ask(self, keys: Collection[str]) -> list[int]:
        with self._client.pipeline(transaction=False) as asking:
            for key in keys:
                asking.pttl(self._gate(key))
            return [int(answer) for answer in asking.execute()]

    def _gate(self, key: str) -> str:
        return f"{self._prefix}:{key}:closed"


class VendorLimits:
    """The allowances of one account at one vendor, called buckets; "" is the one that every call draws on.

    `rates` are those known beforehand; of the others only what the vendor's answers say is known.
    """

    def __init__(
        self,
        allowances: QuotaStore | None = None,
        account: str = "",
        rates: Mapping[str, Rate] | None = None,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._allowances = allowances or LocalQuotas(clock)
        self._account = account
        self._rates = rates or {}
        self._clock = clock

    def admit(self, buckets: Collection[str]) -> timedelta:
        """Count a call that draws on these buckets and return 0; or count nothing and return its wait."""
        if closed := self._allowances.closed([self._key(bucket) for bucket in buckets]):
            return closed
        for bucket in buckets:
            if bucket in self._rates:
                early = self._allowances.meter(self._key(bucket), self._rates[bucket]).take()
                if early:
                    return timedelta(microseconds=early)
        return timedelta(0)

    def close(self, bucket: str, pause: timedelta) -> None:
        """Let nobody draw on the bucket for that long, in any process: the vendor refused a call for its rate."""
        self._allowances.close(self._key(bucket), pause)

    def learn(self, bucket: str, headers: Mapping[str, str]) -> None:
        """Read the general allowance (credited to `bucket`) and the named ones (`…-ratelimit-<name>`)."""
        for name, left, wait in _allowances(bucket, headers, self._clock()):
            if left <= 0 and wait > timedelta(0):
                self._allowances.close(self._key(name), wait)
            else:
                self._allowances.open(self._key(name))

    def _key(self, bucket: str) -> str:
        return f"{self._account}:{bucket}"


GENERAL = ("ratelimit", "x-rate-limit", "x-ratelimit")
"""What the headers of the general allowance start with: `…-remaining` calls until `…-reset`."""

EPOCH = 1_000_000_000.0
"""Resets from here on are moments, in seconds since 1970; below, they are waits, in seconds."""


def until_reset(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long until the general allowance is filled again, None where no header says so.

    A moment is compared with the server's own clock where the answer tells it, with `now` where not.
    """
    for name in GENERAL:
        if text := headers.get(f"{name}-reset", ""):
            wait = _number(text, 0)
            if wait >= EPOCH:
                wait -= (http_date(headers.get("date", "")) or now).timestamp()
            return timedelta(seconds=min(86_400.0, max(0.0, wait)))
    return None


def _allowances(bucket: str, headers: Mapping[str, str], now: datetime) -> list[tuple[str, float, timedelta]]:
    """Return each allowance that the headers tell of: its name, the calls left, and the wait until it is refilled."""
    found = []
    for name in GENERAL:
        if f"{name}-remaining" in headers:
            wait = until_reset(headers, now) or timedelta(0)
            found.append((bucket, _number(headers[f"{name}-remaining"], 1), wait))
            break
    for name, text in headers.items():
        vendor, mark, allowance = name.partition("-ratelimit-")
        if mark and vendor and "=" in text:
            parts = dict(part.strip().split("=", 1) for part in text.split(";") if "=" in part)
            wait = timedelta(seconds=max(0.0, _number(parts.get("resets", ""), 0)))
            found.append((allowance, _number(parts.get("remaining", ""), 1), wait))
    return found


def _number(text: str, otherwise: float) -> float:
    try:
        number = float(text)
    except ValueError:
        return otherwise
    return number if math.isfinite(number) else otherwise
