"""Where a content stands, and who may read it: all the world only if nothing up the tree says otherwise."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.confluence.records import Content, Facts, Node, Space
from connectors.confluence.site import Closed, Site
from sync.model import Audience

MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Placement:
    """What the place of a content says of it. `unconfirmed`: internal only because a listing for visitors lacks it."""

    breadcrumb: tuple[str, ...]
    labels: tuple[str, ...]
    audience: Audience
    unconfirmed: bool = False


def chain(content: Content, node_of: Callable[[str, str], Node | None]) -> tuple[list[tuple[str, Node]], bool]:
    """Return everything above, nearest first, and whether that is all of it: what we may not see hides the rest."""
    above: list[tuple[str, Node]] = []
    number, kind = content.parent, content.parent_kind
    passed = {content.id}
    while number and number not in passed and len(above) < MAX_DEPTH:
        passed.add(number)
        node = node_of(number, kind)
        if node is None:
            return above, False
        above.append((number, node))
        number, kind = node.parent, node.parent_kind
    return above, not number


def breadcrumb(space: Space, above: Iterable[tuple[str, Node]]) -> tuple[str, ...]:
    return space.name, *reversed([node.title for _, node in above if node.title])


class AudienceLookup:
    """Reads, one by one, what a placement depends on, as it is at this moment. Made anew for each question."""

    def __init__(self, site: Site, spaces: dict[str, Space], node_of: Callable[[str, str], Node | None]) -> None:
        self._site = site
        self._spaces = spaces
        self._node_of = node_of
        self._restricted: dict[str, bool | None] = {}
        self._public: dict[str, bool] = {}

    def placement(self, content: Content, labels: tuple[str, ...]) -> Placement:
        """Return where it stands, decided by loading it as a visitor."""
        space = self._spaces[content.space]
        above, _ = chain(content, self._node_of)
        audience = Audience.PUBLIC if self.is_public(content) else Audience.INTERNAL
        return Placement(breadcrumb(space, above), labels, audience)

    def listed(self, content: Content, labels: tuple[str, ...], anonymous_ids: set[str]) -> Placement:
        """Return where it stands, decided by what a visitor may list."""
        space = self._spaces[content.space]
        above, whole = chain(content, self._node_of)
        path = breadcrumb(space, above)
        marks = [self.restricted(number) for number in (content.id, *(n for n, _ in above))] if space.public else [True]
        if any(mark is True for mark in marks):
            return Placement(path, labels, Audience.INTERNAL)
        public = whole and None not in marks and content.id in anonymous_ids
        return Placement(path, labels, Audience.PUBLIC if public else Audience.INTERNAL, unconfirmed=not public)

    def is_public(self, content: Content) -> bool:
        """Whether the whole world may read it: its space is for that, nothing restricts it, and a visitor loads it."""
        space = self._spaces.get(content.space)
        if space is None or not space.public:
            return False
        if content.id not in self._public:
            self._public[content.id] = self._site.anonymous_can_read(content) and self.unrestricted(content)
        return self._public[content.id]

    def unrestricted(self, content: Content) -> bool:
        """Whether neither it nor anything above is restricted; what we may not know counts as restricted."""
        above, whole = chain(content, self._node_of)
        return whole and all(self.restricted(number) is False for number in (content.id, *(n for n, _ in above)))

    def restricted(self, number: str) -> bool | None:
        if number not in self._restricted:
            self._restricted[number] = self._site.restricted(number)
        return self._restricted[number]

    def tell(self, number: str, facts: Facts) -> None:
        """Take what a listing told just now instead of reading it."""
        self._restricted.setdefault(number, facts.restricted)


def visible(site: Site, read: Callable[[], set[str]]) -> set[str]:
    """Return what a listing for visitors shows. One that is closed shows nothing, if the site answers us at least."""
    try:
        return read()
    except Closed:
        site.check_lists()
        return set()
