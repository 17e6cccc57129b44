"""What a connector knows of its site between two calls. Losing it costs calls, never correctness."""

import threading
from datetime import datetime, timedelta

from connectors.cache import TtlCache
from connectors.confluence.audience import AudienceLookup
from connectors.confluence.documents import AccountNames, Writer
from connectors.confluence.records import Node, Space
from connectors.confluence.settings import ConfluenceSettings
from connectors.confluence.site import Site
from connectors.http.transport import Clock

SPACES_AGE = timedelta(minutes=5)
NODES_AGE = timedelta(minutes=1)
MAX_NODES = 10_000


class SiteCache:
    """A site with its spaces in scope, and what its accounts and the places in its trees are called."""

    def __init__(self, site: Site, settings: ConfluenceSettings, clock: Clock) -> None:
        self.site = site
        self.settings = settings
        self.clock = clock
        self.names = AccountNames(site, clock)
        self._spaces: TtlCache[dict[str, Space]] = TtlCache(clock, SPACES_AGE)
        self._lists: TtlCache[bool] = TtlCache(clock, timedelta(minutes=1))
        self._nodes: dict[tuple[str, str], tuple[datetime, Node | None]] = {}
        self._lock = threading.Lock()

    def spaces(self) -> dict[str, Space]:
        """The spaces in scope by id, in the order in which they are read."""
        return self._spaces.get("", lambda: {space.id: space for space in self.site.spaces()})

    def space(self, number: str) -> Space | None:
        """Return a space in scope; one that is new is looked for before it counts as out of scope."""
        if number not in self.spaces():
            self._spaces.forget()
        return self.spaces().get(number)

    def check_lists(self) -> None:
        """Raise unless the site still lists its spaces."""
        self._lists.get("", self._check)

    def lookup(self) -> AudienceLookup:
        return AudienceLookup(self.site, self.spaces(), self.node)

    def writer(self, lookup: AudienceLookup) -> Writer:
        return Writer(self.site, self.spaces(), self.names, lookup)

    def node(self, number: str, kind: str) -> Node | None:
        """Return a place in a tree as it was a minute ago at most."""
        now, place = self.clock(), (number, kind)
        with self._lock:
            held = self._nodes.get(place)
        if held is None or now - held[0] > NODES_AGE:
            held = now, self.site.node(number, kind)
            with self._lock:
                if len(self._nodes) >= MAX_NODES:
                    self._nodes.clear()
                self._nodes[place] = held
        return held[1]

    def start_over(self) -> None:
        """Forget what an earlier listing may have outlived."""
        with self._lock:
            self._nodes.clear()
        self.site.forget()

    def _check(self) -> bool:
        self.site.check_lists()
        return True
