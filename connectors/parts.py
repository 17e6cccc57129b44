"""Parts: several lists of one source behind one cursor, read one after the other."""

from collections.abc import Callable, Sequence
from typing import Protocol

from connectors.cursor import CursorCodec
from connectors.http.transport import Json
from sync.model import Change, Cursor, Page


class Part(Protocol):
    """One list of a source, with states of its own, which are JSON. `key`: what it is called."""

    key: str

    def head(self) -> Json:
        """Return the state for now, by the source's clock."""
        ...

    def snapshot(self, after: Json | None) -> tuple[list[Change], Json | None]:
        """Return one page of everything, and where the next one starts; None after the last."""
        ...

    def changes(self, state: Json) -> tuple[list[Change], Json, bool]:
        """Return what changed at or after the state, the next state, and whether there is more."""
        ...


Noted = Callable[[Part, Sequence[Change]], None]


def _unnoted(part: Part, changes: Sequence[Change]) -> None:
    del part, changes


class Parts:
    """Reads the parts in their order. A page shows what one part shows; parts with nothing to show are passed over.

    `noted` is told what each part showed.
    """

    def __init__(self, parts: Sequence[Part], cursors: CursorCodec, noted: Noted = _unnoted) -> None:
        self._parts = parts
        self._cursors = cursors
        self._noted = noted

    def head(self) -> Cursor:
        return self._cursors.dump({"part": 0, "states": [part.head() for part in self._parts]})

    def snapshot(self, after: Cursor | None) -> Page:
        place: Json = {"part": 0, "after": None}
        if after is not None:
            place = self._cursors.load(after, "part", "after")
        number, state = int(place["part"]), place["after"]
        changes: list[Change] = []
        while number < len(self._parts) and not changes:
            changes, state = self._parts[number].snapshot(state)
            self._noted(self._parts[number], changes)
            number += state is None
        cursor = self._cursors.dump({"part": number, "after": state})
        return Page(tuple(changes), cursor, number < len(self._parts))

    def changes(self, after: Cursor) -> Page:
        place = self._cursors.load(after, "part", "states")
        number, states = int(place["part"]), list(place["states"])
        changes: list[Change] = []
        while number < len(self._parts) and not changes:
            changes, states[number], more = self._parts[number].changes(states[number])
            self._noted(self._parts[number], changes)
            number += not more
        finished = number == len(self._parts)
        cursor = self._cursors.dump({"part": 0 if finished else number, "states": states})
        return Page(tuple(changes), cursor, not finished)
