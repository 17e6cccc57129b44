"""A request as an endpoint reads it: what it asks, and by which version of the API."""

import json
from dataclasses import dataclass

from sandbox import http
from sandbox.http import Json
from sandbox.intercom.answers import error, version_invalid
from sandbox.intercom.records import IntercomWorkspace

VERSIONS = ("1.0", "1.1", *(f"2.{minor}" for minor in range(18)))
NEWEST_FIELDS = (2, 16)
"""From this version on articles tell their audience, and deleted conversations are listed."""


@dataclass(frozen=True, slots=True)
class Version:
    """The version of the API that answers."""

    major: int
    minor: int

    @property
    def is_current(self) -> bool:
        return (self.major, self.minor) >= NEWEST_FIELDS


Request = http.Request[IntercomWorkspace, Version]


def version_of(header: str | None, world: IntercomWorkspace) -> Version:
    """Return the version that a request names, or the app's own. Refuses one that there is not."""
    text = world.app_version if header is None else header
    if text not in VERSIONS:
        raise version_invalid()
    major, _, minor = text.partition(".")
    return Version(int(major), int(minor))


def body_of(request: Request) -> Json:
    """Return the JSON object that was sent."""
    return http.json_object(request.body, error(400, "parameter_invalid", "the body is not a JSON object"))


def signed(request: Request, path: str, *, minutes: int = 15) -> str:
    """Return an address that opens for a while: another one after each quarter of an hour."""
    now = request.world.now()
    expires = (now // (60 * minutes) + 2) * 60 * minutes
    digest = json.dumps([path, expires]).encode().hex()[-24:]
    return f"{request.origin}/i/o/{path}?expires={expires}&signature={digest}&req=fSEn{now // (60 * minutes)}"
