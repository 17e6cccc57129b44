"""Loopback: serves applications of ours, and asks them and the fakes without haste."""

import ssl
from typing import Any

import httpx2

from sandbox.server import ServerLoop

TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: nothing here is encrypted, and reading the system's certificates costs more than a test."""

serve = ServerLoop().serve
"""Serves an application on another loop than the fakes: one that waits for a fake does not hold that up."""


def client(*, timeout: float = 60, **settings: Any) -> httpx2.Client:
    """Return a client that waits as long as a machine under load may take."""
    return httpx2.Client(verify=TRUST, timeout=timeout, **settings)


http = client(limits=httpx2.Limits(max_keepalive_connections=0))
"""For a single call: no connection outlives it."""
