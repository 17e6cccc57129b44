"""Link allowlist: the hosts that an answer may link to, besides the very pages that it was found in."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,20}")
_MISLEADING = re.compile(r"[\\@\s\x00-\x1f\x7f]")  # what a browser and a reader take for the host may then differ


def link_host(text: str) -> str:
    """Read a host, or `*.acme.com` for every host below a domain. Raises ValueError."""
    if not _HOST.fullmatch(text.lower()):
        raise ValueError('is not a host; write "www.acme.com", or "*.acme.com" for all below it')
    return text.lower()


def host_of(address: str) -> str:
    """Return the host that a browser would call; '' for anything but a plain web address."""
    whole = f"https://{address}" if address.casefold().startswith("www.") else address
    try:
        parts = urlsplit(whole)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or _MISLEADING.search(parts.netloc) or "\\" in whole:
        return ""
    return host.rstrip(".")


def links_to(address: str, hosts: Iterable[str]) -> bool:
    """Whether the address is on one of the hosts."""
    found = host_of(address)
    return bool(found) and any(found == host or (host.startswith("*.") and found.endswith(host[1:])) for host in hosts)
