"""Rate limiting: per visitor, address, origin and in total, in every window of a minute.

Shared through Redis, so that several processes count together. While Redis fails, each process counts alone: visitors
are never refused because a counter is down, and never unlimited.
"""

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import redis.asyncio
import structlog
from redis.exceptions import RedisError
from starlette.datastructures import Headers
from starlette.types import Scope

from session_api.access.settings import RateSettings
from session_api.errors import ApiError

WINDOW = 60.0
MAX_KEYS = 100_000
RETRY_REDIS_AFTER = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LimitedCounter:
    """One counter and its limit."""

    name: str
    limit: int


class LocalWindow:
    """Counts in this process; the oldest counters are forgotten when there are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, keys: int = MAX_KEYS) -> None:
        self._keys = keys
        self._clock = clock
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, counts: Sequence[LimitedCounter]) -> tuple[float, str]:
        """Count one call against all of them and return (0, ''), or count nothing and return the wait and for whom."""
        wait, whom = self.wait(counts)
        if not wait:
            now = self._clock()
            for count in counts:
                self._of(count.name, now).append(now)
        return wait, whom

    def wait(self, counts: Sequence[LimitedCounter]) -> tuple[float, str]:
        """Return how long a call would have to wait, and for whom; (0, '') where it may come now."""
        now = self._clock()
        held = [(count, self._of(count.name, now)) for count in counts]
        waits = [(moments[0] + WINDOW - now, count.name) for count, moments in held if len(moments) >= count.limit]
        return max(waits, default=(0.0, ""))

    def _of(self, name: str, now: float) -> deque[float]:
        moments = self._moments.setdefault(name, deque())
        self._moments.move_to_end(name)
        while moments and moments[0] <= now - WINDOW:
            moments.popleft()
        while len(self._moments) > self._keys:
            self._moments.popitem(last=False)
        return moments


class VisitorLimits:
    """Counts calls, or says how long to wait."""

    def __init__(
        self, rates: RateSettings, client: redis.asyncio.Redis | None, prefix: str = "answerwell:limit"
    ) -> None:
        self._rates = rates
        self._prefix = prefix
        self._local = LocalWindow()
        self._client = client
        self._script = client.register_script(_TAKE) if client else None
        self._alone_until = 0.0

    async def check(self, *, visitor: str | None, address: str, origin: str) -> None:
        """Count one call. Raises ApiError, 429 with Retry-After, counting nothing, where there were too many."""
        counts = [
            *([LimitedCounter(f"visitor:{visitor}", self._rates.visitor)] if visitor else []),
            LimitedCounter(f"address:{address}", self._rates.address),
            LimitedCounter(f"origin:{origin}", self._rates.origin),
            LimitedCounter("total", self._rates.total),
        ]
        wait, whom = await self._take(counts)
        if wait > 0:
            kind = whom.partition(":")[0]
            raise ApiError(
                429,
                "too_many_requests",
                f"Too many questions in a minute ({kind}).",
                f"Wait {math.ceil(wait)} s; the operator can raise {kind} in rates under [widget].",
                after=timedelta(seconds=wait),
            )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _take(self, counts: Sequence[LimitedCounter]) -> tuple[float, str]:
        if self._script is None or time.monotonic() < self._alone_until:
            return self._local.take(counts)
        names = [f"{self._prefix}:{{{self._prefix}}}:{count.name}" for count in counts]
        try:
            micros, which = await self._script(keys=names, args=[count.limit for count in counts])
        except RedisError as error:
            if not self._alone_until:
                log.warning("limits_alone", error=type(error).__name__, fix="check redis_url")
            self._alone_until = time.monotonic() + RETRY_REDIS_AFTER
            return self._local.take(counts)
        if self._alone_until:
            log.info("limits_shared_again")
            self._alone_until = 0.0
        return int(micros) / 1e6, counts[int(which) - 1].name if int(which) else ""


def address_of(scope: Scope, trusted: Sequence[str]) -> str:
    """Return the visitor's address: the last one of X-Forwarded-For that no trusted proxy wrote about itself.

    An IPv6 visitor counts by their /64: one connection has that many addresses.
    """
    client = scope.get("client")
    address = str(client[0]) if client else "unknown"
    networks = _networks(tuple(trusted))
    forwarded = [part.strip() for text in Headers(scope=scope).getlist("x-forwarded-for") for part in text.split(",")]
    while forwarded and _within(address, networks):
        address = forwarded.pop()
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed or "unknown")


def is_listed(address: str, trusted: Sequence[str]) -> bool:
    """Whether the address is one of the trusted proxies'."""
    return _within(address, _networks(tuple(trusted)))


def both_stacks(trusted: Sequence[str]) -> list[str]:
    """Return the networks, each IPv4 one also as a socket that listens on both stacks names it: `::ffff:10.0.0.1`."""
    old = [network for network in _networks(tuple(trusted)) if isinstance(network, ipaddress.IPv4Network)]
    return [*trusted, *(f"::ffff:{network.network_address}/{96 + network.prefixlen}" for network in old)]


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Read them once: three places ask for the address of every call."""
    return [ipaddress.ip_network(text, strict=False) for text in trusted]


def _within(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks if network.version == parsed.version)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address, of a dual-stack socket the IPv4 one behind `::ffff:`; None for what is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, ipaddress.IPv6Address) else parsed


_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = 60000000
local longest, which = 0, 0
for n, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - window))
  if redis.call('ZCARD', key) >= tonumber(ARGV[n]) then
    local first = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
    local wait = first + window - now
    if wait > longest then longest, which = wait, n end
  end
end
if which > 0 then return {string.format('%.0f', longest), which} end
for n, key in ipairs(KEYS) do
  local held = redis.call('ZCARD', key)
  redis.call('ZADD', key, string.format('%.0f', now), string.format('%.0f:%d', now, held))
  redis.call('PEXPIRE', key, 61000)
end
return {'0', 0}
"""
