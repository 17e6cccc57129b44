"""The ways into a site: who asks, through which address, and how many at once."""

import threading
from dataclasses import replace

from connectors.api import Api, Refuse
from connectors.auth import Anonymous, Auth, Basic, Bearer
from connectors.confluence import wire
from connectors.confluence.cloud import Cloud
from connectors.confluence.data_center import DataCenter
from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.site import Doors, Site
from connectors.confluence.transport import IN_FLIGHT, AtlassianTransport
from connectors.pacing import Allowances, Pacing
from connectors.transport import Clock, HttpxTransport, Sleep, Transport

OPEN = "allow anonymous access to the space, or take it out of public_spaces"


def enter(
    settings: ConfluenceSettings, allowances: Allowances | None, clock: Clock, sleep: Sleep, timeout: float
) -> Site:
    """Return the site that the settings name."""
    doors = _doors(settings, allowances, clock, sleep, timeout)
    return Cloud(settings, doors) if settings.on_cloud else DataCenter(settings, doors)


def _doors(
    settings: ConfluenceSettings, allowances: Allowances | None, clock: Clock, sleep: Sleep, timeout: float
) -> Doors:
    origin, base = settings.origin, settings.base
    if settings.cloud_id:
        origin, base = settings.gateway_url, f"/ex/confluence/{settings.cloud_id}/wiki"
    slots = threading.BoundedSemaphore(IN_FLIGHT)  # more at once is refused, or slows everybody down
    known = Pacing(allowances, f"confluence:{settings.url}", clock=clock)

    def api(origin: str, auth: Auth, transport: Transport, refuse: Refuse, fix: str, pacing: Pacing) -> Api:
        return Api("confluence", origin, auth, transport, fix, pacing, sleep, refuse, slots=slots)

    # Each identity has a session of its own: what one is given must not make the other somebody.
    ours = api(origin, _auth(settings), AtlassianTransport(timeout), wire.refused, settings.credentials, known)
    nobody, visitor = Pacing(clock=clock), AtlassianTransport(timeout)
    return Doors(
        ours=ours,
        bulk=replace(ours, refuse=wire.refused_in_bulk),
        visitors=api(settings.origin, Anonymous(), visitor, wire.refused_to_visitors, OPEN, nobody),
        files=replace(ours, transport=HttpxTransport(timeout)),
        base=base,
        visitors_base=settings.base,
    )


def _auth(settings: ConfluenceSettings) -> Auth:
    if settings.token.get_secret_value():
        return Bearer(settings.token)
    return Basic(settings.email, settings.api_token)
