"""Where requests may go: the configured origins, and of all others only what is on the public internet."""

import socket
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from sync.errors import Misconfigured, Retryable

Resolve = Callable[[str, int], Sequence[str]]
"""Returns the IP addresses of a host, best first. Raises OSError where it has none."""

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def host_name(text: str) -> str:
    """Return a host's name in lower case. Raises ValueError for anything else, an address with a path included."""
    name = text.strip().lower()
    if not name or any(letter.isspace() for letter in name) or urlsplit(f"https://{name}").hostname != name:
        raise ValueError('is not the name of a host; write it alone, such as "files.acme.internal"')
    return name


TrustedHosts = Annotated[tuple[Annotated[str, AfterValidator(host_name)], ...], Field(())]
"""Hosts of the own network to which a source may redirect for a file, such as an object store."""


def check_origin(url: str, setting: str) -> str:
    """Return the origin `scheme://host[:port]`. Raises ValueError for anything else, and for http off loopback."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{setting} must be an address like https://acme.example.com")
    if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError(f"{setting} must be an origin only: scheme and host, no path and no credentials")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{setting} must start with https://: plain http is for loopback only")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def origin_of(url: str) -> str:
    """Return the origin of any address, '' where it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme in ("http", "https") and parts.netloc else ""


def resolve(host: str, port: int) -> Sequence[str]:
    """Return what the machine's resolver says now. Raises OSError, and UnicodeError for what is no name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def check_target(url: str, source: str, hosts: Collection[str], resolver: Resolve = resolve) -> tuple[str, ...]:
    """Return the IP addresses to call, none where the host's name alone decides.

    Raises Misconfigured unless a source at the origin `source` may send us to the address for a file: any public one,
    those of `hosts`, which its operator names, and, for a source that is itself plain http on this machine, plain http
    on this machine.
    """
    parts = _parts(url)
    host = (parts.hostname or "").lower()
    if parts.scheme == "http" and is_loopback(host) and _is_plain_loopback(source):
        return ()
    if parts.scheme == "https" and host in hosts:
        return ()
    try:
        return check_public(url, resolver)
    except Misconfigured as error:
        fix = f'if it is yours, write trusted_hosts = ["{host}"] for the source' if parts.scheme == "https" else ""
        raise Misconfigured("; ".join(filter(None, (str(error), fix)))) from error


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise Misconfigured("an address that cannot be read is not followed") from error
    return parts


def _is_plain_loopback(origin: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


def check_public(url: str, resolver: Resolve = resolve) -> tuple[str, ...]:
    """Return the IP addresses that are to be called for an https address, all of them public ones.

    What a vendor's answer, or somebody's text, points to must not reach this network's own services. A name may mean
    something else a moment later, so who calls must call what was checked. Raises Misconfigured for any other address.
    """
    parts = _parts(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host:
        raise Misconfigured(f"{origin_of(url) or 'an address without a host'} is not https and is not followed")
    try:
        found = resolver(host, parts.port or 443)
    except UnicodeError as error:
        raise Misconfigured(f"{host} is not the name of a host and is not followed") from error
    except OSError as error:
        raise Retryable(f"{host} is not found ({error.strerror}); check the address and the network") from error
    if not found or not all(map(is_public, found)):
        raise Misconfigured(f"{host} is an address of a private network and is not followed")
    return tuple(found)


def is_public(address: str) -> bool:
    """Whether an IP address is one machine on the public internet.

    An IPv6 address that leads to an IPv4 one (mapped, 6to4, Teredo, NAT64) reaches whatever that is: none of them is.
    """
    found = ip_address(address.partition("%")[0])
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    if not isinstance(found, IPv6Address):
        return True
    leads_on = found.ipv4_mapped or found.sixtofour or found.teredo
    return not leads_on and not any(found in network for network in _NAT64)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name alone: nothing is looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
