"""Unlisted proxies: whoever runs the service is told that visitors behind one count as a single address."""

import ipaddress
from collections.abc import Sequence

import structlog
from starlette.datastructures import Headers
from starlette.types import Scope

from session_api.access.rate_limit import is_listed
from session_api.access.settings import ServerSettings

FORWARDED = ("x-forwarded-for", "forwarded")
FIX = 'write trusted_proxies = ["10.0.0.0/8"] under [server]: the network of the proxy before it'
REWRITTEN = 0  # the port of a caller whose address the server itself read from a listed proxy's header

log = structlog.get_logger()


def shares_an_address(server: ServerSettings) -> bool:
    """Whether all visitors would count as one address if a proxy stood before the service, as one has to."""
    return server.public and not server.trusted_proxies


def tell_at_start(server: ServerSettings) -> None:
    """Log, once for a process, that a proxy before the service would make all visitors one address."""
    if shares_an_address(server):
        log.warning("proxies_not_listed", effect="behind a proxy all visitors share one address' limit", fix=FIX)


class UnlistedProxy:
    """Tells, once, that a call came through a proxy which is not among the trusted ones."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = trusted
        self._told = False

    def look_at(self, scope: Scope) -> None:
        """Look at a call; its visitors' addresses are not logged, only that of a proxy in a private network."""
        client = scope.get("client")
        if self._told or not client or client[1] == REWRITTEN or is_listed(str(client[0]), self._trusted):
            return
        headers = Headers(scope=scope)
        if any(headers.get(name) for name in FORWARDED):
            self._told = True
            log.warning(
                "proxy_not_listed",
                peer=_private(str(client[0])),
                effect="all visitors behind it share one address' limit",
                fix=FIX,
            )


def _private(address: str) -> str:
    try:
        return "" if ipaddress.ip_address(address).is_global else address
    except ValueError:
        return ""
