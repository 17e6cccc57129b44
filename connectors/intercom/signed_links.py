"""Addresses that are signed anew at each read: they differ every time, and open nothing an hour later."""

import re
from urllib.parse import parse_qsl, urlsplit

HOST = "intercomcdn.com"
MARKS = frozenset({"expires", "signature", "x-amz-signature", "x-amz-expires"})

_ADDRESS = re.compile(r"https?://(?:[^\s\"'<>?h]|h(?!ttps?://)){1,2000}\?[^\s\"'<>]{1,8000}", re.IGNORECASE)


def without(html: str) -> str:
    """Return the text without any such address: a picture is then its description, a link its words."""
    return _ADDRESS.sub(lambda found: "" if is_signed(found[0]) else found[0], html)


def bare(url: str) -> str:
    """Return an address without what changes at each read: what tells one file from another."""
    return url.partition("?")[0] if is_signed(url) else url


def is_signed(url: str) -> bool:
    parts = urlsplit(url.replace("&amp;", "&"))
    names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    host = (parts.hostname or "").lower()
    return bool(names & MARKS) or (bool(names) and (host == HOST or host.endswith(f".{HOST}")))
