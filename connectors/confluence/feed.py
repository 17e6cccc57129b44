"""What was edited since a cursor was made: by lists of the latest edits, and by the search where there is no such list.

Time is the site's own throughout, as its records state it: no other clock is compared with it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from connectors.confluence.records import Kind, Space, Touched
from connectors.confluence.site import Site
from connectors.http.transport import Json
from sync.errors import CursorExpired

OVERLAP = 600  # seconds: an edit may become visible after a later one
ZONES = timedelta(hours=26)  # the search reads times in the time zone of our account, whichever that is
FIRST, MORE = 250, 100  # rows of a list: at the head all that is new counts as seen
SEEN = 1000
MAX_SEEN = 5000


class ChangeFeed(Protocol):
    """One list of edits. Its state is what a cursor holds of it."""

    def head(self, top: float | None) -> Json:
        """Return the state for now; what is listed counts as seen. `top`: the last edit that another list shows."""
        ...

    def read(self, state: Json) -> tuple[list[Touched], Json, bool]:
        """Return what was edited, the next state, and whether there is more to read."""
        ...


class Latest:
    """Reads a list whose latest edit comes first, down to what was seen before."""

    def __init__(self, site: Site, spaces: list[Space], kind: Kind) -> None:
        self._site = site
        self._spaces = spaces
        self._kind = kind

    def head(self, top: float | None) -> Json:  # noqa: ARG002
        marks = _marks(self._site.recent(self._spaces, self._kind, None, FIRST).rows)
        rising = max(marks.values(), default=0.0)
        return {"top": rising, "seen": _window(marks, rising)}

    def read(self, state: Json) -> tuple[list[Touched], Json, bool]:
        try:
            page = self._site.recent(self._spaces, self._kind, state.get("next"), MORE)
        except CursorExpired:  # the walk took too long: once more from the top
            return [], {"top": state["top"], "seen": state["seen"]}, True
        top, seen = float(state["top"]), dict(state["seen"])
        inside = [row for row in page.rows if row.edited_at.timestamp() > top - OVERLAP]
        fresh = [row for row in inside if seen.get(row.mark) != row.edited_at.timestamp()]
        rising = max([float(state.get("rising", top)), *(row.edited_at.timestamp() for row in inside)])
        walked = dict(state.get("walked", ())) | _marks(inside)
        older = len(inside) < len(page.rows)
        met_before = bool(inside) and inside[-1].mark in seen  # and with it, then, all that is below
        if page.following is None or older or met_before:
            return fresh, {"top": rising, "seen": _window(seen | walked, rising)}, False
        going_on = {"walked": list(walked.items()), "rising": rising, "next": page.following}
        return fresh, {"top": top, "seen": state["seen"], **going_on}, True


class Search:
    """Reads what the search says was edited in a space. It knows late and by the minute: a day is read again."""

    def __init__(self, site: Site, space: Space, types: Iterable[str]) -> None:
        self._site = site
        self._space = space
        self._types = tuple(types)

    def head(self, top: float | None) -> Json:
        if top is None:
            rows = self._site.latest(self._space, self._types).rows
        else:  # what the first reading from there will show
            rows = self._site.edited(self._space, self._types, _since(top), None).rows
        marks = _marks(rows)
        rising = max([*marks.values(), top or 0.0])
        floor = (rising if top is None else top) - OVERLAP
        return {"top": rising, "floor": floor, "seen": [[mark, time] for mark, time in marks.items() if time > floor]}

    def read(self, state: Json) -> tuple[list[Touched], Json, bool]:
        top, floor, seen = float(state["top"]), float(state["floor"]), dict(state["seen"])
        try:
            page = self._site.edited(self._space, self._types, _since(top), state.get("next"))
        except CursorExpired:
            return [], {"top": top, "floor": floor, "seen": state["seen"]}, True
        fresh = [row for row in page.rows if floor < row.edited_at.timestamp() != seen.get(row.mark)]
        rising = max([float(state.get("rising", top)), *(row.edited_at.timestamp() for row in fresh)])
        known = seen | _marks(fresh)
        if page.following is None:
            floor = max(floor, rising - ZONES.total_seconds())
            kept = sorted(((m, t) for m, t in known.items() if t > floor), key=lambda mark: mark[1])
            if len(kept) > MAX_SEEN:  # a day of many edits: what the search learns very late waits for a snapshot
                floor, kept = kept[-MAX_SEEN - 1][1], kept[-MAX_SEEN:]
            return fresh, {"top": rising, "floor": floor, "seen": [list(mark) for mark in kept]}, False
        following = {"top": top, "rising": rising, "floor": floor, "seen": list(known.items()), "next": page.following}
        return fresh, following, True


def starting(top: float) -> Json:
    """The state of a feed that starts where another one stands: edits of its last minutes are shown again."""
    return {"top": top, "floor": top - OVERLAP, "seen": []}


def _since(top: float) -> datetime:
    return datetime.fromtimestamp(max(0.0, top - ZONES.total_seconds()), UTC)


def _marks(rows: Iterable[Touched]) -> dict[str, float]:
    return {row.mark: row.edited_at.timestamp() for row in rows}


def _window(known: dict[str, float], top: float) -> list[list[str | float]]:
    """Return what a read from `top` will meet again, the latest kept where that is very much."""
    inside = sorted(((m, t) for m, t in known.items() if t > top - OVERLAP), key=lambda mark: mark[1])
    return [[mark, time] for mark, time in inside[-SEEN:]]
