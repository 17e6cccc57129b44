"""Confluence: the pages, blog posts, attachments and comments of a site's spaces, on Cloud or a Data Center."""

import time
from datetime import datetime, timedelta

from connectors.confluence import change_reader, feed
from connectors.confluence.connect import connect
from connectors.confluence.feed import ChangeFeed, Latest, Search
from connectors.confluence.listing import Listings
from connectors.confluence.records import Space
from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.site import Unsearchable
from connectors.confluence.site_cache import SiteCache
from connectors.cursor import CursorCodec
from connectors.http.rate_limit import QuotaStore
from connectors.http.transport import Clock, Json, Sleep, Transport, now
from sync.errors import CursorExpired
from sync.model import Change, Cursor, Document, Page

MAX_SPACES = 100
MAX_SPACES_AGE = timedelta(hours=12)
"""How long a feed goes by the spaces that its cursor names."""


class Confluence:
    """Reads one site.

    A cursor made under other settings is expired: see `CursorCodec`.
    """

    def __init__(
        self,
        settings: ConfluenceSettings,
        *,
        allowances: QuotaStore | None = None,
        clock: Clock = now,
        sleep: Sleep = time.sleep,
        timeout: float = 60.0,
        transport: Transport | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self.cache = SiteCache(connect(settings, allowances, clock, sleep, timeout, transport), settings, clock)
        self._snapshots = Listings(self.cache, public_only=False)
        self._audiences = Listings(self.cache, public_only=True)
        self._cursors = CursorCodec("confluence", settings.scope)
        self._searches = settings.attachments or settings.comments

    def head(self) -> Cursor:
        """Return the cursor for now: what the lists show counts as seen."""
        spaces = list(self.cache.spaces().values())
        states: Json = {}
        for name, listed in self._feeds(spaces).items():
            try:
                states[name] = listed.head(_top(states))
            except Unsearchable:
                states[name] = feed.starting(_top(states) or 0.0)
        return self._feed_cursor(spaces, states, 0, self._clock())

    def snapshot(self, after: Cursor | None) -> Page:
        return self._listed(self._snapshots, after)

    def audiences(self, after: Cursor | None) -> Page:
        """Return one page of the spaces that may be public: restrictions and moves leave no trace in any feed."""
        if not self._settings.public_spaces:
            return Page((), self._cursors.dump({"place": None}), more=False)
        return self._listed(self._audiences, after)

    def changes(self, after: Cursor) -> Page:
        place = self._cursors.load(after, "states")
        spaces, checked = self._spaces_of(place)
        states, number = dict(place["states"]), int(place["feed"])
        feeds = list(self._feeds(spaces).items())
        changes: list[Change] = []
        while number < len(feeds) and not changes:
            name, listed = feeds[number]
            try:
                touched, states[name], more = listed.read(states.get(name) or _starting(states))
            except Unsearchable:
                spaces = self._without_search(spaces, name)
                feeds = list(self._feeds(spaces).items())
                continue
            changes = change_reader.ChangeReader(self.cache).changes(touched) if touched else []
            number += not more
        finished = number >= len(feeds)
        return Page(tuple(changes), self._feed_cursor(spaces, states, 0 if finished else number, checked), not finished)

    def fetch(self, external_id: str) -> Document:
        return change_reader.read(self.cache, external_id)

    def _listed(self, listings: Listings, after: Cursor | None) -> Page:
        place = self._cursors.load(after, "place")["place"] if after is not None else None
        if after is not None and not isinstance(place, dict):
            raise CursorExpired("confluence: the cursor is that of a finished listing")
        changes, following = listings.page(place)
        return Page(tuple(changes), self._cursors.dump({"place": following}), more=following is not None)

    def _feeds(self, spaces: list[Space]) -> dict[str, ChangeFeed]:
        """Every feed by its name in the cursor, in the order in which they are read."""
        site, settings = self.cache.site, self._settings
        below = ["attachment"] * settings.attachments + ["comment"] * settings.comments
        posts = ["blogpost"] * settings.blog_posts
        if not settings.on_cloud:
            return {f"search:{space.key}": Search(site, space, ["page", *posts, *below]) for space in spaces}
        batches = [spaces[start : start + MAX_SPACES] for start in range(0, len(spaces), MAX_SPACES)]
        feeds: dict[str, ChangeFeed] = {f"page:{n}": Latest(site, batch, "page") for n, batch in enumerate(batches)}
        if self._searches:
            return feeds | {f"search:{space.key}": Search(site, space, [*posts, *below]) for space in spaces}
        if settings.blog_posts:
            feeds |= {f"blogpost:{n}": Latest(site, batch, "blogpost") for n, batch in enumerate(batches)}
        return feeds

    def _without_search(self, spaces: list[Space], name: str) -> list[Space]:
        """Go on without a space that is no more; if it is there, the search does not take such queries at all."""
        lost = next((space for space in spaces if name == f"search:{space.key}"), None)
        if lost is not None and self.cache.space(lost.id) is None:
            return [space for space in spaces if space != lost]
        self._searches = False  # what it would have shown is found by lists, and by the next snapshot
        return spaces

    def _spaces_of(self, place: Json) -> tuple[list[Space], datetime]:
        """Return the spaces that a cursor names. One that is new was in no snapshot before its changes: start over."""
        spaces = [Space(str(number), str(key), str(key), public=False) for number, key in place["spaces"]]
        checked = datetime.fromisoformat(place["checked"])
        now = self._clock()
        if abs(now - checked) < MAX_SPACES_AGE:
            return spaces, checked
        current = self.cache.spaces()
        if set(current) - {space.id for space in spaces}:
            raise CursorExpired("confluence: there are new spaces that the settings include")
        return list(current.values()), now

    def _feed_cursor(self, spaces: list[Space], states: Json, number: int, checked: datetime) -> Cursor:
        named = [[space.id, space.key] for space in spaces]
        return self._cursors.dump({"spaces": named, "checked": checked.isoformat(), "feed": number, "states": states})


def _starting(states: Json) -> Json:
    """The state of a feed that no head was taken of: it starts where the others stand."""
    return feed.starting(_top(states) or 0.0)


def _top(states: Json) -> float | None:
    return max((float(state["top"]) for state in states.values()), default=None)
