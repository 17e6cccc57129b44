"""What an operator should know of a Confluence site before it is synced."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from connectors.check import Finding, Level
from connectors.confluence.connector import Confluence
from connectors.confluence.records import Space
from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.site import Closed, Site
from connectors.confluence.site_cache import SiteCache
from sync.errors import SyncError

LATE = "webhook_secret is not set, so changes are found by the schedule alone"


def check(settings: ConfluenceSettings) -> Iterator[Finding]:
    """Ask the site for the start of everything that a sync reads, and say what does not answer."""
    yield from findings(Confluence(settings).cache)


def findings(cache: SiteCache) -> Iterator[Finding]:
    """Say what stands behind each space of a site."""
    settings = cache.settings
    where = f"confluence {settings.url}"
    try:
        spaces = cache.spaces()
    except SyncError as error:
        yield Finding(Level.PROBLEM, f"{where} is not readable", str(error))
        return
    for key in settings.exact_keys:
        if key not in {space.key for space in spaces.values()}:
            yield Finding(
                Level.WARNING, f"{where}: the space {key} is archived", "take it out of spaces, or restore it"
            )
    for space in spaces.values():
        yield from _space(cache, space, f"{where}: space {space.key}")
    for pattern in settings.spaces:
        if pattern not in settings.exact_keys and not _matched(pattern, spaces):
            fix = "correct spaces, or let the account see them"
            yield Finding(Level.WARNING, f"{where}: no space is called {pattern}", fix)
    for pattern in settings.public_spaces:
        if not _matched(pattern, spaces):
            what = f"{where}: public_spaces {pattern} is none of the spaces that are read, so it makes nothing public"
            yield Finding(Level.PROBLEM, what, f"add {pattern} to spaces, or correct public_spaces")
    if not settings.on_cloud and not settings.webhook_secret:
        yield Finding(Level.OK, f"{where}: {LATE}")


def _matched(pattern: str, spaces: Mapping[str, Space]) -> bool:
    return any(fnmatchcase(space.key, pattern) for space in spaces.values())


def _space(cache: SiteCache, space: Space, what: str) -> Iterator[Finding]:
    site = cache.site
    try:
        contents = site.contents(space, "page", None, bodies=False)
        site.facts(space, None)
        if cache.settings.attachments:
            site.edited(space, ("attachment",), cache.clock(), None)
    except SyncError as error:
        yield Finding(Level.PROBLEM, f"{what} is not readable", str(error))
        return
    more = " or more" if contents.following else ""
    yield Finding(
        Level.OK, f"{what}: readable, {len(contents.rows)}{more} pages, {'public' if space.public else 'internal'}"
    )
    if space.public:
        yield from _openness(site, space, what)


def _openness(site: Site, space: Space, what: str) -> Iterator[Finding]:
    try:
        site.anonymous_ids(space, "page", None)
    except Closed as error:
        yield Finding(Level.PROBLEM, f"{what} is in public_spaces, but not open to everyone", str(error))
    except SyncError as error:
        yield Finding(Level.PROBLEM, f"{what} could not be read as a visitor", str(error))
