"""Help centers and their collections: where an article stands, and whether anybody can find it there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connectors.http.client import HttpClient
from connectors.http.transport import Clock, Json
from connectors.intercom.pagination import everything, rows
from connectors.translation import one_line

COLLECTIONS = "/help_center/collections"
CENTERS = "/help_center/help_centers"
PAGE = 150
MAX_AGE = timedelta(minutes=15)
"""So long collections are not read again, unless an article names one that is not known."""
_DEEPEST = 10  # three levels are the most; a ring ends, too


@dataclass(frozen=True, slots=True)
class HelpCenters:
    """What stands above the articles, as JSON. `collections`: by id, name, names by locale, parent and center.

    `centers`: by id, of those whose website is on, the locales that it lists; None where it does not say.
    `read_at`: when the collections were read, in epoch seconds. `unknown`: named by an article, and none of them.
    """

    collections: Mapping[str, Json] = field(default_factory=dict)
    centers: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    read_at: float = 0.0
    unknown: frozenset[str] = frozenset()

    def chain(self, collection: str, locale: str) -> tuple[list[str], str]:
        """Return the names from the outermost collection to this one, and the id of the help center they are in."""
        names: list[str] = []
        center = ""
        current: str | None = collection
        while current is not None and len(names) < _DEEPEST and (found := self.collections.get(current)):
            names.insert(0, found["names"].get(locale) or found["name"])
            center = center or found["center"]
            current = found["parent"]
        return names, center

    def place(self, parents: Iterable[str], locale: str, *, is_default: bool) -> tuple[tuple[str, ...], bool]:
        """Return the breadcrumb of an article in one locale, and whether an open help center shows it there.

        The collection where it is shown comes before others. A help center that does not tell its locales shows the
        article's default one.
        """
        first: tuple[str, ...] = ()
        for parent in parents:
            names, center = self.chain(parent, locale)
            listed = self.centers.get(center) if center in self.centers else []
            if names and (is_default if listed is None else not locale or locale in listed):
                return tuple(names), True
            first = first or tuple(names)
        return first, False

    def dump(self) -> Json:
        return {
            "collections": self.collections,
            "centers": self.centers,
            "read_at": self.read_at,
            "unknown": sorted(self.unknown),
        }


def loaded(kept: Json) -> HelpCenters:
    """Return what `dump` wrote; nothing where nothing was kept."""
    if not kept:
        return HelpCenters()
    return HelpCenters(kept["collections"], kept["centers"], float(kept["read_at"]), frozenset(kept["unknown"]))


class HelpCenterReader:
    """Reads what stands above the articles: help centers each time, collections when they may have changed."""

    def __init__(self, api: HttpClient, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    def read(self, before: HelpCenters) -> HelpCenters:
        """Return the help centers as they are, and the collections, unless they were read a short while ago."""
        age = self._clock().timestamp() - before.read_at
        known = before if 0 <= age < MAX_AGE.total_seconds() else self._with_collections(before)
        answer = self._api.get(CENTERS)
        found = rows(answer, "data", self._api.where(CENTERS))
        centers = {str(row["id"]): _locales(row) for row in found if row.get("website_turned_on") is True}
        return HelpCenters(known.collections, centers, known.read_at, known.unknown)

    def knowing(self, before: HelpCenters, parents: Callable[[], Iterable[str]]) -> HelpCenters:
        """Return the same with every collection that articles name, as far as there is one."""
        named = set(parents())
        if not named - before.collections.keys() - before.unknown:
            return before
        known = self._with_collections(before)
        unknown = (before.unknown | named) - known.collections.keys()
        return HelpCenters(known.collections, before.centers, known.read_at, unknown)

    def _with_collections(self, before: HelpCenters) -> HelpCenters:
        found = everything(self._api, COLLECTIONS, "data", PAGE)
        collections = {str(row["id"]): _collection(row) for row in found}
        return HelpCenters(collections, before.centers, self._clock().timestamp())


def _collection(row: Json) -> Json:
    translated = row.get("translated_content")
    names = {
        locale.lower(): one_line(content.get("name"))
        for locale, content in (translated if isinstance(translated, dict) else {}).items()
        if isinstance(content, dict) and content.get("name")
    }
    parent, center = row.get("parent_id"), row.get("help_center_id")
    return {
        "name": one_line(row.get("name")),
        "names": names,
        "parent": None if parent is None else str(parent),
        "center": "" if center is None else str(center),
    }


def _locales(row: Json) -> list[str] | None:
    listed = row.get("locales")
    return sorted(str(locale).lower() for locale in listed) if isinstance(listed, list) else None
