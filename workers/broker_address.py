"""Broker address: what `redis_url` may say. Nothing of Redis is loaded for it, so that any command can check it."""

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit

SENTINEL_PORT = 26379
MAX_PORT = 65535

_SCHEMES = ("redis", "rediss", "unix", "sentinel")
_EXAMPLE = (
    'write "redis://host:6379/0", "rediss://…" for TLS, or "sentinel://host1:26379,host2:26379/master-name"; '
    "in a password / is written %2F, @ is %40, # is %23 and ? is %3F"
)


def check(url: str) -> None:
    """Raise ValueError, without a password, for an address that no client could connect to."""
    if wrong := _mistake(url):
        raise ValueError(f"{wrong}; {_EXAMPLE}")


def sentinels(netloc: str) -> tuple[tuple[str, int], ...]:
    """Return host and port of each sentinel. Raises ValueError for what is none."""
    listed = netloc.rpartition("@")[2].split(",")
    return tuple(_host_and_port(urlsplit(f"//{text}"), SENTINEL_PORT) for text in listed if text)


def _mistake(url: str) -> str:  # noqa: PLR0911 - a table
    if url.partition("://")[0] not in _SCHEMES:
        return "is not a Redis address"
    if not url.isprintable() or re.search(r"\s", url):
        return "holds a space or an invisible character"
    try:
        parts = urlsplit(url)
        if parts.scheme == "unix":
            return "" if parts.path and _is_number(dict(parse_qsl(parts.query)).get("db", "")) else "names no socket"
        hosts = sentinels(parts.netloc) if parts.scheme == "sentinel" else (_host_and_port(parts, 0),)
    except ValueError:
        return "is not a Redis address: no host and port can be read in it"
    if parts.fragment:
        return "has a # in it"
    master, _, database = parts.path.strip("/").partition("/")
    if parts.scheme != "sentinel":
        return "" if not database and _is_number(master) else "has no number of a database behind its host"
    if not hosts or not master:
        return "names no sentinel, or no master"
    return "" if _is_number(database) else "has no number of a database behind its master"


def _host_and_port(parts: SplitResult, default: int) -> tuple[str, int]:
    port = parts.port
    if not parts.hostname or port == 0:
        raise ValueError("no host, or no port")
    return parts.hostname, default if port is None else port


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]{0,6}", text) is not None
