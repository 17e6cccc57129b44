"""The ways into a site: who asks, through which address, and how many at once."""

import threading
from dataclasses import replace

from connectors.confluence import responses
from connectors.confluence.cloud import Cloud
from connectors.confluence.data_center import DataCenter
from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.site import Clients, Site
from connectors.confluence.transport import MAX_IN_FLIGHT, AtlassianTransport
from connectors.http.auth import Anonymous, Auth, Basic, Bearer
from connectors.http.client import HttpClient, Refuse
from connectors.http.rate_limit import QuotaStore, VendorLimits
from connectors.http.transport import Clock, HttpxTransport, Sleep, Transport

OPEN = "allow anonymous access to the space, or take it out of public_spaces"


def connect(
    settings: ConfluenceSettings,
    allowances: QuotaStore | None,
    clock: Clock,
    sleep: Sleep,
    timeout: float,
    transport: Transport | None = None,
) -> Site:
    """Return the site that the settings name. `transport` None: the SDK's, with a session for each identity."""
    clients = _clients(settings, allowances, clock, sleep, timeout, transport)
    return Cloud(settings, clients) if settings.on_cloud else DataCenter(settings, clients)


def _clients(
    settings: ConfluenceSettings,
    allowances: QuotaStore | None,
    clock: Clock,
    sleep: Sleep,
    timeout: float,
    transport: Transport | None,
) -> Clients:
    origin, base = settings.origin, settings.base
    if settings.cloud_id:
        origin, base = settings.gateway_url, f"/ex/confluence/{settings.cloud_id}/wiki"
    slots = threading.BoundedSemaphore(MAX_IN_FLIGHT)  # more at once is refused, or slows everybody down
    known = VendorLimits(allowances, f"confluence:{settings.url}", clock=clock)

    def api(
        origin: str, auth: Auth, transport: Transport, refuse: Refuse, fix: str, pacing: VendorLimits
    ) -> HttpClient:
        hosts = frozenset(settings.trusted_hosts)
        return HttpClient("confluence", origin, auth, transport, fix, pacing, sleep, refuse, hosts=hosts, slots=slots)

    # Each identity has a session of its own: what one is given must not make the other somebody.
    authenticated = api(
        origin,
        _auth(settings),
        transport or AtlassianTransport(timeout),
        responses.refused,
        settings.credentials,
        known,
    )
    nobody, visitor = VendorLimits(clock=clock), transport or AtlassianTransport(timeout)
    return Clients(
        authenticated=authenticated,
        bulk=replace(authenticated, refuse=responses.refused_in_bulk),
        anonymous=api(settings.origin, Anonymous(), visitor, responses.refused_to_visitors, OPEN, nobody),
        files=replace(authenticated, transport=transport or HttpxTransport(timeout)),
        base=base,
        anonymous_base=settings.base,
    )


def _auth(settings: ConfluenceSettings) -> Auth:
    if settings.token.get_secret_value():
        return Bearer(settings.token)
    return Basic(settings.email, settings.api_token)
