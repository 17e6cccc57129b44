"""TLS: what every connection of this process is checked against."""

import ssl
from functools import cache

import httpx2


@cache
def shared_context() -> ssl.SSLContext:
    """Return the process's one TLS context: reading the trusted certificates takes longer than most calls.

    The certificates are the system's, or those that SSL_CERT_FILE or SSL_CERT_DIR names when it is first asked for.
    """
    return httpx2.create_ssl_context()
