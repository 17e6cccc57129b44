"""Validation of OpenAI's settings without asking OpenAI; everything here raises Misconfigured."""

import ipaddress
import re
from urllib.parse import urlsplit

from sync.errors import Misconfigured
from sync.model import Chunking


def check_header(name: str, value: str) -> None:
    """Refuse what no header can carry: it fails deep in the transport otherwise, with the value in the error."""
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise Misconfigured(f"openai.{name} is empty or holds a space, a line end or a non-ASCII character")


def checked_address(base_url: str) -> str:
    """Return the address; the key travels with every request, so http is for loopback only."""
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise Misconfigured("openai.base_url is not an address") from error
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise Misconfigured("openai.base_url is an address only: credentials belong into openai.api_key")
    if not host or parts.scheme not in ("http", "https"):
        raise Misconfigured(f"openai.base_url is {base_url!r}; it begins with https:// and usually ends in /v1")
    if parts.scheme == "http" and not _loopback(host):
        raise Misconfigured(f"openai.base_url is {base_url!r}; http:// is for loopback only, use https://")
    return base_url


def check_chunking(chunking: Chunking) -> None:
    """Refuse chunks outside OpenAI's limits before they fail every file of a batch."""
    if not 100 <= chunking.tokens <= 4096 or not 0 <= chunking.overlap <= chunking.tokens // 2:
        raise Misconfigured(
            f"chunks of {chunking.tokens} tokens that overlap by {chunking.overlap}: OpenAI takes a chunk_tokens of"
            " 100 to 4096 and a chunk_overlap of at most half of it; check them in [[index]]"
        )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
