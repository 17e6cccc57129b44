"""Broker: where wake-ups travel, by one address that Celery and redis-py understand alike.

redis://[[user]:password@]host[:port][/db]         rediss:// with TLS, checked against the system's authorities
unix://[[user]:password@]/path/to/socket[?db=N]    a server on this machine
sentinel://[[user]:password@]host:port,host:port/master[/db]    the server that the sentinels call the master

User and password are percent-encoded, as in every address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import redis
import redis.asyncio
import redis.asyncio.sentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from sync.errors import Misconfigured
from workers import broker_address

SOCKET_TIMEOUT = 10.0
AWAITED_TIMEOUT = 1.0
VISIBILITY_TIMEOUT = 3600
QUEUE = "answerwell"


@dataclass(frozen=True, slots=True)
class Broker:
    """`celery_url`, `options` and `tls` are what Celery is configured with; `hosts` and `master` are of sentinels."""

    url: str = field(repr=False)
    celery_url: str = field(repr=False)
    options: Mapping[str, Any]
    tls: Mapping[str, Any] | None = None
    hosts: tuple[tuple[str, int], ...] = ()
    master: str = ""

    def client(self) -> redis.Redis:
        """A client of the same server, for pacing and for looking at the queue."""
        within = _within(SOCKET_TIMEOUT)
        if not self.master:
            return redis.Redis.from_url(self.url, **within)
        sentinels = Sentinel(list(self.hosts), sentinel_kwargs=_next_if_silent(within), **within)  # type: ignore[no-untyped-call]  # redis-py has no type here
        found: redis.Redis = sentinels.master_for(self.master, **self._entry(), **within)  # type: ignore[no-untyped-call]
        return found

    def awaited(self) -> redis.asyncio.Redis:
        """An asynchronous client of the same server, with a short timeout: no answer to a customer may wait for it."""
        within = _within(AWAITED_TIMEOUT)
        if not self.master:
            return redis.asyncio.Redis.from_url(self.url, **within)
        sentinels = redis.asyncio.sentinel.Sentinel(  # type: ignore[no-untyped-call]  # likewise
            list(self.hosts), sentinel_kwargs=_next_if_silent(within, AsyncRetry), **within
        )
        found: redis.asyncio.Redis = sentinels.master_for(self.master, redis_class=_Followed, **self._entry(), **within)
        return found

    def _entry(self) -> dict[str, Any]:
        user, password = _login(self.url)
        return {"username": user, "password": password, "db": _database(urlsplit(self.url).path)}


def broker(url: str) -> Broker:
    """Parse the address. Raises Misconfigured, without its password, for one that is not valid."""
    try:
        broker_address.check(url)
    except ValueError as error:
        raise Misconfigured(f"redis_url {error}") from error
    common: dict[str, Any] = {
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "socket_timeout": SOCKET_TIMEOUT,  # without it, a publish may wait for ever on a peer that is gone
        "socket_connect_timeout": SOCKET_TIMEOUT,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "max_retries": 1,  # at once, where kombu waits 2 and 4 s, and a webhook with it
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }
    match url.partition("://")[0]:
        case "rediss":
            return _with_tls(url, common)
        case "unix":
            return Broker(_read_by_client(url), _socket_for_celery(url), common)
        case "sentinel":
            return _through_sentinels(url, common)
    return Broker(_read_by_client(url), url, common)


def answers(client: redis.Redis) -> bool:
    """Whether the server answers and accepts our login."""
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


class _Followed(redis.asyncio.Redis):
    """A client of the current master; closes its connections to the sentinels too, which redis-py leaves open."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await super().aclose(close_connection_pool)
        pool: Any = self.connection_pool
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def _within(seconds: float) -> dict[str, Any]:
    return {"socket_timeout": seconds, "socket_connect_timeout": seconds}


def _next_if_silent(within: Mapping[str, Any], retry: type[Any] = Retry) -> dict[str, Any]:
    """How sentinels are asked: once. redis-py would ask one that is gone for four seconds before it tries the next."""
    return {**within, "retry": retry(NoBackoff(), 0)}


def _read_by_client(url: str) -> str:
    """Return the address. Raises Misconfigured for parameters in it that the client does not take."""
    try:
        redis.connection.parse_url(url)  # type: ignore[no-untyped-call]  # redis-py has no type here
    except ValueError as error:
        raise Misconfigured("redis_url has parameters that cannot be used; leave out what stands behind ?") from error
    return url


def _with_tls(url: str, common: dict[str, Any]) -> Broker:
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    unknown = set(asked) - {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
    if unknown:
        raise Misconfigured(
            f"redis_url: {min(unknown)} is not known; TLS takes ssl_ca_certs, ssl_certfile, ssl_keyfile"
        )
    tls = {"ssl_cert_reqs": "required", **asked}
    return Broker(url, parts._replace(query="").geturl(), common, tls)


def _through_sentinels(url: str, common: dict[str, Any]) -> Broker:
    parts = urlsplit(url)
    hosts = broker_address.sentinels(parts.netloc)
    master = parts.path.strip("/").partition("/")[0]
    user, password = _login(url)
    login = f"{quote(user or '', safe='')}:{quote(password, safe='')}@" if password else ""
    asking = _next_if_silent(_within(SOCKET_TIMEOUT))
    named = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in hosts]
    each = [f"sentinel://{login}{one}/{_database(parts.path)}" for one in named]
    return Broker(
        url, ";".join(each), {**common, "master_name": master, "sentinel_kwargs": asking}, hosts=hosts, master=master
    )


def _socket_for_celery(url: str) -> str:
    """The same address as kombu reads it: it calls the database of a socket its virtual host."""
    where, _, query = url.removeprefix("unix://").partition("?")
    named = {("virtual_host" if key == "db" else key): value for key, value in parse_qsl(query)}
    return f"redis+socket://{where}" + (f"?{urlencode(named)}" if named else "")


def _login(url: str) -> tuple[str | None, str | None]:
    """User and password, decoded; None for what the address does not have."""
    parts = urlsplit(url)
    return unquote(parts.username or "") or None, unquote(parts.password or "") or None


def _database(path: str) -> int:
    _, _, number = path.strip("/").partition("/")
    return int(number) if number.isdigit() else 0
